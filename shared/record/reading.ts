/** Looking at the record without changing it. */
import type { State } from '../stages.ts';
import { parseStored } from '../stored-json.ts';
import type { End } from '../ticket.ts';
import { isTicketId } from './keys.ts';
import { unseenSchema } from './ledger-rows.ts';
import type { UnseenCall } from './ledger-rows.ts';
import type { Store } from './store.ts';

/** Where an open ticket stands. `queue` is the one of its hint; times in ms by Redis' clock. */
export type OpenTicket = {
  ticketId: string;
  state: State;
  queue: string;
  acceptedAt: number;
  /** A worker has it. */
  isLeased: boolean;
  isParked: boolean;
  /** Its source, once that was paused while the ticket waited. */
  pausedSource: string | null;
};

export function readingOf(store: Store) {
  const { redis, settings, bases, keyOf } = store;
  return {
    ...openTicketsOf(store),

    /** The whole record as stored, or null. */
    async read(ticketId: string): Promise<Record<string, string> | null> {
      if (!isTicketId(ticketId, settings.shards)) return null;
      const fields = await redis.hgetall(keyOf(ticketId));
      return Object.keys(fields).length === 0 ? null : fields;
    },

    /** One field of several tickets. */
    async readFields(ticketIds: string[], field: string): Promise<(string | null)[]> {
      return Promise.all(ticketIds.map((ticketId) => redis.hget(keyOf(ticketId), field)));
    },

    /** Ids of open tickets (oldest first) or of those at one end (newest first). */
    async list(which: 'open' | End, limit: number): Promise<string[]> {
      const ids: string[] = [];
      for (const base of bases) {
        const found =
          which === 'open'
            ? await redis.zrange(`${base}open`, 0, String(limit - 1))
            : await redis.zrevrange(`${base}end:${which}`, 0, limit - 1);
        ids.push(...found);
      }
      return ids.slice(0, limit);
    },

    /** How many tickets reached this end since a moment (ms). */
    async countEnded(end: End, sinceMs: number): Promise<number> {
      const counts = await Promise.all(
        bases.map((base) => redis.zcount(`${base}end:${end}`, sinceMs, '+inf')),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },

    /** Calls that began in this span (ms) and may be on the invoice, in their order; those of tickets at work are not among them. */
    async unseen(sinceMs: number, untilMs: number): Promise<UnseenCall[]> {
      const found = await Promise.all(
        bases.map((base) => redis.zrangebyscore(`${base}unseen`, sinceMs, untilMs)),
      );
      const calls = found.flat().flatMap((text) => parseStored(unseenSchema, text) ?? []);
      return calls.sort((one, other) => one.startedAt - other.startedAt);
    },

    /** How many tickets are open, leased and parked, for tests and status. */
    async counts(): Promise<{ open: number; leased: number; parked: number }> {
      const total = { open: 0, leased: 0, parked: 0 };
      for (const base of bases) {
        total.open += await redis.zcard(`${base}open`);
        total.leased += await redis.zcard(`${base}leases`);
        total.parked += await redis.zcard(`${base}parks`);
      }
      return total;
    },
  };
}

function openTicketsOf({ redis, bases, keyOf }: Store) {
  return {
    /** Those of the given tickets that are open. */
    async standings(ticketIds: readonly string[]): Promise<OpenTicket[]> {
      const found = await Promise.all(
        ticketIds.map((ticketId) => redis.hmget(keyOf(ticketId), 'st', 'q', 'at', 'lt', 'pu', 'ps')),
      );
      return found.flatMap(([state, queue, acceptedAt, lease, parkedUntil, source], i) => {
        if (!state || !queue) return [];
        return {
          ticketId: ticketIds[i]!,
          state: state as State,
          queue,
          acceptedAt: Number(acceptedAt),
          isLeased: Boolean(lease),
          isParked: Boolean(parkedUntil),
          pausedSource: source ?? null,
        };
      });
    },

    /** Ids of parked tickets, those first that are due first. */
    async parked(limit: number): Promise<string[]> {
      const ids = await Promise.all(bases.map((base) => redis.zrange(`${base}parks`, 0, String(limit - 1))));
      return ids.flat().slice(0, limit);
    },
  };
}
