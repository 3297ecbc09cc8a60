import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ledgerRow, rowNanoUsd } from './record-ledger-row.ts';
import { createRecord } from '../../shared/record/record.ts';
import { maxClaims } from '../../shared/stages.ts';
import { ends } from '../../shared/ticket.ts';
import {
  accept,
  acceptOne,
  bringTo,
  claim,
  contentMs,
  deliver,
  endPark,
  expireLease,
  ledgerMs,
  openRecordWorld,
  stored,
  ticketOf,
  toAnswer,
  toDeliver,
  toDelivered,
  tombstoneMs,
  tryClaim,
  sweep,
} from './record-world.ts';
import type { RecordWorld } from './record-world.ts';

let w: RecordWorld;
before(async () => {
  w = await openRecordWorld();
});
after(() => w.close());

const lost = { kind: 'lost' };

describe('accept', () => {
  test('stores a ticket once: the same message again is a duplicate, in whatever state the first one is', async () => {
    const ticket = ticketOf();
    const first = await accept(w.record, ticket);
    assert.deepEqual(first, { kind: 'accepted', ticketId: first.ticketId, waits: false, restarts: [] });
    const again = await accept(w.record, { ...ticket, body: 'changed on the way' });
    assert.deepEqual(again, { kind: 'duplicate', ticketId: first.ticketId, state: 'classify', restarts: [] });
    assert.deepEqual(JSON.parse((await stored(w.record, first.ticketId))['tk'] ?? ''), ticket);

    await bringTo(w.record, first.ticketId, 'deliver');
    await deliver(w.record, first.ticketId);
    assert.deepEqual(await accept(w.record, ticket), { ...again, state: 'delivered' });
    assert.equal((await stored(w.record, first.ticketId))['st'], 'delivered');
  });

  test('keeps times as whole milliseconds, never as powers of ten', async () => {
    const at = 9_999_999_999_999;
    const ticketId = await acceptOne(w.record, { at, conversationId: 'far-future' });
    const fields = await stored(w.record, ticketId);
    for (const name of ['at', 'se']) assert.match(fields[name] ?? '', /^\d{13}$/);
    assert.match(fields['tl'] ?? '', /^\d{13} queued$/);
    const leased = await claim(w.record, ticketId, 'classify');
    await w.record.park(leased, { delayMs: 86_400_000_000.4, reason: 'long' });
    const parked = await stored(w.record, ticketId);
    assert.match(parked['pu'] ?? '', /^\d{13}$/);
    assert.match(parked['ca'] ?? '', /^\d{13}$/);
  });
});

describe('claim', () => {
  test('returns the fields that were asked for, null where the record has none', async () => {
    const ticket = ticketOf();
    const { ticketId } = await accept(w.record, ticket);
    const leased = await claim(w.record, ticketId, 'classify', ['tk', 'cls', 'cv']);
    assert.equal(leased.fields.cls, null);
    assert.deepEqual(JSON.parse(leased.fields.tk ?? ''), ticket);
    assert.match(leased.fields.cv ?? '', /^[\w-]{16}$/);
    assert.equal(leased.sequence, 1);
    assert.ok(Math.abs(leased.now - Date.now()) < 5000);
    assert.deepEqual([leased.claims, leased.poisoned, leased.withPeople], [1, false, false]);
  });

  test('is refused to a ticket that is unknown, in another state, leased, parked, waiting or ended', async () => {
    assert.equal(await tryClaim(w.record, 't_000000000000', 'classify'), 'gone');
    const ticketId = await acceptOne(w.record, { conversationId: 'refusals' });
    assert.equal(await tryClaim(w.record, ticketId, 'answer'), 'moved');
    const leased = await claim(w.record, ticketId, 'classify');
    assert.equal(await tryClaim(w.record, ticketId, 'classify'), 'leased');
    await w.record.park(leased, { delayMs: 60_000, reason: 'later' });
    assert.equal(await tryClaim(w.record, ticketId, 'classify'), 'parked');
    await endPark(w, ticketId);
    await bringTo(w.record, ticketId, 'deliver');
    const sending = await claim(w.record, ticketId, 'deliver');
    const next = await acceptOne(w.record, { conversationId: 'refusals', at: 1_700_000_000_001 });
    assert.equal(await tryClaim(w.record, next, 'classify'), 'waiting');
    await w.record.advance(sending, toDelivered);
    assert.equal(await tryClaim(w.record, ticketId, 'deliver'), 'moved');
    assert.equal(await tryClaim(w.record, next, 'classify'), 'claimed');
  });

  test('is allowed once the lease has run out, even before a sweep has seen it', async () => {
    const ticketId = await acceptOne(w.record);
    await claim(w.record, ticketId, 'classify');
    await expireLease(w, ticketId);
    const second = await claim(w.record, ticketId, 'classify');
    assert.equal(second.claims, 2);
    assert.equal(await tryClaim(w.record, ticketId, 'classify'), 'leased');
  });

  test('of a park that is over removes the park, so that the sweep does not hint it again', async () => {
    const ticketId = await acceptOne(w.record);
    await w.record.park(await claim(w.record, ticketId, 'classify'), { delayMs: 60_000, reason: 'later' });
    await endPark(w, ticketId);
    await claim(w.record, ticketId, 'classify');
    assert.deepEqual(await sweep(w), []);
    assert.equal((await stored(w.record, ticketId))['pu'], undefined);
  });

  test(`says poison after ${maxClaims} claims that led nowhere, and every progress starts the count again`, async () => {
    const ticketId = await acceptOne(w.record);
    const claimAfterKill = async () => {
      await expireLease(w, ticketId);
      return claim(w.record, ticketId, 'classify');
    };
    for (let count = 1; count <= maxClaims; count += 1)
      assert.equal((await claimAfterKill()).poisoned, false);
    const sixth = await claimAfterKill();
    assert.deepEqual([sixth.poisoned, sixth.claims], [true, maxClaims + 1]);
    // Its claimer holds the lease and can give it up.
    assert.equal(
      (await w.record.advance(sixth, { state: 'dead_letter', queue: 'classify.dead' })).kind,
      'advanced',
    );
    assert.equal((await claim(w.record, ticketId, 'dead_letter')).claims, 1);
  });
});

describe('advance', () => {
  test('moves a ticket on, drops the lease, raises the sequence and keeps the story', async () => {
    const ticketId = await acceptOne(w.record);
    const leased = await claim(w.record, ticketId, 'classify');
    const advanced = await w.record.advance(leased, toAnswer, {
      fields: { cls: '{}', dl: 5 },
      detail: 'simple\nby model',
    });
    assert.deepEqual(advanced, { kind: 'advanced', sequence: 2, released: [] });
    const fields = await stored(w.record, ticketId);
    assert.deepEqual(
      [fields['st'], fields['q'], fields['n'], fields['lt'], fields['dl']],
      ['answer', 'tier.simple', '2', '', '5'],
    );
    assert.deepEqual(
      fields['tl']?.split('\n').map((line) => line.replace(/^\d+ /, '')),
      ['queued', 'classifying', 'answer simple by model'],
    );
  });

  test('leaves its lease entry to the next claim, which writes one only where little of it is left', async () => {
    const ticketId = await acceptOne(w.record);
    const scoreOf = async () => Number(await w.redis.zscore(`${w.record.bases[0]}leases`, ticketId));
    const first = await claim(w.record, ticketId, 'classify');
    const end = await scoreOf();
    assert.ok(end > first.now, 'the claim ends in the future');
    await w.record.advance(first, toAnswer);
    assert.equal(await scoreOf(), end);
    const second = await claim(w.record, ticketId, 'answer');
    assert.equal(await scoreOf(), end, 'good enough');
    await w.record.advance(second, toDeliver);
    // As if the third claim came when half of the lease is over.
    const halfAgo = String(end - w.record.settings.leaseMs / 2);
    await w.redis.hset(w.record.keyOf(ticketId), 'le', halfAgo);
    await w.redis.zadd(`${w.record.bases[0]}leases`, 'XX', halfAgo, ticketId);
    const third = await claim(w.record, ticketId, 'deliver');
    assert.ok((await scoreOf()) >= third.now + w.record.settings.leaseMs - 1000);
  });

  test('and its entry, when it runs out before the next claim, is dropped without another hint', async () => {
    const ticketId = await acceptOne(w.record);
    await w.record.advance(await claim(w.record, ticketId, 'classify'), toAnswer);
    await expireLease(w, ticketId);
    assert.deepEqual(await sweep(w), []);
    assert.equal(await w.redis.zscore(`${w.record.bases[0]}leases`, ticketId), null);
    assert.equal((await claim(w.record, ticketId, 'answer')).sequence, 2);
    await expireLease(w, ticketId);
    assert.equal((await sweep(w)).length, 1);
  });

  test('of an old token, of another state and of an ended ticket is lost and changes nothing', async () => {
    const ticketId = await acceptOne(w.record);
    const old = await claim(w.record, ticketId, 'classify');
    await expireLease(w, ticketId);
    await sweep(w);
    assert.deepEqual(await w.record.advance(old, toAnswer), lost, 'after the sweep');
    const current = await claim(w.record, ticketId, 'classify');
    const storedBefore = await stored(w.record, ticketId);
    assert.deepEqual(await w.record.advance(old, toAnswer), lost, 'while another one has the lease');
    assert.deepEqual(await w.record.advance({ ...current, state: 'answer' }, toDeliver), lost);
    assert.deepEqual(await w.record.park(old, { delayMs: 1, reason: 'late' }), lost);
    assert.deepEqual(await w.record.renew([old, current]), [false, true]);
    assert.equal(await w.record.openCall(old, '{}'), null);
    assert.deepEqual(await stored(w.record, ticketId), storedBefore);
    await w.record.advance(current, toDelivered);
    assert.deepEqual(await w.record.advance(current, toDelivered), lost);
    assert.equal(await w.record.openCall(current, '{}'), null);
    assert.deepEqual(await w.record.renew([current]), [false]);
  });

  for (const end of ends) {
    test(`to ${end} leaves nothing but the record, which expires`, async () => {
      const ticketId = await acceptOne(w.record, { conversationId: `end-${end}` });
      await bringTo(w.record, ticketId, 'deliver');
      await w.record.advance(
        await claim(w.record, ticketId, 'deliver'),
        { state: end, queue: null },
        { fields: { dlv: '[]' } },
      );
      const fields = await stored(w.record, ticketId);
      assert.equal(fields['st'], end);
      assert.equal(fields['dlv'], '[]');
      for (const gone of ['lt', 'q', 'pu', 'wf', 'sd', 'cc', 'ca', 'ret'])
        assert.equal(fields[gone], undefined, gone);
      const life = await w.redis.pttl(w.record.keyOf(ticketId));
      assert.ok(life > tombstoneMs - 60_000 && life <= tombstoneMs, `expires in ${life} ms`);
      const base = w.record.bases[0]!;
      for (const set of ['open', 'leases', 'parks'])
        assert.equal(await w.redis.zscore(`${base}${set}`, ticketId), null, set);
      // A dead letter stays in its conversation, so that a newer message can speak for it.
      const isDeadLetter = end === 'dead' || end === 'handed_off';
      assert.equal(await w.redis.exists(`${base}c:${fields['cv']}`), isDeadLetter ? 1 : 0);
      assert.deepEqual(await w.record.list(end, 1), [ticketId]);
      const people = await w.redis.pttl(`${base}people:${fields['cv']}`);
      assert.equal(people > 0 && people <= contentMs, end === 'handed_off');
    });
  }
});

describe('park', () => {
  test('keeps the state and puts the ticket back when it is over, with a hint of a higher number', async () => {
    const ticketId = await acceptOne(w.record);
    const leased = await claim(w.record, ticketId, 'classify');
    const parked = await w.record.park(
      leased,
      { delayMs: 60_000, reason: 'no model now' },
      { fields: { xm: '[]' } },
    );
    assert.ok(parked.kind === 'parked' && parked.until - leased.now >= 60_000);
    assert.deepEqual(await sweep(w), []);
    await endPark(w, ticketId);
    const hints = await sweep(w);
    assert.deepEqual(hints, [{ ticketId, state: 'classify', queue: 'classify', sequence: 3 }]);
    const fields = await stored(w.record, ticketId);
    assert.deepEqual([fields['xm'], fields['pk'], fields['pu'], fields['cc']], ['[]', '1', undefined, '0']);
    assert.deepEqual(await sweep(w), []);
    assert.equal((await claim(w.record, ticketId, 'classify')).claims, 1);
  });

  test('after an error of ours keeps counting claims, any other park does not', async () => {
    const ticketId = await acceptOne(w.record);
    await w.record.park(await claim(w.record, ticketId, 'classify'), {
      delayMs: 0,
      reason: 'error',
      failed: true,
    });
    const second = await claim(w.record, ticketId, 'classify');
    assert.equal(second.claims, 2);
    await w.record.park(second, { delayMs: 0, reason: 'no model now' });
    assert.equal((await claim(w.record, ticketId, 'classify')).claims, 1);
  });

  test('however often, never fills the timeline so far that its end is missing', async () => {
    const ticketId = await acceptOne(w.record);
    for (let count = 0; count < 400; count += 1) {
      await w.record.park(await claim(w.record, ticketId, 'classify'), {
        delayMs: 0,
        reason: 'no model now',
      });
    }
    await bringTo(w.record, ticketId, 'deliver');
    await deliver(w.record, ticketId);
    const timeline = (await stored(w.record, ticketId))['tl'] ?? '';
    assert.ok(timeline.length < 7000, `${timeline.length} characters`);
    const last = timeline
      .split('\n')
      .slice(-3)
      .map((line) => line.split(' ')[1]);
    assert.deepEqual(last, ['answer', 'deliver', 'delivered']);
  });
});

describe('sweep', () => {
  test('brings a ticket back whose lease ran out, once, with a hint of a higher number', async () => {
    const ticketId = await acceptOne(w.record);
    await claim(w.record, ticketId, 'classify');
    assert.deepEqual(await sweep(w), [], 'a running lease is left alone');
    await expireLease(w, ticketId);
    assert.deepEqual(await sweep(w), [{ ticketId, state: 'classify', queue: 'classify', sequence: 2 }]);
    assert.deepEqual(await sweep(w), []);
    const again = await claim(w.record, ticketId, 'classify');
    assert.equal(again.sequence, 2);
    assert.equal(again.claims, 2);
  });

  test('takes no more than its limit of each kind', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => acceptOne(w.record)));
    for (const ticketId of ids) {
      await claim(w.record, ticketId, 'classify');
      await expireLease(w, ticketId);
    }
    const sizes = [await sweep(w, 2), await sweep(w, 2), await sweep(w, 2)].map((hints) => hints.length);
    assert.deepEqual(sizes, [2, 2, 1]);
  });

  test('forgets entries whose record is gone', async () => {
    const base = w.record.bases[0]!;
    await w.redis.zadd(`${base}leases`, 1, 't_000000000000');
    await w.redis.zadd(`${base}parks`, 1, 't_000000000000');
    assert.deepEqual(await sweep(w), []);
    assert.equal(await w.redis.zscore(`${base}leases`, 't_000000000000'), null);
    assert.equal(await w.redis.zscore(`${base}parks`, 't_000000000000'), null);
    assert.equal(await w.redis.exists(w.record.keyOf('t_000000000000')), 0);
  });
});

describe('renew', () => {
  test('extends what is still held, for many leases at once', async () => {
    const ids = await Promise.all(Array.from({ length: 2100 }, () => acceptOne(w.record)));
    const leases = await Promise.all(ids.map((ticketId) => claim(w.record, ticketId, 'classify')));
    await w.redis.zadd(`${w.record.bases[0]}leases`, 'XX', ...ids.flatMap((id) => [Date.now() + 60, id]));
    leases[7] = { ...leases[7]!, token: 'somebody else' };
    const held = await w.record.renew(leases);
    assert.deepEqual(
      held.flatMap((is, i) => (is ? [] : [i])),
      [7],
    );
    assert.equal(held.length, 2100);
    const score = Number(await w.redis.zscore(`${w.record.bases[0]}leases`, ids.at(-1)!));
    assert.ok(score > Date.now() + 5000);
    for (const lease of leases) await w.record.advance(lease, toDelivered);
  });
});

describe('cancel', () => {
  test('ends a waiting, a leased and a parked ticket, and releases nobody', async () => {
    const waiting = await acceptOne(w.record);
    assert.deepEqual(await w.record.cancel(waiting), { kind: 'cancelled', state: '', released: [] });
    const leasedId = await acceptOne(w.record);
    const leased = await claim(w.record, leasedId, 'classify');
    assert.equal((await w.record.cancel(leasedId)).kind, 'cancelled');
    assert.deepEqual(await w.record.advance(leased, toAnswer), lost);
    const parked = await acceptOne(w.record);
    await w.record.park(await claim(w.record, parked, 'classify'), { delayMs: 60_000, reason: 'later' });
    assert.equal((await w.record.cancel(parked)).kind, 'cancelled');
    assert.equal(await w.redis.zscore(`${w.record.bases[0]}parks`, parked), null);
  });

  test('is refused to an unknown, an ended and a ticket whose answer is being sent', async () => {
    assert.equal((await w.record.cancel('t_000000000000')).kind, 'gone');
    const ticketId = await acceptOne(w.record);
    await bringTo(w.record, ticketId, 'deliver');
    const sending = await claim(w.record, ticketId, 'deliver');
    assert.equal((await w.record.cancel(ticketId)).kind, 'sending');
    await w.record.advance(sending, toDelivered);
    assert.deepEqual(await w.record.cancel(ticketId), { kind: 'ended', state: 'delivered', released: [] });
  });
});

describe('ledger rows', () => {
  test('are settled once, with the transition that stores the answer', async () => {
    const ticketId = await acceptOne(w.record);
    const leased = await claim(w.record, ticketId, 'classify');
    assert.equal(await w.record.openCall(leased, '{"open":1}'), 1);
    assert.equal(await w.record.openCall(leased, '{"open":2}'), 2);
    const { settled, counter, key } = ledgerRow(w, { queryType: 'once' });
    await w.record.advance(leased, toAnswer, { rows: [settled(1, true)] });
    await w.record.settle(ticketId, [settled(1, true), settled(2, false)]);
    const fields = await stored(w.record, ticketId);
    assert.deepEqual([fields['an'], fields['a1']?.[0], fields['a2']?.[0]], ['2', 's', 's']);
    assert.deepEqual(await counter(), { calls: 2, tickets: 1, nanoUsd: String(2 * rowNanoUsd) });
    const life = await w.redis.pttl(`${w.record.bases[0]}${key}`);
    assert.ok(life > 0 && life <= ledgerMs, `the roll-up of an hour expires in ${life} ms`);
  });

  test('are opened once where the reply was lost and the command is sent again', async () => {
    const ticketId = await acceptOne(w.record);
    const leased = await claim(w.record, ticketId, 'classify');
    assert.equal(await w.record.openCall(leased, '{"open":1}'), 1);
    assert.equal(await w.record.openCall(leased, '{"open":1}'), 1);
    const { settled } = ledgerRow(w, { queryType: 'again' });
    await w.record.settle(ticketId, [settled(1, false)]);
    assert.equal(await w.record.openCall(leased, '{"open":1}'), 2, 'a settled one is another call');
    assert.equal((await stored(w.record, ticketId))['an'], '2');
  });

  test('of a worker that lost its lease still count as money, never as a ticket', async () => {
    const { settled, counter } = ledgerRow(w, { queryType: 'fenced' });
    const ticketId = await acceptOne(w.record);
    const old = await claim(w.record, ticketId, 'classify');
    for (const number of [1, 2]) assert.equal(await w.record.openCall(old, `{"open":${number}}`), number);
    await expireLease(w, ticketId);
    await claim(w.record, ticketId, 'classify');
    assert.deepEqual(await w.record.advance(old, toAnswer, { rows: [settled(1, true)] }), lost);
    assert.deepEqual(
      await w.record.park(old, { delayMs: 0, reason: 'late' }, { rows: [settled(2, true)] }),
      lost,
    );
    assert.deepEqual(await counter(), { calls: 2, tickets: 0, nanoUsd: String(2 * rowNanoUsd) });
  });
});

describe('retention', () => {
  test('empties old ends of what was written, and still knows the message when it comes again', async () => {
    const ticket = ticketOf({ conversationId: 'retired' });
    const { ticketId } = await accept(w.record, ticket);
    await bringTo(w.record, ticketId, 'deliver');
    await deliver(w.record, ticketId);
    const young = await acceptOne(w.record);
    await w.record.cancel(young);
    await w.redis.zadd(`${w.record.bases[0]}end:delivered`, 'XX', Date.now() - contentMs - 1, ticketId);
    assert.equal(await w.record.retire(0, 100), 1);
    assert.equal(await w.record.retire(0, 100), 0);
    const fields = await stored(w.record, ticketId);
    for (const gone of ['tk', 'rep', 'dlv', 'cls', 'rte', 'tl', 'pr', 'why'])
      assert.equal(fields[gone], undefined, gone);
    assert.equal(fields['st'], 'delivered');
    assert.deepEqual(await accept(w.record, ticket), {
      kind: 'duplicate',
      ticketId,
      state: 'delivered',
      restarts: [],
    });
    assert.ok((await w.redis.pttl(w.record.keyOf(ticketId))) > 0, 'the tombstone still expires');
    assert.ok((await stored(w.record, young))['tk']);
    assert.deepEqual((await w.record.list('delivered', 1000)).includes(ticketId), false);
  });

  test('may be any fraction of a day', async () => {
    const thirdMs = 86_400_000 / 3.7;
    const settings = {
      prefix: 'fractions',
      shards: 1,
      contentMs: thirdMs,
      tombstoneMs: thirdMs,
      ledgerMs: thirdMs,
    };
    const record = createRecord(w.redis, settings);
    const ticketId = await acceptOne(record);
    await bringTo(record, ticketId, 'deliver');
    const sending = await claim(record, ticketId, 'deliver');
    assert.equal(await record.openCall(sending, '{}'), 1);
    const rows = [ledgerRow(w, { queryType: 'fraction' }).settled(1, false)];
    const advanced = await record.advance(sending, { state: 'handed_off', queue: null }, { rows });
    assert.equal(advanced.kind, 'advanced');
    assert.equal(await record.retire(0, 10), 0);
  });
});
