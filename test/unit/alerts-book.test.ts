import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, constantFrom, property, record } from 'fast-check';
import { claimMessage, nextEntry, settleMessage } from '../../shared/alerts/book.ts';
import type { AlertEntry, AlertMessage, Sight } from '../../shared/alerts/book.ts';
import type { Condition } from '../../shared/alerts/condition.ts';
import { bodyOf } from '../../shared/alerts/message.ts';

const condition: Condition = {
  kind: 'breaker_open',
  subject: 'large',
  severity: 'warning',
  title: 'Model large is left alone: its calls fail',
  text: 'It comes back by itself.',
  sinceMs: 500,
};
const holds: Sight = { kind: 'holds', condition };
const gone: Sight = { kind: 'gone' };
const unknown: Sight = { kind: 'unknown' };
const quietMs = 30_000;
const leaseMs = 10_000;

/** One condition's history: what was seen when, and what a receiver got. */
function history() {
  let entry: AlertEntry | null = null;
  let ids = 0;
  const got: string[] = [];
  const next = (nowMs: number, sight: Sight): void => {
    entry = nextEntry(entry, sight, { nowMs, quietMs, newId: () => `msg_${(ids += 1)}` });
  };
  const claim = (nowMs: number): AlertMessage | null => {
    const claimed = entry && claimMessage(entry, { nowMs, leaseMs });
    if (claimed) entry = claimed.entry;
    return claimed?.message ?? null;
  };
  return {
    see: next,
    claim,
    entry: () => entry,
    settle(message: AlertMessage, outcome: Parameters<typeof settleMessage>[2]): void {
      if (entry) entry = settleMessage(entry, message.webhookId, outcome);
    },
    /** Everything that is due arrives. */
    send(nowMs: number): string[] {
      for (let due = claim(nowMs); due; due = claim(nowMs)) {
        got.push(due.type);
        if (entry) entry = settleMessage(entry, due.webhookId, { kind: 'arrived' });
      }
      return got;
    },
    got,
  };
}

test('a condition is told once for as long as it lasts, and once when it has been over for the quiet time', () => {
  const it = history();
  for (let now = 1000; now <= 61_000; now += 2000) {
    it.see(now, holds);
    it.send(now);
  }
  assert.deepEqual(it.got, ['alert.raised']);
  it.see(90_000, gone);
  assert.deepEqual(it.send(90_000), ['alert.raised']);
  it.see(91_000, gone);
  assert.deepEqual(it.send(91_000), ['alert.raised', 'alert.resolved']);
  // Nothing is remembered of what is over and told.
  it.see(93_000, gone);
  assert.equal(it.entry(), null);
});

test('a condition that comes and goes within the quiet time is one condition', () => {
  const it = history();
  for (let now = 0; now < 600_000; now += 2000) {
    it.see(now, now % 20_000 < 4000 ? holds : gone);
    it.send(now);
  }
  assert.deepEqual(it.got, ['alert.raised']);
});

test('what cannot be told now neither begins nor ends', () => {
  const it = history();
  it.see(0, unknown);
  assert.equal(it.entry(), null);
  it.see(1000, holds);
  it.send(1000);
  for (let now = 2000; now < 200_000; now += 2000) it.see(now, unknown);
  assert.deepEqual(it.send(200_000), ['alert.raised']);
});

test('a condition that begins again after its end was told is told again, under another id', () => {
  const it = history();
  const ids: string[] = [];
  for (const [now, sight] of [
    [0, holds],
    [40_000, gone],
    [42_000, holds],
  ] as const) {
    it.see(now, sight);
    const message = it.claim(now)!;
    ids.push(message.webhookId);
    it.settle(message, { kind: 'arrived' });
  }
  assert.equal(new Set(ids).size, 3);
});

test('an end that nobody was told of, and that was none, is taken back', () => {
  const it = history();
  it.see(0, holds);
  const raised = it.claim(0)!;
  it.settle(raised, { kind: 'failed', nowMs: 10, retryAfterMs: null });
  it.see(40_000, gone);
  it.see(42_000, holds);
  assert.deepEqual(
    it.entry()?.outbox.map(({ type }) => type),
    ['alert.raised'],
  );
  assert.deepEqual(it.send(42_000), ['alert.raised']);
});

test('a message that is being tried is nobody else’s, and is tried again under the same id when its process died', () => {
  const it = history();
  it.see(0, holds);
  const first = it.claim(0)!;
  assert.equal(it.claim(1000), null);
  const again = it.claim(leaseMs + 1000)!;
  assert.equal(again.webhookId, first.webhookId);
  assert.equal(again.attempts, 2);
});

test('attempts that fail come further and further apart, at most five minutes, and never end', () => {
  const it = history();
  it.see(0, holds);
  const waits: number[] = [];
  let now = 0;
  for (let i = 0; i < 7; i += 1) {
    it.settle(it.claim(now)!, { kind: 'failed', nowMs: now, retryAfterMs: null });
    const before = now;
    now = it.entry()!.outbox[0]!.nextMs;
    waits.push(now - before);
  }
  assert.deepEqual(waits, [1000, 5000, 15_000, 60_000, 300_000, 300_000, 300_000]);
  it.settle(it.claim(now)!, { kind: 'failed', nowMs: now, retryAfterMs: 900_000 });
  assert.equal(it.entry()!.outbox[0]!.nextMs - now, 900_000);
});

test('whatever is seen and whatever fails, messages alternate, and few of them wait', () => {
  const step = record({
    sight: constantFrom(holds, gone, gone, unknown),
    ms: constantFrom(100, 2000, 31_000),
    outcome: constantFrom('arrived', 'failed', 'nothing'),
  });
  check(
    property(array(step, { maxLength: 60 }), (steps) => {
      const it = history();
      let now = 0;
      const arrived: string[] = [];
      for (const { sight, ms, outcome } of steps) {
        now += ms;
        it.see(now, sight);
        assert.ok((it.entry()?.outbox.length ?? 0) <= 3);
        const message = it.claim(now);
        if (message === null || outcome === 'nothing') continue;
        if (outcome === 'arrived') arrived.push(message.type);
        it.settle(
          message,
          outcome === 'arrived' ? { kind: 'arrived' } : { kind: 'failed', nowMs: now, retryAfterMs: null },
        );
      }
      arrived.forEach((type, i) => assert.equal(type, i % 2 === 0 ? 'alert.raised' : 'alert.resolved'));
    }),
  );
});

test('the body says what is wrong, since when, and how to mend it; the text at its top is for chat programs', () => {
  const it = history();
  it.see(1000, holds);
  const [raised] = it.entry()!.outbox;
  assert.deepEqual(JSON.parse(bodyOf(raised!, 'tierline')), {
    type: 'alert.raised',
    timestamp: '1970-01-01T00:00:01.000Z',
    text: 'Tierline warning: Model large is left alone: its calls fail. It comes back by itself.',
    data: {
      id: 'breaker_open:large',
      condition: 'breaker_open',
      subject: 'large',
      severity: 'warning',
      title: 'Model large is left alone: its calls fail',
      text: 'It comes back by itself.',
      since: '1970-01-01T00:00:00.500Z',
      until: null,
      firing: true,
      system: 'tierline',
    },
  });
  it.send(1000);
  it.see(31_000, gone);
  const body = JSON.parse(bodyOf(it.entry()!.outbox[0]!, 'tierline')) as {
    type: string;
    text: string;
    data: { firing: boolean; until: string; title: string };
  };
  assert.equal(body.type, 'alert.resolved');
  assert.equal(body.data.firing, false);
  assert.equal(body.data.until, '1970-01-01T00:00:01.000Z');
  assert.equal(body.data.title, 'Model large is called again');
  assert.match(body.text, /^Tierline resolved: Model large is called again\./);
});
