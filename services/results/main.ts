/** The results service: delivers replies, and consumes every dead-letter queue. */
import type { App, Running } from '../../shared/app.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { classifyQueue, deadQueueOf, deliverQueue, tierQueue } from '../../shared/stages.ts';
import { startStage } from '../../shared/work.ts';
import { deadLetterStage } from './dead-letters.ts';
import { deliverStage } from './deliver.ts';
import { openDestinations } from './destinations.ts';

/** A delivery waits for its receiver; slow ones must not hold up the others. */
const deliverConcurrency = 100;
const deadLetterConcurrency = 10;

export function start(app: App): Running {
  let builtFrom: Runtime = app.runtime();
  let destinations = openDestinations(builtFrom.config, app.now);
  const retired: (() => Promise<void>)[] = [];
  const current = () => {
    const runtime = app.runtime();
    if (runtime !== builtFrom) {
      builtFrom = runtime;
      retired.push(destinations.close);
      destinations = openDestinations(runtime.config, app.now);
    }
    return destinations;
  };
  const tiers = Object.keys(builtFrom.config.tiers);
  const deadQueues = [
    classifyQueue('live'),
    deliverQueue('live'),
    ...tiers.map((tier) => tierQueue(tier, 'live')),
  ];
  const stages = [
    startStage(app, deliverStage(app, current), {
      queues: { live: deliverQueue('live'), backlog: deliverQueue('backlog') },
      concurrency: deliverConcurrency,
    }),
    ...deadQueues.map((queue) =>
      startStage(app, deadLetterStage(app), {
        queues: { live: deadQueueOf(queue) },
        concurrency: deadLetterConcurrency,
      }),
    ),
  ];
  return {
    async close() {
      await Promise.all(stages.map((stage) => stage.close()));
      await Promise.all([...retired, destinations.close].map((close) => close()));
    },
  };
}
