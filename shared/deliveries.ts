/** What was delivered, what is on its way, and what did not arrive: one entry for each ticket that has a reply. */
import { z } from 'zod';
import type { App } from './app.ts';
import { whySchema } from './dead-letters.ts';
import { mergeNewestFirst } from './newest-first.ts';
import { webhookIdOf } from './reply-payload.ts';
import { parseStored } from './stored-json.ts';
import type { End } from './ticket.ts';

/** `waiting`: no attempt yet. `retrying`: one failed, others come. `failed`: no more come by themselves. */
export const deliveryStates = ['waiting', 'retrying', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export type Delivery = {
  ticketId: string;
  /** null once its content is past its retention; so is `externalId`. */
  source: string | null;
  externalId: string | null;
  destination: string;
  type: 'reply' | 'draft' | 'handoff';
  webhookId: string;
  state: DeliveryState;
  /** Of this reply; the last 30 are kept. */
  attempts: number;
  /** Of the last attempt; null before the first one, or where nothing was answered. */
  status: number | null;
  reason: string | null;
  /** Why no more attempts come. */
  cause: string | null;
  /** Its end, else its last attempt, else when it was ready; ms since the epoch. */
  atMs: number;
  /** Of the next attempt; null where none is set. */
  nextMs: number | null;
};

export type DeliveryFilter = {
  destination?: string | undefined;
  state?: DeliveryState | undefined;
  sinceMs?: number | undefined;
  /** Whose tickets may be seen; all where it is not given. */
  covers?: ((source: string | null) => boolean) | undefined;
};

const fields = ['st', 'ea', 'se', 'dst', 'dlv', 'rty', 'gen', 'pu', 'why', 'tk'] as const;
type Row = Record<(typeof fields)[number], string | null>;

const attemptsSchema = z.array(
  z.object({
    webhookId: z.string(),
    status: z.number().nullable(),
    reason: z.string().optional(),
    at: z.string(),
  }),
);
const typeSchema = z.enum(['reply', 'draft', 'handoff']).catch('reply');
const sourceSchema = z.object({ source: z.string(), externalId: z.string() });

const stateOfEnd: Partial<Record<string, DeliveryState>> = {
  delivered: 'delivered',
  drafted: 'delivered',
  handed_off: 'delivered',
  dead: 'failed',
};
const endsOf: Record<DeliveryState, End[]> = {
  waiting: [],
  retrying: [],
  delivered: ['delivered', 'drafted', 'handed_off'],
  failed: ['dead'],
};

/** Pure: null where there is no reply to deliver, or not yet. */
function deliveryOf(ticketId: string, row: Row): Delivery | null {
  const why = parseStored(whySchema, row.why);
  // A ticket that was given up before it had an answer was never to be delivered.
  if (row.dst === null || (row.st === 'dead' && why?.state !== 'deliver')) return null;
  const webhookId = webhookIdOf(ticketId, Number(row.gen ?? '1'));
  const attempts = (parseStored(attemptsSchema, row.dlv) ?? []).filter((one) => one.webhookId === webhookId);
  const last = attempts.at(-1) ?? notTried;
  const state = stateOf(row.st, attempts.length > 0);
  if (state === null) return null;
  return {
    ticketId,
    ...(parseStored(sourceSchema, row.tk) ?? { source: null, externalId: null }),
    destination: row.dst,
    type: typeSchema.parse(row.rty),
    webhookId,
    state,
    attempts: attempts.length,
    status: last.status,
    ...whyNotThere(state, { reason: last.reason, cause: why?.cause }),
    ...momentsOf(row, last.at),
  };
}

const notTried = { status: null, reason: undefined, at: null };

function whyNotThere(
  state: DeliveryState,
  { reason = null, cause = null }: { reason?: string | null | undefined; cause?: string | null | undefined },
): Pick<Delivery, 'reason' | 'cause'> {
  return { reason: state === 'delivered' ? null : reason, cause: state === 'failed' ? cause : null };
}

function stateOf(stored: string | null, wasTried: boolean): DeliveryState | null {
  if (stored === 'deliver') return wasTried ? 'retrying' : 'waiting';
  return stateOfEnd[stored ?? ''] ?? null;
}

function momentsOf(row: Row, triedAt: string | null): Pick<Delivery, 'atMs' | 'nextMs'> {
  if (row.st !== 'deliver') return { atMs: Number(row.ea), nextMs: null };
  const atMs = triedAt === null ? Number(row.se) : Date.parse(triedAt);
  return { atMs, nextMs: row.pu === null ? null : Number(row.pu) };
}

/** Newest first, those that are on their way before those that ended. */
async function* deliveries(app: App, filter: DeliveryFilter): AsyncGenerator<Delivery> {
  const { state } = filter;
  if (state === undefined || state === 'waiting' || state === 'retrying')
    yield* await openDeliveries(app, filter);
  const ends = (state === undefined ? deliveryStates : [state]).flatMap((one) => endsOf[one]);
  const shards = Array.from({ length: app.record.settings.shards }, (_, shard) => shard);
  yield* mergeNewestFirst(
    ends.flatMap((end) => shards.map((shard) => endedDeliveries(app, end, shard, filter))),
  );
}

/** Of the open tickets, the oldest and those that are parked; beyond these, a delivery is not behind but ahead. */
const openLookedAt = 5000;
const pageSize = 500;

async function openDeliveries(app: App, filter: DeliveryFilter): Promise<Delivery[]> {
  const [parked, open] = await Promise.all([
    app.record.parked(openLookedAt),
    app.record.list('open', openLookedAt),
  ]);
  const ids = [...new Set([...parked, ...open])];
  const found: Delivery[] = [];
  for (let start = 0; start < ids.length; start += pageSize) {
    const slice = ids.slice(start, start + pageSize);
    const rows = await app.record.readMany(slice, fields);
    for (const [i, row] of rows.entries()) {
      const one = row.st === 'deliver' ? deliveryOf(slice[i]!, row) : null;
      if (one !== null && fits(one, filter)) found.push(one);
    }
  }
  return found.sort((one, other) => other.atMs - one.atMs);
}

async function* endedDeliveries(
  app: App,
  end: End,
  shard: number,
  filter: DeliveryFilter,
): AsyncGenerator<Delivery, undefined> {
  for await (const page of app.record.endedPages(end, shard)) {
    const ids = page.map(({ ticketId }) => ticketId);
    const rows = await app.record.readMany(ids, fields);
    for (const [i, row] of rows.entries()) {
      if (filter.sinceMs !== undefined && page[i]!.at < filter.sinceMs) return;
      const one = row.st === end ? deliveryOf(ids[i]!, row) : null;
      if (one !== null && fits(one, filter)) yield one;
    }
  }
}

function fits(one: Delivery, { destination, state, sinceMs, covers }: DeliveryFilter): boolean {
  return (
    (destination === undefined || one.destination === destination) &&
    (state === undefined || one.state === state) &&
    (sinceMs === undefined || one.atMs >= sinceMs) &&
    (covers === undefined || covers(one.source))
  );
}

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** The newest `limit` as programs see them; `more` says that there are others. */
export async function listDeliveries(app: App, filter: DeliveryFilter, limit: number) {
  const found = [];
  for await (const { atMs, nextMs, ...one } of deliveries(app, filter)) {
    if (found.length === limit) return { deliveries: found, more: true };
    found.push({ ...one, at: time(atMs), nextAt: time(nextMs) });
  }
  return { deliveries: found, more: false };
}
