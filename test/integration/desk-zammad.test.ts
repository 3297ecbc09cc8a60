import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zammadDesk } from '../../shared/helpdesks/desks/zammad.ts';
import { openDirect } from '../fakes/desks/direct.ts';
import { zammadSimulator } from '../fakes/desks/zammad.ts';

const open = (t: Parameters<typeof openDirect>[0], changes = {}) =>
  openDirect(t, zammadDesk, zammadSimulator(), changes);
type Open = Awaited<ReturnType<typeof open>>;
const writesOf = ({ server }: Open) =>
  server.calls.filter(({ method }) => method !== 'GET').map(({ method, path, json }) => [method, path, json]);
const body = {
  subject: 'A question',
  body: '<p>It is on its way.</p>',
  content_type: 'text/html',
  sender: 'Agent',
};
const mail = { ...body, type: 'email', to: 'cleo@customer.example', internal: false };

test('Zammad: a reply is a mail to the customer, after its tags, which are added once', async (t) => {
  const desk = await open(t);
  desk.simulator.customerWrites('1', 'Where is it?');
  const tags = ['ai_replied', 'machine'];
  assert.deepEqual(await desk.write('1', { tags }), { kind: 'written', status: 201 });
  assert.deepEqual(await desk.write('1', { tags }), { kind: 'written', status: 201 });
  assert.deepEqual(writesOf(desk), [
    ['POST', '/api/v1/tags/add', { object: 'Ticket', o_id: 1, item: 'ai_replied' }],
    ['POST', '/api/v1/tags/add', { object: 'Ticket', o_id: 1, item: 'machine' }],
    ['POST', '/api/v1/ticket_articles', { ticket_id: 1, ...mail }],
    ['POST', '/api/v1/ticket_articles', { ticket_id: 1, ...mail }],
  ]);
  assert.deepEqual(desk.simulator.tagsOf('1'), tags);
});

test('Zammad: a state goes in one call with the reply', async (t) => {
  const desk = await open(t);
  desk.simulator.customerWrites('1', 'Where is it?');
  assert.deepEqual(await desk.write('1', { status: 'closed' }), { kind: 'written', status: 200 });
  assert.deepEqual(writesOf(desk), [['PUT', '/api/v1/tickets/1', { state: 'closed', article: mail }]]);
  assert.equal((await desk.read('1')).isBotOwned, true);
});

test('Zammad: notes and drafts are internal notes, never mails', async (t) => {
  const desk = await open(t);
  desk.simulator.customerWrites('1', 'Where is it?');
  for (const visibility of ['internal', 'draft'] as const) await desk.write('1', { visibility });
  const note = { ticket_id: 1, ...body, type: 'note', internal: true };
  assert.deepEqual(
    writesOf(desk).map(([, , json]) => json),
    [note, note],
  );
  assert.deepEqual(
    desk.simulator.thread('1').map(({ visibility }) => visibility),
    ['public', 'internal', 'internal'],
  );
});

test('Zammad: the customer’s address of the webhook comes first; without any the reply stands in the portal', async (t) => {
  const simulator = zammadSimulator();
  const answer: typeof simulator.answer = (call) => {
    const { status, json } = simulator.answer(call);
    return { status, json: Array.isArray(json) ? json : { ...(json as object), customer: 'emily' } };
  };
  const desk = await openDirect(t, zammadDesk, { ...simulator, answer });
  simulator.customerWrites('1', 'Where is it?');
  await desk.write('1', {});
  await desk.write('1', {}, { customerEmail: 'cleo@customer.example' });
  assert.deepEqual(
    writesOf(desk).map(([, , json]) => json),
    [
      { ticket_id: 1, ...body, type: 'note', internal: false },
      { ticket_id: 1, ...mail },
    ],
  );
});

test('Zammad: a tag that cannot be added leaves the reply unsent, and it is tried again', async (t) => {
  for (const fault of ['lost_reply', 'unavailable', 'rate_limited'] as const) {
    const desk = await open(t);
    desk.simulator.customerWrites('1', 'Where is it?');
    desk.server.fail(({ path }) => path.endsWith('/tags/add'), fault);
    const failed = await desk.write('1', { tags: ['ai_replied'] });
    assert.ok(failed.kind === 'failed' && failed.provablyUnsent && failed.isRetryable, fault);
    assert.equal(desk.simulator.thread('1').length, 1);
    assert.equal((await desk.write('1', { tags: ['ai_replied'] })).kind, 'written');
    assert.deepEqual(desk.simulator.tagsOf('1'), ['ai_replied']);
  }
});

test('Zammad: who wrote what, and who has the ticket', async (t) => {
  const simulator = zammadSimulator();
  let changes: object = {};
  const article = {
    body: 'Hello',
    content_type: 'text/plain',
    type: 'email',
    internal: false,
    created_at: '2026-11-22T08:20:00.318Z',
  };
  const articles = [
    { ...article, id: 1, sender: 'Customer', created_by_id: 8 },
    { ...article, id: 2, sender: 'System', created_by_id: 1 },
    { ...article, id: 3, sender: 'Agent', created_by_id: 9 },
    { ...article, id: 4, sender: 'Agent', created_by_id: 5, internal: true, type: 'note' },
    { ...article, id: 5, sender: 'Customer', created_by_id: 5, type: 'phone' },
  ];
  const answer: typeof simulator.answer = (call) => {
    if (call.path.includes('by_ticket')) return { status: 200, json: articles };
    const { status, json } = simulator.answer(call);
    return { status, json: { ...(json as object), ...changes } };
  };
  const desk = await openDirect(t, zammadDesk, { ...simulator, answer });
  simulator.customerWrites('1', 'Where is it?');
  const { messages, isBotOwned, subject } = await desk.read('1');
  assert.deepEqual(
    messages.map(({ id, author, isOwn, isPublic }) => [id, author, isOwn, isPublic]),
    [
      ['1', 'customer', false, true],
      ['2', 'system', false, true],
      ['3', 'bot', true, true],
      ['4', 'agent', false, false],
      ['5', 'agent', false, true],
    ],
  );
  assert.deepEqual([isBotOwned, subject], [true, 'A question']);
  const owned = async (changed: object) => {
    changes = changed;
    return (await desk.read('1')).isBotOwned;
  };
  assert.equal(await owned({ owner_id: 5 }), false);
  assert.equal(await owned({ owner_id: 9 }), true);
  assert.equal(await owned({ state: 'merged' }), false);
});

test('Zammad: a wrong token, a missing ticket and another shape are told as what they are', async (t) => {
  const wrong = await open(t, { token: 'no' });
  await assert.rejects(wrong.read('1'), /401/);
  const desk = await open(t);
  await assert.rejects(desk.read('404'), /404/);
  const simulator = zammadSimulator();
  simulator.customerWrites('1', 'Where is it?');
  const answer: typeof simulator.answer = (call) =>
    call.method === 'POST' ? { status: 201, json: [] } : simulator.answer(call);
  const odd = await openDirect(t, zammadDesk, { ...simulator, answer });
  const written = await odd.write('1', {});
  assert.ok(written.kind === 'failed' && !written.provablyUnsent);
});
