import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frontDesk } from '../../shared/helpdesks/desks/front.ts';
import { neverEnding, openDirect, ticketOf } from '../fakes/desks/direct.ts';
import { frontSimulator } from '../fakes/desks/front.ts';

const [text, html] = ['It is on its way.', '<p>It is on its way.</p>'];

test('Front: a reply leaves the conversation open, a draft is shared, and tags are added by their ids', async (t) => {
  const { server, simulator, write } = await openDirect(t, frontDesk, frontSimulator());
  simulator.customerWrites('1', 'Where is it?');
  assert.deepEqual(await write('cnv_1', { visibility: 'internal' }), { kind: 'written', status: 201 });
  assert.deepEqual(await write('cnv_1', { visibility: 'draft' }), { kind: 'written', status: 200 });
  const tags = ['ai_replied', 'unknown', 'tag_11'];
  assert.deepEqual(await write('cnv_1', { tags }), { kind: 'written', status: 202 });
  assert.deepEqual(await write('cnv_1', { status: 'archived', tags: ['ai_replied'] }), {
    kind: 'written',
    status: 202,
  });
  const author = { author_id: 'tea_9001' };
  const reply = { ...author, channel_id: 'cha_1', body: html, text };
  assert.deepEqual(
    server.calls
      .filter(({ method }) => method !== 'GET')
      .map(({ method, path, json }) => [method, path.replace('/conversations/cnv_1', ''), json]),
    [
      ['POST', '/comments', { ...author, body: text }],
      ['POST', '/drafts', { ...author, channel_id: 'cha_1', body: html, mode: 'shared' }],
      ['POST', '/messages', { ...reply, options: { archive: false } }],
      ['POST', '/tags', { tag_ids: ['tag_12', 'tag_11'] }],
      ['POST', '/messages', { ...reply, options: { archive: true } }],
    ],
  );
  assert.equal(server.calls.filter(({ path }) => path === '/tags').length, 1);
});

test('Front: without a channel a draft is written as a comment', async (t) => {
  const simulator = frontSimulator();
  const { server, write } = await openDirect(t, frontDesk, simulator, { channel: null });
  simulator.customerWrites('1', 'Where is it?');
  await write('cnv_1', { visibility: 'draft' });
  assert.equal(server.calls.at(-1)?.path, '/conversations/cnv_1/comments');
});

test('Front: tags that cannot be put on are no failure of the answer', async (t) => {
  const simulator = frontSimulator();
  const { server, write } = await openDirect(t, frontDesk, simulator);
  simulator.customerWrites('1', 'Where is it?');
  server.fail(({ path }) => path === '/tags', 'unavailable');
  assert.deepEqual(await write('cnv_1', { tags: ['ai_replied'] }), { kind: 'written', status: 202 });
  assert.deepEqual(simulator.tagsOf('1'), []);
  assert.deepEqual(await write('cnv_1', { tags: ['ai_replied'] }), { kind: 'written', status: 202 });
  assert.deepEqual(simulator.tagsOf('1'), ['ai_replied']);
});

test('Front: messages and comments stand in their order, rules and teammates are told apart', async (t) => {
  const simulator = frontSimulator();
  const answer: typeof simulator.answer = (call) => {
    const given = simulator.answer(call);
    if (!call.path.endsWith('/messages') || call.method !== 'GET') return given;
    const { _results: results } = given.json as { _results: Record<string, unknown>[] };
    const auto = {
      id: 'msg_0',
      is_inbound: false,
      created_at: 1,
      body: '<p>We got it.</p>',
      author: { type: 'rule' },
    };
    return { ...given, json: { _results: [...results, auto] } };
  };
  const { read, write } = await openDirect(t, frontDesk, { ...simulator, answer });
  simulator.customerWrites('1', 'Where is it?');
  simulator.agentWrites('1', 'Asked the carrier.', 'internal');
  await write('cnv_1', {});
  const conversation = await read('cnv_1');
  assert.deepEqual(
    conversation.messages.map(({ author, isOwn, isPublic, text: said }) => [author, isOwn, isPublic, said]),
    [
      ['system', false, true, 'We got it.'],
      ['customer', false, true, 'Where is it?'],
      ['agent', false, false, 'Asked the carrier.'],
      ['bot', true, true, text],
    ],
  );
  assert.equal(conversation.isBotOwned, true);
  assert.deepEqual(conversation.requester, { email: 'cleo@customer.example', name: 'Cleo Custom' });
  await write('cnv_1', { status: 'archived' });
  assert.equal((await read('cnv_1')).isBotOwned, false);
});

test('Front: a conversation that was merged into another is not followed', async (t) => {
  const simulator = frontSimulator();
  const answer = () => ({ status: 301, headers: { location: '/conversations/cnv_2' } });
  const { desk } = await openDirect(t, frontDesk, { ...simulator, answer });
  const read = await desk.read(ticketOf('cnv_1'), neverEnding);
  assert.ok(read.kind === 'failed' && !read.isRetryable);
  assert.equal(read.reason, 'the conversation was merged into another one');
});
