/** A pool per tier: hints off the tier's queue, answers into the record. */
import type { App, Running } from '../../shared/app.ts';
import { tierQueue } from '../../shared/stages.ts';
import { startStage } from '../../shared/work.ts';
import { answerStage } from './answer.ts';

/** Starts the pools of the given tiers; unknown names are the caller's to refuse. */
export function start(app: App, tiers: string[]): Running {
  const pools = tiers.map((tier) =>
    startStage(app, answerStage(app), {
      queues: { live: tierQueue(tier, 'live'), backlog: tierQueue(tier, 'backlog') },
      concurrency: app.runtime().config.tiers[tier]!.concurrency,
    }),
  );
  return {
    async close() {
      await Promise.all(pools.map((pool) => pool.close()));
    },
  };
}
