/** What stages gave up on, held or handed off: finding it, and counting it by cause. */
import type { App } from './app.ts';
import { mergeNewestFirst } from './newest-first.ts';
import type { DeadEnd } from './record/dead.ts';
import { tierOfQueue } from './stages.ts';
import { parseStored } from './stored-json.ts';
import { classificationSchema } from './ticket.ts';
import { z } from 'zod';

export type DeadLetter = {
  ticketId: string;
  /** `dead`: held, nobody was told. `handed_off`: people have it. */
  state: DeadEnd;
  /** The dead-letter queue of the stage that gave it up. */
  queue: string;
  /** null where that was before it had a tier. */
  tier: string | null;
  cause: string;
  /** ms since the epoch. */
  atMs: number;
  /** The newer message of its conversation, which keeps it from being answered by itself. */
  supersededBy: string | null;
};

export type DeadLetterGroup = {
  queue: string;
  tier: string | null;
  cause: string;
  count: number;
  /** Of these, nobody was told. */
  held: number;
  /** Of these, a newer message of the conversation has arrived. */
  superseded: number;
  firstMs: number;
  lastMs: number;
  /** The newest ones, to look at. */
  examples: string[];
};

export type DeadLetterFilter = {
  cause?: string | undefined;
  queue?: string | undefined;
  tier?: string | undefined;
  state?: DeadEnd | undefined;
  sinceMs?: number | undefined;
  /** Where its answer was to go. */
  destination?: string | undefined;
};

/** `state` is the stage that gave it up. */
export const whySchema = z.object({ cause: z.string(), queue: z.string(), state: z.string() });
const tierSchema = classificationSchema.pick({ tier: true });
const examplesKept = 3;

/** Causes that differ only in ids and numbers are one: `timeout after <n> ms`. */
export function groupedCause(cause: string): string {
  return cause
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b(?=[\w-]*\d)[\w-]{16,}\b/gi, '<id>')
    .replaceAll(/\d+(?:\.\d+)?/g, '<n>');
}

/** Pure: null where it is no dead letter, or is past its retention. */
export function deadLetterOf(
  ticketId: string,
  stored: Partial<Record<'st' | 'ea' | 'why' | 'cls' | 'sb', string | null>>,
): DeadLetter | null {
  const state = stored.st;
  const why = parseStored(whySchema, stored.why ?? null);
  if (why === null || (state !== 'dead' && state !== 'handed_off')) return null;
  const { queue, cause } = why;
  const labels = parseStored(tierSchema, stored.cls ?? null);
  return {
    ticketId,
    state,
    queue,
    // A route may lead to another tier than the labels.
    tier: tierOfQueue(queue) ?? labels?.tier ?? null,
    cause: groupedCause(cause),
    atMs: Number(stored.ea),
    supersededBy: stored.sb ?? null,
  };
}

/** Newest first. Reads page by page, so that any number of them takes the same memory. */
export async function* deadLetters(app: App, filter: DeadLetterFilter = {}): AsyncGenerator<DeadLetter> {
  const ends: DeadEnd[] = filter.state === undefined ? ['dead', 'handed_off'] : [filter.state];
  const lists = ends.flatMap((end) =>
    Array.from({ length: app.record.settings.shards }, (_, shard) => lettersOf(app, end, shard, filter)),
  );
  yield* mergeNewestFirst(lists);
}

async function* lettersOf(
  app: App,
  end: DeadEnd,
  shard: number,
  filter: DeadLetterFilter,
): AsyncGenerator<DeadLetter, undefined> {
  const wanted = { ...filter, cause: filter.cause === undefined ? undefined : groupedCause(filter.cause) };
  for await (const page of app.record.endedPages(end, shard)) {
    const ids = page.map(({ ticketId }) => ticketId);
    const rows = await app.record.readMany(ids, ['st', 'ea', 'why', 'cls', 'sb', 'dst']);
    for (const [i, row] of rows.entries()) {
      if (wanted.sinceMs !== undefined && page[i]!.at < wanted.sinceMs) return;
      if (wanted.destination !== undefined && row.dst !== wanted.destination) continue;
      const letter = row.st === end ? deadLetterOf(ids[i]!, row) : null;
      if (letter !== null && fits(letter, wanted)) yield letter;
    }
  }
}

function fits(letter: DeadLetter, { cause, queue, tier }: DeadLetterFilter): boolean {
  return (
    (cause === undefined || letter.cause === cause) &&
    (queue === undefined || isQueue(letter.queue, queue)) &&
    (tier === undefined || letter.tier === tier)
  );
}

/** The stage's queue stands for its dead-letter queue. */
const isQueue = (queue: string, asked: string): boolean => queue === asked || queue === `${asked}.dead`;

/** Per stage, tier and cause; the most frequent first. */
export async function groupDeadLetters(app: App, filter: DeadLetterFilter = {}): Promise<DeadLetterGroup[]> {
  const groups = new Map<string, DeadLetterGroup>();
  for await (const { ticketId, queue, tier, cause, state, atMs, supersededBy } of deadLetters(app, filter)) {
    const key = JSON.stringify([queue, tier, cause]);
    let group = groups.get(key);
    if (!group) {
      const counts = { count: 0, held: 0, superseded: 0 };
      group = { queue, tier, cause, ...counts, firstMs: atMs, lastMs: atMs, examples: [] };
      groups.set(key, group);
    }
    group.count += 1;
    if (state === 'dead') group.held += 1;
    if (supersededBy !== null) group.superseded += 1;
    group.firstMs = Math.min(group.firstMs, atMs);
    group.lastMs = Math.max(group.lastMs, atMs);
    if (group.examples.length < examplesKept) group.examples.push(ticketId);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || b.lastMs - a.lastMs);
}
