/**
 * Sources that are not answered for now, by hand and in all processes, until somebody resumes them. When each was paused is
 * kept in Redis, so that the time does not count against the deadlines of its tickets.
 */
import type { App } from './app.ts';
import type { Log } from './log.ts';
import type { Claim } from './record/record.ts';
import { shardBase } from './record/keys.ts';
import { runScript } from './redis.ts';
import type { Redis } from './redis.ts';

type Place = { redis: Redis; prefix: string };

/** Times in ms by Redis' clock; `to` is null while it lasts. */
type Span = { from: number; to: number | null };

export type PauseBook = {
  /** Those that are paused now, and since when. */
  paused: ReadonlyMap<string, number>;
  /** How long the source was paused between two moments. */
  pausedMs: (source: string, fromMs: number, untilMs: number) => number;
};

export type SourcePauses = {
  /** Not older than two seconds. */
  book: () => Promise<PauseBook>;
};

const spansKept = 100;
const freshMs = 2000;

const keyOf = (prefix: string): string => `${shardBase(prefix, 0)}source-pauses`;

/** The book as the stages ask for it: one question to Redis every two seconds at most, and none where nothing is to be done. */
export function createSourcePauses({ redis, prefix, log }: Place & { log: Log }): SourcePauses {
  let known: { book: PauseBook; readAt: number } | null = null;
  let reading: Promise<PauseBook> | null = null;
  const read = async (): Promise<PauseBook> => {
    const readAt = performance.now();
    try {
      const book = await readPauses({ redis, prefix });
      tellChanges(log, known?.book ?? emptyBook, book);
      known = { book, readAt };
      return book;
    } finally {
      reading = null;
    }
  };
  return {
    async book() {
      if (known !== null && performance.now() - known.readAt < freshMs) return known.book;
      reading ??= read();
      return reading;
    },
  };
}

function tellChanges(log: Log, before: PauseBook, after: PauseBook): void {
  for (const source of after.paused.keys()) {
    if (!before.paused.has(source)) log.info({ source }, 'source.paused');
  }
  for (const source of before.paused.keys()) {
    if (!after.paused.has(source)) log.info({ source }, 'source.resumed');
  }
}

export async function readPauses({ redis, prefix }: Place): Promise<PauseBook> {
  return bookOf(await redis.hgetall(keyOf(prefix)));
}

/** `changed` is false where it was so already; `sinceMs`: when the pause began, null where there was none. */
export async function setPaused(
  { redis, prefix }: Place,
  source: string,
  isPaused: boolean,
): Promise<{ changed: boolean; sinceMs: number | null }> {
  const script = { name: 'source-pause', key: keyOf(prefix), shared: [] } as const;
  const args = [source, isPaused ? 'pause' : 'resume', spansKept];
  const [changed, since] = await runScript(redis, { ...script, shared: [] }, args);
  return { changed: changed === 1, sinceMs: Number(since) || null };
}

/** Pure. `stored`: each source's pauses as source-pause.lua keeps them. */
export function bookOf(stored: Readonly<Record<string, string>>): PauseBook {
  const spans = new Map(Object.entries(stored).map(([source, text]) => [source, spansOf(text)]));
  const paused = new Map<string, number>();
  for (const [source, all] of spans) {
    const last = all.at(-1);
    if (last?.to === null) paused.set(source, last.from);
  }
  return {
    paused,
    pausedMs: (source, fromMs, untilMs) =>
      (spans.get(source) ?? []).reduce(
        (sum, { from, to }) => sum + Math.max(0, Math.min(to ?? untilMs, untilMs) - Math.max(from, fromMs)),
        0,
      ),
  };
}

const emptyBook = bookOf({});

function spansOf(text: string): Span[] {
  return [...text.matchAll(/(\d+)-(\d*)/g)].map(([, from, to]) => ({
    from: Number(from),
    to: to ? Number(to) : null,
  }));
}

/** A ticket of a paused source is looked at again after this; the spread makes a ramp of the return. */
const leastHoldMs = 12_500;
const spreadMs = 12_500;

/** How a ticket of a paused source is parked. Its record keeps which source it waits for, so that the sweeper leaves it. */
export function holdFor(
  source: string,
  random: () => number,
): { park: { delayMs: number; reason: string }; fields: { ps: string } } {
  const delayMs = leastHoldMs + spreadMs * random();
  return { park: { delayMs, reason: 'source paused' }, fields: { ps: source } };
}

/** True where a ticket's source is paused: it is parked, and none of its attempts is used up. */
export async function waitsForSource(
  app: Pick<App, 'pauses' | 'record' | 'random'>,
  claim: Pick<Claim<never>, 'ticketId' | 'state' | 'token'>,
  source: string,
): Promise<boolean> {
  const { paused } = await app.pauses.book();
  if (!paused.has(source)) return false;
  const { park, fields } = holdFor(source, app.random);
  await app.record.park(claim, park, { fields });
  return true;
}

/** What the sweeper is told: sources whose parked tickets wait on, and for how long (least, spread; ms). */
export const sweepHold = { leastMs: leastHoldMs, spreadMs };
