/** How each source stands: whether it is answered, what waits of it, and what of it was left alone. Reads only. */
import type { App } from '../app.ts';
import { readIgnored } from '../helpdesks/ignored-counts.ts';
import { readPauses } from '../source-pauses.ts';
import { parseStored } from '../stored-json.ts';
import { ticketSchema } from '../ticket.ts';
import type { Mode } from '../ticket.ts';

export type PausedSource = {
  source: string;
  /** ms since the epoch. */
  sinceMs: number;
  /** Tickets that wait for its return. */
  kept: number;
};

export type SourceStatus = {
  source: string;
  /** null for a source that is paused and not in the configuration (any more). */
  platform: string | null;
  destination: string | null;
  /** null where the tier and `trust` decide. */
  mode: Mode | null;
  /** ISO 8601 UTC; null while it is answered. */
  pausedSince: string | null;
  /** Tickets that wait for its return; 0 while it is answered. */
  kept: number;
  /** Tickets that have not ended; null where there are too many to look at each. */
  open: number | null;
  /** Events that led to no ticket over the last seven days, by reason. */
  leftAlone: Record<string, number>;
};

const leftAloneDays = 7;
/** Each one's record is read: more would keep Redis busy. */
const openLookedAt = 1000;
const parkedLookedAt = 5000;

export async function readSources(app: App): Promise<SourceStatus[]> {
  const { sources } = app.runtime().config;
  const [paused, open, ignored] = await Promise.all([
    readPausedSources(app),
    countOpen(app),
    readIgnored(app, leftAloneDays),
  ]);
  const gone = paused.map(({ source }) => source).filter((source) => !Object.hasOwn(sources, source));
  return [...Object.keys(sources), ...gone].map((source) => {
    const settings = sources[source];
    const pause = paused.find((one) => one.source === source);
    const own = ignored.filter((one) => one.source === source).sort((a, b) => b.count - a.count);
    return {
      source,
      platform: settings?.platform ?? null,
      destination: settings?.destination ?? null,
      mode: settings?.mode ?? null,
      pausedSince: pause ? new Date(pause.sinceMs).toISOString() : null,
      kept: pause?.kept ?? 0,
      open: open === null ? null : (open.get(source) ?? 0),
      leftAlone: Object.fromEntries(own.map(({ reason, count }) => [reason, count])),
    };
  });
}

export async function readPausedSources(app: App): Promise<PausedSource[]> {
  const { paused } = await readPauses(app);
  if (paused.size === 0) return [];
  const [parked, counts] = await Promise.all([app.record.parked(parkedLookedAt), app.record.counts()]);
  const waitFor = await app.record.readFields(parked, 'ps');
  // Beyond what is looked at, the shares are taken to go on as they are.
  const scale = parked.length === 0 ? 1 : Math.max(1, counts.parked / parked.length);
  return [...paused].map(([source, sinceMs]) => ({
    source,
    sinceMs,
    kept: Math.round(waitFor.filter((one) => one === source).length * scale),
  }));
}

const ofSourceSchema = ticketSchema.pick({ source: true });

async function countOpen(app: App): Promise<Map<string, number> | null> {
  if ((await app.record.counts()).open > openLookedAt) return null;
  const stored = await app.record.readFields(await app.record.list('open', openLookedAt), 'tk');
  const counts = new Map<string, number>();
  for (const text of stored) {
    const source = parseStored(ofSourceSchema, text)?.source;
    if (source !== undefined) counts.set(source, (counts.get(source) ?? 0) + 1);
  }
  return counts;
}
