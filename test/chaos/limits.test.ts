import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitViolations } from './limits.ts';
import type { TimedCall } from './limits.ts';

const call = (arrivedAt: number, endedAt: number | null, process = 'tier 1'): TimedCall => ({
  requestId: `req_${arrivedAt}`,
  purpose: 'answer',
  marker: 'm',
  markers: ['m'],
  text: 'Hello.',
  model: 'fast-1',
  process,
  arrivedAt,
  endedAt,
});
const twice = { 'fast-1': { requestsPerMinute: 2, concurrency: 1 } };

test('calls within their limits are no violation, however long they go on', () => {
  const calls = [call(0, 40_000), call(40_000, 70_000), call(70_000, 80_000)];
  assert.deepEqual(limitViolations(calls, twice, []), []);
});

test('one request more than allowed in any minute is found', () => {
  const found = limitViolations(
    [call(10_000, 20_000), call(30_000, 40_000), call(69_999, 70_000)],
    twice,
    [],
  );
  assert.deepEqual(found, ['limit: fast-1 got 3 requests in a minute, 2 are allowed']);
});

test('calls that overlap are found, but not where it is a matter of measuring', () => {
  const overlap = (ms: number): string[] =>
    limitViolations([call(0, 5000), call(5000 - ms, 9000)], twice, []);
  assert.deepEqual(overlap(900), []);
  assert.deepEqual(overlap(3000), ['limit: fast-1 had 2 calls at a time, 1 are allowed (for 3000 ms)']);
});

test('two calls that never end are found', () => {
  assert.equal(limitViolations([call(0, null), call(5000, null)], twice, []).length, 1);
});

test('calls of another model do not count, nor those of a process that was stopped meanwhile', () => {
  const calls = [call(0, 90_000, 'tier 1'), call(5000, 30_000, 'tier 2')];
  assert.equal(limitViolations(calls, twice, []).length, 1);
  assert.deepEqual(limitViolations(calls, { 'other-1': { concurrency: 1 } }, []), []);
  assert.deepEqual(limitViolations(calls, twice, [{ process: 'tier 1', from: 20_000, to: 80_000 }]), []);
  assert.equal(limitViolations(calls, twice, [{ process: 'tier 3', from: 0, to: 80_000 }]).length, 1);
});
