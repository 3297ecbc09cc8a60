/** The results service: delivers replies, and consumes every dead-letter queue. */
import type { App, Running } from '../../shared/app.ts';
import { createDisabledCheck, createStandings } from '../../shared/destinations/standing.ts';
import type { Standings } from '../../shared/destinations/standing.ts';
import { errorReporter } from '../../shared/log.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { classifyQueue, deadQueueOf, deliverQueue, tierQueue } from '../../shared/stages.ts';
import { keepTierPools } from '../../shared/tier-pools.ts';
import { startStage } from '../../shared/work.ts';
import { deadLetterStage } from './dead-letters.ts';
import { deliverStage } from './deliver.ts';
import { createDeliveryDoor } from './delivery-door.ts';
import type { DoorEvent } from './delivery-door.ts';
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
    startStage(app, deliverStage(app, deliveryParts(app)), {
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

function deliveryParts(app: App): Parameters<typeof deliverStage>[1] {
  const { redis, prefix, now, random, log } = app;
  const standings = createStandings(redis, prefix);
  const check = createDisabledCheck(standings, now);
  const onEvent = reportDoor(app, standings);
  return {
    destinationsOf: destinationsByRuntime(app),
    door: createDeliveryDoor({ slots: deliverConcurrency, now, random, onEvent }),
    disabled: {
      has: (identity) => check.has(identity),
      async add(destination) {
        const isNews = await standings.disable(destination, now());
        await check.learn(destination.identity);
        if (isNews) log.error({ destination: destination.name }, 'destination.disabled');
      },
    },
  };
}

/** A destination that is left alone is told of, and known to all; no delivery waits for that. */
function reportDoor({ log, now }: App, standings: Standings): (event: DoorEvent) => void {
  const onError = errorReporter(log, 'destination.unnoted');
  return (event) => {
    const { name, identity } = event.destination;
    if (event.kind === 'resumed') {
      log.info({ destination: name }, 'destination.resumed');
      standings.noteWell({ name, identity }).catch(onError);
      return;
    }
    const { ms, failures, sinceMs } = event;
    log.warn({ destination: name, ms, failures }, 'destination.paused');
    standings.noteFailing({ name, identity, sinceMs }, now()).catch(onError);
  };
}

/** Opened as the first delivery needs them, closed with their configuration. */
function destinationsByRuntime({ redis, prefix, now }: App): (runtime: Runtime) => Destinations {
  const opened = new WeakMap<Runtime, Destinations>();
  return (runtime) => {
    let destinations = opened.get(runtime);
    if (!destinations) {
      destinations = openDestinations(runtime.config, { redis, prefix, now });
      opened.set(runtime, destinations);
      runtime.onClose(destinations.close);
    }
    return destinations;
  };
}
