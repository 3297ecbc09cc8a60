/** What a case of the wall must have come to, for the customer, the provider, the breaker and the ledger. */
import assert from 'node:assert/strict';
import { boundMs } from './case.ts';
import type { Expectation, ModelName } from './case.ts';
import type { Played, Sight } from './wall.ts';

/** A bound that cuts may be late by what a busy machine needs, never by the length of what it cuts. */
const slackMs = 20_000;
/** Timers may fire a little early against the wall clock. */
const timerMs = 5;

export function expectCase(played: Played, sight: Sight): void {
  const { one, variant } = played;
  const expected = typeof one.expect === 'function' ? one.expect(variant) : one.expect;
  expectCustomers(played, expected, sight);
  expectCalls(expected, sight);
  expectRows(played, expected, sight);
  expectGate(expected, sight);
}

function expectCustomers({ key, one, variant }: Played, expected: Expectation, { tickets }: Sight): void {
  assert.deepEqual(
    tickets.map(({ received: { body } }) =>
      body.type === 'ticket.handoff' ? `people: ${body.data.reason}` : body.data.model,
    ),
    expected.answeredBy.map((who) => (who.startsWith('people') ? who : `${who}-${key}`)),
  );
  for (const { received, trace, tookMs } of tickets) {
    const { type, data } = received.body;
    if (type === 'ticket.handoff') {
      assert.equal(trace.state, 'handed_off');
      continue;
    }
    const name = String(data.model).split('-')[0]!;
    const firsts = one.behave(variant, 2);
    const text =
      name === 'first' ? (firsts.chunks?.join('') ?? firsts.text ?? 'By the first.') : `By the ${name}.`;
    assert.deepEqual([type, data.text, trace.state], ['ticket.reply', text, 'delivered']);
    if (expected.parkedMs === undefined) {
      assert.ok(trace.timeline.every(({ state }) => state !== 'parked'));
      continue;
    }
    assert.ok(tookMs >= expected.parkedMs - timerMs, `${tookMs} ms`);
  }
}

function expectCalls(expected: Expectation, { requests }: Sight): void {
  const calls = Object.fromEntries(Object.entries(requests).map(([name, all]) => [name, all.length]));
  const none: Record<ModelName, number> = { first: expected.faults.length, twin: 0, second: 0, wide: 0 };
  assert.deepEqual(calls, { ...none, ...expected.calls });
  if (expected.isClosedEarly === true) {
    assert.ok(
      requests.first.every(({ closedEarly }) => closedEarly),
      'the connection was closed',
    );
  }
}

function expectRows(
  { key, one, variant }: Played,
  expected: Expectation,
  { tickets, requests }: Sight,
): void {
  const rows = tickets.flatMap(({ trace }) => trace.attempts);
  // Every call has one row, and there are no rows without a call.
  assert.equal(rows.length, Object.values(requests).flat().length);
  const firsts = rows.filter(({ model }) => model === `first-${key}`);
  assert.deepEqual(
    firsts.map(({ fault }) => fault),
    expected.faults,
  );
  assert.deepEqual(
    firsts.map(({ costUsd }) => costUsd),
    expected.costs,
  );
  for (const row of firsts) assert.equal(row.possiblyBilled, expected.possiblyBilled ?? false);
  for (const { trace } of tickets) {
    const costs = trace.attempts.map(({ costUsd }) => costUsd);
    const sum = costs.reduce((total, cost) => total! + cost!, 0)!;
    if (costs.includes(null)) assert.equal(trace.costUsd, null);
    else assert.ok(Math.abs(trace.costUsd! - sum) < 1e-12);
  }
  if (one.bound?.(variant) === undefined) return;
  for (const { durationMs } of firsts) {
    assert.ok(durationMs !== null && durationMs >= boundMs - timerMs, `cut after ${durationMs} ms`);
    assert.ok(durationMs < boundMs + slackMs, `${durationMs / boundMs} times its bound`);
  }
}

const quiet = { state: 'closed', scope: null, why: null, failures: 0 } as const;
/** Between the provider's answer and its row some time passes, and a date has whole seconds. */
const quietSlackMs = 20_000;

function expectGate(expected: Expectation, { gate, quietMs }: Sight): void {
  const { state, scope, why, failures } = gate;
  assert.deepEqual({ state, scope, why, failures }, { ...quiet, ...expected.gate });
  if (state === 'closed') assert.equal(gate.inFlight, 0);
  const asked = expected.quietMs;
  if (asked === undefined || asked === null) {
    if (expected.parkedMs === undefined) assert.equal(quietMs, null);
    return;
  }
  assert.ok(
    quietMs !== null && quietMs <= asked + timerMs && quietMs > asked - quietSlackMs,
    `${quietMs} ms`,
  );
}
