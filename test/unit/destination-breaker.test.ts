/** When a destination is left alone, and for how long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  afterDelivery,
  askBreaker,
  verdictOf,
  wellBreaker,
} from '../../services/results/destination-breaker.ts';
import type { Breaker, Verdict } from '../../services/results/destination-breaker.ts';
import type { DeliveryOutcome } from '../../services/results/destinations/destination.ts';

type Delivery = { verdict: Verdict; isProbe?: boolean; askedMs?: number | null };

const after = (breaker: Breaker, delivery: Delivery, nowMs = 0, random = 0.5): Breaker =>
  afterDelivery(breaker, { isProbe: false, askedMs: null, ...delivery }, { nowMs, random });

/** After so many failures in a row, at 0 ms. */
function failed(times: number): Breaker {
  let breaker = wellBreaker;
  for (let i = 0; i < times; i += 1) breaker = after(breaker, { verdict: 'failed' });
  return breaker;
}

test('four failures in a row change nothing, the fifth leaves the destination alone', () => {
  assert.equal(askBreaker(failed(4), 0), 'go');
  assert.equal(askBreaker(failed(5), 0), 'rest');
  const interrupted = after(failed(4), { verdict: 'well' });
  assert.equal(askBreaker(after(interrupted, { verdict: 'failed' }), 0), 'go');
});

test('after the pause one delivery tries, and no second one before it has come back', () => {
  const resting = failed(5);
  assert.equal(askBreaker(resting, resting.restUntilMs! - 1), 'rest');
  assert.equal(askBreaker(resting, resting.restUntilMs!), 'probe');
  assert.equal(askBreaker({ ...resting, isProbing: true }, resting.restUntilMs! + 100_000), 'rest');
});

test('each try that fails doubles the pause, up to five minutes; one that succeeds ends it', () => {
  const pauses: number[] = [];
  let [breaker, nowMs] = [failed(5), 0];
  for (let i = 0; i < 10; i += 1) {
    pauses.push(breaker.restUntilMs! - nowMs);
    nowMs = breaker.restUntilMs!;
    breaker = after({ ...breaker, isProbing: true }, { verdict: 'failed', isProbe: true }, nowMs);
    assert.equal(breaker.isProbing, false);
    assert.equal(breaker.restingSinceMs, 0);
  }
  const seconds = pauses.map((ms) => ms / 1000);
  assert.deepEqual(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  assert.deepEqual(after(breaker, { verdict: 'well', isProbe: true }), wellBreaker);
});

test('deliveries that were on their way when it began to rest do not lengthen the pause', () => {
  const resting = failed(5);
  const later = after(resting, { verdict: 'failed' }, 1000);
  assert.equal(later.restUntilMs, resting.restUntilMs);
  assert.equal(later.pauseMs, resting.pauseMs);
});

test('a late success of one that was on its way ends the pause', () => {
  assert.deepEqual(after(failed(9), { verdict: 'well' }), wellBreaker);
});

test('a try that we broke off ourselves makes room for another one at once', () => {
  const resting = failed(5);
  const nowMs = resting.restUntilMs!;
  const broken = after({ ...resting, isProbing: true }, { verdict: 'nothing', isProbe: true }, nowMs);
  assert.equal(askBreaker(broken, nowMs), 'probe');
});

test('pauses vary by 20 % either way, and are as long as the receiver asks, up to five minutes', () => {
  const restOf = (askedMs: number | null, random: number): number =>
    after(failed(4), { verdict: 'failed', askedMs }, 0, random).restUntilMs!;
  assert.deepEqual([restOf(null, 0), restOf(null, 1)], [1600, 2400]);
  assert.deepEqual([restOf(60_000, 0.5), restOf(86_400_000, 0.5)], [60_000, 300_000]);
});

test('what a receiver answers is a sign of life, but for 408, 429 and 5xx; no answer at all is none', () => {
  const retry = (status: number | null, more: object = {}): DeliveryOutcome => ({
    kind: 'retry',
    status,
    retryAfterMs: null,
    provablyUnsent: false,
    reason: 'x',
    ...more,
  });
  const verdicts = [null, 500, 503, 429, 408, 302, 400, 404, 409, 422].map((status) =>
    verdictOf(retry(status)),
  );
  assert.deepEqual(verdicts, [...Array<string>(5).fill('failed'), ...Array<string>(5).fill('well')]);
  assert.equal(verdictOf({ kind: 'delivered', status: 200 }), 'well');
  assert.equal(verdictOf({ kind: 'rejected', status: 403, reason: 'x' }), 'well');
  assert.equal(verdictOf(retry(null, { isWaiting: true })), 'nothing');
  assert.equal(verdictOf(retry(null, { receiverIsWell: true })), 'well');
});
