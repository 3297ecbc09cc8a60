import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hubspotDesk } from '../../shared/helpdesks/desks/hubspot.ts';
import { neverEnding, openDirect, ticketOf } from '../fakes/desks/direct.ts';
import { hubspotSimulator } from '../fakes/desks/hubspot.ts';

const content = { text: 'It is on its way.', richText: '<p>It is on its way.</p>', attachments: [] };

/** Changes the messages that the API lists. */
function listing(
  simulator: ReturnType<typeof hubspotSimulator>,
  change: (messages: Record<string, unknown>[]) => Record<string, unknown>[],
): typeof simulator {
  return {
    ...simulator,
    answer(call) {
      const given = simulator.answer(call);
      if (call.method !== 'GET' || !call.path.endsWith('/messages')) return given;
      const { results } = given.json as { results: Record<string, unknown>[] };
      return { ...given, json: { results: change(results) } };
    },
  };
}

test('HubSpot: a reply goes through the customer’s channel, drafts and notes are comments, the status follows', async (t) => {
  const { server, simulator, write } = await openDirect(t, hubspotDesk, hubspotSimulator());
  simulator.customerWrites('1', 'Where is it?');
  assert.deepEqual(await write('1', { visibility: 'draft' }), { kind: 'written', status: 201 });
  assert.deepEqual(await write('1', { status: 'CLOSED' }), { kind: 'written', status: 201 });
  assert.deepEqual(
    server.calls
      .filter(({ method }) => method !== 'GET')
      .map(({ method, path, json }) => [method, path, json]),
    [
      ['POST', '/threads/1/messages', { type: 'COMMENT', ...content }],
      [
        'POST',
        '/threads/1/messages',
        {
          type: 'MESSAGE',
          ...content,
          senderActorId: 'A-9001',
          channelId: '1002',
          channelAccountId: '77',
          recipients: [
            {
              actorId: 'V-5001',
              recipientField: 'TO',
              deliveryIdentifiers: [{ type: 'HS_EMAIL_ADDRESS', value: 'cleo@customer.example' }],
            },
          ],
          subject: 'A question',
        },
      ],
      ['PATCH', '/threads/1', { status: 'CLOSED' }],
    ],
  );
});

test('HubSpot: comments of the app are its own, greetings are nobody’s, changes are no messages', async (t) => {
  const simulator = hubspotSimulator();
  const greeting = {
    id: 'g',
    type: 'MESSAGE',
    direction: 'OUTGOING',
    createdAt: '2020-01-01T00:00:00Z',
    senders: [{ actorId: 'B-1' }],
    text: 'Hello!',
  };
  const change = { id: 'x', type: 'ASSIGNMENT', createdAt: '2020-01-01T00:00:01Z' };
  const { read, write } = await openDirect(
    t,
    hubspotDesk,
    listing(simulator, (messages) => [...messages, change, greeting]),
  );
  simulator.customerWrites('1', 'Where is it?');
  await write('1', { visibility: 'internal' });
  await write('1', {});
  const seen = async (metadata: Record<string, unknown>) =>
    (await read('1', metadata)).messages.map(({ author, isPublic, text }) => [author, isPublic, text]);
  const others = [
    ['system', true, 'Hello!'],
    ['customer', true, 'Where is it?'],
  ];
  assert.deepEqual(await seen({ appId: '54321' }), [
    ...others,
    ['bot', false, 'It is on its way.'],
    ['bot', true, 'It is on its way.'],
  ]);
  // Without the app's id only what was written in the user's name is known.
  assert.deepEqual((await seen({}))[2], ['agent', false, 'It is on its way.']);
});

test('HubSpot: a long message is read whole', async (t) => {
  const simulator = hubspotSimulator();
  const cut = listing(simulator, (messages) =>
    messages.map((message) => ({ ...message, richText: 'Where…', truncationStatus: 'TRUNCATED' })),
  );
  const answer: typeof simulator.answer = (call) =>
    call.path.endsWith('/original-content')
      ? { status: 200, json: { text: 'Where is it, and why so late?', richText: null } }
      : cut.answer(call);
  const { server, read } = await openDirect(t, hubspotDesk, { ...cut, answer });
  simulator.customerWrites('1', 'Where…');
  assert.equal((await read('1')).messages[0]?.text, 'Where is it, and why so late?');
  assert.equal(server.calls.at(-1)?.path, '/threads/1/messages/7001/original-content');
});

test('HubSpot: a message that is not listed is read by itself, and never taken for another', async (t) => {
  const simulator = hubspotSimulator();
  const newestOnly = listing(simulator, (messages) => messages.slice(0, 1));
  const { desk } = await openDirect(t, hubspotDesk, newestOnly);
  simulator.customerWrites('1', 'Where is it?');
  simulator.agentWrites('1', 'We look.', 'public');
  const read = await desk.read({ ...ticketOf('1'), messageId: '7001' }, neverEnding);
  assert.ok(read.kind === 'conversation');
  assert.deepEqual(
    read.conversation.messages.map(({ id }) => id),
    ['7001', '7002'],
  );
  // Such as our own, of which the webhook came before the list had it.
  const early = await desk.read({ ...ticketOf('1'), messageId: '7003' }, neverEnding);
  assert.ok(early.kind === 'failed' && early.isRetryable && early.provablyUnsent);
});

test('HubSpot: a thread without a message of its customer cannot be answered, and nothing is sent', async (t) => {
  const { server, simulator, write } = await openDirect(t, hubspotDesk, hubspotSimulator());
  simulator.agentWrites('1', 'We are closed on Friday.', 'public');
  const written = await write('1', {});
  assert.ok(written.kind === 'failed' && written.provablyUnsent && !written.isRetryable);
  assert.ok(server.calls.every(({ method }) => method === 'GET'));
});

test('HubSpot: closed is with people, a wrong token and odd answers are told', async (t) => {
  const simulator = hubspotSimulator();
  const { read, write } = await openDirect(t, hubspotDesk, simulator);
  simulator.customerWrites('1', 'Where is it?');
  assert.equal((await read('1')).isBotOwned, true);
  await write('1', { status: 'CLOSED' });
  assert.equal((await read('1')).isBotOwned, false);
  const wrong = await openDirect(t, hubspotDesk, simulator, { token: 'no' });
  const refused = await wrong.desk.read(ticketOf('1'), neverEnding);
  assert.ok(refused.kind === 'failed' && refused.status === 401 && !refused.isRetryable);
  const odd = await openDirect(t, hubspotDesk, { ...simulator, answer: () => ({ status: 200, json: {} }) });
  const read2 = await odd.desk.read(ticketOf('1'), neverEnding);
  assert.ok(read2.kind === 'failed' && read2.isRetryable && read2.provablyUnsent);
});
