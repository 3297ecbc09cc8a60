/** Posts the sample tickets and prints what became of each. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Config } from '../../shared/config/schema.ts';
import { note, print } from './output.ts';
import { projectFolder } from './project.ts';
import { endedSchema, printEnded, printSummary } from './sample-lines.ts';
import type { Ended } from './sample-lines.ts';
import { isEnd } from './states.ts';

/** What is expected of a sample stands beside its ticket and is never sent. */
const sampleSchema = z.object({
  ticket: z.looseObject({ externalId: z.string(), subject: z.string(), body: z.string() }),
});
type Sample = z.infer<typeof sampleSchema>['ticket'];

type Target = { apiKey: string; config: Config; signal: AbortSignal };

/** The tickets that are accepted and have not ended, by id. */
type Posted = { waiting: Map<string, Sample>; isDone: boolean };

const pollMs = 100;
const width = 8;
const patienceMs = 120_000;

/** Ids are fresh each run, so that samples are answered again. Ends early when `signal` aborts. */
export async function postSamples(url: string, target: Target): Promise<void> {
  const source = Object.entries(target.config.sources).find(
    ([, settings]) => settings.platform === 'generic',
  )?.[0];
  if (source === undefined) return;
  const samples = await readSamples();
  print(`Posting ${samples.length} sample tickets to ${source}:`, '');
  const startedAt = performance.now();
  try {
    const posted: Posted = { waiting: new Map(), isDone: false };
    const [ended] = await Promise.all([
      untilEnded(url, posted, target),
      postAll(url, { samples, source, posted }, target),
    ]);
    if (target.signal.aborted) return;
    const seconds = (performance.now() - startedAt) / 1000;
    printSummary(ended, { open: posted.waiting.size, seconds, config: target.config });
  } catch (error) {
    // The system runs on: samples are not what it is for.
    if (!target.signal.aborted) note(`The samples stopped: ${error instanceof Error ? error.message : ''}`);
  }
}

async function readSamples(): Promise<Sample[]> {
  const text = await readFile(path.join(projectFolder, 'infra/sample-shop/tickets.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => sampleSchema.parse(JSON.parse(line)).ticket);
}

async function postAll(
  url: string,
  { samples, source, posted }: { samples: readonly Sample[]; source: string; posted: Posted },
  target: Target,
): Promise<void> {
  const run = randomBytes(4).toString('hex');
  try {
    await inParallel(samples, async (sample) => {
      const body = JSON.stringify({ ...sample, source, externalId: `${sample.externalId}-${run}` });
      const answer = await request(`${url}/v1/tickets`, target, { method: 'POST', body });
      posted.waiting.set(z.object({ ticketId: z.string() }).parse(answer).ticketId, sample);
    });
  } finally {
    posted.isDone = true;
  }
}

/** Prints each ticket when it has ended, and takes it out of `waiting`; later ones are still being posted meanwhile. */
async function untilEnded(url: string, posted: Posted, target: Target): Promise<Ended[]> {
  const until = Date.now() + patienceMs;
  const all: Ended[] = [];
  while ((posted.waiting.size > 0 || !posted.isDone) && !target.signal.aborted && Date.now() < until) {
    await inParallel([...posted.waiting], async ([ticketId, sample]) => {
      const ended = endedSchema.parse(await request(`${url}/v1/tickets/${ticketId}`, target, {}));
      if (!isEnd(ended.state)) return;
      posted.waiting.delete(ticketId);
      all.push(ended);
      printEnded(ended, sample);
    });
    if (posted.waiting.size > 0 || !posted.isDone) await pause(pollMs, target.signal);
  }
  return all;
}

/** A few at a time: one after the other would wait for every answer on the way. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const workOff = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: width }, workOff));
}

async function request(
  url: string,
  target: Target,
  options: { method?: string; body?: string },
): Promise<unknown> {
  const response = await fetch(url, {
    ...options,
    headers: { authorization: `Bearer ${target.apiKey}`, 'content-type': 'application/json' },
    signal: target.signal,
  });
  if (!response.ok) throw new Error(`the intake answered ${response.status}.`);
  return response.json();
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
