import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshdeskDesk } from '../../shared/helpdesks/desks/freshdesk.ts';
import { freshdeskMessageId } from '../../shared/helpdesks/freshdesk-ids.ts';
import { openDirect } from '../fakes/desks/direct.ts';
import { freshdeskSimulator } from '../fakes/desks/freshdesk.ts';

const html = '<p>It is on its way.</p>';
const open = (t: Parameters<typeof openDirect>[0], changes = {}) =>
  openDirect(t, freshdeskDesk, freshdeskSimulator(), changes);
type Open = Awaited<ReturnType<typeof open>>;
const writesOf = ({ server }: Open) =>
  server.calls.filter(({ method }) => method !== 'GET').map(({ method, path, json }) => [method, path, json]);

test('Freshdesk: tags go first, then the reply, then the status; a note is private', async (t) => {
  const desk = await open(t, { channel: 'help@shop.example' });
  desk.simulator.customerWrites('1', 'Where is it?');
  const written = await desk.write('1', { tags: ['ai_replied'], status: 'pending' });
  assert.deepEqual(written, { kind: 'written', status: 201 });
  assert.equal((await desk.write('1', { visibility: 'internal', tags: ['AI_replied'] })).kind, 'written');
  assert.deepEqual(writesOf(desk), [
    ['PUT', '/api/v2/tickets/1', { tags: ['ai_replied'] }],
    ['POST', '/api/v2/tickets/1/reply', { body: html, from_email: 'help@shop.example' }],
    ['PUT', '/api/v2/tickets/1', { status: 3 }],
    ['POST', '/api/v2/tickets/1/notes', { body: html, private: true }],
  ]);
});

test('Freshdesk: tags that people have set stay, and a tag that cannot be set leaves the reply unsent', async (t) => {
  const desk = await open(t);
  desk.simulator.customerWrites('1', 'Where is it?');
  await desk.write('1', { tags: ['vip'] });
  await desk.write('1', { tags: ['ai_replied'] });
  assert.deepEqual(desk.simulator.tagsOf('1'), ['vip', 'ai_replied']);
  for (const fault of ['lost_reply', 'unavailable', 'rate_limited'] as const) {
    desk.server.fail(({ method }) => method === 'PUT', fault);
    const failed = await desk.write('1', { tags: [`of-${fault}`] });
    assert.ok(failed.kind === 'failed' && failed.provablyUnsent && failed.isRetryable, fault);
  }
  assert.equal(desk.simulator.thread('1').length, 3);
});

test('Freshdesk: a status that is lost after the reply is no failure, and one that is none is told', async (t) => {
  const desk = await open(t);
  desk.simulator.customerWrites('1', 'Where is it?');
  desk.server.fail(({ method }) => method === 'PUT', 'unavailable');
  assert.deepEqual(await desk.write('1', { status: '4' }), { kind: 'written', status: 201 });
  const refused = await desk.write('1', { status: 'done' });
  assert.ok(refused.kind === 'failed' && !refused.isRetryable && refused.provablyUnsent);
  assert.equal(desk.simulator.thread('1').length, 2);
});

test('Freshdesk: a conversation of more than ten messages is read to its end, and is one request before', async (t) => {
  const desk = await open(t);
  for (let number = 1; number <= 10; number += 1) desk.simulator.customerWrites('1', `Question ${number}`);
  assert.equal((await desk.read('1')).messages.length, 10);
  assert.equal(desk.server.calls.length, 1);
  for (let number = 11; number <= 230; number += 1) desk.simulator.customerWrites('1', `Question ${number}`);
  const { messages } = await desk.read('1');
  assert.equal(messages.length, 230);
  assert.equal(messages.at(-1)?.text, 'Question 230');
  assert.equal(messages.at(-1)?.id, freshdeskMessageId('1', 'Question 230'));
  assert.deepEqual(
    desk.server.calls.slice(2).map(({ path, query }) => [path, query.get('page')]),
    ['1', '2', '3'].map((page) => ['/api/v2/tickets/1/conversations', page]),
  );
});

test('Freshdesk: who wrote what, for whom, and who has the ticket', async (t) => {
  const desk = await open(t);
  desk.simulator.customerWrites('1', 'Thanks');
  desk.simulator.agentWrites('1', 'Thanks', 'public');
  desk.simulator.agentWrites('1', 'Asked the carrier', 'internal');
  await desk.write('1', {});
  const conversation = await desk.read('1');
  assert.deepEqual(
    conversation.messages.map(({ author, isOwn, isPublic, text }) => [author, isOwn, isPublic, text]),
    [
      ['customer', false, true, 'Thanks'],
      ['agent', false, true, 'Thanks'],
      ['agent', false, false, 'Asked the carrier'],
      ['bot', true, true, 'It is on its way.'],
    ],
  );
  const [first, second, , own] = conversation.messages;
  assert.equal(first?.id, freshdeskMessageId('1', 'Thanks'));
  // The same words of an agent are not taken for the customer's.
  assert.equal(second?.id, '7002');
  assert.equal(own?.id, freshdeskMessageId('1', 'It is on its way.'));
  assert.deepEqual(conversation.requester, { email: 'cleo@customer.example', name: 'Cleo Custom' });
  assert.equal(conversation.isBotOwned, true);
  desk.simulator.takeOver('1');
  assert.equal((await desk.read('1')).isBotOwned, false);
});

test('Freshdesk: a ticket that an agent began, spam and deleted tickets are not the bot’s', async (t) => {
  const simulator = freshdeskSimulator();
  let changes: object = {};
  const answer: typeof simulator.answer = (call) => {
    const given = simulator.answer(call);
    return { ...given, json: { ...(given.json as object), ...changes } };
  };
  const desk = await openDirect(t, freshdeskDesk, { ...simulator, answer });
  simulator.customerWrites('1', 'We have a new catalogue.');
  const found = async (changed: object) => {
    changes = changed;
    const { messages, isBotOwned } = await desk.read('1');
    return [messages[0]?.author, isBotOwned];
  };
  assert.deepEqual(await found({ source: 10 }), ['agent', true]);
  assert.deepEqual(await found({ source: 3 }), ['agent', true]);
  assert.deepEqual(await found({ spam: true }), ['customer', false]);
  assert.deepEqual(await found({ deleted: true }), ['customer', false]);
});

test('Freshdesk: a wrong key and a missing ticket are not tried again, another shape is told', async (t) => {
  const wrong = await open(t, { token: 'no' });
  wrong.simulator.customerWrites('1', 'Where is it?');
  await assert.rejects(wrong.read('1'), /401/);
  const desk = await open(t);
  await assert.rejects(desk.read('404'), /404/);
  const simulator = freshdeskSimulator();
  simulator.customerWrites('1', 'Where is it?');
  const answer: typeof simulator.answer = (call) =>
    call.method === 'POST' ? { status: 201, json: {} } : simulator.answer(call);
  const odd = await openDirect(t, freshdeskDesk, { ...simulator, answer });
  const written = await odd.write('1', {});
  assert.ok(written.kind === 'failed' && !written.provablyUnsent);
});
