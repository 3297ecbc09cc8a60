/** How the whole system stands, for one screen. Reads only. */
import type { App } from '../app.ts';
import { groupDeadLetters } from '../dead-letters.ts';
import { createStandings } from '../destinations/standing.ts';
import type { DestinationStanding } from '../destinations/standing.ts';
import { readCosts } from '../ledger/costs.ts';
import { readGates } from '../models/gate-state.ts';
import type { GateStatus } from '../models/gate-state.ts';
import { agreementOf } from '../processes/agreement.ts';
import type { Agreement } from '../processes/agreement.ts';
import { listProcesses } from '../processes/list.ts';
import type { ProcessInfo } from '../processes/list.ts';
import { redisTime } from '../redis.ts';
import { judgeRedis, readRedisFacts } from '../redis-health.ts';
import type { RedisFacts, RedisFinding } from '../redis-health.ts';
import { readPausedSources } from './sources.ts';
import type { PausedSource } from './sources.ts';
import { readStages } from './stages.ts';
import type { StageStatus } from './stages.ts';

export type SystemStatus = {
  at: string;
  stages: StageStatus[];
  tickets: { open: number; leased: number; parked: number };
  /** By hand; the others are answered. */
  pausedSources: PausedSource[];
  /** Models that are not simply called: open, on probation, limited for now, or forced by hand. */
  breakers: GateStatus[];
  /** Those that are not simply delivered to. */
  destinations: DestinationStanding[];
  deadLetters: {
    /** Undeliverable answers, and tickets that were kept for an operator. */
    held: number;
    /** The same by cause, the most frequent first. */
    causes: { cause: string; queue: string; count: number }[];
    /** Handed to people since 24 hours ago. */
    handedOff24h: number;
  };
  /** Since midnight, UTC. */
  spend: {
    usd: number;
    /** Exact, as text. */
    nanoUsd: string;
    calls: number;
    /** Their cost is not in the sum. */
    unpricedCalls: number;
    possiblyBilledCalls: number;
  };
  redis: RedisFacts & { findings: RedisFinding[] };
  processes: ProcessInfo[];
  configuration: Agreement;
};

const isUsual = ({ state, forced, quietUntilMs }: GateStatus): boolean =>
  state === 'closed' && forced === null && quietUntilMs === null;

const dayMs = 86_400_000;

/** `place`: host and port of the Redis, for texts. */
export async function readStatus(app: App, place: string): Promise<SystemStatus> {
  const [now, processes, facts] = await Promise.all([
    redisTime(app.redis),
    listProcesses(app.redis, app.prefix),
    readRedisFacts(app.redis),
  ]);
  const [stages, tickets, pausedSources, breakers, destinations, groups, handedOff24h, costs] =
    await Promise.all([
      readStages(app, processes),
      app.record.counts(),
      readPausedSources(app),
      readGates(app),
      createStandings(app.redis, app.prefix).of(app.runtime().config, now),
      groupDeadLetters(app, { state: 'dead' }),
      app.record.countEnded('handed_off', now - dayMs),
      readCosts(app, { sinceMs: now - (now % dayMs), untilMs: now, by: [] }),
    ]);
  return {
    at: new Date(now).toISOString(),
    stages,
    tickets,
    pausedSources,
    breakers: breakers.filter((gate) => !isUsual(gate)),
    destinations,
    deadLetters: {
      held: groups.reduce((sum, { count }) => sum + count, 0),
      causes: groups.map(({ cause, queue, count }) => ({ cause, queue, count })),
      handedOff24h,
    },
    spend: {
      usd: costs.totalUsd,
      nanoUsd: costs.totalNanoUsd,
      calls: costs.calls,
      unpricedCalls: costs.unpricedCalls,
      possiblyBilledCalls: costs.possiblyBilledCalls,
    },
    redis: { ...facts, findings: judgeRedis(facts, place) },
    processes,
    configuration: agreementOf(processes, now, app.prefix),
  };
}
