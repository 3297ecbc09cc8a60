/** Dead letters on their way back, or off the list: many of them, at a rate, each with what became of it. */
import type { App } from './app.ts';
import { deadLetters } from './dead-letters.ts';
import type { DeadLetterFilter } from './dead-letters.ts';
import { isTicketId } from './record/keys.ts';
import { replayOne } from './revival.ts';
import type { ReplayOptions, ReplayOutcome } from './revival.ts';

export const defaultReplayRate = 20;

/** Which dead letters: these, or those that fit at this moment, the first that ended first. */
export type Selection = { ids: readonly string[] } | { filter: DeadLetterFilter; limit: number };

export const replayKinds = [
  'replayed',
  'superseded',
  'busy',
  'handed_off',
  'emptied',
  'dropped',
  'changed',
  'not_dead',
  'no_destination',
  'unknown',
] as const satisfies readonly ReplayOutcome['kind'][];

export type ReplayReport = {
  dryRun: boolean;
  /** Tickets that were looked at; `left` fit too and were beyond the limit. */
  total: number;
  left: number;
  counts: Record<(typeof replayKinds)[number], number>;
  /** When the last one's turn comes. */
  lastStartsInMs: number;
  tickets: ReplayOutcome[];
};

type OnProgress = (done: number, total: number) => void;

/**
 * Puts tickets back at `perSecond` of them, by giving each one its moment: nothing has to keep running for that. A dry run
 * counts what would become of them. Of one conversation one message at a time is answered, so others of it are busy.
 */
export async function replayDeadLetters(
  app: App,
  selection: Selection,
  options: ReplayOptions,
  onProgress: OnProgress = () => undefined,
): Promise<ReplayReport> {
  const { ids, left } = await select(app, selection);
  const replayed = new Map<string, string>();
  const tickets = await inBatches(ids, onProgress, async (slice) => {
    const outcomes = await Promise.all(slice.map((ticketId) => replayOne(app, ticketId, options)));
    return outcomes.map(({ conversation, ...outcome }): ReplayOutcome => {
      if (!options.dry || conversation === null || outcome.kind !== 'replayed') return outcome;
      const by = replayed.get(conversation);
      if (by !== undefined) return { ticketId: outcome.ticketId, kind: 'busy', by };
      replayed.set(conversation, outcome.ticketId);
      return outcome;
    });
  });
  const delays = tickets.map((one) => (one.kind === 'replayed' ? one.delayMs : 0));
  return {
    dryRun: options.dry,
    total: ids.length,
    left,
    counts: countKinds(replayKinds, tickets),
    lastStartsInMs: delays.reduce((latest, delay) => Math.max(latest, delay), 0),
    tickets,
  };
}

export const dropKinds = ['dropped', 'handed_off', 'not_dead', 'unknown'] as const;
type DropOutcome = { ticketId: string; kind: (typeof dropKinds)[number] };
export type DropReport = {
  dryRun: boolean;
  total: number;
  left: number;
  counts: Record<(typeof dropKinds)[number], number>;
  tickets: DropOutcome[];
};

/** Held ones end as cancelled. What people have been told of is theirs, and stays. */
export async function dropDeadLetters(
  app: App,
  selection: Selection,
  { dry }: { dry: boolean },
  onProgress: OnProgress = () => undefined,
): Promise<DropReport> {
  const { ids, left } = await select(app, selection);
  const tickets = await inBatches(ids, onProgress, async (slice) => {
    return Promise.all(slice.map((ticketId) => dropOne(app, ticketId, dry)));
  });
  return { dryRun: dry, total: ids.length, left, counts: countKinds(dropKinds, tickets), tickets };
}

async function dropOne(app: App, ticketId: string, dry: boolean): Promise<DropOutcome> {
  if (!isTicketId(ticketId, app.record.settings.shards)) return { ticketId, kind: 'unknown' };
  const [state] = await app.record.readFields([ticketId], 'st');
  if (state === null || state === undefined) return { ticketId, kind: 'unknown' };
  if (state === 'handed_off') return { ticketId, kind: 'handed_off' };
  const isHeld = dry ? state === 'dead' : await app.record.drop(ticketId);
  if (isHeld && !dry) app.log.info({ ticketId }, 'ticket.dropped');
  return { ticketId, kind: isHeld ? 'dropped' : 'not_dead' };
}

/** All of them before the first is touched: what a replay changes must not change what it goes over. */
async function select(app: App, selection: Selection): Promise<{ ids: string[]; left: number }> {
  if ('ids' in selection) {
    const ids = [...new Set(selection.ids)];
    return { ids, left: 0 };
  }
  const found: string[] = [];
  for await (const { ticketId } of deadLetters(app, selection.filter)) found.push(ticketId);
  const ids = found.toReversed().slice(0, selection.limit);
  return { ids, left: found.length - ids.length };
}

/** Tickets that are looked at together. */
const batch = 50;

async function inBatches<T>(
  ids: readonly string[],
  onProgress: OnProgress,
  work: (slice: readonly string[]) => Promise<T[]>,
): Promise<T[]> {
  const results: T[] = [];
  for (let start = 0; start < ids.length; start += batch) {
    results.push(...(await work(ids.slice(start, start + batch))));
    onProgress(results.length, ids.length);
  }
  return results;
}

function countKinds<Kind extends string>(
  kinds: readonly Kind[],
  outcomes: readonly { kind: Kind }[],
): Record<Kind, number> {
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>;
  for (const { kind } of outcomes) counts[kind] += 1;
  return counts;
}
