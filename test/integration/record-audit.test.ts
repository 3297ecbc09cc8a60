import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  acceptOne,
  age,
  auditAll,
  bringTo,
  claim,
  endPark,
  expireLease,
  jobKeyOf,
  openRecordWorld,
  stored,
  ticketOf,
  accept,
  tryClaim,
  sweep,
} from './record-world.ts';
import type { RecordWorld } from './record-world.ts';

let w: RecordWorld;
before(async () => {
  w = await openRecordWorld();
});
after(() => w.close());
beforeEach(() => w.redis.flushall());

const openSet = (): string => `${w.record.bases[0]}open`;

describe('the audit', () => {
  test('hints a waiting ticket whose hint was never sent, and one whose job was deleted, once', async () => {
    const never = await acceptOne(w.record);
    const deleted = await acceptOne(w.record);
    const hint = { ticketId: deleted, state: 'classify', queue: 'classify', sequence: 1 } as const;
    await w.hints.add(hint);
    assert.equal(await w.redis.del(jobKeyOf(hint)), 1, 'the job of the hint has this key');
    for (const id of [never, deleted]) await age(w, id);
    const hints = await auditAll(w);
    assert.deepEqual(new Set(hints.map(({ ticketId }) => ticketId)), new Set([never, deleted]));
    for (const found of hints)
      assert.deepEqual([found.state, found.queue, found.sequence], ['classify', 'classify', 2]);
    assert.deepEqual(await auditAll(w), [], 'it waits for its new hint now');
  });

  test('leaves alone what has its job, is leased, is parked, waits for an open ticket, or is young', async () => {
    const withJob = await acceptOne(w.record);
    await w.hints.add({ ticketId: withJob, state: 'classify', queue: 'classify', sequence: 1 });
    const leased = await acceptOne(w.record);
    await claim(w.record, leased, 'classify');
    const parked = await acceptOne(w.record);
    await w.record.park(await claim(w.record, parked, 'classify'), { delayMs: 60_000, reason: 'later' });
    const sending = await acceptOne(w.record, { conversationId: 'waits', at: 1 });
    await bringTo(w.record, sending, 'deliver');
    await claim(w.record, sending, 'deliver');
    const waiting = await acceptOne(w.record, { conversationId: 'waits', at: 2 });
    for (const id of [withJob, leased, parked, sending, waiting]) await age(w, id);
    await acceptOne(w.record);
    const movedOn = await acceptOne(w.record);
    await w.redis.zadd(openSet(), 'XX', 1, movedOn);
    assert.deepEqual(await auditAll(w), []);
  });

  test('hints again where the job is done but kept, as on a dead-letter queue, under an id that is free', async () => {
    const ticketId = await acceptOne(w.record);
    const leased = await claim(w.record, ticketId, 'classify');
    await w.record.advance(leased, { state: 'dead_letter', queue: 'classify.dead' });
    const hint = { ticketId, state: 'dead_letter', queue: 'classify.dead', sequence: 2 } as const;
    await w.hints.add(hint);
    await w.redis.hset(jobKeyOf(hint), 'finishedOn', Date.now());
    await age(w, ticketId);
    const [again] = await auditAll(w);
    assert.deepEqual(again, { ...hint, sequence: 3 });
    await w.hints.add(again);
    assert.equal(await w.redis.exists(jobKeyOf(again)), 1);
  });

  test('finds a ticket that says it is leased or parked while no lease or park of it exists', async () => {
    const leased = await acceptOne(w.record);
    await claim(w.record, leased, 'classify');
    const parked = await acceptOne(w.record);
    await w.record.park(await claim(w.record, parked, 'classify'), { delayMs: 60_000, reason: 'later' });
    await w.redis.del(`${w.record.bases[0]}leases`, `${w.record.bases[0]}parks`);
    for (const id of [leased, parked]) await age(w, id);
    assert.equal((await auditAll(w)).length, 2);
    for (const id of [leased, parked]) assert.equal(await tryClaim(w.record, id, 'classify'), 'claimed');
  });

  test('forgets open entries whose ticket is gone or has ended', async () => {
    const ended = await acceptOne(w.record);
    await w.record.cancel(ended);
    await w.redis.zadd(openSet(), 1, ended, 1, 't_000000000000');
    assert.deepEqual(await auditAll(w), []);
    assert.equal(await w.redis.zcard(openSet()), 0);
  });

  test('reaches every ticket however many share one millisecond, in slices, and starts over at the end', async () => {
    const ids = await Promise.all(Array.from({ length: 57 }, () => acceptOne(w.record)));
    for (const [i, id] of ids.entries()) await age(w, id, i < 3 ? i : i < 50 ? 1000 : 2000 + i);
    for (const slice of [1, 5, 7, 57, 500]) {
      await Promise.all(ids.map((id) => w.redis.hset(w.record.keyOf(id), 'se', 1)));
      const found = (await auditAll(w, slice)).map(({ ticketId }) => ticketId);
      assert.equal(found.length, ids.length, `slices of ${slice}`);
      assert.deepEqual(new Set(found), new Set(ids), `slices of ${slice}`);
    }
  });

  test('costs the same number of commands with 5,000 waiting tickets as with 100', async () => {
    const costOf = async (waiting: number): Promise<Record<string, number>> => {
      await w.redis.flushall();
      const ids = await Promise.all(Array.from({ length: waiting }, () => acceptOne(w.record)));
      await Promise.all(
        ids.map((ticketId) => w.hints.add({ ticketId, state: 'classify', queue: 'classify', sequence: 1 })),
      );
      await Promise.all(ids.map((id) => age(w, id)));
      await w.record.audit(0, '', 50);
      await w.redis.config('RESETSTAT');
      await sweep(w, 500);
      const audited = await w.record.audit(0, '', 50);
      assert.notEqual(audited.cursor, '');
      const stats = await w.redis.info('commandstats');
      const calls = [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, name, count]) => [
        name!,
        Number(count),
      ]);
      return Object.fromEntries(
        calls.filter(([name]) => !/^(config|info|eval)/.test(String(name))),
      ) as Record<string, number>;
    };
    const few = await costOf(100);
    assert.deepEqual(await costOf(5000), few);
    assert.equal(few['hmget'], 100, 'the record and the job of each of 50 tickets');
    assert.equal(few['zrangebyscore'], 3);
  });
});

describe('a Redis that is out of memory', () => {
  test('refuses a transition whole: nothing is lost, and it works once there is room again', async () => {
    const expired = await acceptOne(w.record);
    await claim(w.record, expired, 'classify');
    await expireLease(w, expired);
    const due = await acceptOne(w.record);
    await w.record.park(await claim(w.record, due, 'classify'), { delayMs: 60_000, reason: 'later' });
    await endPark(w, due);
    const parked = await acceptOne(w.record);
    await w.record.park(await claim(w.record, parked, 'classify'), { delayMs: 60_000, reason: 'later' });
    const held = await acceptOne(w.record);
    const leased = await claim(w.record, held, 'classify');
    const ids = [expired, due, parked, held];
    const snapshot = async () => ({
      records: await Promise.all(ids.map((id) => stored(w.record, id))),
      sets: await Promise.all(
        ['open', 'leases', 'parks'].map((set) =>
          w.redis.zrange(`${w.record.bases[0]}${set}`, 0, '-1', 'WITHSCORES'),
        ),
      ),
    });
    const stateBefore = await snapshot();
    await w.redis.config('SET', 'maxmemory', '1');
    const outOfMemory = /OOM|out of memory|maxmemory/;
    const refused = [
      () => sweep(w),
      () => w.record.cancel(parked),
      () => w.record.claim(due, 'classify', 'another', []),
      () => w.record.park(leased, { delayMs: 1, reason: 'later' }),
      () => w.record.advance(leased, { state: 'answer', queue: 'tier.simple' }),
      () => w.record.advance(leased, { state: 'handed_off', queue: null }),
      () => w.record.openCall(leased, '{}'),
      () => accept(w.record, ticketOf()),
    ];
    try {
      for (const one of refused) await assert.rejects(one(), outOfMemory);
      assert.deepEqual(await snapshot(), stateBefore);
    } finally {
      await w.redis.config('SET', 'maxmemory', '0');
    }
    assert.deepEqual(
      (await sweep(w)).map(({ ticketId }) => ticketId),
      [expired, due],
    );
    assert.equal((await w.record.cancel(parked)).kind, 'cancelled');
    assert.equal(
      (await w.record.advance(leased, { state: 'answer', queue: 'tier.simple' })).kind,
      'advanced',
    );
  });
});
