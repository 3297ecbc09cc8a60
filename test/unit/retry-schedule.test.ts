import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { nextDeliveryDelayMs } from '../../services/results/retry-schedule.ts';

const hourMs = 3_600_000;
const schedule = [0, 5_000, 300_000, 1_800_000, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hourMs)];
const middle = () => 0.5;

test('the steps are those of the schedule, and then it is over', () => {
  assert.deepEqual(
    schedule.map((_, attempt) => nextDeliveryDelayMs(schedule, attempt, null, middle)),
    schedule,
  );
  assert.equal(nextDeliveryDelayMs(schedule, schedule.length, null, middle), null);
  assert.equal(nextDeliveryDelayMs([], 0, null, middle), null);
});

test('a step varies by 20 % either way', () => {
  assert.equal(
    nextDeliveryDelayMs(schedule, 2, null, () => 0),
    240_000,
  );
  assert.equal(
    nextDeliveryDelayMs(schedule, 2, null, () => 1),
    360_000,
  );
});

test('Retry-After lengthens a step and never shortens it', () => {
  assert.equal(
    nextDeliveryDelayMs(schedule, 1, 60_000, () => 0),
    60_000,
  );
  assert.equal(
    nextDeliveryDelayMs(schedule, 1, 60_000, () => 1),
    72_000,
  );
  assert.equal(nextDeliveryDelayMs(schedule, 2, 1_000, middle), 300_000);
  assert.equal(nextDeliveryDelayMs(schedule, 2, -5, middle), 300_000);
});

test('Retry-After counts up to 24 hours, or up to the step where that is longer', () => {
  assert.equal(
    nextDeliveryDelayMs(schedule, 1, 90 * hourMs, () => 0),
    24 * hourMs,
  );
  assert.equal(
    nextDeliveryDelayMs([48 * hourMs], 0, 90 * hourMs, () => 0),
    48 * hourMs,
  );
});

test('Retry-After never revives a schedule that is over', () => {
  assert.equal(nextDeliveryDelayMs(schedule, schedule.length, 1_000, middle), null);
});

test('no delivery comes back before the moment that was asked for, nor before 80 % of its step', () => {
  const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.nat(9), fc.nat(24 * hourMs), share, (attempt, retryAfterMs, random) => {
      const delayMs = nextDeliveryDelayMs(schedule, attempt, retryAfterMs, () => random);
      assert.ok(delayMs !== null && delayMs >= retryAfterMs);
      assert.ok(delayMs >= (schedule[attempt] ?? 0) * 0.8 && delayMs <= 24 * hourMs * 1.2);
    }),
  );
});
