/** The only importer of bullmq: putting hints on queues and taking them off again. */
import { Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import { queuePrefix, shardOf } from './record/keys.ts';
import type { Redis } from './redis.ts';
import { hintSchema, jobIdOf } from './stages.ts';
import type { Hint } from './stages.ts';

/** Dead letters stay on their queue for people to see, as long as their content is kept. */
const deadKeepMs = 7 * 86_400_000;

type Counts = { waiting: number; active: number; delayed: number; paused: boolean };

export type Hints = {
  /**
   * Sends a hint in the same burst as the commands sent just before it on this connection: one round trip for a
   * transition and its hint. A second hint with the same id does nothing.
   */
  add: (hint: Hint) => Promise<void>;
  counts: (queue: string) => Promise<Counts>;
  /** The tickets of the hints that have waited longest, one of each shard. */
  oldest: (queue: string) => Promise<string[]>;
  pause: (queue: string) => Promise<void>;
  resume: (queue: string) => Promise<void>;
  close: () => Promise<void>;
};

type HintOptions = { redis: Redis; prefix: string; shards: number; onError: (error: Error) => void };

/** BullMQ's objects for our queues, each made when it is first needed. */
function openQueues({ redis, prefix, onError }: HintOptions) {
  const queues = new Map<string, Queue>();
  const clients = new WeakMap<Queue, Awaited<ReturnType<Queue['getBackend']>['client']>>();
  const of = (name: string, shard: number): Queue => {
    const key = `${shard} ${name}`;
    let queue = queues.get(key);
    if (!queue) {
      queue = new Queue(name, {
        connection: redis,
        prefix: queuePrefix(prefix, shard),
        skipMetasUpdate: false,
        // Redis was looked at by ourselves, once and not for every queue.
        skipVersionCheck: true,
      });
      queue.on('error', onError);
      queues.set(key, queue);
    }
    return queue;
  };
  return {
    of,
    async ready(name: string, shard: number) {
      const queue = of(name, shard);
      const known = clients.get(queue);
      if (known !== undefined) return { queue, client: known };
      try {
        const client = await queue.getBackend().client;
        clients.set(queue, client);
        return { queue, client };
      } catch (error) {
        // A queue whose first contact with Redis failed stays broken: the next hint makes a new one.
        const key = `${shard} ${name}`;
        if (queues.get(key) === queue) queues.delete(key);
        queue.close().catch(() => undefined);
        throw error;
      }
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

export function createHints(options: HintOptions): Hints {
  const { shards } = options;
  const queues = openQueues(options);
  const allShards = (name: string): Queue[] =>
    Array.from({ length: shards }, (_, shard) => queues.of(name, shard));
  return {
    async add(hint) {
      // Scripts called before this are sent at the end of this turn; the hint must not overtake its transition.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      const { queue, client } = await queues.ready(hint.queue, shardOf(hint.ticketId, shards));
      const job = new Job(queue, hint.state, { ticketId: hint.ticketId }, {}, jobIdOf(hint));
      await job.addJob(client);
    },
    async counts(name) {
      const total: Counts = { waiting: 0, active: 0, delayed: 0, paused: false };
      for (const queue of allShards(name)) {
        const counts = await queue.getJobCounts('wait', 'active', 'delayed');
        total.waiting += counts['wait'] ?? 0;
        total.active += counts['active'] ?? 0;
        total.delayed += counts['delayed'] ?? 0;
        total.paused ||= await queue.isPaused();
      }
      return total;
    },
    async oldest(name) {
      const jobs = await Promise.all(allShards(name).map((queue) => queue.getWaiting(0, 0)));
      return jobs.flat().flatMap((job: Job | undefined) => {
        const hint = hintSchema.safeParse(job?.data);
        return hint.success ? [hint.data.ticketId] : [];
      });
    },
    async pause(name) {
      await Promise.all(allShards(name).map((queue) => queue.pause()));
    },
    async resume(name) {
      await Promise.all(allShards(name).map((queue) => queue.resume()));
    },
    close: () => queues.close(),
  };
}

export type Pool = {
  setConcurrency: (concurrency: number) => void;
  /** Stops taking hints, waits for the running ones. Never longer than the caller's own patience. */
  close: () => Promise<void>;
};

type PoolOptions = {
  redis: Redis;
  prefix: string;
  shard: number;
  queue: string;
  concurrency: number;
  work: (ticketId: string) => Promise<void>;
  onError: (error: Error) => void;
};

/**
 * BullMQ's worker fetches one hint after the other until it has as many as its concurrency, and only then begins with the
 * first: a hundred round trips when a burst meets an idle pool. So its concurrency is kept this far above what is running
 * while that grows. At least 2: a worker looks at it again when it begins a hint, and then must find room.
 */
const headStart = 8;

/**
 * Takes hints off one queue of one shard and hands them to `work`, at most `concurrency` at a time; just after that was
 * raised, what took the hints meanwhile may still run besides.
 * `work` must not throw for anything expected; a hint that failed is dropped, and the audit makes another one.
 */
export function startPool(options: PoolOptions): Pool {
  let running = 0;
  let wanted = options.concurrency;
  const helpers = new Map<Worker, Promise<void> | null>();
  const dismissHelpers = (): void => {
    for (const [helper, closing] of helpers) {
      if (closing !== null) continue;
      const closed = helper.close().catch(options.onError);
      helpers.set(helper, closed);
      void closed.then(() => helpers.delete(helper));
    }
  };
  const worker = openWorker(options, Math.min(wanted, headStart), async (ticketId) => {
    running += 1;
    worker.concurrency = Math.min(wanted, Math.max(worker.concurrency, running + headStart));
    try {
      await options.work(ticketId);
    } finally {
      running -= 1;
      if (running === 0) worker.concurrency = Math.min(wanted, headStart);
      dismissHelpers();
    }
  });
  return {
    setConcurrency(concurrency) {
      // After less and then more, what still runs may be above both.
      const more = concurrency - Math.max(wanted, running);
      const isFull = running >= wanted;
      wanted = concurrency;
      worker.concurrency = Math.min(wanted, Math.max(worker.concurrency, running + headStart));
      // A full worker looks at its concurrency when a job of its ends, and a call can take a minute. Until then another one
      // takes what is more.
      if (more > 0 && isFull) helpers.set(openWorker(options, more, options.work), null);
      if (more < 0) dismissHelpers();
    },
    async close() {
      dismissHelpers();
      await Promise.all([worker.close(), ...helpers.values()]);
    },
  };
}

function openWorker(
  options: PoolOptions,
  concurrency: number,
  work: (ticketId: string) => Promise<void>,
): Worker {
  const isDead = options.queue.endsWith('.dead');
  const worker = new Worker(
    options.queue,
    async (job: Job) => {
      const hint = hintSchema.safeParse(job.data);
      if (!hint.success) throw new UnrecoverableError('not a hint');
      await work(hint.data.ticketId);
    },
    {
      connection: options.redis,
      prefix: queuePrefix(options.prefix, options.shard),
      concurrency,
      lockDuration: 15_000,
      stalledInterval: 5000,
      // Lost replies alone raise the stall count; giving up is the record's decision, never BullMQ's.
      maxStalledCount: 1000,
      drainDelay: 5,
      removeOnComplete: isDead ? { age: deadKeepMs / 1000, count: 10_000 } : { count: 0 },
      removeOnFail: { count: 0 },
    },
  );
  worker.on('error', options.onError);
  return worker;
}
