import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { csvLine } from '../../services/cli/dead-export.ts';
import type { App } from '../../shared/app.ts';
import { configSchema } from '../../shared/config/schema.ts';
import { listLetters } from '../../shared/dead-letter-json.ts';
import { deadLetters, groupDeadLetters, groupedCause } from '../../shared/dead-letters.ts';
import { createLog } from '../../shared/log.ts';
import { dropDeadLetters, replayDeadLetters } from '../../shared/replay.ts';
import { revivalOf } from '../../shared/revival.ts';
import type { End } from '../../shared/ticket.ts';
import { testConfig } from '../fakes/system.ts';
import {
  accept,
  acceptOne,
  bringTo,
  claim,
  endPark,
  openRecordWorld,
  stored,
  sweep,
  ticketOf,
  toAnswer,
  toDeliver,
  tryClaim,
} from './record-world.ts';
import type { RecordWorld } from './record-world.ts';

let w: RecordWorld;
let app: App;
const urls = { providerUrl: 'http://127.0.0.1:9', receiverUrl: 'http://127.0.0.1:9' };
const config = configSchema.parse(
  testConfig(urls, { sources: { shop: { platform: 'generic', destination: 'hook' } } }),
);

const appOf = ({ record, redis, hints }: RecordWorld): App =>
  ({
    record,
    redis,
    hints,
    runtime: () => ({ config }),
    now: Date.now,
    random: Math.random,
    log: createLog('silent'),
    prefix: 'test',
  }) as unknown as App;

before(async () => {
  w = await openRecordWorld();
  app = appOf(w);
});
beforeEach(() => w.redis.flushall());
after(() => w.close());

const whyOf = (cause: string, state: string, queue: string): string =>
  JSON.stringify({ cause, queue, state });
const cls = JSON.stringify({
  queryType: 'refund',
  complexity: 0.1,
  tier: 'simple',
  language: 'en',
  flags: [],
  confidence: 1,
  decidedBy: 'field',
});

type Given = { end?: 'dead' | 'handed_off'; cause?: string; stage?: 'answer' | 'deliver' };

/** An accepted ticket given up by its stage, and brought to that end. */
async function giveUp(ticketId: string, given: Given = {}, { record } = w): Promise<string> {
  const { end = 'dead', cause = 'deadline', stage = 'answer' } = given;
  await record.advance(await claim(record, ticketId, 'classify'), toAnswer, { fields: { cls } });
  const answer = await claim(record, ticketId, 'answer');
  const to = (state: End) => ({ state, queue: null });
  if (stage === 'deliver') {
    const rep = JSON.stringify({ type: 'ticket.reply', data: { generation: 1, text: 'stored' } });
    await record.advance(answer, toDeliver, {
      fields: { rep, rty: 'reply', dst: 'hook', ret: 'answer tier.simple' },
    });
    const why = whyOf(cause, 'deliver', 'deliver.dead');
    await record.advance(await claim(record, ticketId, 'deliver'), to('dead'), { fields: { why, da: 5 } });
    return ticketId;
  }
  const why = whyOf(cause, 'answer', 'tier.simple.dead');
  await record.advance(answer, { state: 'dead_letter', queue: 'tier.simple.dead' }, { fields: { why } });
  const dead = await claim(record, ticketId, 'dead_letter');
  if (end === 'dead') {
    await record.advance(dead, to('dead'));
  } else {
    const handoff = { rep: '{}', rty: 'handoff', ret: 'dead_letter tier.simple.dead' };
    await record.advance(dead, toDeliver, { fields: handoff });
    await record.advance(await claim(record, ticketId, 'deliver'), to('handed_off'));
  }
  return ticketId;
}

let conversations = 0;
function conversation() {
  conversations += 1;
  const conversationId = `dead-${conversations}`;
  return async (minute: number) =>
    (await accept(w.record, ticketOf({ conversationId, at: 1_700_000_000_000 + minute * 60_000 }))).ticketId;
}

const fast = { dry: false, afterHandoff: false, perSecond: 1000 };
const replay = (ids: string[], options: Partial<typeof fast> = {}) =>
  replayDeadLetters(app, { ids }, { ...fast, ...options });
const kindsOf = async (ids: string[], options: Partial<typeof fast> = {}) =>
  (await replay(ids, options)).tickets.map(({ kind }) => kind);
const field = async (ticketId: string, name: string): Promise<string | undefined> =>
  (await stored(w.record, ticketId))[name];

describe('the list', () => {
  test('groups by stage, tier and cause, whatever ids and numbers the cause contains', async () => {
    const causes = [
      'no answer in 3000 ms',
      'no answer in 2.5 ms',
      'job 7f9c24e8-3b12-4fef-91e0-5a0f1c2d3e4f lost',
    ];
    const ids = [];
    for (const cause of causes) ids.push(await giveUp(await acceptOne(w.record), { cause }));
    const last = await giveUp(await acceptOne(w.record), { cause: 'undeliverable', stage: 'deliver' });
    await giveUp(await acceptOne(w.record), { cause: 'no answer in 1 ms', end: 'handed_off' });
    const groups = await groupDeadLetters(app);
    assert.deepEqual(
      groups.map(({ queue, tier, cause, count, held }) => [queue, tier, cause, count, held]),
      [
        ['tier.simple.dead', 'simple', 'no answer in <n> ms', 3, 2],
        ['deliver.dead', 'simple', 'undeliverable', 1, 1],
        ['tier.simple.dead', 'simple', 'job <id> lost', 1, 1],
      ],
    );
    const [first] = groups;
    assert.ok(first!.firstMs <= first!.lastMs && first!.examples.includes(ids[0]!));
    assert.deepEqual((await groupDeadLetters(app, { queue: 'deliver' }))[0]!.examples, [last]);
    assert.equal((await groupDeadLetters(app, { cause: 'no answer in 77 ms' }))[0]!.count, 3);
    assert.equal((await groupDeadLetters(app, { state: 'handed_off' }))[0]!.count, 1);
    assert.deepEqual(await groupDeadLetters(app, { sinceMs: Date.now() + 60_000 }), []);
    assert.deepEqual(await groupDeadLetters(app, { tier: 'complex' }), []);
  });

  test('keeps the words of a cause that are no ids', () => {
    assert.equal(groupedCause('destination_refused'), 'destination_refused');
    assert.equal(groupedCause('timeout_first_byte after 30000 ms'), 'timeout_first_byte after <n> ms');
    assert.equal(groupedCause('ticket t_00k3v9z2m8q1x7c4b6n5a0s2 failed'), 'ticket <id> failed');
  });

  test('goes over any number of them, of both ends and all shards, newest first, each once', async (t) => {
    const other = await openRecordWorld({ shards: 3 });
    t.after(() => other.close());
    const expected: string[] = [];
    for (let i = 0; i < 1300; i += 1) {
      const end = i % 2 === 0 ? 'dead' : 'handed_off';
      const base = other.record.bases[i % 3]!;
      const ticketId = `t_0${i % 3}${String(i).padStart(20, '0')}`;
      expected.unshift(ticketId);
      // Many of one millisecond, more than a page of them.
      const at = i < 1100 ? 1000 : 1000 + i;
      const key = other.record.keyOf(ticketId);
      await other.redis.hset(key, { st: end, ea: at, why: whyOf('x', 'answer', 'tier.simple.dead') });
      await other.redis.zadd(`${base}end:${end}`, at, ticketId);
    }
    const where = expected.map((id) => other.record.keyOf(id));
    assert.equal(new Set(where.map((key) => key.slice(0, 8))).size, 3);
    const seen: { ticketId: string; atMs: number }[] = [];
    for await (const letter of deadLetters(appOf(other))) seen.push(letter);
    assert.deepEqual(seen.map(({ ticketId }) => ticketId).sort(), expected.toSorted());
    assert.deepEqual(
      seen.map(({ atMs }) => atMs),
      seen.map(({ atMs }) => atMs).sort((a, b) => b - a),
    );
    const listed = await listLetters(appOf(other), {}, 20);
    assert.deepEqual([listed.tickets.length, listed.more], [20, true]);
    assert.deepEqual(
      listed.tickets.map(({ ticketId }) => ticketId),
      expected.slice(0, 20),
    );
  });

  test('as CSV keeps quotes and lines, and nothing in it becomes a formula', () => {
    assert.equal(csvLine(['a', 'b,"c"', 'd\ne', '=1+1', '']), `a,"b,""c""","d\ne",'=1+1,\r\n`);
  });
});

describe('a newer message', () => {
  test('speaks for a held one: it takes on its question, and the old one is never answered by itself', async () => {
    const say = conversation();
    const [earliest, held] = [await say(1), await say(2)];
    await giveUp(held);
    const newer = await say(3);
    assert.equal(await field(newer, 'pr'), [earliest, held].join(','));
    assert.deepEqual((await replay([held])).tickets, [{ ticketId: held, kind: 'superseded', by: newer }]);
    assert.deepEqual(await kindsOf([held], { dry: true }), ['superseded']);
    assert.equal(await field(held, 'st'), 'dead');
  });

  test('that waited while the old one was being sent speaks for it as well', async () => {
    const say = conversation();
    const old = await say(1);
    await bringTo(w.record, old, 'deliver');
    const sending = await claim(w.record, old, 'deliver');
    const newer = await say(2);
    await w.record.advance(
      sending,
      { state: 'dead', queue: null },
      { fields: { why: whyOf('undeliverable', 'deliver', 'deliver.dead') } },
    );
    assert.equal(await field(newer, 'pr'), old);
    assert.equal(await field(old, 'sb'), newer);
  });

  test('does not touch a poisoned one, which would take it down too', async () => {
    const say = conversation();
    const poisoned = await giveUp(await say(1), { cause: 'poison' });
    const newer = await say(2);
    assert.equal(await field(newer, 'pr'), undefined);
    assert.deepEqual((await replay([poisoned])).tickets, [
      { ticketId: poisoned, kind: 'superseded', by: newer },
    ]);
  });

  test('supersedes a replayed one that has not begun to be sent', async () => {
    const say = conversation();
    const old = await giveUp(await say(1));
    assert.deepEqual(await kindsOf([old]), ['replayed']);
    const newer = await say(2);
    assert.equal(await field(old, 'st'), 'superseded');
    assert.equal(await field(newer, 'pr'), old);
    assert.equal(await tryClaim(w.record, old, 'answer'), 'moved');
  });

  test('an older one that comes late makes a replayed answer another one, under another id', async () => {
    const say = conversation();
    const newer = await giveUp(await say(5), { stage: 'deliver', cause: 'undeliverable' });
    assert.deepEqual(await kindsOf([newer]), ['replayed']);
    assert.deepEqual([await field(newer, 'gen'), await field(newer, 'rs')], ['1', '1']);
    await say(1);
    assert.deepEqual([await field(newer, 'st'), await field(newer, 'gen')], ['classify', '2']);
    assert.deepEqual([await field(newer, 'rep'), await field(newer, 'rs')], [undefined, undefined]);
  });
});

describe('a replay', () => {
  test('goes back to where the ticket came from, with a new deadline, and keeps its calls and its story', async () => {
    const ticketId = await acceptOne(w.record);
    await w.redis.hset(w.record.keyOf(ticketId), { an: 1, a1: 's{"model":"large"}' });
    await giveUp(ticketId);
    const startedAt = Date.now();
    const report = await replay([ticketId]);
    assert.deepEqual(report.tickets, [
      { ticketId, kind: 'replayed', state: 'answer', queue: 'tier.simple', generation: 1, delayMs: 0 },
    ]);
    const fields = await stored(w.record, ticketId);
    assert.ok(Number(fields['dl']) >= startedAt + config.tiers['simple']!.deadlineMs);
    assert.equal(fields['a1'], 's{"model":"large"}');
    assert.match(fields['tl']!, /queued[^]*dead[^]*replayed as generation 1/);
    assert.equal(fields['why'], undefined);
    assert.equal(await w.redis.ttl(w.record.keyOf(ticketId)), -1);
    assert.equal(await tryClaim(w.record, ticketId, 'answer'), 'claimed');
    assert.deepEqual(await groupDeadLetters(app), []);
  });

  test('happens once: the second one, and one of two at the same moment, change nothing', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, async () => giveUp(await acceptOne(w.record))));
    const [one, other] = await Promise.all([replay(ids), replay(ids)]);
    assert.equal(one.counts.replayed + other.counts.replayed, 30);
    const again = await replay(ids);
    assert.equal(again.counts.not_dead, 30);
    assert.equal((await w.record.counts()).open, 30);
    for (const id of ids) assert.equal((await field(id, 'tl'))!.match(/replayed/g)!.length, 1);
  });

  test('counts beforehand exactly what it does then, by outcome', async () => {
    const say = conversation();
    const superseded = await giveUp(await say(1));
    await say(2);
    const crowd = conversation();
    const [newer, older] = [await giveUp(await crowd(5)), await giveUp(await crowd(1))];
    const atWork = conversation();
    const waiting = await giveUp(await atWork(5));
    await atWork(1);
    const told = await giveUp(await acceptOne(w.record), { end: 'handed_off' });
    const emptied = await giveUp(await acceptOne(w.record));
    await w.redis.hdel(w.record.keyOf(emptied), 'tk');
    const dropped = await giveUp(await acceptOne(w.record));
    await dropDeadLetters(app, { ids: [dropped] }, { dry: false });
    const homeless = await giveUp(await acceptOne(w.record, { source: 'gone' }));
    const ids = [superseded, newer, older, waiting, told, emptied, dropped, homeless, 't_nothing', dropped];
    const expected = {
      replayed: 1,
      superseded: 1,
      busy: 2,
      handed_off: 1,
      emptied: 1,
      dropped: 1,
      changed: 0,
      not_dead: 0,
      no_destination: 1,
      unknown: 1,
    };
    const keys = await w.redis.dbsize();
    const dry = await replay(ids, { dry: true });
    assert.deepEqual([dry.counts, dry.total], [expected, 9]);
    assert.equal(await w.redis.dbsize(), keys);
    const done = await replay(ids);
    assert.deepEqual(done.counts, expected);
    assert.deepEqual(
      done.tickets.filter(({ kind }) => kind === 'busy').map(({ ticketId }) => ticketId),
      dry.tickets.filter(({ kind }) => kind === 'busy').map(({ ticketId }) => ticketId),
    );
  });

  test('of what people were told of needs their leave, and is a new generation each time', async () => {
    const ticketId = await giveUp(await acceptOne(w.record), { end: 'handed_off' });
    assert.deepEqual(await kindsOf([ticketId]), ['handed_off']);
    assert.equal(await field(ticketId, 'st'), 'handed_off');
    assert.deepEqual(await kindsOf([ticketId], { afterHandoff: true }), ['replayed']);
    assert.equal(await field(ticketId, 'gen'), '2');
    assert.equal((await claim(w.record, ticketId, 'answer')).withPeople, false);
    assert.equal(await field(ticketId, 'rep'), undefined);
  });

  test('of a held one whose conversation is with people needs their leave too', async () => {
    const say = conversation();
    const held = await giveUp(await say(5));
    await giveUp(await say(1), { end: 'handed_off' });
    assert.deepEqual(await kindsOf([held]), ['handed_off']);
    assert.deepEqual(await kindsOf([held], { afterHandoff: true }), ['replayed']);
    assert.equal((await field(held, 'gen')) ?? '1', '1');
  });

  test('sends a stored answer again as it is, where its source leads now', async () => {
    const ticketId = await giveUp(await acceptOne(w.record), { stage: 'deliver', cause: 'undeliverable' });
    const { rep } = await stored(w.record, ticketId);
    await w.redis.hset(w.record.keyOf(ticketId), { dst: 'elsewhere', gen: 2 });
    assert.deepEqual(await kindsOf([ticketId]), ['replayed']);
    const fields = await stored(w.record, ticketId);
    assert.deepEqual(
      [fields['rep'], fields['gen'], fields['dst'], fields['da']],
      [rep, '1', 'hook', undefined],
    );
    assert.equal(await tryClaim(w.record, ticketId, 'deliver'), 'claimed');
  });

  test('gives each ticket its moment, so that the rate holds without anybody who keeps it', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, async () => giveUp(await acceptOne(w.record))));
    // One in a hundred seconds.
    const report = await replay(ids, { perSecond: 0.01 });
    const turns = report.tickets.map((one) =>
      one.kind === 'replayed' ? Math.round(one.delayMs / 100_000) : -1,
    );
    assert.deepEqual(
      turns.toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5],
    );
    assert.equal(Math.round(report.lastStartsInMs / 100_000), 5);
    assert.equal((await w.record.counts()).parked, 5);
    const last = ids[turns.indexOf(5)]!;
    assert.equal(await tryClaim(w.record, last, 'answer'), 'parked');
    await endPark(w, last);
    assert.deepEqual(
      (await sweep(w)).map(({ ticketId, queue }) => [ticketId, queue]),
      [[last, 'tier.simple']],
    );
    assert.equal(await tryClaim(w.record, last, 'answer'), 'claimed');
  });

  test('by filter takes the first that ended first, up to its limit', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1)
      ids.push(await giveUp(await acceptOne(w.record), { cause: i < 4 ? 'deadline' : 'poison' }));
    for (const [i, id] of ids.entries()) await w.redis.zadd('{test:0}:end:dead', i + 1, id);
    const report = await replayDeadLetters(app, { filter: { cause: 'deadline' }, limit: 2 }, fast);
    assert.deepEqual(
      report.tickets.map(({ ticketId }) => ticketId),
      ids.slice(0, 2),
    );
    assert.equal(report.left, 2);
  });

  test('goes back to the classifier where the labels are missing or were what failed', async () => {
    const ticket = ticketOf();
    const base = { st: 'dead', n: '3', tk: JSON.stringify(ticket) };
    const why = whyOf('poison', 'classify', 'classify.dead');
    for (const fields of [{ ...base }, { ...base, cls, why }]) {
      const revival = revivalOf(config, 't_x', fields, 0);
      assert.ok(typeof revival !== 'string' && revival.to === 'classify' && revival.queue === 'classify');
    }
    assert.equal(revivalOf(config, 't_x', { ...base, tk: '{"source":' }, 0), 'emptied');
  });
});

describe('a drop', () => {
  test('ends a held one as cancelled, off every list, and leaves alone what people have', async () => {
    const held = await giveUp(await acceptOne(w.record));
    const told = await giveUp(await acceptOne(w.record), { end: 'handed_off' });
    const ids = [held, told, 't_nothing'];
    const expected = { dropped: 1, handed_off: 1, not_dead: 0, unknown: 1 };
    assert.deepEqual((await dropDeadLetters(app, { ids }, { dry: true })).counts, expected);
    assert.equal(await field(held, 'st'), 'dead');
    assert.deepEqual((await dropDeadLetters(app, { ids }, { dry: false })).counts, expected);
    assert.deepEqual([await field(held, 'st'), await field(told, 'st')], ['cancelled', 'handed_off']);
    assert.equal((await dropDeadLetters(app, { ids: [held] }, { dry: false })).counts.not_dead, 1);
    assert.deepEqual(await kindsOf([held]), ['dropped']);
    assert.equal(await w.record.countEnded('dead', 0), 0);
    assert.ok((await w.redis.ttl(w.record.keyOf(held))) > 0);
  });
});

test('the content of a dead letter goes with the retention, and it leaves its conversation', async () => {
  const say = conversation();
  const ticketId = await giveUp(await say(1));
  await w.redis.zadd('{test:0}:end:dead', 1, ticketId);
  await w.record.retire(0, 100);
  assert.deepEqual(await kindsOf([ticketId]), ['emptied']);
  assert.deepEqual(await w.redis.keys('*:c:*'), []);
});

describe('the pace', () => {
  test('is so many a minute with a few at once, over all who ask, and what has passed is free again', async () => {
    const ask = () => w.record.pace('handoffs', 60, 3);
    const waits = await Promise.all(Array.from({ length: 6 }, ask));
    assert.deepEqual(
      waits.map((wait) => Math.ceil(wait / 1000)),
      [0, 0, 0, 1, 2, 3],
    );
    // As if a minute had passed.
    await w.redis.hincrby('{test:0}:pace:handoffs', 'at', -60_000);
    assert.equal(await ask(), 0);
    assert.equal(await w.record.pace('other', 60, 1), 0);
    assert.ok((await w.redis.pttl('{test:0}:pace:handoffs')) > 0);
  });

  test('that is changed holds for those that come then, however many have their moment already', async () => {
    for (let i = 0; i < 100; i += 1) await w.record.pace('handoffs', 1, 1);
    assert.ok((await w.record.pace('handoffs', 1, 1)) > 99 * 60_000);
    assert.ok((await w.record.pace('handoffs', 6000, 1)) <= 1020);
  });
});

test('whatever ends, arrives, is replayed and dropped in whatever order: one open message a conversation, none superseded', async () => {
  const action = fc.record({
    kind: fc.constantFrom(
      'say',
      'say',
      'die',
      'handOff',
      'replay',
      'replay',
      'afterHandoff',
      'drop',
      'twice',
    ),
    minute: fc.nat({ max: 6 }),
    pick: fc.nat({ max: 20 }),
  });
  const property = fc.asyncProperty(
    fc.array(action, { minLength: 3, maxLength: 25, size: 'max' }),
    async (actions) => {
      await w.redis.flushall();
      const say = conversation();
      const ids: string[] = [];
      const sent: Record<string, number> = {};
      for (const { kind, minute, pick } of actions) {
        const id = ids[pick % Math.max(1, ids.length)];
        const was = id === undefined ? {} : await stored(w.record, id);
        if (kind === 'say') ids.push(await say(minute));
        else if (id === undefined) continue;
        else if (kind === 'die' || kind === 'handOff') {
          const end = kind === 'die' ? 'dead' : 'handed_off';
          if (was['st'] === 'classify') await giveUp(id, { end });
          if (was['st'] === 'answer') {
            const why = whyOf('deadline', 'answer', 'tier.simple.dead');
            const held = await claim(w.record, id, 'answer');
            await w.record.advance(held, { state: end, queue: null }, { fields: { why } });
          }
        } else if (kind === 'drop') await dropDeadLetters(app, { ids: [id] }, { dry: false });
        else {
          const options = { afterHandoff: kind === 'afterHandoff' };
          const runs = kind === 'twice' ? [replay([id]), replay([id])] : [replay([id], options)];
          const replayed = (await Promise.all(runs)).filter(({ counts }) => counts.replayed === 1).length;
          assert.ok(replayed <= 1);
          if (replayed === 0) continue;
          sent[id] = (sent[id] ?? 0) + 1;
          assert.equal(was['sb'], undefined, 'a superseded message was replayed');
          assert.ok(was['st'] === 'dead' || kind === 'afterHandoff');
          const raised = Number(await field(id, 'gen')) - Number(was['gen'] ?? 1);
          assert.equal(raised, was['st'] === 'handed_off' ? 1 : 0);
        }
        const open = await w.redis.zrange('{test:0}:open', 0, '-1');
        assert.ok(open.length <= 1, 'two messages of one conversation are open');
        for (const one of open) assert.equal(await field(one, 'sb'), undefined);
      }
    },
  );
  await fc.assert(property, { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 60) });
});
