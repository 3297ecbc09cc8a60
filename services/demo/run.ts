/** One run of the demo: opens the stage, plays, shows meanwhile, sums up, and leaves nothing behind. */
import { writeFile } from 'node:fs/promises';
import { TierlineError } from '../../shared/errors.ts';
import { createLog } from '../../shared/log.ts';
import { figuresOf } from './figures.ts';
import type { Figures, LiveTime } from './figures.ts';
import { externalIdOf } from './intake.ts';
import type { Mix } from './mix.ts';
import { baselineOf, readMoney } from './observe.ts';
import type { Received } from './receiver.ts';
import type { Money } from './savings.ts';
import { canRedraw, liveScreen, paintFor, plainScreen, quietScreen } from './screen.ts';
import type { Screen } from './screen.ts';
import { openStage } from './stage.ts';
import { Stopped } from './stopped.ts';
import { play, prepare } from './story.ts';
import type { Play } from './story.ts';
import { summaryOf } from './summary.ts';
import { makeTickets, readSamples } from './tickets.ts';
import { watched } from './watch.ts';

export type DemoOptions = {
  seed: number;
  count: number;
  mix: Mix;
  json: boolean;
  /** Where the simulated servers' own counts go, for whoever wants to check the figures. */
  countsFile: string | null;
  /** Used only where there is no Redis program. */
  redisUrl: string | null;
  logLevel: string;
};

/** @throws Stopped after SIGINT, SIGTERM or SIGHUP, once everything is closed; TierlineError where it cannot go on. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const stop = new AbortController();
  const forget = onSignal((signal) => stop.abort(new Stopped(signal)));
  // Whoever read our output has gone, as in `npm run demo | head`.
  process.stdout.once('error', () => stop.abort(new Stopped('SIGPIPE')));
  const screen = screenFor(options.json);
  try {
    const result = await perform(options, screen, stop.signal);
    screen.end();
    if (options.json) process.stdout.write(`${JSON.stringify(result.figures)}\n`);
    else process.stdout.write(summaryOf(result.figures, result.money, paintFor(process.stdout)));
  } catch (error) {
    // Whatever broke off because of the signal, the signal is why.
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    screen.end();
    forget();
  }
}

function screenFor(json: boolean): Screen {
  if (json) return quietScreen(process.stderr);
  return canRedraw(process.stdout) ? liveScreen(process.stdout) : plainScreen(process.stdout);
}

/** One Ctrl-C may arrive twice, from the terminal and from the program that started us; a later one means "now". */
const repeatMs = 1000;

function onSignal(stop: (signal: NodeJS.Signals) => void): () => void {
  let firstAt: number | null = null;
  const handler = (signal: NodeJS.Signals): void => {
    if (firstAt !== null && Date.now() - firstAt > repeatMs) process.exit(1);
    firstAt ??= Date.now();
    stop(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, handler);
  return () => {
    for (const signal of signals) process.off(signal, handler);
  };
}

async function perform(
  options: DemoOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<{ figures: Figures; money: Money }> {
  const { seed, count, mix } = options;
  const tickets = makeTickets(await readSamples(), { count, mix, seed });
  const log = createLog(options.logLevel, { write: (line: string) => void process.stderr.write(line) });
  const stage = await openStage({ seed, tickets, log, redisUrl: options.redisUrl });
  try {
    const startedAt = Date.now();
    const it = prepare({
      stage,
      tickets,
      signal,
      say: (text, tone = 'plain') => screen.tell({ atMs: Date.now() - startedAt, text, tone }),
    });
    await watched(it, screen, startedAt, play(it));
    const result = await concluded(it, options, startedAt);
    if (options.countsFile !== null)
      await writeFile(options.countsFile, JSON.stringify(countsOf(it), null, 2));
    return result;
  } finally {
    await stage.close();
  }
}

async function concluded(
  it: Play,
  { seed, mix }: DemoOptions,
  startedAt: number,
): Promise<{ figures: Figures; money: Money }> {
  const { stage, tickets, intake } = it;
  const { money, failedCalls } = await readMoney(stage.app, startedAt);
  const received = [...stage.receiver.taken.values()];
  requireOneEndEach(intake.postedAt, received);
  const chapters = new Map(tickets.map((ticket) => [externalIdOf(ticket), ticket.chapter]));
  const liveTimes = received.flatMap(({ data: { externalId }, atMs }): LiveTime[] => {
    const chapter = chapters.get(externalId)!;
    // How long a backlog waits says how much came at once, not how quick anybody is.
    return chapter === 'backlog'
      ? []
      : [{ externalId, chapter, ms: atMs - intake.postedAt.get(externalId)! }];
  });
  const figures = figuresOf({
    posted: intake.postedAt.size,
    received,
    liveTimes,
    money,
    failedCalls,
    deliveries: stage.receiver.counts.deliveries,
    baseline: baselineOf(stage.app),
    options: { seed, mix },
    seconds: Math.round((Date.now() - startedAt) / 1000),
  });
  return { figures, money };
}

/** The demo says that no ticket was lost and none answered twice; so it had better look. */
function requireOneEndEach(posted: ReadonlyMap<string, number>, received: readonly Received[]): void {
  const ended = new Set(received.map(({ data }) => data.externalId));
  const isLost = [...posted.keys()].some((externalId) => !ended.has(externalId));
  if (!isLost && received.length === posted.size) return;
  throw new TierlineError(
    'demo_unsound',
    `${posted.size} tickets were posted, and ${received.length} answers came for ${ended.size} of them.`,
  );
}

/** What the servers counted themselves, none of it from Tierline's ledger. */
function countsOf({ stage: { providers, receiver } }: Play) {
  const types = [...receiver.taken.values()].map(({ type }) => type);
  return {
    providers: providers.map(({ counts }) => counts),
    receiver: {
      ...receiver.counts,
      uniqueIds: receiver.taken.size,
      replies: types.filter((type) => type === 'ticket.reply').length,
      handoffs: types.filter((type) => type === 'ticket.handoff').length,
    },
  };
}
