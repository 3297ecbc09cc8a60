/** One slow or dead destination holds nobody up: who may use the pool's slots, and who is told to come later. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createDeliveryDoor } from '../../services/results/delivery-door.ts';
import type { DoorEvent } from '../../services/results/delivery-door.ts';
import { mayHold, placeInLine } from '../../services/results/destination-slots.ts';
import type { DeliveryOutcome } from '../../services/results/destinations/destination.ts';

const delivered: DeliveryOutcome = { kind: 'delivered', status: 200 };
const unanswered: DeliveryOutcome = {
  kind: 'retry',
  status: null,
  retryAfterMs: null,
  provablyUnsent: false,
  reason: 'no answer',
};
const open = new AbortController().signal;

/** A door with a clock of its own, and how deliveries come to it. */
function doorOf(slots = 100) {
  const clock = { ms: 0 };
  const events: DoorEvent[] = [];
  const door = createDeliveryDoor({
    slots,
    now: () => clock.ms,
    random: () => 0.5,
    onEvent: (event) => void events.push(event),
  });
  const enter = (name: string, known = 2, signal = open) =>
    door.enter({ name, identity: name }, known, signal);
  /** What has become of it as far as that is known now. */
  const settled = async <T>(promise: Promise<T>): Promise<T | null> =>
    Promise.race([promise, new Promise<null>((resolve) => setImmediate(resolve, null))]);
  return { clock, events, enter, settled };
}

async function begin(entering: ReturnType<ReturnType<typeof doorOf>['enter']>) {
  const admission = await entering;
  assert.ok(admission.kind === 'go', JSON.stringify(admission));
  return admission.leave;
}

test('32 deliveries go to one destination at a time, others hold a slot until it is their turn', async () => {
  const { enter, settled } = doorOf();
  const leaving = [];
  for (let i = 0; i < 32; i += 1) leaving.push(await begin(enter('slow')));
  const next = enter('slow');
  assert.equal(await settled(next), null);
  leaving[0]!(delivered);
  await begin(next);
});

test('a destination that hangs gets 75 of 100 slots where there are two, and the other one its 25', async () => {
  const { enter, settled } = doorOf();
  const slow = Array.from({ length: 500 }, () => enter('slow'));
  const outcomes = await Promise.all(slow.map(settled));
  const turnedAway = outcomes.filter((one) => one?.kind === 'later');
  assert.equal(turnedAway.length, 425);
  for (let i = 0; i < 25; i += 1) await begin(enter('quick'));
});

test('who is turned away comes later than the one before, at the pace at which the destination can take them', async () => {
  const { enter, clock } = doorOf();
  for (let i = 0; i < 75; i += 1) void enter('slow');
  clock.ms = 8000;
  const delays = [];
  for (let i = 0; i < 64; i += 1) {
    const admission = await enter('slow');
    assert.ok(admission.kind === 'later');
    delays.push(admission.delayMs);
  }
  // 32 of them hang for 8 s already: as many as that in 8 s, then.
  assert.deepEqual([delays[31], delays[63]], [8000, 16_000]);
  assert.ok(delays.every((delay) => delay >= 250));
});

test('where one destination is all there is, it may have every slot', async () => {
  const { enter, settled } = doorOf();
  const all = Array.from({ length: 101 }, () => enter('only', 1));
  const outcomes = await Promise.all(all.map(settled));
  assert.equal(outcomes.filter((one) => one?.kind === 'later').length, 1);
});

test('five failures in a row: those in line give their slots back, and nothing is sent but one try after the pause', async () => {
  const { enter, settled, clock, events } = doorOf();
  const leaving = [];
  for (let i = 0; i < 32; i += 1) leaving.push(await begin(enter('dead')));
  const inLine = [enter('dead'), enter('dead')];
  for (const leave of leaving) leave(unanswered);
  for (const waiting of inLine) {
    const admission = await settled(waiting);
    // The first of them took the place of the first that failed.
    if (admission?.kind === 'go') admission.leave(unanswered);
    else assert.equal(admission?.kind, 'later');
  }
  const turnedAway = await enter('dead');
  assert.ok(turnedAway.kind === 'later' && turnedAway.delayMs >= 2000);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['paused'],
  );
  clock.ms = 2000;
  const tryIt = await begin(enter('dead'));
  assert.equal((await enter('dead')).kind, 'later');
  tryIt(unanswered);
  assert.equal((await enter('dead')).kind, 'later');
  clock.ms += 4000;
  (await begin(enter('dead')))(delivered);
  await begin(enter('dead'));
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['paused', 'paused', 'resumed'],
  );
});

test('who comes back after a pause is not told one and the same moment', async () => {
  const { enter, clock } = doorOf();
  for (let i = 0; i < 5; i += 1) (await begin(enter('dead')))(unanswered);
  const delays = new Set<number>();
  for (let i = 0; i < 500; i += 1) {
    const admission = await enter('dead');
    assert.ok(admission.kind === 'later');
    delays.add(admission.delayMs);
  }
  assert.ok(delays.size > 400);
  assert.ok(Math.max(...delays) < 10_000);
  assert.equal(clock.ms, 0);
});

test('a delivery that is broken off gives its slot back: while it waits for its turn, and while it is sent', async () => {
  const { enter, settled } = doorOf(2);
  const controller = new AbortController();
  const first = await begin(enter('a', 1));
  for (let i = 0; i < 10; i += 1) {
    const leave = await begin(enter('a', 1));
    leave(null);
  }
  first(null);
  const { enter: enterWide } = doorOf();
  for (let i = 0; i < 32; i += 1) await begin(enterWide('a'));
  const waiting = enterWide('a', 2, controller.signal);
  assert.equal(await settled(waiting), null);
  controller.abort();
  assert.deepEqual(await waiting, { kind: 'later', delayMs: 0, reason: 'interrupted' });
});

test('every destination gets a slot whatever the others hold, and never more than there are', () => {
  const names = fc.array(fc.nat(9), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 20 }), names, (known, comers) => {
      const held = new Map<string, number>();
      for (const name of comers.map(String)) {
        if (mayHold(100, held, { identity: name, known })) held.set(name, (held.get(name) ?? 0) + 1);
      }
      // After all of them, each destination that has none still finds its own, and all slots together are enough.
      for (let i = 0; i < known; i += 1) {
        const identity = String(i);
        if (held.has(identity)) continue;
        assert.ok(mayHold(100, held, { identity, known }));
        held.set(identity, 1);
      }
      const total = [...held.values()].reduce((sum, count) => sum + count, 0);
      assert.ok(total <= 100, `${total}`);
    }),
  );
});

test('nobody waits for more than 20 seconds for room', () => {
  let line = { lineEndsMs: 0, tookMs: 15_000, atOnce: 1 };
  for (let i = 0; i < 100; i += 1) {
    const place = placeInLine(line, 1000);
    assert.ok(place.delayMs <= 20_000 && place.delayMs >= 250);
    line = { ...line, lineEndsMs: place.lineEndsMs };
  }
});
