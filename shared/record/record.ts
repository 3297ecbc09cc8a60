/**
 * The ticket's record: the truth about every ticket. Small Lua scripts own every transition; this is their typed face.
 * Times come from Redis' own clock, so that processes with wrong clocks cannot disagree.
 */
import type { Redis } from '../redis.ts';
import { deadOf } from './dead.ts';
import { feedbackOf } from './feedback.ts';
import { intakeOf } from './intake.ts';
import { leasesOf } from './leases.ts';
import { movesOf } from './moves.ts';
import { readingOf } from './reading.ts';
import { createStore } from './store.ts';
import type { RecordSettings } from './store.ts';
import { upkeepOf } from './upkeep.ts';

export type { Accepted } from './intake.ts';
export type { Claim } from './leases.ts';
export type { Advanced, Change } from './moves.ts';

export type Record_ = ReturnType<typeof createRecord>;

export function createRecord(redis: Redis, given: RecordSettings) {
  const store = createStore(redis, given);
  const { settings, bases, keyOf } = store;
  return {
    settings,
    setRetention: (retention: Parameters<typeof store.setRetention>[0]) => store.setRetention(retention),
    bases,
    keyOf,
    ...intakeOf(store),
    ...leasesOf(store),
    ...movesOf(store),
    ...upkeepOf(store),
    ...readingOf(store),
    ...deadOf(store),
    ...feedbackOf(store),
  };
}
