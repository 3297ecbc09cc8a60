/**
 * One pool per tier, in step with the configuration while that changes. The pool of a tier that is taken out goes on for as
 * long as its queue holds tickets; those that nobody reads any more, after a restart, are found and read as well.
 */
import type { App, Running } from './app.ts';
import type { Config } from './config/schema.ts';
import { errorReporter } from './log.ts';
import { removedTiers } from './processes/tiers.ts';

type Pool = Running & { setConcurrency: (concurrency: number) => void };

type Options = {
  /** Only these of the configuration's tiers; null for all. What removed tiers left behind is everybody's. */
  only: readonly string[] | null;
  concurrencyOf: (tier: Config['tiers'][string]) => number;
  /** For removed tiers, whose setting is gone. */
  removedConcurrency: number;
  queuesOf: (tier: string) => string[];
  start: (tier: string, concurrency: number) => Pool;
};

const changeEveryMs = 500;
const removedEveryMs = 5000;
/** Looks at an empty queue before its pool ends: a ticket may be on its way from one queue to the other. */
const emptyLooks = 3;

export function keepTierPools(app: App, options: Options): Running {
  const pools = createPools(app, options);
  const reportError = errorReporter(app.log, 'pools.check_failed');
  let inStepWith: unknown = null;
  const step = (): void => {
    const runtime = app.runtime();
    if (runtime === inStepWith) return;
    inStepWith = runtime;
    pools.follow(runtime.config);
  };
  step();
  let looking: Promise<void> = Promise.resolve();
  const changes = setInterval(step, changeEveryMs);
  const removed = setInterval(() => {
    looking = looking.then(() => lookAtRemoved(app, pools, options.queuesOf)).catch(reportError);
  }, removedEveryMs);
  return {
    async close() {
      clearInterval(changes);
      clearInterval(removed);
      await pools.close();
    },
  };
}

type Kept = { pool: Pool; concurrency: number; isRemoved: boolean; emptyLooks: number };
type Pools = Running & {
  names: () => string[];
  /** Starts what is new, changes what is different; what was taken out goes on. */
  follow: (config: Config) => void;
  /** What was seen on the queues of a tier that the configuration does not have. */
  saw: (tier: string, holds: boolean) => void;
};

function createPools(app: App, options: Options): Pools {
  const pools = new Map<string, Kept>();
  const ending = new Set<Promise<void>>();
  let closed = false;
  const start = (tier: string, concurrency: number): Kept => {
    const kept = { pool: options.start(tier, concurrency), concurrency, isRemoved: false, emptyLooks: 0 };
    pools.set(tier, kept);
    return kept;
  };
  const noteRemoved = (tier: string, kept: Kept): void => {
    Object.assign(kept, { isRemoved: true, emptyLooks: 0 });
    app.log.info({ tier, queues: options.queuesOf(tier) }, 'pool.tier_removed');
  };
  const end = (tier: string, { pool }: Kept): void => {
    pools.delete(tier);
    app.log.info({ tier, queues: options.queuesOf(tier) }, 'pool.ended');
    const closing = pool.close().catch((error: unknown) => app.log.warn({ err: error }, 'close.failed'));
    ending.add(closing);
    void closing.then(() => ending.delete(closing));
  };
  return {
    names: () => [...pools.keys()],
    follow(config) {
      for (const [tier, settings] of Object.entries(config.tiers)) {
        if (options.only !== null && !options.only.includes(tier)) continue;
        const concurrency = options.concurrencyOf(settings);
        const kept = pools.get(tier) ?? start(tier, concurrency);
        if (kept.concurrency !== concurrency) kept.pool.setConcurrency(concurrency);
        Object.assign(kept, { concurrency, isRemoved: false });
      }
      for (const [tier, kept] of pools) {
        if (!kept.isRemoved && !Object.hasOwn(config.tiers, tier)) noteRemoved(tier, kept);
      }
    },
    saw(tier, holds) {
      if (closed) return;
      const kept = pools.get(tier);
      if (kept) kept.emptyLooks = holds ? 0 : kept.emptyLooks + 1;
      else if (holds) noteRemoved(tier, start(tier, options.removedConcurrency));
      if (kept && kept.emptyLooks >= emptyLooks) end(tier, kept);
    },
    async close() {
      closed = true;
      await Promise.all([...[...pools.values()].map(({ pool }) => pool.close()), ...ending]);
    },
  };
}

async function lookAtRemoved(app: App, pools: Pools, queuesOf: Options['queuesOf']): Promise<void> {
  const left = await removedTiers(app);
  const isRemoved = (tier: string): boolean => !Object.hasOwn(app.runtime().config.tiers, tier);
  for (const tier of new Set([...pools.names(), ...left])) {
    if (!isRemoved(tier)) continue;
    const holds = await holdsTickets(app, queuesOf(tier));
    if (isRemoved(tier)) pools.saw(tier, holds);
  }
}

async function holdsTickets(app: App, queues: string[]): Promise<boolean> {
  const counts = await Promise.all(queues.map((queue) => app.hints.counts(queue)));
  return counts.some(({ waiting, active, delayed }) => waiting + active + delayed > 0);
}
