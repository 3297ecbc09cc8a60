/** Posts the sample tickets and prints what became of each. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Config } from '../../shared/config/schema.ts';
import { ends } from '../../shared/ticket.ts';
import { oneLine } from './output.ts';
import { projectFolder } from './context.ts';

const sampleSchema = z.object({ ticket: z.looseObject({ externalId: z.string(), body: z.string() }) });

/** The part of a ticket's trace that is printed. */
const traceSchema = z.object({
  state: z.string(),
  classification: z.object({ tier: z.string(), queryType: z.string(), language: z.string() }).nullable(),
  costUsd: z.number().nullable(),
  cause: z.string().nullable(),
  reply: z
    .object({
      data: z.object({ model: z.string().nullable(), text: z.string(), reason: z.string().optional() }),
    })
    .nullable(),
});
type Trace = z.infer<typeof traceSchema>;

type Target = { apiKey: string; config: Config; signal: AbortSignal };

const pollMs = 200;
const patienceMs = 120_000;

/** Ids are fresh each run, so that samples are answered again. Ends early when `signal` aborts. */
export async function postSamples(url: string, target: Target): Promise<void> {
  const source = Object.entries(target.config.sources).find(
    ([, settings]) => settings.platform === 'generic',
  )?.[0];
  if (source === undefined) return;
  const text = await readFile(path.join(projectFolder, 'infra/sample-shop/tickets.jsonl'), 'utf8');
  const samples = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => sampleSchema.parse(JSON.parse(line)).ticket);
  const run = randomBytes(4).toString('hex');
  process.stdout.write(`Posting ${samples.length} sample tickets to ${source}:\n\n`);
  const waiting: string[] = [];
  for (const sample of samples) {
    const body = JSON.stringify({ ...sample, source, externalId: `${sample.externalId}-${run}` });
    const answer = await request(`${url}/v1/tickets`, target, { method: 'POST', body });
    waiting.push(z.object({ ticketId: z.string() }).parse(answer).ticketId);
  }
  await printEnds(url, waiting, target);
}

async function printEnds(url: string, ticketIds: string[], target: Target): Promise<void> {
  const waiting = new Set(ticketIds);
  const until = Date.now() + patienceMs;
  let answered = 0;
  while (waiting.size > 0 && !target.signal.aborted && Date.now() < until) {
    for (const ticketId of waiting) {
      const trace = traceSchema.parse(await request(`${url}/v1/tickets/${ticketId}`, target, {}));
      if (!(ends as readonly string[]).includes(trace.state)) continue;
      waiting.delete(ticketId);
      if (trace.state === 'delivered') answered += 1;
      process.stdout.write(`${lineOf(trace)}\n`);
    }
    await pause(pollMs, target.signal);
  }
  if (target.signal.aborted) return;
  const others = ticketIds.length - answered - waiting.size;
  process.stdout.write(`\n${answered} answered, ${others} handed to people, ${waiting.size} still open. `);
  process.stdout.write('Replies are in .tierline/replies.jsonl. Ctrl-C stops.\n');
}

function lineOf(trace: Trace): string {
  const { classification, reply } = trace;
  const labels = classification
    ? `${classification.tier.padEnd(9)} ${classification.queryType.padEnd(17)} ${classification.language.padEnd(3)}`
    : 'unclassified'.padEnd(31);
  const cost = trace.costUsd === null ? 'cost unknown' : `$${trace.costUsd}`;
  if (trace.state !== 'delivered')
    return `${labels} ${'people'.padEnd(7)} ${cost.padEnd(9)} ${trace.cause ?? trace.state}`;
  return `${labels} ${(reply?.data.model ?? '').padEnd(7)} ${cost.padEnd(9)} ${oneLine(reply?.data.text ?? '', 90)}`;
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
  return response.json();
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
