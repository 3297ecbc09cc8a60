import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Feedback } from '../../shared/feedback.ts';
import { feedbackFrom, feedbackKept } from '../../shared/record/feedback.ts';
import {
  accept,
  bringTo,
  claim,
  contentMs,
  deliver,
  openRecordWorld,
  stored,
  ticketOf,
  acceptOne,
} from './record-world.ts';
import type { RecordWorld } from './record-world.ts';

let w: RecordWorld;
before(async () => {
  w = await openRecordWorld();
});
after(() => w.close());
beforeEach(() => w.redis.flushall());

const said = (outcome: Feedback['outcome'], note: string | null = null): Feedback => ({
  outcome,
  label: null,
  note,
});
const outcomesOf = async (ticketId: string): Promise<string[]> =>
  feedbackFrom((await stored(w.record, ticketId))['fb']).map(({ outcome }) => outcome);

/** All that is kept with it was told so much earlier. */
async function earlier(ticketId: string, ms: number): Promise<void> {
  const { fb = '' } = await stored(w.record, ticketId);
  const moved = fb.replaceAll(/^\d+/gm, (at) => String(Number(at) - ms));
  await w.redis.hset(w.record.keyOf(ticketId), 'fb', moved);
}

describe('feedback in the record', () => {
  test('is kept in the order of its telling, notes of several lines and any script with it', async () => {
    const id = await acceptOne(w.record);
    const label = { queryType: 'refund', tier: null, language: 'zh' };
    const note = 'Zeile 1\nZeile 2 🙂\t"退款"';
    assert.equal(await w.record.storeFeedback(id, { outcome: 'edited', label, note }, 'api'), 'stored');
    assert.equal(await w.record.storeFeedback(id, said('resolved'), 'helpdesk'), 'stored');
    const [one, two] = feedbackFrom((await stored(w.record, id))['fb']);
    assert.deepEqual({ ...one, at: '' }, { outcome: 'edited', label, note, at: '', by: 'api' });
    assert.deepEqual(
      { ...two, at: '' },
      { outcome: 'resolved', label: null, note: null, at: '', by: 'helpdesk' },
    );
    assert.ok(Math.abs(Date.now() - Date.parse(one!.at)) < 60_000);
  });

  test('told again is kept once, however much later; what came back after something else is news', async () => {
    const id = await acceptOne(w.record);
    const tell = (outcome: Feedback['outcome']) => w.record.storeFeedback(id, said(outcome), 'helpdesk');
    assert.deepEqual([await tell('resolved'), await tell('resolved')], ['stored', 'known']);
    await earlier(id, 3_600_000);
    assert.equal(await tell('resolved'), 'known');
    assert.deepEqual([await tell('reopened'), await tell('resolved')], ['stored', 'stored']);
    assert.deepEqual(await outcomesOf(id), ['resolved', 'reopened', 'resolved']);
    // Within a second it is the same telling, delivered twice.
    assert.equal(await tell('reopened'), 'known');
    // Another side has a voice of its own.
    assert.equal(await w.record.storeFeedback(id, said('resolved'), 'api'), 'stored');
    assert.equal(await tell('resolved'), 'known');
  });

  test('is bounded: the oldest go first', async () => {
    const id = await acceptOne(w.record);
    for (let i = 0; i < feedbackKept + 5; i += 1) {
      assert.equal(await w.record.storeFeedback(id, said('bad', `note ${i}`), 'api'), 'stored');
    }
    const kept = feedbackFrom((await stored(w.record, id))['fb']);
    assert.deepEqual(
      kept.map(({ note }) => note),
      Array.from({ length: feedbackKept }, (_, i) => `note ${i + 5}`),
    );
  });

  test('goes with the content, and is not taken after that, nor for a ticket that never was', async () => {
    const id = await acceptOne(w.record);
    await bringTo(w.record, id, 'deliver');
    await deliver(w.record, id);
    const life = await w.redis.pttl(w.record.keyOf(id));
    assert.equal(await w.record.storeFeedback(id, said('good', 'private'), 'api'), 'stored');
    assert.ok((await w.redis.pttl(w.record.keyOf(id))) <= life, 'it lives no longer for it');
    await w.redis.zadd(`${w.record.bases[0]}end:delivered`, 'XX', Date.now() - contentMs - 1, id);
    assert.equal(await w.record.retire(0, 100), 1);
    assert.equal((await stored(w.record, id))['fb'], undefined);
    assert.equal(await w.record.storeFeedback(id, said('bad'), 'api'), 'emptied');
    assert.equal(await w.record.storeFeedback('t_000000000000000000000000', said('bad'), 'api'), 'gone');
  });
});

describe('the ticket of a conversation that was answered last', () => {
  const found = (conversationId: string) => w.record.lastAnswered('shop', conversationId);
  const answered = async (
    changes: Parameters<typeof ticketOf>[0],
    end: 'delivered' | 'drafted' | 'handed_off',
  ): Promise<string> => {
    const { ticketId } = await accept(w.record, ticketOf(changes));
    await bringTo(w.record, ticketId, 'deliver');
    const advanced = await w.record.advance(await claim(w.record, ticketId, 'deliver'), {
      state: end,
      queue: null,
    });
    assert.equal(advanced.kind, 'advanced');
    return ticketId;
  };

  test('is found after a reply, a draft and a hand-off, and is the newest of them', async () => {
    assert.equal(await found('asked'), null);
    for (const [i, end] of (['delivered', 'drafted', 'handed_off'] as const).entries()) {
      const id = await answered({ conversationId: 'asked', at: i + 1 }, end);
      assert.equal(await found('asked'), id, end);
    }
    assert.equal(await found('another'), null);
    assert.equal(await w.record.lastAnswered('other-shop', 'asked'), null);
  });

  test('is no ticket that ended without an answer', async () => {
    const first = await answered({ conversationId: 'on', at: 1 }, 'delivered');
    const superseded = await acceptOne(w.record, { conversationId: 'on', at: 2 });
    const newest = await acceptOne(w.record, { conversationId: 'on', at: 3 });
    assert.equal((await stored(w.record, superseded))['st'], 'superseded');
    assert.equal((await w.record.cancel(newest)).kind, 'cancelled');
    assert.equal(await found('on'), first);
  });

  test('is remembered as long as its content, which feedback is kept with', async () => {
    const id = await answered({ conversationId: 'kept' }, 'delivered');
    const [key] = await w.redis.keys('*last:*');
    const life = await w.redis.pttl(key!);
    assert.ok(life <= contentMs && life > contentMs - 60_000);
    assert.equal(await w.redis.get(key!), id);
  });
});
