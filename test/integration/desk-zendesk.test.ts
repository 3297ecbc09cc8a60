import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentMark } from '../../shared/helpdesks/content-mark.ts';
import { zendeskDesk } from '../../shared/helpdesks/desks/zendesk.ts';
import { createHelpdeskDestination } from '../../services/results/destinations/helpdesk.ts';
import { neverEnding, openDirect, ticketOf } from '../fakes/desks/direct.ts';
import { zendeskSimulator } from '../fakes/desks/zendesk.ts';

const question = 'Where is my parcel?';

test('Zendesk: a comment, its tags and the status are one update that nothing else may have changed', async (t) => {
  const { server, simulator, write, read } = await openDirect(t, zendeskDesk, zendeskSimulator());
  simulator.customerWrites('1', question);
  const { stamp } = await read('1');
  assert.ok(stamp);
  server.calls.length = 0;
  const written = await write('1', { tags: ['ai_replied'], status: 'pending' });
  assert.equal(written.kind, 'written');
  assert.deepEqual(
    server.calls.map(({ method, path, query, json }) => [method, path, String(query), json]),
    [
      ['GET', '/api/v2/tickets/1.json', 'include=users', null],
      ['GET', '/api/v2/tickets/1/comments.json', 'sort_order=desc&per_page=50&include=users', null],
      [
        'PUT',
        '/api/v2/tickets/1.json',
        '',
        {
          ticket: {
            comment: { html_body: '<p>It is on its way.</p>', public: true },
            tags: ['web', 'ai_replied'],
            additional_tags: ['ai_replied'],
            status: 'pending',
            safe_update: true,
            updated_stamp: stamp,
          },
        },
      ],
    ],
  );
  assert.deepEqual(simulator.tagsOf('1'), ['web', 'ai_replied']);
  await write('1', { visibility: 'draft' });
  await write('1', { visibility: 'internal' });
  assert.deepEqual(
    simulator.thread('1').map(({ author, visibility }) => [author, visibility]),
    [
      ['customer', 'public'],
      ['own', 'public'],
      ['own', 'internal'],
      ['own', 'internal'],
    ],
  );
});

test('Zendesk: what changed between reading and writing is a conflict, and nothing is written', async (t) => {
  const { desk, simulator, read } = await openDirect(t, zendeskDesk, zendeskSimulator());
  simulator.customerWrites('1', question);
  const before = await read('1');
  simulator.agentWrites('1', 'I am looking into it.', 'public');
  const message = {
    text: 'Hi.',
    html: '<p>Hi.</p>',
    visibility: 'public',
    tags: ['ai'],
    status: null,
  } as const;
  assert.deepEqual(await desk.write(ticketOf('1'), message, before, neverEnding), { kind: 'conflict' });
  assert.equal(simulator.thread('1').length, 2);
  assert.deepEqual(simulator.tagsOf('1'), ['web']);
});

test('Zendesk: a hand-off’s note and message are written one after the other, at one reading', async (t) => {
  const { desk, server, simulator } = await openDirect(t, zendeskDesk, zendeskSimulator());
  simulator.customerWrites('1', question);
  const destination = createHelpdeskDestination(
    { name: 'desk', type: 'zendesk', tags: ['ai'], status: null, handoffMessage: { en: 'Please wait.' } },
    desk,
    () => Promise.resolve(),
  );
  const data = { ...ticketOf('1'), text: 'A note.', language: 'en' };
  const outcome = await destination.deliver(
    {
      webhookId: 'msg_1_1',
      body: JSON.stringify({ type: 'ticket.handoff', data }),
      attempt: 0,
      mayHaveArrived: false,
      isStillOurs: () => Promise.resolve(true),
    },
    neverEnding,
  );
  assert.deepEqual(outcome, { kind: 'delivered', status: 200 });
  assert.deepEqual(
    server.calls.map(({ method }) => method),
    ['GET', 'GET', 'PUT', 'PUT'],
  );
  assert.deepEqual(
    simulator.thread('1').map(({ visibility }) => visibility),
    ['public', 'internal', 'public'],
  );
});

test('Zendesk: the conversation is read oldest first, with who wrote what and whom the ticket is with', async (t) => {
  const { simulator, read, write } = await openDirect(t, zendeskDesk, zendeskSimulator());
  simulator.customerWrites('1', question);
  simulator.agentWrites('1', 'Ask the carrier.', 'internal');
  await write('1', {});
  const found = await read('1');
  assert.deepEqual(
    found.messages.map(({ author, isOwn, isPublic, text }) => [author, isOwn, isPublic, text]),
    [
      ['customer', false, true, question],
      ['agent', false, false, 'Ask the carrier.'],
      ['bot', true, true, 'It is on its way.'],
    ],
  );
  assert.deepEqual(
    [found.subject, found.requester, found.language, found.tags, found.isBotOwned],
    ['My parcel', { email: 'ana@example.com', name: 'Ana' }, 'en-US', ['web'], true],
  );
  simulator.takeOver('1');
  assert.equal((await read('1')).isBotOwned, false);
});

test('Zendesk: a ticket that is assigned to our own user is ours, whether known by e-mail or by id', async (t) => {
  const own = '9007199254740997';
  const simulator = zendeskSimulator();
  const answer: typeof simulator.answer = (call) => {
    const given = simulator.answer(call);
    const { ticket } = given.json as { ticket?: object };
    return ticket === undefined
      ? given
      : { ...given, json: { ...(given.json as object), ticket: { ...ticket, assignee_id: own } } };
  };
  const byEmail = await openDirect(t, zendeskDesk, { ...simulator, answer });
  simulator.customerWrites('1', question);
  assert.equal((await byEmail.read('1')).isBotOwned, true);
  const asAnother = {
    ...simulator,
    answer: (call: Parameters<typeof answer>[0]) => answer({ ...call, headers: { authorization: basic } }),
  };
  const byId = await openDirect(t, zendeskDesk, asAnother, { email: null, userId: own });
  assert.equal((await byId.read('1')).isBotOwned, true);
  assert.equal(byId.server.calls[0]?.headers['authorization'], 'Bearer zendesk-token');
  const neither = await openDirect(t, zendeskDesk, asAnother, { email: null, userId: '1' });
  assert.equal((await neither.read('1')).isBotOwned, false);
});
const basic = `Basic ${Buffer.from('bot@acme.example/token:zendesk-token').toString('base64')}`;

test('Zendesk: a message is found again by the name that its webhook gave it', async (t) => {
  const { desk, simulator } = await openDirect(t, zendeskDesk, zendeskSimulator());
  const idsAs = async (messageId: string, metadata: Record<string, unknown> = {}) => {
    const found = await desk.read({ ...ticketOf('1', metadata), messageId }, neverEnding);
    assert.equal(found.kind, 'conversation');
    return found.conversation.messages.map(({ id }) => id === messageId);
  };
  simulator.customerWrites('1', 'Hello?');
  simulator.agentWrites('1', 'Hello?', 'public');
  simulator.customerWrites('1', question);
  const last = simulator.thread('1').at(-1)!.id;
  assert.deepEqual(await idsAs(last), [false, false, true]);
  assert.deepEqual(await idsAs('first:1'), [true, false, false]);
  assert.deepEqual(await idsAs('said:x', { textMark: contentMark('hello') }), [true, false, false]);
  assert.deepEqual(await idsAs('said:x', { textMark: contentMark('Goodbye') }), [false, false, false]);
  for (let index = 0; index < 50; index += 1) simulator.customerWrites('1', `More ${index}.`);
  // The first comment is not among those shown.
  assert.ok(!(await idsAs('first:1')).includes(true));
});

test('Zendesk: what it refuses is told in plain words, and tried again only where that can help', async (t) => {
  const { desk, server, simulator, pauses, read, write } = await openDirect(
    t,
    zendeskDesk,
    zendeskSimulator(),
  );
  const failureOf = async (promise: Promise<{ kind: string }>) => {
    const found = await promise;
    assert.equal(found.kind, 'failed');
    const { status, isRetryable, provablyUnsent, reason } = found as unknown as Record<string, unknown>;
    return { status, isRetryable, provablyUnsent, reason };
  };
  assert.deepEqual(await failureOf(desk.read(ticketOf('404'), neverEnding)), {
    status: 404,
    isRetryable: false,
    provablyUnsent: true,
    reason: 'Zendesk has no such ticket',
  });
  simulator.customerWrites('1', question);
  server.fail(({ method }) => method === 'PUT', 'unavailable');
  const unavailable = await failureOf(write('1', {}));
  assert.deepEqual(
    [unavailable.status, unavailable.isRetryable, unavailable.provablyUnsent],
    [503, true, false],
  );
  server.fail(({ method }) => method === 'PUT', 'rate_limited');
  const limited = await failureOf(write('1', {}));
  assert.deepEqual([limited.isRetryable, limited.provablyUnsent], [true, true]);
  assert.deepEqual(pauses, [1000]);
  const closed = { ...simulator, answer: () => ({ status: 422, json: {} }) };
  const full = await openDirect(t, zendeskDesk, closed);
  const refused = await full.desk.write(
    ticketOf('1'),
    { text: 'x', html: 'x', visibility: 'public', tags: [], status: null },
    await read('1'),
    neverEnding,
  );
  assert.ok(refused.kind === 'failed' && refused.provablyUnsent && !refused.isRetryable);
  const wrong = await openDirect(t, zendeskDesk, simulator, { token: 'wrong' });
  const unauthorized = await failureOf(wrong.desk.read(ticketOf('1'), neverEnding));
  assert.equal(unauthorized.reason, 'Zendesk does not accept the e-mail and token');
  const odd = await openDirect(t, zendeskDesk, { ...simulator, answer: () => ({ status: 200, json: {} }) });
  const misshapen = await failureOf(odd.desk.read(ticketOf('1'), neverEnding));
  assert.deepEqual([misshapen.status, misshapen.provablyUnsent], [200, true]);
});
