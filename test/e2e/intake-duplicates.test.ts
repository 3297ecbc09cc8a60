import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openWorld, startTestSystem, testConfig } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;
let system: TestSystem;

before(async () => {
  world = await openWorld();
  const config = testConfig({ providerUrl: 'http://127.0.0.1:9', receiverUrl: 'http://127.0.0.1:9/hook' });
  system = await startTestSystem(world, config, { roles: ['ingest'] });
});

after(async () => {
  await system.close();
  await world.close();
});

const open = async (): Promise<number> => (await system.app.record.counts()).open;
const hints = async (): Promise<number> => (await system.app.hints.counts('classify')).waiting;

const countsOf = (statuses: number[]): Record<number, number> =>
  Object.fromEntries(
    Object.entries(Object.groupBy(statuses, String)).map(([status, all]) => [status, all?.length ?? 0]),
  );

async function same(first: Record<string, unknown>, second: Record<string, unknown>): Promise<boolean> {
  const one = await system.post(first);
  assert.equal(one.status, 202);
  assert.equal(one.body.duplicate, false);
  const [openBefore, hintsBefore] = [await open(), await hints()];
  const two = await system.post(second);
  if (two.status === 202) {
    assert.notEqual(two.body.ticketId, one.body.ticketId);
    return false;
  }
  assert.deepEqual(
    [two.status, two.body],
    [200, { ticketId: one.body.ticketId, state: 'queued', duplicate: true }],
  );
  assert.deepEqual([await open(), await hints()], [openBefore, hintsBefore]);
  return true;
}

test('the same source, externalId and messageId is the same ticket, whatever else it says', async () => {
  const ids = { externalId: 'D-1', messageId: 'm-1' };
  assert.equal(await same(ids, { ...ids, body: 'Other words', subject: 'Other', priority: 'high' }), true);
  assert.equal((await system.post({ ...ids, messageId: 'm-2' })).status, 202);
  assert.equal((await system.post({ ...ids, externalId: 'D-2' })).status, 202);
});

test('without a messageId the same words are the same ticket, and other words are not', async () => {
  assert.equal(await same({ externalId: 'D-3' }, { externalId: 'D-3' }), true);
  assert.equal(await same({ externalId: 'D-4' }, { externalId: 'D-4', body: 'Other words' }), false);
  assert.equal(await same({ externalId: 'D-5' }, { externalId: 'D-5', subject: 'Now with one' }), false);
  assert.equal(await same({ externalId: 'D-6' }, { externalId: 'D-7' }), false);
  const at = (createdAt: string) => ({ externalId: 'D-8', createdAt });
  assert.equal(await same(at('2026-01-22T10:00:00Z'), at('2026-01-22T11:00:00+01:00')), true);
  assert.equal((await system.post(at('2026-01-22T10:00:01Z'))).status, 202);
});

test('no two tickets come to one id by a text that runs from one field into the next', async () => {
  assert.equal(
    await same({ externalId: 'D-9', messageId: 'a b' }, { externalId: 'D-9 a', messageId: 'b' }),
    false,
  );
  assert.equal(
    await same(
      { externalId: 'D-10', subject: 'a', body: 'b' },
      { externalId: 'D-10', subject: '', body: 'ab' },
    ),
    false,
  );
});

test('a ticket posted fifty times at once is accepted exactly once', async () => {
  const [openBefore, hintsBefore] = [await open(), await hints()];
  const answers = await Promise.all(Array.from({ length: 50 }, () => system.post({ externalId: 'D-50' })));
  assert.deepEqual(countsOf(answers.map(({ status }) => status)), { 202: 1, 200: 49 });
  assert.equal(new Set(answers.map(({ body }) => body.ticketId)).size, 1);
  assert.deepEqual([await open(), await hints()], [openBefore + 1, hintsBefore + 1]);
});

test('fifty at once under one Idempotency-Key, half of them with another body: one ticket, and 409 for the others', async () => {
  const headers = { 'idempotency-key': 'fifty' };
  const bodies = ['one', 'two'].map((body) =>
    JSON.stringify({ source: 'shop-api', externalId: 'D-51', body }),
  );
  const openBefore = await open();
  const statuses = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      const response = await system.fetch('/v1/tickets', { method: 'POST', body: bodies[i % 2]!, headers });
      await response.arrayBuffer();
      return response.status;
    }),
  );
  assert.deepEqual(countsOf(statuses), { 202: 1, 200: 24, 409: 25 });
  assert.equal(await open(), openBefore + 1);
});
