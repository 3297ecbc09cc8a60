/** How the system stands: each queue's depth, each tier's backlog, breakers, dead letters. */
import type { App } from './app.ts';
import { classifyQueue, deadQueueOf, deliverQueue, tierQueue } from './stages.ts';

export type QueueStatus = {
  queue: string;
  waiting: number;
  active: number;
  delayed: number;
  paused: boolean;
};

export type Overview = {
  tickets: { open: number; leased: number; parked: number };
  queues: QueueStatus[];
  breakers: { model: string; state: 'open' | 'closed' | 'half-open'; untilMs: number | null }[];
};

export async function readOverview(app: App): Promise<Overview> {
  const { config } = app.runtime();
  const tiers = Object.keys(config.tiers);
  const live = [classifyQueue('live'), ...tiers.map((tier) => tierQueue(tier, 'live')), deliverQueue('live')];
  const names = live.flatMap((queue) => [queue, `${queue}.backlog`, deadQueueOf(queue)]);
  const queues = await Promise.all(
    names.map(async (queue) => ({ queue, ...(await app.hints.counts(queue)) })),
  );
  const breakers = await Promise.all(
    Object.entries(config.models).map(async ([model, { provider }]) => {
      const [until, probe] = await app.redis.hmget(
        `{${app.prefix}:${provider}}:breaker:${model}`,
        'until',
        'probe',
      );
      if (!until) return { model, state: 'closed' as const, untilMs: null };
      return { model, state: probe ? ('half-open' as const) : ('open' as const), untilMs: Number(until) };
    }),
  );
  return { tickets: await app.record.counts(), queues, breakers };
}
