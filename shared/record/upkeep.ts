/** What the sweeper asks of the record. */
import { sweepHold } from '../source-pauses.ts';
import { auditAgeMs } from '../stages.ts';
import type { Hint } from '../stages.ts';
import { ends } from '../ticket.ts';
import { queuePrefix } from './keys.ts';
import { hintsFrom } from './store.ts';
import type { Store } from './store.ts';

/** Scores are by Redis' clock, this question is by ours; being late costs nothing here. */
const clockSlackMs = 2000;

/** `calls`: how many it had opened when it lost its lease; later ones are somebody else's. */
export type Orphan = { member: string; ticketId: string; calls: number };

export function upkeepOf({ redis, settings, bases, runOnShard }: Store) {
  return {
    /**
     * Tickets of one shard whose lease expired or whose park is over; each must be hinted. Looks at no more than `limit`
     * of each; `more` says that it stopped there. Parked tickets of the `paused` sources wait on.
     */
    async sweep(
      shard: number,
      limit: number,
      paused: readonly string[] = [],
    ): Promise<{ hints: Hint[]; more: boolean }> {
      const hold = [sweepHold.leastMs, sweepHold.spreadMs];
      const reply = await runOnShard('record/sweep', bases[shard]!, [limit, ...hold, ...paused]);
      return { hints: hintsFrom(reply, 1), more: reply[0] === 1 };
    },

    /** Looks at a fixed slice of the open tickets for those without a future. Start with cursor '', which ends it too. */
    async audit(shard: number, cursor: string, slice: number): Promise<{ cursor: string; hints: Hint[] }> {
      const base = bases[shard]!;
      const jobs = `${queuePrefix(settings.prefix, shard)}:`;
      const reply = await runOnShard('record/audit', base, [cursor, slice, auditAgeMs, jobs]);
      return { cursor: String(reply[0]), hints: hintsFrom(reply, 1) };
    },

    /** Tickets that lost their lease in the middle of work, and whose worker would have settled its calls by now. */
    async orphans(shard: number, limit: number): Promise<Orphan[]> {
      const until = Date.now() - clockSlackMs;
      const found = await redis.zrangebyscore(`${bases[shard]!}orphans`, '-inf', until, 'LIMIT', 0, limit);
      return found.map((member) => {
        const [ticketId = '', calls] = member.split(':');
        return { member, ticketId, calls: Number(calls) };
      });
    },

    async forgetOrphan(shard: number, { member }: Orphan): Promise<void> {
      await redis.zrem(`${bases[shard]!}orphans`, member);
    },

    /** Empties tickets that ended longer ago than the content's retention, at most `limit` of each end. */
    async retire(shard: number, limit: number): Promise<number> {
      const base = bases[shard]!;
      const replies = await Promise.all(
        ends.map((end) => runOnShard('record/retire', base, [end, settings.contentMs, limit])),
      );
      return replies.reduce((sum, [emptied]) => sum + Number(emptied), 0);
    },
  };
}
