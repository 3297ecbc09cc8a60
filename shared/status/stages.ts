/** How each stage of the pipeline stands: what waits there, for how long, and who works on it. */
import type { App } from '../app.ts';
import type { OpenTicket } from '../record/reading.ts';
import type { ProcessInfo } from '../processes/list.ts';
import { redisTime } from '../redis.ts';
import { readPauses } from '../source-pauses.ts';
import { classifyQueue, deliverQueue, tierQueue } from '../stages.ts';
import type { Lane } from '../ticket.ts';

export type StageStatus = {
  /** As in `tierline queues pause`; both lanes belong to it. */
  queue: string;
  /** null for the stages that are no tier. */
  tier: string | null;
  /** Hints on the queue: tickets that a worker could take now. */
  waiting: number;
  /** The same of imported tickets, which use the slots that live ones leave idle. */
  backlog: number;
  active: number;
  /** Tickets that wait for a moment, such as the end of a provider's outage. */
  parked: number;
  /** Since acceptance of the live ticket that waits or is parked longest; null where none does. */
  oldestAgeSeconds: number | null;
  /** null where no tier sets one. */
  sloSeconds: number | null;
  paused: boolean;
  backlogPaused: boolean;
  /** Processes that work on it. */
  workers: number;
  /** Tickets that these take at the same time; null for the stages that are no tier. */
  slots: number | null;
};

/** Looked at for their age. The oldest of a queue is also asked for by itself, so that no tier hides another one. */
const openLookedAt = 1000;
const parkedLookedAt = 5000;

export async function readStages(app: App, processes: readonly ProcessInfo[]): Promise<StageStatus[]> {
  const { tiers } = app.runtime().config;
  const stages: { tier: string | null; role: string; queueOf: (lane: Lane) => string }[] = [
    { tier: null, role: 'classifier', queueOf: classifyQueue },
    ...Object.keys(tiers).map((tier) => ({
      tier,
      role: 'tier',
      queueOf: (lane: Lane) => tierQueue(tier, lane),
    })),
    { tier: null, role: 'results', queueOf: deliverQueue },
  ];
  const queues = stages.map(({ queueOf }) => queueOf('live'));
  const [now, waiting] = await Promise.all([redisTime(app.redis), readWaiting(app, queues)]);
  return Promise.all(
    stages.map(async ({ tier, role, queueOf }): Promise<StageStatus> => {
      const [live, backlog] = await Promise.all([
        app.hints.counts(queueOf('live')),
        app.hints.counts(queueOf('backlog')),
      ]);
      const workers = processes.filter(
        (one) => one.roles.includes(role) && (tier === null || one.tiers.includes(tier)),
      ).length;
      const oldest = waiting.oldestOf(queueOf('live'));
      return {
        queue: queueOf('live'),
        tier,
        waiting: live.waiting,
        backlog: backlog.waiting,
        active: live.active + backlog.active,
        parked: waiting.parkedOf(queueOf('live')) + waiting.parkedOf(queueOf('backlog')),
        oldestAgeSeconds: oldest === null ? null : Math.max(0, Math.round((now - oldest) / 100) / 10),
        sloSeconds: tier === null ? null : tiers[tier]!.sloSeconds,
        paused: live.paused,
        backlogPaused: backlog.paused,
        workers,
        slots: tier === null ? null : workers * tiers[tier]!.concurrency,
      };
    }),
  );
}

/** The tickets that wait longest, and those that are parked, by the queue they belong to. */
async function readWaiting(app: App, queues: readonly string[]) {
  const [{ paused }, open, parked, heads, counts] = await Promise.all([
    readPauses(app),
    app.record.list('open', openLookedAt),
    app.record.parked(parkedLookedAt),
    Promise.all(queues.map((queue) => app.hints.oldest(queue))),
    app.record.counts(),
  ]);
  const standings = await app.record.standings([...new Set([...open, ...parked, ...heads.flat()])]);
  const waiting = Map.groupBy(
    standings.filter(({ isLeased }) => !isLeased),
    ({ queue }) => queue,
  );
  const of = (queue: string): OpenTicket[] => waiting.get(queue) ?? [];
  // Beyond what is looked at, the shares are taken to go on as they are.
  const scale = parked.length === 0 ? 1 : Math.max(1, counts.parked / parked.length);
  return {
    oldestOf(queue: string): number | null {
      // That a paused source's tickets grow old is what somebody wanted.
      const accepted = of(queue)
        .filter(({ isParked, pausedSource }) => !isParked || !paused.has(pausedSource ?? ''))
        .map(({ acceptedAt }) => acceptedAt);
      return accepted.length === 0 ? null : accepted.reduce((a, b) => Math.min(a, b));
    },
    parkedOf: (queue: string): number =>
      Math.round(of(queue).filter(({ isParked }) => isParked).length * scale),
  };
}
