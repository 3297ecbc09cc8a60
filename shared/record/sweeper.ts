/**
 * Brings back what is lost: expired leases, parks that are due, hints that disappeared. Every process runs one; a lock of a
 * second in Redis keeps all but one idle, and its owner may die at any moment. Work per second is bounded and does not
 * grow with the tickets that wait.
 */
import type { App, Running } from '../app.ts';
import { settleOrphan } from '../ledger/abandoned.ts';
import { sendHints } from '../transitions.ts';

const tickMs = 1000;
const sweepLimit = 500;
const auditSlice = 500;
const retireEveryMs = 60_000;
/** Of each end in one call: emptying is the longest of the scripts, and Redis does nothing else meanwhile. */
const retireLimit = 200;

export function startSweeper(app: App): Running {
  const cursors = new Map<number, string>();
  let retiredAt = app.now();
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  let running: Promise<void> = Promise.resolve();

  /** False where another process has the lock. */
  const sweepShard = async (shard: number): Promise<boolean> => {
    const lock = await app.redis.set(
      `${app.record.bases[shard]}sweeper`,
      process.pid,
      'PX',
      tickMs - 100,
      'NX',
    );
    if (lock !== 'OK') return false;
    const { paused } = await app.pauses.book();
    for (let more = true; more && !closed;) {
      const due = await app.record.sweep(shard, sweepLimit, [...paused.keys()]);
      await sendHints(app, due.hints);
      more = due.more;
      if (due.hints.length > 0) app.log.debug({ shard, tickets: due.hints.length }, 'sweep.hinted');
    }
    for (const orphan of await app.record.orphans(shard, sweepLimit)) {
      await settleOrphan(app, orphan);
      await app.record.forgetOrphan(shard, orphan);
    }
    const audited = await app.record.audit(shard, cursors.get(shard) ?? '', auditSlice);
    cursors.set(shard, audited.cursor);
    if (audited.hints.length > 0) {
      app.log.warn({ shard, tickets: audited.hints.length }, 'audit.hinted');
      await sendHints(app, audited.hints);
    }
    return true;
  };

  const tick = async (): Promise<void> => {
    try {
      const isRetiring = app.now() - retiredAt >= retireEveryMs;
      if (isRetiring) retiredAt = app.now();
      for (let shard = 0; shard < app.record.settings.shards; shard += 1) {
        if ((await sweepShard(shard)) && isRetiring) await retireShard(app, shard, () => closed);
      }
    } catch (error) {
      app.log.warn({ err: error }, 'sweep.failed');
    }
    if (!closed) {
      timer = setTimeout(() => {
        running = tick();
      }, tickMs);
    }
  };
  running = tick();
  return {
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      await running;
    },
  };
}

/** All that is old enough, however much a minute brings. */
async function retireShard(app: App, shard: number, isClosed: () => boolean): Promise<void> {
  while (!isClosed() && (await app.record.retire(shard, retireLimit)) >= retireLimit);
}
