/**
 * Brings back what is lost: expired leases, parks that are due, hints that disappeared. Every process runs one; a lock of a
 * second in Redis keeps all but one idle, and its owner may die at any moment. Work per second is bounded and does not
 * grow with the tickets that wait.
 */
import type { App, Running } from '../app.ts';
import { sendHints } from '../transitions.ts';

const tickMs = 1000;
const sweepLimit = 500;
const auditSlice = 500;
const retireEveryTicks = 60;

export function startSweeper(app: App): Running {
  const cursors = new Map<number, string>();
  let ticks = 0;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  let running: Promise<void> = Promise.resolve();

  const sweepShard = async (shard: number): Promise<void> => {
    const lock = await app.redis.set(
      `${app.record.bases[shard]}sweeper`,
      process.pid,
      'PX',
      tickMs - 100,
      'NX',
    );
    if (lock !== 'OK') return;
    for (let full = true; full && !closed;) {
      const due = await app.record.sweep(shard, sweepLimit);
      await sendHints(app, due);
      full = due.length >= sweepLimit;
      if (due.length > 0) app.log.debug({ shard, tickets: due.length }, 'sweep.hinted');
    }
    const audited = await app.record.audit(shard, cursors.get(shard) ?? '', auditSlice);
    cursors.set(shard, audited.cursor);
    if (audited.hints.length > 0) {
      app.log.warn({ shard, tickets: audited.hints.length }, 'audit.hinted');
      await sendHints(app, audited.hints);
    }
    if (ticks % retireEveryTicks === 0) await app.record.retire(shard, sweepLimit);
  };

  const tick = async (): Promise<void> => {
    ticks += 1;
    try {
      for (let shard = 0; shard < app.record.settings.shards; shard += 1) await sweepShard(shard);
    } catch (error) {
      app.log.warn({ err: error }, 'sweep.failed');
    }
    if (!closed) timer = setTimeout(() => (running = tick()), tickMs);
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
