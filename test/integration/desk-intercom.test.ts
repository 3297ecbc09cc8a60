import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intercomDesk } from '../../shared/helpdesks/desks/intercom.ts';
import { neverEnding, openDirect, ticketOf } from '../fakes/desks/direct.ts';
import { intercomSimulator } from '../fakes/desks/intercom.ts';
import type { DeskCall } from '../fakes/desks/simulator.ts';

const question = 'Where is my parcel?';
const who = { type: 'admin', admin_id: '814860' };

const sentOf = (calls: readonly DeskCall[]): unknown[] =>
  calls.filter(({ method }) => method !== 'GET').map(({ method, path, json }) => [method, path, json]);

test('Intercom: a reply is written first, then its tags and the state; the ids of tags are asked for once', async (t) => {
  const { server, simulator, write } = await openDirect(t, intercomDesk, intercomSimulator());
  simulator.customerWrites('1', question);
  const tags = ['vip', 'ai_replied'];
  assert.equal((await write('1', { tags, status: 'closed' })).kind, 'written');
  const body = '<p>It is on its way.</p>';
  assert.deepEqual(sentOf(server.calls), [
    ['POST', '/conversations/1/reply', { message_type: 'comment', ...who, body }],
    ['POST', '/tags', { name: 'ai_replied' }],
    ['POST', '/conversations/1/tags', { id: '1', admin_id: '814860' }],
    ['POST', '/conversations/1/parts', { message_type: 'close', ...who }],
  ]);
  assert.equal(server.calls[0]?.headers['intercom-version'], '2.14');
  assert.deepEqual(simulator.tagsOf('1'), ['vip', 'ai_replied']);
  simulator.customerWrites('2', question);
  server.calls.length = 0;
  await write('2', { visibility: 'draft', tags, status: 'open' });
  assert.deepEqual(sentOf(server.calls), [
    ['POST', '/conversations/2/reply', { message_type: 'note', ...who, body }],
    ['POST', '/conversations/2/tags', { id: '1', admin_id: '814860' }],
    ['POST', '/conversations/2/parts', { message_type: 'open', ...who }],
  ]);
});

test('Intercom: a reply that is there is written, whatever becomes of its tags and state', async (t) => {
  const { server, simulator, write } = await openDirect(t, intercomDesk, intercomSimulator());
  simulator.customerWrites('1', question);
  server.fail(({ path }) => path === '/tags', 'unavailable');
  server.fail(({ path }) => path.endsWith('/parts'), 'lost_reply');
  const written = await write('1', { tags: ['ai_replied'], status: 'closed' });
  assert.deepEqual([written.kind, simulator.thread('1').length], ['written', 2]);
  server.fail(({ path }) => path.endsWith('/tags') && path !== '/tags', 'rate_limited');
  assert.equal((await write('1', { tags: ['ai_replied'] })).kind, 'written');
});

test('Intercom: the conversation is read in one request, with who wrote what', async (t) => {
  const { server, simulator, read, write } = await openDirect(t, intercomDesk, intercomSimulator());
  simulator.customerWrites('1', question);
  simulator.agentWrites('1', 'Ask the carrier.', 'internal');
  await write('1', {});
  server.calls.length = 0;
  const found = await read('1');
  assert.deepEqual(
    server.calls.map(({ method, path }) => [method, path]),
    [['GET', '/conversations/1']],
  );
  assert.deepEqual(
    found.messages.map(({ author, isOwn, isPublic, text }) => [author, isOwn, isPublic, text]),
    [
      ['customer', false, true, question],
      ['agent', false, false, 'Ask the carrier.'],
      ['bot', true, true, 'It is on its way.'],
    ],
  );
  assert.deepEqual(
    found.messages.map(({ id }) => id),
    simulator.thread('1').map(({ id }) => id),
  );
  assert.deepEqual(
    [found.subject, found.requester, found.tags, found.isBotOwned, found.stamp],
    ['My parcel', { email: 'ana@example.com', name: 'Ana' }, ['vip'], true, null],
  );
});

test('Intercom: a conversation is with people once it is assigned, closed by them, put off, or Fin answers', async (t) => {
  const simulator = intercomSimulator();
  let changes: object = {};
  const answer: typeof simulator.answer = (call) => {
    const given = simulator.answer(call);
    return call.method === 'GET' ? { ...given, json: { ...(given.json as object), ...changes } } : given;
  };
  const { read, write } = await openDirect(t, intercomDesk, { ...simulator, answer });
  simulator.customerWrites('1', question);
  const ownedWith = async (changed: object) => {
    changes = changed;
    return (await read('1')).isBotOwned;
  };
  assert.equal(await ownedWith({}), true);
  assert.equal(await ownedWith({ admin_assignee_id: 814_860 }), true);
  assert.equal(await ownedWith({ admin_assignee_id: 814_861 }), false);
  assert.equal(await ownedWith({ admin_assignee_id: undefined }), null);
  assert.equal(await ownedWith({ ai_agent_participated: true }), false);
  assert.equal(await ownedWith({ state: 'snoozed' }), false);
  assert.equal(await ownedWith({ state: 'closed' }), false);
  changes = {};
  await write('1', { status: 'closed' });
  // We have closed it ourselves.
  assert.equal(await ownedWith({}), true);
});

test('Intercom: what it refuses is told in plain words, and is not tried again', async (t) => {
  const { desk, simulator } = await openDirect(t, intercomDesk, intercomSimulator());
  const refusal = async (found: ReturnType<typeof desk.read>) => {
    const failure = await found;
    assert.ok(failure.kind === 'failed' && failure.provablyUnsent && !failure.isRetryable);
    return [failure.status, failure.reason];
  };
  assert.deepEqual(await refusal(desk.read(ticketOf('404'), neverEnding)), [
    404,
    'Intercom has no such conversation',
  ]);
  const wrong = await openDirect(t, intercomDesk, simulator, { token: 'wrong' });
  assert.deepEqual(await refusal(wrong.desk.read(ticketOf('1'), neverEnding)), [
    401,
    'Intercom does not accept the token',
  ]);
  const odd = await openDirect(t, intercomDesk, { ...simulator, answer: () => ({ status: 200, json: {} }) });
  const misshapen = await odd.desk.read(ticketOf('1'), neverEnding);
  assert.ok(misshapen.kind === 'failed' && misshapen.provablyUnsent && misshapen.isRetryable);
});
