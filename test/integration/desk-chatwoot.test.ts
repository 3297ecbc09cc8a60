import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatwootDesk } from '../../shared/helpdesks/desks/chatwoot.ts';
import { openDirect } from '../fakes/desks/direct.ts';
import { chatwootSimulator } from '../fakes/desks/chatwoot.ts';

const open = (t: Parameters<typeof openDirect>[0], changes = {}) =>
  openDirect(t, chatwootDesk, chatwootSimulator(), changes);
type Open = Awaited<ReturnType<typeof open>>;
const base = '/api/v1/accounts/3/conversations/1';
const writesOf = ({ server }: Open) =>
  server.calls.filter(({ method }) => method !== 'GET').map(({ path, json }) => [path, json]);
const messageOut = (isPrivate: boolean) => ({
  content: 'It is on its way.',
  message_type: 'outgoing',
  private: isPrivate,
  content_type: 'text',
  content_attributes: {},
});

test('Chatwoot: a reply comes after its labels and before its status, and leaves the conversation to the bot', async (t) => {
  const desk = await open(t);
  desk.simulator.customerWrites('1', 'Where is it?');
  assert.deepEqual(await desk.write('1', { tags: ['ai_replied'] }), { kind: 'written', status: 200 });
  assert.equal((await desk.read('1')).isBotOwned, true);
  await desk.write('1', { tags: ['ai_replied'], status: 'resolved' });
  assert.deepEqual(writesOf(desk), [
    [`${base}/labels`, { labels: ['ai_replied'] }],
    [`${base}/messages`, messageOut(false)],
    [`${base}/messages`, messageOut(false)],
    [`${base}/toggle_status`, { status: 'resolved' }],
  ]);
});

test('Chatwoot: a note or a draft opens the conversation for people, given to nobody, before it is written', async (t) => {
  for (const visibility of ['internal', 'draft'] as const) {
    const desk = await open(t);
    desk.simulator.customerWrites('1', 'Where is it?');
    assert.deepEqual(await desk.write('1', { visibility }), { kind: 'written', status: 200 });
    assert.deepEqual(writesOf(desk), [
      [`${base}/toggle_status`, { status: 'open' }],
      [`${base}/assignments`, { assignee_id: null }],
      [`${base}/messages`, messageOut(true)],
    ]);
    const conversation = await desk.read('1');
    assert.deepEqual([conversation.isBotOwned, conversation.writing], [false, {}]);
  }
});

test('Chatwoot: a note in a conversation that a person has changes nothing but the note', async (t) => {
  const desk = await open(t);
  desk.simulator.customerWrites('1', 'Where is it?');
  desk.simulator.takeOver('1');
  await desk.write('1', { visibility: 'internal' });
  assert.deepEqual(writesOf(desk), [[`${base}/messages`, messageOut(true)]]);
});

test('Chatwoot: what fails before the message leaves it provably unsent, and is made up for the next time', async (t) => {
  for (const part of ['labels', 'toggle_status', 'assignments']) {
    for (const fault of ['lost_reply', 'unavailable', 'rate_limited'] as const) {
      const desk = await open(t);
      desk.simulator.customerWrites('1', 'Where is it?');
      desk.server.fail(({ path }) => path.endsWith(part), fault);
      const note = { visibility: 'internal', tags: ['ai_replied'] } as const;
      const failed = await desk.write('1', note);
      assert.ok(failed.kind === 'failed' && failed.provablyUnsent && failed.isRetryable, `${part} ${fault}`);
      assert.equal(desk.simulator.thread('1').length, 1);
      assert.equal((await desk.write('1', note)).kind, 'written');
      const { isBotOwned, writing, tags } = await desk.read('1');
      assert.deepEqual([isBotOwned, writing, tags], [false, {}, ['ai_replied']]);
    }
  }
});

test('Chatwoot: a channel that takes no more replies is told before anything is written', async (t) => {
  const simulator = chatwootSimulator();
  const answer: typeof simulator.answer = (call) => {
    const { status, json } = simulator.answer(call);
    return { status, json: { ...(json as object), can_reply: false } };
  };
  const desk = await openDirect(t, chatwootDesk, { ...simulator, answer });
  simulator.customerWrites('1', 'Where is it?');
  const refused = await desk.write('1', { tags: ['ai_replied'] });
  assert.ok(refused.kind === 'failed' && refused.provablyUnsent && !refused.isRetryable);
  assert.deepEqual(writesOf(desk), []);
  assert.equal((await desk.write('1', { visibility: 'internal' })).kind, 'written');
});

test('Chatwoot: who wrote what; what was taken back and what Chatwoot tells of itself is no message', async (t) => {
  const simulator = chatwootSimulator();
  const at = 1_763_800_000;
  const plain = { content: 'Hello', private: false, created_at: at, content_attributes: {} };
  const agent = { id: 92, name: 'Ana', type: 'user' };
  const payload = [
    { ...plain, id: 1, message_type: 0, sender: { id: 5, name: 'Cleo' } },
    { ...plain, id: 2, message_type: 2, content: 'Cleo opened it' },
    { ...plain, id: 3, message_type: 1, sender: { ...agent, id: 91 } },
    { ...plain, id: 4, message_type: 1, sender: agent, private: true },
    { ...plain, id: 5, message_type: 1, sender: { id: 91, type: 'agent_bot' } },
    { ...plain, id: 6, message_type: 3, content: 'Please rate us' },
    { ...plain, id: 7, message_type: 0, content_attributes: { deleted: true } },
    { ...plain, id: 8, message_type: 1, content_attributes: { external_echo: true } },
    { ...plain, id: 9, message_type: 1 },
  ];
  const answer: typeof simulator.answer = (call) =>
    call.path.endsWith('/messages') ? { status: 200, json: { payload } } : simulator.answer(call);
  const desk = await openDirect(t, chatwootDesk, { ...simulator, answer });
  simulator.customerWrites('1', 'Where is it?');
  const { messages } = await desk.read('1');
  assert.deepEqual(
    messages.map(({ id, author, isOwn, isPublic }) => [id, author, isOwn, isPublic]),
    [
      ['1', 'customer', false, true],
      ['3', 'bot', true, true],
      ['4', 'agent', false, false],
      ['5', 'bot', false, true],
      ['6', 'bot', false, true],
      ['8', 'agent', false, true],
      ['9', 'bot', false, true],
    ],
  );
  assert.equal(messages[0]?.createdAt, '2025-11-22T08:26:40.000Z');
});

test('Chatwoot: a wrong token, a missing conversation and another shape are told as what they are', async (t) => {
  const wrong = await open(t, { token: 'no' });
  await assert.rejects(wrong.read('1'), /401/);
  const desk = await open(t);
  await assert.rejects(desk.read('404'), /404/);
  const simulator = chatwootSimulator();
  simulator.customerWrites('1', 'Where is it?');
  const answer: typeof simulator.answer = (call) =>
    call.method === 'POST' ? { status: 200, json: {} } : simulator.answer(call);
  const odd = await openDirect(t, chatwootDesk, { ...simulator, answer });
  const written = await odd.write('1', {});
  assert.ok(written.kind === 'failed' && !written.provablyUnsent);
});
