/** What a delivery that must wait leaves in the record: no attempt, but what a killed worker may have done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliverStage } from '../../services/results/deliver.ts';
import type { Destination, DeliveryOutcome } from '../../services/results/destinations/destination.ts';
import type { App } from '../../shared/app.ts';
import { createLog } from '../../shared/log.ts';
import type { Runtime } from '../../shared/runtime.ts';

type Park = [unknown, { delayMs: number; unsent: boolean; failed?: boolean }, { fields: object }];

const busy: DeliveryOutcome = {
  kind: 'retry',
  status: null,
  retryAfterMs: 700,
  provablyUnsent: true,
  reason: 'its turn comes later',
  isWaiting: true,
};

/** How one claim is parked, and how often something was sent. */
async function parkOf(claims: number, how: 'turned away' | 'its turn comes later') {
  const parks: Park[] = [];
  let sent = 0;
  const destination: Destination = {
    name: 'hook',
    type: 'webhook',
    deliver: () => {
      sent += 1;
      return Promise.resolve(busy);
    },
    close: () => Promise.resolve(),
  };
  const hook = { ...destination, scheduleMs: [0, 5000], identity: 'hook' };
  const app = {
    record: { park: (...args: unknown[]) => Promise.resolve(parks.push(args as Park)) },
    log: createLog('silent'),
    now: Date.now,
    random: Math.random,
    pauses: { book: () => Promise.resolve({ paused: new Map() }) },
  } as unknown as App;
  const stage = deliverStage(app, {
    destinationsOf: () => ({ get: () => hook, count: 1, close: () => Promise.resolve() }),
    door: {
      enter: () =>
        Promise.resolve(
          how === 'turned away'
            ? { kind: 'later', delayMs: 1234, reason: 'its destination is busy' }
            : { kind: 'go', leave: () => undefined },
        ),
    },
    disabled: { has: () => Promise.resolve(false), add: () => Promise.resolve() },
  });
  const fields = { rep: '{}', rty: 'reply', dst: 'hook', dlv: null, da: '2', dw: null, gen: null, rs: null };
  const lease = { ticketId: 't_1', state: 'deliver' as const, token: 'x', sequence: 1, now: 0 };
  const claim = { ...lease, claims, poisoned: false, withPeople: false, fields };
  await stage.work(claim, new AbortController().signal, {} as Runtime);
  assert.equal(parks.length, 1);
  const [, { delayMs, unsent, failed = false }, change] = parks[0]!;
  return { delayMs, unsent, failed, fields: change.fields, sent };
}

test('a delivery that is turned away uses up no attempt, and nothing of it is sent', async () => {
  assert.deepEqual(await parkOf(1, 'turned away'), {
    delayMs: 1234,
    unsent: true,
    failed: false,
    fields: {},
    sent: 0,
  });
});

test('nor does one that waits for its turn at a helpdesk: the trace of its attempts stays as it is', async () => {
  const parked = await parkOf(1, 'its turn comes later');
  assert.deepEqual([parked.delayMs, parked.fields], [700, {}]);
});

test('where a killed worker may have sent it, that is kept when it must wait', async () => {
  for (const how of ['turned away', 'its turn comes later'] as const) {
    assert.deepEqual((await parkOf(2, how)).fields, { rs: 1 });
  }
});
