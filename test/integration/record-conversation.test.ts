import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  accept,
  acceptOne,
  auditAll,
  bringTo,
  claim,
  deliver,
  endPark,
  expireLease,
  openRecordWorld,
  stored,
  ticketOf,
  toAnswer,
  toDeliver,
  tryClaim,
  sweep,
} from './record-world.ts';
import type { RecordWorld } from './record-world.ts';

let w: RecordWorld;
before(async () => {
  w = await openRecordWorld();
});
after(() => w.close());

let conversations = 0;

/** Messages of one new conversation, by their minute. */
function conversation() {
  conversations += 1;
  const conversationId = `conversation-${conversations}`;
  const say = (minute: number) =>
    accept(w.record, ticketOf({ conversationId, at: 1_700_000_000_000 + minute * 60_000 }));
  return { say, sayId: async (minute: number) => (await say(minute)).ticketId };
}

const coveredBy = async (ticketId: string): Promise<string[]> =>
  (await stored(w.record, ticketId))['pr']?.split(',') ?? [];
const stateOf = async (ticketId: string): Promise<string | undefined> =>
  (await stored(w.record, ticketId))['st'];

describe('a newer message', () => {
  test('supersedes all older ones whose answer has not begun to be sent, and speaks for them, oldest first', async () => {
    const { sayId } = conversation();
    const one = await sayId(1);
    const two = await sayId(2);
    await bringTo(w.record, two, 'deliver');
    const three = await sayId(3);
    assert.deepEqual(await coveredBy(three), [one, two]);
    for (const older of [one, two]) assert.equal(await stateOf(older), 'superseded');
    assert.equal((await stored(w.record, one))['sb'], two);
    assert.equal((await stored(w.record, two))['sb'], three);
  });

  test('supersedes a leased and a parked one: the worker loses, the park is gone', async () => {
    const { sayId } = conversation();
    const leasedId = await sayId(1);
    const leased = await claim(w.record, leasedId, 'classify');
    const parkedId = await sayId(2);
    assert.deepEqual(await w.record.advance(leased, toAnswer), { kind: 'lost' });
    await w.record.park(await claim(w.record, parkedId, 'classify'), { delayMs: 0, reason: 'later' });
    await sayId(3);
    assert.deepEqual(await sweep(w), []);
    assert.equal(await w.redis.zscore(`${w.record.bases[0]}parks`, parkedId), null);
    assert.equal(await tryClaim(w.record, parkedId, 'classify'), 'moved');
  });

  test('with the same time as an older one goes by arrival, also beyond the ninth arrival', async () => {
    const { sayId } = conversation();
    const ids: string[] = [];
    for (let count = 0; count < 12; count += 1) ids.push(await sayId(1));
    const last = ids.pop()!;
    assert.deepEqual(await coveredBy(last), ids);
    assert.equal(await stateOf(last), 'classify');
  });

  test('waits for one whose answer is being sent; its end hints it', async () => {
    const { say, sayId } = conversation();
    const one = await sayId(1);
    await bringTo(w.record, one, 'deliver');
    const sending = await claim(w.record, one, 'deliver');
    const two = await say(2);
    assert.deepEqual(two, { kind: 'accepted', ticketId: two.ticketId, waits: true, restarts: [] });
    assert.equal(await tryClaim(w.record, two.ticketId, 'classify'), 'waiting');
    // A park after something may have left us does not open the way either.
    await w.record.park(sending, { delayMs: 0, reason: 'no answer' });
    assert.equal(await tryClaim(w.record, two.ticketId, 'classify'), 'waiting');
    const hint = { ticketId: two.ticketId, state: 'classify', queue: 'classify', sequence: 2 };
    assert.deepEqual(await deliver(w.record, one), [hint]);
    await bringTo(w.record, two.ticketId, 'deliver');
    await deliver(w.record, two.ticketId);
  });

  test('takes the place of one that waits, and waits itself', async () => {
    const { say, sayId } = conversation();
    const one = await sayId(1);
    await bringTo(w.record, one, 'deliver');
    await claim(w.record, one, 'deliver');
    const two = await sayId(2);
    const three = await say(3);
    assert.ok(three.kind === 'accepted' && three.waits);
    assert.deepEqual(await coveredBy(three.ticketId), [two]);
    await expireLease(w, one);
    const released = await deliver(w.record, one);
    assert.deepEqual(
      released.map((hint) => hint.ticketId),
      [three.ticketId],
    );
  });

  test('supersedes one whose sending provably never left us, and does not wait for it', async () => {
    const { say, sayId } = conversation();
    const one = await sayId(1);
    await bringTo(w.record, one, 'deliver');
    await w.record.park(await claim(w.record, one, 'deliver'), {
      delayMs: 0,
      reason: 'refused',
      unsent: true,
    });
    const two = await say(2);
    assert.ok(two.kind === 'accepted' && !two.waits);
    assert.deepEqual(await coveredBy(two.ticketId), [one]);
  });

  test('still waits where an earlier claim may have sent something, although the last one did not', async () => {
    const { say, sayId } = conversation();
    const one = await sayId(1);
    await bringTo(w.record, one, 'deliver');
    await claim(w.record, one, 'deliver');
    await expireLease(w, one);
    await w.record.park(await claim(w.record, one, 'deliver'), {
      delayMs: 0,
      reason: 'refused',
      unsent: true,
    });
    const two = await say(2);
    assert.ok(two.kind === 'accepted' && two.waits);
  });

  test('that supersedes one for which an older message waits, waits for nobody', async () => {
    const { say, sayId } = conversation();
    const later = await sayId(5);
    await bringTo(w.record, later, 'deliver');
    const sending = await claim(w.record, later, 'deliver');
    const late = await say(1);
    assert.ok(late.kind === 'accepted' && late.waits);
    await w.record.park(sending, { delayMs: 0, reason: 'refused', unsent: true });
    const newest = await say(9);
    assert.ok(newest.kind === 'accepted' && !newest.waits);
    assert.deepEqual(await coveredBy(newest.ticketId), [late.ticketId, later]);
    assert.equal(await tryClaim(w.record, newest.ticketId, 'classify'), 'claimed');
  });
});

describe('an older message that arrives late', () => {
  test('is spoken for by the newer one, which keeps its place while nobody works on it', async () => {
    const { say, sayId } = conversation();
    const newer = await sayId(5);
    const late = await say(1);
    assert.deepEqual(late, { kind: 'superseded', ticketId: late.ticketId, restarts: [] });
    assert.deepEqual(await coveredBy(newer), [late.ticketId]);
    assert.equal((await stored(w.record, late.ticketId))['sb'], newer);
    assert.ok((await w.redis.pttl(w.record.keyOf(late.ticketId))) > 0);
    await bringTo(w.record, newer, 'answer');
    const second = await say(2);
    assert.deepEqual(second.restarts, []);
    assert.deepEqual(await coveredBy(newer), [second.ticketId, late.ticketId]);
  });

  test('restarts the newer one where its answer is being written, and takes the lease away', async () => {
    const { say, sayId } = conversation();
    const newer = await sayId(5);
    await bringTo(w.record, newer, 'answer');
    const writing = await claim(w.record, newer, 'answer', ['pr']);
    const late = await say(1);
    const hint = { ticketId: newer, state: 'answer', queue: 'tier.simple', sequence: 3 };
    assert.deepEqual(late, { kind: 'superseded', ticketId: late.ticketId, restarts: [hint] });
    assert.deepEqual(await w.record.advance(writing, toDeliver), { kind: 'lost' });
    assert.equal((await claim(w.record, newer, 'answer', ['pr'])).fields.pr, late.ticketId);
  });

  test('sends the newer one back where its answer is written but not sent, without counting it as a failure', async () => {
    const { say, sayId } = conversation();
    const newer = await sayId(20);
    await bringTo(w.record, newer, 'deliver');
    await w.record.park(
      await claim(w.record, newer, 'deliver'),
      { delayMs: 60_000, reason: 'refused', unsent: true },
      { fields: { da: 1 } },
    );
    const late = await say(1);
    assert.deepEqual(late.restarts, [
      { ticketId: newer, state: 'answer', queue: 'tier.simple', sequence: 5 },
    ]);
    const fields = await stored(w.record, newer);
    for (const gone of ['rep', 'rty', 'ret', 'pu', 'da']) assert.equal(fields[gone], undefined, gone);
    assert.equal(await w.redis.zscore(`${w.record.bases[0]}parks`, newer), null);
    for (let minute = 2; minute < 12; minute += 1) {
      assert.equal((await claim(w.record, newer, 'answer')).poisoned, false);
      await say(minute);
    }
    assert.equal((await coveredBy(newer)).length, 11);
  });

  test('waits for a newer one that is being sent, and is answered afterwards', async () => {
    const { say, sayId } = conversation();
    const newer = await sayId(5);
    await bringTo(w.record, newer, 'deliver');
    await claim(w.record, newer, 'deliver');
    const late = await say(1);
    assert.ok(late.kind === 'accepted' && late.waits);
    await expireLease(w, newer);
    assert.deepEqual(
      (await deliver(w.record, newer)).map((hint) => hint.ticketId),
      [late.ticketId],
    );
    assert.equal(await tryClaim(w.record, late.ticketId, 'classify'), 'claimed');
  });

  test('between one that never left us and one that waits for it, frees the waiting one with a hint', async () => {
    const { say, sayId } = conversation();
    const first = await sayId(1);
    await bringTo(w.record, first, 'deliver');
    const sending = await claim(w.record, first, 'deliver');
    const third = await sayId(9);
    await w.record.park(sending, { delayMs: 60_000, reason: 'refused', unsent: true });
    const second = await say(5);
    assert.equal(second.kind, 'superseded');
    assert.deepEqual(second.restarts, [
      { ticketId: third, state: 'classify', queue: 'classify', sequence: 2 },
    ]);
    assert.deepEqual(await coveredBy(third), [first, second.ticketId]);
    assert.equal(await tryClaim(w.record, third, 'classify'), 'claimed');
  });
});

describe('of two messages of the same time', () => {
  test('the one that arrived last is the newer one, also where arrivals go from 9 to 10', async () => {
    await w.redis.set(`${w.record.bases[0]}arrivals`, 8);
    const { say, sayId } = conversation();
    const ninth = await sayId(5);
    await bringTo(w.record, ninth, 'deliver');
    const sending = await claim(w.record, ninth, 'deliver');
    const tenth = await sayId(5);
    await w.record.park(sending, { delayMs: 60_000, reason: 'refused', unsent: true });
    const late = await say(1);
    assert.deepEqual(await coveredBy(tenth), [late.ticketId]);
    const newest = await sayId(5);
    assert.deepEqual(await coveredBy(newest), [ninth, late.ticketId, tenth]);
  });
});

describe('who waits', () => {
  test('is freed by a cancellation of the one it waits for, once that may be cancelled', async () => {
    const { sayId } = conversation();
    const one = await sayId(1);
    await bringTo(w.record, one, 'deliver');
    const sending = await claim(w.record, one, 'deliver');
    const two = await sayId(2);
    assert.equal((await w.record.cancel(one)).kind, 'sending');
    await w.record.park(sending, { delayMs: 60_000, reason: 'refused', unsent: true });
    const cancelled = await w.record.cancel(one);
    assert.deepEqual(cancelled.released, [
      { ticketId: two, state: 'classify', queue: 'classify', sequence: 2 },
    ]);
    assert.equal(await tryClaim(w.record, two, 'classify'), 'claimed');
  });

  test('may be cancelled itself; nobody is released by it', async () => {
    const { sayId } = conversation();
    const one = await sayId(1);
    await bringTo(w.record, one, 'deliver');
    await claim(w.record, one, 'deliver');
    const two = await sayId(2);
    assert.deepEqual(await w.record.cancel(two), { kind: 'cancelled', state: '', released: [] });
    await expireLease(w, one);
    assert.deepEqual(await deliver(w.record, one), []);
  });

  test('comes free by the audit where the record that it waits for has vanished', async () => {
    const { say, sayId } = conversation();
    const one = await sayId(1);
    await bringTo(w.record, one, 'deliver');
    await claim(w.record, one, 'deliver');
    const two = await sayId(2);
    await w.redis.del(w.record.keyOf(one));
    for (const id of [one, two]) await w.redis.zadd(`${w.record.bases[0]}open`, 'XX', 1, id);
    await w.redis.hset(w.record.keyOf(two), 'se', 1);
    const hints = await auditAll(w);
    assert.deepEqual(hints, [{ ticketId: two, state: 'classify', queue: 'classify', sequence: 2 }]);
    assert.equal(await tryClaim(w.record, two, 'classify'), 'claimed');
    // And a conversation with a vanished record in it still takes messages.
    const three = await say(3);
    assert.ok(three.kind === 'accepted' && !three.waits);
    assert.equal(await w.redis.exists(w.record.keyOf(one)), 0);
    await sweep(w);
  });
});

describe('people', () => {
  test('who were given a conversation keep it: every message of it is marked, those that wait and those to come', async () => {
    const { sayId } = conversation();
    const one = await sayId(1);
    await bringTo(w.record, one, 'deliver');
    const handing = await claim(w.record, one, 'deliver');
    const two = await sayId(2);
    const { kind } = await w.record.advance(handing, { state: 'handed_off', queue: null });
    assert.equal(kind, 'advanced');
    assert.equal((await claim(w.record, two, 'classify')).withPeople, true);
    const three = await sayId(3);
    assert.equal((await claim(w.record, three, 'classify')).withPeople, true);
    const elsewhere = await conversation().sayId(1);
    assert.equal((await claim(w.record, elsewhere, 'classify')).withPeople, false);
  });
});

describe('nothing stays behind', () => {
  test('a conversation whose tickets have all ended leaves no lease, park, order or open entry', async () => {
    await w.redis.flushall();
    const { sayId } = conversation();
    const one = await sayId(1);
    await bringTo(w.record, one, 'deliver');
    const sending = await claim(w.record, one, 'deliver');
    const two = await sayId(2);
    await w.record.park(sending, { delayMs: 0, reason: 'later' });
    await endPark(w, one);
    await sweep(w);
    await deliver(w.record, one);
    await w.record.cancel(two);
    await acceptOne(w.record).then((ticketId) => w.record.cancel(ticketId));
    // Tombstones, and which ticket was answered last, have an end of their own.
    const keys = (await w.redis.keys('*')).filter((key) => !/:(?:t|last):/.test(key));
    assert.deepEqual(keys.sort(), ['{test:0}:arrivals', '{test:0}:end:cancelled', '{test:0}:end:delivered']);
  });
});
