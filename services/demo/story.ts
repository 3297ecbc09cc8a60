/**
 * What happens, in order. Each chapter ends when its tickets are answered, so that which ticket meets a dead provider does
 * not depend on the speed of the machine: the same seed gives the same routes and the same costs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readOverview } from '../../shared/overview.ts';
import { createIntake } from './intake.ts';
import type { Intake } from './intake.ts';
import { tierNames } from './mix.ts';
import type { Stage } from './stage.ts';
import type { Chapter, DemoTicket } from './tickets.ts';

export type Tone = 'plain' | 'bad' | 'good';
export type Say = (text: string, tone?: Tone) => void;

export type Play = {
  stage: Stage;
  tickets: readonly DemoTicket[];
  say: Say;
  signal: AbortSignal;
  intake: Intake;
};

const livePerSecond = 20;
/** Somebody gets an answer every second or so, even on a slow machine. */
const patienceMs = 60_000;
/** Closed connections are noticed by everybody before the next ticket comes. */
const settleMs = 300;

export function prepare(parts: Omit<Play, 'intake'>): Play {
  const { stage, signal } = parts;
  const intake = createIntake({ url: stage.ingestUrl, apiKey: stage.apiKey, signal });
  return { ...parts, intake };
}

export async function play(it: Play): Promise<void> {
  await playBacklog(it);
  await playOutage(it);
  await playReturn(it);
}

const chapterOf = ({ tickets }: Play, chapter: Chapter): DemoTicket[] =>
  tickets.filter((ticket) => ticket.chapter === chapter);

/** Until everything that was posted so far has been answered or handed to people. */
const untilAnswered = ({ stage, intake, signal }: Play): Promise<void> =>
  stage.receiver.until(intake.postedAt.size, { signal, patienceMs });

async function playBacklog(it: Play): Promise<void> {
  const backlog = chapterOf(it, 'backlog');
  it.say(`A backlog of ${backlog.length} tickets is posted in bulk, as on a Monday.`);
  await it.intake.postBacklog(backlog);
  await untilAnswered(it);
  it.say('The backlog is answered.', 'good');
}

async function playOutage(it: Play): Promise<void> {
  const [main] = it.stage.providers;
  const outage = chapterOf(it, 'outage');
  await main!.goDown();
  it.say('The main provider is down now: it refuses every connection.', 'bad');
  await pause(it, settleMs);
  it.say(`${outage.length} customers write, ${livePerSecond} a second. Other providers take over.`);
  await it.intake.postLive(outage, livePerSecond);
  await untilAnswered(it);
  it.say('All of them have their answers, in the middle of the outage.', 'good');
}

async function playReturn(it: Play): Promise<void> {
  const [main] = it.stage.providers;
  const after = chapterOf(it, 'after');
  await main!.comeBack();
  it.say('The main provider is back. Each of its models gets one trial call.');
  const probes = await probe(it, after);
  const rest = after.filter((ticket) => !probes.has(ticket));
  await pause(it, settleMs);
  it.say(`The main provider is used again. ${rest.length} more customers write.`);
  await it.intake.postLive(rest, livePerSecond);
  await untilAnswered(it);
  it.say('Every ticket has been answered, or handed to people.', 'good');
}

/**
 * Posts one ticket for each of the main provider's models, and returns those tickets. Each is a breaker's trial: the first
 * one's labels are made by the small model, the others' tiers use the bigger ones. With several at once, chance would decide
 * whose call is the trial.
 */
async function probe(it: Play, tickets: readonly DemoTicket[]): Promise<Set<DemoTicket>> {
  const { tiers } = it.stage.app.runtime().config;
  const probes = new Set<DemoTicket>();
  for (const tier of tierNames) {
    const ticket = tickets.find((one) => one.tier === tier && !one.isThreat && !probes.has(one));
    if (ticket === undefined) continue;
    await untilTrialAllowed(it, tiers[tier]!.models[0]!);
    probes.add(ticket);
    await it.intake.postLive([ticket], 1);
    await untilAnswered(it);
  }
  return probes;
}

async function untilTrialAllowed(it: Play, model: string): Promise<void> {
  const { breakers } = await readOverview(it.stage.app);
  const untilMs = breakers.find((breaker) => breaker.model === model)?.untilMs ?? 0;
  const waitMs = untilMs - Date.now();
  if (waitMs > 0) await pause(it, waitMs + settleMs);
}

const pause = ({ signal }: Play, ms: number): Promise<void> => sleep(ms, undefined, { signal });
