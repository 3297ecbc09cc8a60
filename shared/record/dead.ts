/** Dead letters as the record keeps them: what was given up on, and the way back. */
import type { State } from '../stages.ts';
import type { End } from '../ticket.ts';
import type { Store } from './store.ts';

export type DeadEnd = 'dead' | 'handed_off';

export type Revived =
  | { kind: 'replayed'; sequence: number }
  /** A newer message of its conversation has arrived; another one of it is being answered. */
  | { kind: 'superseded' | 'busy'; by: string }
  /**
   * Somebody was faster; its content's retention has passed; it was dropped; people were told of it or of another message
   * of its conversation.
   */
  | { kind: 'changed' | 'emptied' | 'dropped' | 'handed_off' };

/** `end` and `sequence` are what the caller saw: a ticket that has moved since is left alone. */
export type Revival = {
  ticketId: string;
  end: End;
  sequence: string;
  to: State;
  queue: string;
  generation: number;
  deadlineMs: number;
  createdMs: number;
  /** Where the stored reply is sent again; null where it is made anew. */
  resendTo: string | null;
  /** That has been sent: only the same bytes go once more, and whoever has the conversation keeps it. */
  onceMore?: true;
};

export type RevivalOptions = { dry: boolean; afterHandoff: boolean; delayMs: number };

/** Of an end's list, in one call. */
const pageSize = 500;

const pairsOf = (flat: string[]): { ticketId: string; at: number }[] =>
  Array.from({ length: flat.length / 2 }, (_, i) => ({
    ticketId: flat[i * 2]!,
    at: Number(flat[i * 2 + 1]),
  }));

export function deadOf({ redis, settings, bases, keyOf, runOn, runOnShard }: Store) {
  return {
    /** Puts a dead letter back. `dry` only says whether it would. The caller hints it, unless it has a delay. */
    async revive(revival: Revival, options: RevivalOptions): Promise<Revived> {
      const { ticketId, end, sequence, to, queue, generation, deadlineMs, createdMs, resendTo } = revival;
      const onceMore = revival.onceMore === true ? 1 : 0;
      const seen = [options.dry ? 'dry' : 'go', end, sequence, options.afterHandoff ? 1 : 0];
      const moments = [Math.round(deadlineMs), createdMs, Math.round(options.delayMs)];
      const own = [...seen, to, queue, generation, ...moments, resendTo ?? '', onceMore];
      const reply = await runOn('record/replay', ticketId, [], own);
      const kind = String(reply[0]) as Revived['kind'];
      if (kind === 'replayed') return { kind, sequence: Number(reply[1]) };
      if (kind === 'superseded' || kind === 'busy') return { kind, by: String(reply[1]) };
      return { kind };
    },

    /** False where it is not held, or was dropped already. */
    async drop(ticketId: string): Promise<boolean> {
      const [dropped] = await runOn('record/drop', ticketId, [settings.tombstoneMs], []);
      return dropped === 1;
    },

    /** Milliseconds until `name` may happen once more, of so many a minute and `burst` at once, over all processes. */
    async pace(name: string, perMinute: number, burst: number): Promise<number> {
      const [wait] = await runOnShard('record/pace', bases[0]!, [name, perMinute, Math.max(1, burst)]);
      return Number(wait);
    },

    /** Ids of one end, newest first in each shard, with the moments of their ends (ms). */
    async endedAt(
      end: DeadEnd,
      page: { offset: number; limit: number },
    ): Promise<{ ticketId: string; at: number }[]> {
      const to = page.offset + page.limit - 1;
      const flats = await Promise.all(
        bases.map((base) => redis.zrevrange(`${base}end:${end}`, page.offset, to, 'WITHSCORES')),
      );
      return flats.flatMap(pairsOf);
    },

    /** The tickets of one end, newest first, page by page, with the moments of their ends (ms). */
    async *endedPages(end: End, shard: number): AsyncGenerator<{ ticketId: string; at: number }[]> {
      let score = '+inf';
      // Ids of the same moment that have been seen. A position in the list would move with what comes and goes.
      let seen = 0;
      for (;;) {
        const range = ['WITHSCORES', 'LIMIT', seen, pageSize] as const;
        const flat = await redis.zrevrangebyscore(`${bases[shard]!}end:${end}`, score, '-inf', ...range);
        const page = pairsOf(flat);
        yield page;
        if (page.length < pageSize) return;
        const last = flat.at(-1)!;
        const same = page.filter(({ at }) => at === Number(last)).length;
        seen = last === score ? seen + same : same;
        score = last;
      }
    },

    /** Some fields of several tickets, in one round trip. */
    async readMany<Field extends string>(
      ticketIds: readonly string[],
      fields: readonly Field[],
    ): Promise<Record<Field, string | null>[]> {
      const rows = await Promise.all(ticketIds.map((id) => redis.hmget(keyOf(id), ...fields)));
      return rows.map(
        (row) =>
          Object.fromEntries(fields.map((name, i) => [name, row[i] ?? null])) as Record<Field, string | null>,
      );
    },
  };
}
