/**
 * When a destination is left alone. Pure: after several failures in a row nothing is sent to it for a while; then one
 * delivery tries, and the pause doubles with each of those that fails.
 */
import type { DeliveryOutcome } from './destinations/destination.ts';

export type Breaker = {
  /** In a row. */
  failures: number;
  /** ms since the epoch; null while deliveries simply go. */
  restUntilMs: number | null;
  restingSinceMs: number | null;
  pauseMs: number;
  /** One delivery is on its way to find out. */
  isProbing: boolean;
};

/** `nothing`: it says nothing about the receiver, such as a delivery that we broke off ourselves. */
export type Verdict = 'well' | 'failed' | 'nothing';

/** What an attempt says about its receiver. An answer that refuses this one delivery is a sign of life. */
export function verdictOf(outcome: DeliveryOutcome): Verdict {
  if (outcome.kind !== 'retry' || outcome.receiverIsWell === true) return 'well';
  if (outcome.isWaiting === true) return 'nothing';
  const { status } = outcome;
  return status === null || status >= 500 || status === 429 || status === 408 ? 'failed' : 'well';
}

const failuresBeforeRest = 5;
const firstPauseMs = 2000;
const longestPauseMs = 5 * 60_000;

export const wellBreaker: Breaker = {
  failures: 0,
  restUntilMs: null,
  restingSinceMs: null,
  pauseMs: firstPauseMs,
  isProbing: false,
};

/** Whether a delivery may begin now, and whether it is the one that tries. */
export function askBreaker(breaker: Breaker, nowMs: number): 'go' | 'probe' | 'rest' {
  if (breaker.restUntilMs === null) return 'go';
  return breaker.restUntilMs <= nowMs && !breaker.isProbing ? 'probe' : 'rest';
}

/** `askedMs`: the wait that the receiver asked for, which counts up to the longest pause. `random` in [0, 1). */
export function afterDelivery(
  breaker: Breaker,
  delivery: { verdict: Verdict; isProbe: boolean; askedMs: number | null },
  moment: { nowMs: number; random: number },
): Breaker {
  const { verdict, isProbe, askedMs } = delivery;
  if (verdict === 'well') return wellBreaker;
  // Another one may try at once.
  if (verdict === 'nothing') return isProbe ? { ...breaker, isProbing: false } : breaker;
  const failures = breaker.failures + 1;
  const isResting = breaker.restUntilMs !== null;
  // Those that were on their way when it began to rest change nothing.
  if (isResting ? !isProbe : failures < failuresBeforeRest) return { ...breaker, failures };
  const pauseMs = isResting ? Math.min(breaker.pauseMs * 2, longestPauseMs) : firstPauseMs;
  const restMs = Math.max(pauseMs * (0.8 + 0.4 * moment.random), Math.min(askedMs ?? 0, longestPauseMs));
  return {
    failures,
    pauseMs,
    restUntilMs: moment.nowMs + Math.round(restMs),
    restingSinceMs: breaker.restingSinceMs ?? moment.nowMs,
    isProbing: false,
  };
}
