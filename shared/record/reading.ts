/** Looking at the record without changing it. */
import type { End } from '../ticket.ts';
import { isTicketId } from './keys.ts';
import type { Store } from './store.ts';

export function readingOf({ redis, settings, bases, keyOf }: Store) {
  return {
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
