import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gorgiasDesk } from '../../shared/helpdesks/desks/gorgias.ts';
import { neverEnding, openDirect, ticketOf } from '../fakes/desks/direct.ts';
import { gorgiasSimulator } from '../fakes/desks/gorgias.ts';

const content = {
  via: 'api',
  from_agent: true,
  sender: { id: 9001 },
  body_html: '<p>It is on its way.</p>',
  body_text: 'It is on its way.',
};

test('Gorgias: a reply goes the way the customer’s message came, a note stays inside, tags and status follow', async (t) => {
  const { server, simulator, write } = await openDirect(t, gorgiasDesk, gorgiasSimulator());
  simulator.customerWrites('1', 'Where is it?');
  for (const visibility of ['draft', 'public'] as const) {
    const status = visibility === 'public' ? 'closed' : null;
    const tags = visibility === 'public' ? ['ai_replied'] : [];
    assert.deepEqual(await write('1', { visibility, status, tags }), { kind: 'written', status: 201 });
  }
  assert.deepEqual(
    server.calls
      .filter(({ method }) => method !== 'GET')
      .map(({ method, path, json }) => [method, path, json]),
    [
      [
        'POST',
        '/api/tickets/1/messages',
        { ...content, channel: 'internal-note', public: false, source: { type: 'internal-note' } },
      ],
      [
        'POST',
        '/api/tickets/1/messages',
        {
          ...content,
          channel: 'email',
          public: true,
          receiver: { id: 5001 },
          source: {
            type: 'email',
            from: { address: 'help@shop.example' },
            to: [{ address: 'cleo@customer.example', name: '' }],
          },
          subject: 'A question',
        },
      ],
      ['POST', '/api/tickets/1/tags', { names: ['ai_replied'] }],
      ['PUT', '/api/tickets/1', { status: 'closed' }],
    ],
  );
});

test('Gorgias: a tag or status that gets lost is no failure of the answer', async (t) => {
  const { server, simulator, write } = await openDirect(t, gorgiasDesk, gorgiasSimulator());
  simulator.customerWrites('1', 'Where is it?');
  server.fail(({ path }) => path.endsWith('/tags'), 'unavailable');
  server.fail(({ method }) => method === 'PUT', 'lost_reply');
  const written = await write('1', { status: 'closed', tags: ['ai_replied'] });
  assert.deepEqual(written, { kind: 'written', status: 201 });
});

test('Gorgias: a ticket without a message of its customer cannot be answered, and nothing is sent', async (t) => {
  const { server, simulator, write } = await openDirect(t, gorgiasDesk, gorgiasSimulator());
  simulator.agentWrites('1', 'We are closed on Friday.', 'public');
  const written = await write('1', {});
  assert.ok(written.kind === 'failed' && written.provablyUnsent && !written.isRetryable);
  assert.ok(server.calls.every(({ method }) => method === 'GET'));
});

test('Gorgias: the messages are asked for where the ticket does not carry them', async (t) => {
  const simulator = gorgiasSimulator();
  const answer: typeof simulator.answer = (call) => {
    const ticketPath = '/api/tickets/1';
    const given = simulator.answer({ ...call, path: ticketPath });
    const { messages, ...ticket } = given.json as { messages: unknown[] };
    if (call.path === ticketPath) return { status: 200, json: ticket };
    const isAsked = call.path === '/api/messages' && call.query.get('ticket_id') === '1';
    return isAsked ? { status: 200, json: { data: messages.toReversed(), meta: {} } } : { status: 404 };
  };
  const { read } = await openDirect(t, gorgiasDesk, { ...simulator, answer });
  simulator.customerWrites('1', 'Where is it?');
  simulator.agentWrites('1', 'Asked the carrier.', 'internal');
  const conversation = await read('1');
  assert.deepEqual(
    conversation.messages.map(({ author, isOwn, isPublic, text }) => [author, isOwn, isPublic, text]),
    [
      ['customer', false, true, 'Where is it?'],
      ['agent', false, false, 'Asked the carrier.'],
    ],
  );
  assert.equal(conversation.language, 'en');
});

test('Gorgias: rules are nobody, closed tickets are with people, a wrong key is told', async (t) => {
  const simulator = gorgiasSimulator();
  const answer: typeof simulator.answer = (call) => {
    const given = simulator.answer(call);
    const { messages, ...ticket } = given.json as { messages: Record<string, unknown>[] };
    const byRule = messages.map((message) =>
      message['from_agent'] === true ? { ...message, rule_id: 3 } : message,
    );
    return { ...given, json: { ...ticket, messages: byRule } };
  };
  const { read } = await openDirect(t, gorgiasDesk, { ...simulator, answer });
  simulator.customerWrites('1', 'Where is it?');
  simulator.agentWrites('1', 'We got it.', 'public');
  assert.equal((await read('1')).messages[1]?.author, 'system');
  const right = await openDirect(t, gorgiasDesk, simulator);
  assert.equal((await right.read('1')).isBotOwned, true);
  await right.write('1', { status: 'closed' });
  assert.equal((await right.read('1')).isBotOwned, false);
  const wrong = await openDirect(t, gorgiasDesk, simulator, { token: 'no' });
  const refused = await wrong.desk.read(ticketOf('1'), neverEnding);
  assert.ok(refused.kind === 'failed' && refused.status === 401 && !refused.isRetryable);
});
