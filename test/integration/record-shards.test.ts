import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { conversationOf, isTicketId, shardOf, ticketIdPattern } from '../../shared/record/keys.ts';
import {
  accept,
  auditAll,
  bringTo,
  claim,
  deliver,
  expireLease,
  jobKeyOf,
  openRecordWorld,
  ticketOf,
} from './record-world.ts';
import type { RecordWorld } from './record-world.ts';

const shards = 4;
let w: RecordWorld;
before(async () => {
  w = await openRecordWorld({ shards });
});
after(() => w.close());

test('an id names its shard, and all messages of a conversation are in one shard', async () => {
  const used = new Set<number>();
  for (let c = 0; c < 40; c += 1) {
    const conversationId = `shared-${c}`;
    const shard = conversationOf('shop', conversationId, shards).shard;
    for (let message = 0; message < 3; message += 1) {
      const { ticketId } = await accept(
        w.record,
        ticketOf({ conversationId, at: 1_700_000_000_000 + message }),
      );
      assert.match(ticketId, ticketIdPattern);
      assert.equal(shardOf(ticketId, shards), shard);
      assert.equal(isTicketId(ticketId, shards), true);
      assert.equal(await w.redis.exists(`{test:${shard}}:t:${ticketId}`), 1);
    }
    assert.equal(
      await w.redis.zcard(`{test:${shard}}:c:${conversationOf('shop', conversationId, shards).hash}`),
      1,
    );
    used.add(shard);
  }
  assert.equal(used.size, shards);
  assert.equal((await w.record.counts()).open, 40);
});

test('ids of shards that do not exist are not ours', () => {
  assert.equal(isTicketId(`t_04${'0'.repeat(22)}`, shards), false);
  assert.equal(isTicketId(`t_03${'0'.repeat(22)}`, shards), true);
  assert.equal(isTicketId('t_', shards), false);
  assert.equal(isTicketId('T_0300000000', shards), false);
});

test("sweep, audit and hints of a shard find that shard's tickets and queues, and no key of ours is BullMQ's", async () => {
  await w.redis.flushall();
  const ids: string[] = [];
  for (let c = 0; c < 12; c += 1) ids.push((await accept(w.record, ticketOf())).ticketId);
  for (const ticketId of ids) {
    await claim(w.record, ticketId, 'classify');
    await expireLease(w, ticketId);
  }
  const swept = (await Promise.all([0, 1, 2, 3].map((shard) => w.record.sweep(shard, 100)))).flatMap(
    ({ hints }) => hints,
  );
  assert.deepEqual(swept.map(({ ticketId }) => ticketId).sort(), ids.toSorted());
  const ours = new Set(await w.redis.keys('*'));
  await Promise.all(swept.map((hint) => w.hints.add(hint)));
  for (const hint of swept) {
    assert.ok(jobKeyOf(hint, shards).startsWith(`{test:${shardOf(hint.ticketId, shards)}}:q:`));
    assert.equal(await w.redis.exists(jobKeyOf(hint, shards)), 1);
  }
  for (const key of ours) assert.doesNotMatch(key, /^\{test:\d\}:q/);
  for (const key of await w.redis.keys('*')) if (!ours.has(key)) assert.match(key, /^\{test:\d\}:q:/);

  for (const ticketId of ids) {
    const shard = shardOf(ticketId, shards);
    await w.redis.zadd(`{test:${shard}}:open`, 1, ticketId);
    await w.redis.hset(`{test:${shard}}:t:${ticketId}`, 'se', 1);
  }
  assert.deepEqual(await auditAll(w), [], 'each has its job, in its own shard');
  for (const ticketId of ids) {
    await bringTo(w.record, ticketId, 'deliver');
    await deliver(w.record, ticketId);
  }
  assert.deepEqual(await w.record.counts(), { open: 0, leased: 0, parked: 0 });
  assert.equal((await w.record.list('delivered', 100)).length, 12);
});
