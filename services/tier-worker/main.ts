/** A pool per tier: hints off the tier's queue, answers into the record. */
import type { App, Running } from '../../shared/app.ts';
import { tierQueue } from '../../shared/stages.ts';
import { keepTierPools } from '../../shared/tier-pools.ts';
import { startStage } from '../../shared/work.ts';
import { answerStage } from './answer.ts';

/** For what a removed tier left behind, per process. */
const removedConcurrency = 10;

/** Starts the pools of these tiers, or of all; unknown names are the caller's to refuse. */
export function start(app: App, only: readonly string[] | null): Running {
  return keepTierPools(app, {
    only,
    removedConcurrency,
    concurrencyOf: ({ concurrency }) => concurrency,
    queuesOf: (tier) => [tierQueue(tier, 'live'), tierQueue(tier, 'backlog')],
    start: (tier, concurrency) =>
      startStage(app, answerStage(app), {
        queues: { live: tierQueue(tier, 'live'), backlog: tierQueue(tier, 'backlog') },
        concurrency,
      }),
  });
}
