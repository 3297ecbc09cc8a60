/** The results service: delivers replies, and consumes every dead-letter queue. */
import type { App, Running } from '../../shared/app.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { classifyQueue, deadQueueOf, deliverQueue, tierQueue } from '../../shared/stages.ts';
import { keepTierPools } from '../../shared/tier-pools.ts';
import { startStage } from '../../shared/work.ts';
import { deadLetterStage } from './dead-letters.ts';
import { deliverStage } from './deliver.ts';
import { openDestinations } from './destinations.ts';
import type { Destinations } from './destinations.ts';

/** A delivery waits for its receiver; slow ones must not hold up the others. */
const deliverConcurrency = 100;
const deadLetterConcurrency = 10;

export function start(app: App): Running {
  const startDeadLetters = (queue: string) =>
    startStage(app, deadLetterStage(app), {
      queues: { live: deadQueueOf(queue) },
      concurrency: deadLetterConcurrency,
    });
  const stages = [
    startStage(app, deliverStage(app, destinationsByRuntime(app)), {
      queues: { live: deliverQueue('live'), backlog: deliverQueue('backlog') },
      concurrency: deliverConcurrency,
    }),
    startDeadLetters(classifyQueue('live')),
    startDeadLetters(deliverQueue('live')),
    keepTierPools(app, {
      only: null,
      removedConcurrency: deadLetterConcurrency,
      concurrencyOf: () => deadLetterConcurrency,
      queuesOf: (tier) => [deadQueueOf(tierQueue(tier, 'live'))],
      start: (tier) => startDeadLetters(tierQueue(tier, 'live')),
    }),
  ];
  return {
    async close() {
      await Promise.all(stages.map((stage) => stage.close()));
    },
  };
}

/** Opened as the first delivery needs them, closed with their configuration. */
function destinationsByRuntime({ now }: App): (runtime: Runtime) => Destinations {
  const opened = new WeakMap<Runtime, Destinations>();
  return (runtime) => {
    let destinations = opened.get(runtime);
    if (!destinations) {
      destinations = openDestinations(runtime.config, now);
      opened.set(runtime, destinations);
      runtime.onClose(destinations.close);
    }
    return destinations;
  };
}
