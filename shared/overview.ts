/** How the system stands: each queue's depth, each tier's backlog, breakers, dead letters, and its processes. */
import type { App } from './app.ts';
import { readGates } from './models/gate-state.ts';
import type { GateStatus } from './models/gate-state.ts';
import { agreementOf } from './processes/agreement.ts';
import type { Agreement } from './processes/agreement.ts';
import { listProcesses } from './processes/list.ts';
import type { ProcessInfo } from './processes/list.ts';
import { removedTiers } from './processes/tiers.ts';
import { classifyQueue, deadQueueOf, deliverQueue, tierQueue } from './stages.ts';

type QueueStatus = {
  queue: string;
  waiting: number;
  active: number;
  delayed: number;
  paused: boolean;
};

export type Overview = {
  tickets: { open: number; leased: number; parked: number };
  queues: QueueStatus[];
  breakers: GateStatus[];
  processes: ProcessInfo[];
  /** What they run, and whether it is the same. */
  config: Agreement;
};

export async function readOverview(app: App): Promise<Overview> {
  const { config } = app.runtime();
  const tiers = Object.keys(config.tiers);
  const live = [classifyQueue('live'), ...tiers.map((tier) => tierQueue(tier, 'live')), deliverQueue('live')];
  const names = live.flatMap((queue) => [queue, `${queue}.backlog`, deadQueueOf(queue)]);
  const [queues, left, processes, breakers] = await Promise.all([
    countAll(app, names),
    leftByRemovedTiers(app),
    listProcesses(app.redis, app.prefix),
    readGates(app),
  ]);
  return {
    tickets: await app.record.counts(),
    queues: [...queues, ...left],
    breakers,
    processes,
    config: agreementOf(processes, app.now(), app.prefix),
  };
}

function countAll(app: App, names: string[]): Promise<QueueStatus[]> {
  return Promise.all(names.map(async (queue) => ({ queue, ...(await app.hints.counts(queue)) })));
}

/** Queues of tiers that the configuration no longer has, while there is something on them. */
async function leftByRemovedTiers(app: App): Promise<QueueStatus[]> {
  const { config } = app.runtime();
  const removed = (await removedTiers(app)).filter((tier) => !Object.hasOwn(config.tiers, tier));
  const queues = removed.flatMap((tier) => {
    const live = tierQueue(tier, 'live');
    return [live, tierQueue(tier, 'backlog'), deadQueueOf(live)];
  });
  const counted = await countAll(app, queues);
  return counted.filter(({ waiting, active, delayed }) => waiting + active + delayed > 0);
}
