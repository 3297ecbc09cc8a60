import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRecordWorld, ticketOf } from './record-world.ts';
import type { RecordWorld } from './record-world.ts';

let world: RecordWorld;
before(async () => {
  world = await openRecordWorld();
});
after(() => world.close());

async function accept(): Promise<string> {
  const ticket = ticketOf();
  const identity = world.record.identify(ticket, 'm');
  await world.record.accept(ticket, identity, 'classify');
  return identity.ticketId;
}

test('calls of one turn travel as one command, and each gets its own reply', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, accept));
  await world.redis.config('RESETSTAT');
  const claims = await Promise.all(
    ids.map((id, i) => world.record.claim(id, 'classify', `token-${i}`, ['at'])),
  );
  const scripts = Number(
    /cmdstat_eval(?:sha)?:calls=(\d+)/.exec(await world.redis.info('commandstats'))?.[1],
  );
  assert.equal(scripts, 1);
  const claimed = claims.map((one) => (one.kind === 'claimed' ? one.claim.ticketId : one.kind));
  assert.deepEqual(claimed, ids);
});

test('a call that fails inside a script fails alone, not those that travel with it', async () => {
  const ids = await Promise.all([accept(), accept(), accept()]);
  const broken = world.record.keyOf(ids[1]);
  await world.redis.del(broken);
  await world.redis.set(broken, 'not a record');
  const claims = await Promise.allSettled(ids.map((id) => world.record.claim(id, 'classify', 'token', [])));
  assert.deepEqual(
    claims.map((one) => (one.status === 'fulfilled' ? one.value.kind : String(one.reason).slice(0, 35))),
    ['claimed', 'ReplyError: record/claim: WRONGTYPE', 'claimed'],
  );
});
