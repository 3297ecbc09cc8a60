/** Every ledger row closes, whatever became of the ticket that its call was made for. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { settleOrphan } from '../../shared/ledger/abandoned.ts';
import { createLog } from '../../shared/log.ts';
import {
  accept,
  acceptOne,
  bringTo,
  claim,
  expireLease,
  openRecordWorld,
  stored,
  sweep,
  ticketOf,
} from './record-world.ts';
import type { RecordWorld } from './record-world.ts';

let w: RecordWorld;
before(async () => {
  w = await openRecordWorld();
});
after(() => w.close());
beforeEach(() => w.redis.flushall());

const opened = JSON.stringify({
  model: 'small',
  provider: 'fake',
  purpose: 'answer',
  startedAt: 1_800_000_000_000,
  configVersion: 'v1',
});
const log = createLog('fatal', { write: () => undefined });

/** What the sweeper does with them, by a clock that is far enough ahead. */
async function settleOrphans(): Promise<void> {
  const set = `${w.record.bases[0]}orphans`;
  for (const member of await w.redis.zrange(set, '0', '-1')) await w.redis.zadd(set, 'XX', 1, member);
  for (const orphan of await w.record.orphans(0, 100)) {
    await settleOrphan({ record: w.record, log }, orphan);
    await w.record.forgetOrphan(0, orphan);
  }
}

/** A call is in flight, its worker is killed, and its lease has run out. */
async function killedInCall(conversationId: string): Promise<string> {
  const ticketId = await acceptOne(w.record, { conversationId, at: 1 });
  await bringTo(w.record, ticketId, 'answer');
  assert.equal(await w.record.openCall(await claim(w.record, ticketId, 'answer'), opened), 1);
  return ticketId;
}

async function assertClosed(ticketId: string): Promise<void> {
  const row = (await stored(w.record, ticketId))['a1'] ?? '';
  assert.match(row, /^s/, 'the row is settled');
  assert.match(row, /"possiblyBilled":true/);
  assert.equal(await w.redis.zcard(`${w.record.bases[0]}orphans`), 0);
}

test('a killed call of a ticket that is cancelled under its lease is listed as possibly billed', async () => {
  const ticketId = await killedInCall('leased');
  assert.equal((await w.record.cancel(ticketId)).kind, 'cancelled');
  await settleOrphans();
  await assertClosed(ticketId);
});

test('so is one whose lease was swept before the ticket was cancelled, and nobody claimed it meanwhile', async () => {
  const ticketId = await killedInCall('swept');
  await expireLease(w, ticketId);
  assert.equal((await sweep(w)).length, 1);
  assert.equal((await w.record.cancel(ticketId)).kind, 'cancelled');
  await settleOrphans();
  await assertClosed(ticketId);
});

test('so is one whose ticket a newer message took over after the sweep', async () => {
  const ticketId = await killedInCall('taken');
  await expireLease(w, ticketId);
  await sweep(w);
  await accept(w.record, ticketOf({ conversationId: 'taken', at: 2 }));
  assert.equal((await stored(w.record, ticketId))['st'], 'superseded');
  await settleOrphans();
  await assertClosed(ticketId);
});

test('so is one that an error of ours left open, where its ticket is cancelled while it is parked', async () => {
  const ticketId = await acceptOne(w.record);
  await bringTo(w.record, ticketId, 'answer');
  const held = await claim(w.record, ticketId, 'answer');
  await w.record.openCall(held, opened);
  await w.record.park(held, { delayMs: 60_000, reason: 'error', failed: true });
  await w.record.cancel(ticketId);
  await settleOrphans();
  await assertClosed(ticketId);
});

test('a ticket whose calls are all settled leaves nothing to look after', async () => {
  const ticketId = await acceptOne(w.record);
  await bringTo(w.record, ticketId, 'answer');
  await w.record.cancel(ticketId);
  assert.equal(await w.redis.zcard(`${w.record.bases[0]}orphans`), 0);
});
