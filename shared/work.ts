/** How every stage works on its queue: hint, claim, work under a lease that is kept, and a way back after an error. */
import { randomBytes } from 'node:crypto';
import type { App, Running } from './app.ts';
import { TierlineError } from './errors.ts';
import { errorReporter } from './log.ts';
import { startPool } from './queue.ts';
import type { Pool } from './queue.ts';
import type { Claim } from './record/record.ts';
import type { Runtime } from './runtime.ts';
import type { State } from './stages.ts';
import type { Lane } from './ticket.ts';

export type Stage<Field extends string> = {
  state: State;
  fields: readonly Field[];
  /**
   * Ends in a transition of the record. `signal` aborts when the lease is lost or the process drains too long. `runtime` is
   * the one for all of this work: another may come into force meanwhile.
   */
  work: (claim: Claim<Field>, signal: AbortSignal, runtime: Runtime) => Promise<void>;
};

type LeaseKeeper = {
  keep: (claim: { ticketId: string; token: string }) => { signal: AbortSignal; release: () => void };
  abortAll: () => void;
  close: () => void;
};

/** Renews all leases of a process in one round trip, every third of a lease. */
function createLeaseKeeper(app: App): LeaseKeeper {
  const { leaseMs } = app.record.settings;
  const kept = new Map<
    string,
    { ticketId: string; token: string; controller: AbortController; renewedAt: number }
  >();
  const renew = async (): Promise<void> => {
    const due = [...kept.values()].filter((lease) => app.now() - lease.renewedAt >= leaseMs / 6);
    if (due.length === 0) return;
    try {
      const held = await app.record.renew(due);
      due.forEach((lease, i) => {
        if (held[i]) lease.renewedAt = app.now();
        else lease.controller.abort();
      });
    } catch (error) {
      app.log.warn({ leases: due.length, err: error }, 'leases.renewal_failed');
      // A claim may begin with three quarters of a lease (see claim.lua).
      for (const lease of due) if (app.now() - lease.renewedAt > (leaseMs * 3) / 4) lease.controller.abort();
    }
  };
  const timer = setInterval(() => void renew(), leaseMs / 3);
  return {
    keep({ ticketId, token }) {
      const controller = new AbortController();
      kept.set(token, { ticketId, token, controller, renewedAt: app.now() });
      return { signal: controller.signal, release: () => kept.delete(token) };
    },
    abortAll() {
      for (const lease of kept.values()) lease.controller.abort();
    },
    close: () => clearInterval(timer),
  };
}

/** Delay before a ticket is tried again after an error of ours; the fifth such claim gives it up as poisoned. */
const failedDelayMs = 2000;

/** What a hint leads to: claim the ticket if it is really this stage's turn, work on it, never leave it without a future. */
function stageHandler<Field extends string>(
  app: App,
  leases: LeaseKeeper,
  stage: Stage<Field>,
): (ticketId: string) => Promise<void> {
  // Unique over processes and claims; a token proves a lease, it is no secret.
  const processToken = randomBytes(9).toString('base64url');
  let claims = 0;
  return async (ticketId) => {
    claims += 1;
    const token = `${processToken}.${claims}`;
    const claimed = await app.record.claim(ticketId, stage.state, token, stage.fields);
    if (claimed.kind !== 'claimed') return;
    const { claim } = claimed;
    const lease = leases.keep(claim);
    const runtime = app.runtime();
    const letGo = runtime.hold();
    try {
      await stage.work(claim, lease.signal, runtime);
    } catch (error) {
      app.log.error({ ticketId, state: stage.state, err: error }, 'stage.failed');
      await app.record.park(claim, { delayMs: failedDelayMs, reason: 'error', failed: true });
    } finally {
      letGo();
      lease.release();
    }
  };
}

/**
 * Slots of one pool in one process. Live work never waits for one (its worker's concurrency is its limit); backlog work
 * starts only in a slot that live work leaves idle.
 */
export function createSlots(initial: number) {
  let concurrency = initial;
  let busy = 0;
  let closed = false;
  const waiting: (() => void)[] = [];
  /** Whoever is woken looks again whether its slot is still free. */
  const wake = (): void => {
    for (const resume of waiting.splice(0, Math.max(0, concurrency - busy))) resume();
  };
  return {
    setConcurrency(value: number) {
      concurrency = value;
      wake();
    },
    async run(lane: Lane, work: () => Promise<void>): Promise<void> {
      while (lane === 'backlog' && busy >= concurrency && !closed) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      if (closed && lane === 'backlog')
        throw new TierlineError('draining', 'the pool is draining', { isRetryable: true });
      busy += 1;
      try {
        await work();
      } finally {
        busy -= 1;
        wake();
      }
    },
    close() {
      closed = true;
      for (const resume of waiting.splice(0)) resume();
    },
  };
}

/** Runs one stage on its queue: every shard, the lanes it has, one set of slots. */
export function startStage<Field extends string>(
  app: App,
  stage: Stage<Field>,
  options: { queues: Partial<Record<Lane, string>>; concurrency: number; drainMs?: number },
): Running & { setConcurrency: (concurrency: number) => void } {
  const leases = createLeaseKeeper(app);
  const handle = stageHandler(app, leases, stage);
  const slots = createSlots(options.concurrency);
  const pools: Pool[] = [];
  for (const [lane, queue] of Object.entries(options.queues) as [Lane, string][]) {
    for (let shard = 0; shard < app.record.settings.shards; shard += 1) {
      pools.push(
        startPool({
          redis: app.redis,
          prefix: app.prefix,
          shard,
          queue,
          concurrency: options.concurrency,
          work: (ticketId) => slots.run(lane, () => handle(ticketId)),
          onError: errorReporter(app.log, 'queue.error', { queue }),
        }),
      );
    }
  }
  let closing: Promise<void> | null = null;
  return {
    setConcurrency(concurrency) {
      slots.setConcurrency(concurrency);
      for (const pool of pools) pool.setConcurrency(concurrency);
    },
    close() {
      closing ??= drain(pools, slots, leases, options.drainMs ?? 20_000);
      return closing;
    },
  };
}

/** Lets running work finish; past `drainMs` calls are aborted, and what they held is parked or comes back by its lease. */
async function drain(
  pools: Pool[],
  slots: { close: () => void },
  leases: LeaseKeeper,
  drainMs: number,
): Promise<void> {
  const timer = setTimeout(() => leases.abortAll(), drainMs);
  const closing = pools.map((pool) => pool.close());
  slots.close();
  await Promise.all(closing);
  clearTimeout(timer);
  leases.close();
}
