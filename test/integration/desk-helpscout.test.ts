import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helpscoutDesk } from '../../shared/helpdesks/desks/helpscout.ts';
import { neverEnding, openDirect, ticketOf } from '../fakes/desks/direct.ts';
import { helpscoutSimulator } from '../fakes/desks/helpscout.ts';

const html = '<p>It is on its way.</p>';

test('Help Scout: a reply, a draft and a note are sent as the API documents them, with all tags', async (t) => {
  const { server, simulator, write } = await openDirect(t, helpscoutDesk, helpscoutSimulator());
  simulator.customerWrites('1', 'Where is it?');
  for (const visibility of ['public', 'draft', 'internal'] as const) {
    const tags = visibility === 'internal' ? [] : ['vip', 'ai_replied'];
    const written = await write('1', { visibility, tags, status: visibility === 'public' ? 'closed' : null });
    assert.deepEqual(written, { kind: 'written', status: 201 });
  }
  const sent = server.calls.filter(({ method, path }) => method !== 'GET' && !path.includes('oauth2'));
  assert.deepEqual(
    sent.map(({ method, path, json }) => [method, path, json]),
    [
      [
        'POST',
        '/v2/conversations/1/reply',
        { customer: { id: 5001 }, text: html, user: 9001, status: 'closed' },
      ],
      ['PUT', '/v2/conversations/1/tags', { tags: ['vip', 'ai_replied'] }],
      ['POST', '/v2/conversations/1/reply', { customer: { id: 5001 }, text: html, user: 9001, draft: true }],
      ['POST', '/v2/conversations/1/notes', { text: html, user: 9001 }],
    ],
  );
});

test('Help Scout: many requests ask for one token, and a token that was taken back is replaced', async (t) => {
  const simulator = helpscoutSimulator();
  let issued = 0;
  let valid = '';
  const answer: typeof simulator.answer = (call) => {
    if (call.path.includes('oauth2')) {
      issued += 1;
      valid = `token-${issued}`;
      return { status: 200, json: { access_token: valid, expires_in: 172_800 } };
    }
    if (call.headers['authorization'] !== `Bearer ${valid}`) return { status: 401 };
    return simulator.answer({ ...call, headers: { authorization: 'Bearer bearer-of-the-app' } });
  };
  const { read } = await openDirect(t, helpscoutDesk, { ...simulator, answer });
  simulator.customerWrites('1', 'Where is it?');
  await Promise.all([read('1'), read('1'), read('1')]);
  assert.equal(issued, 1);
  valid = 'taken back';
  await Promise.all([read('1'), read('1'), read('1')]);
  assert.equal(issued, 2);
});

test('Help Scout: a wrong client secret is told as such, and is not tried again', async (t) => {
  const { desk, simulator } = await openDirect(t, helpscoutDesk, helpscoutSimulator(), {
    token: 'app-id:no',
  });
  simulator.customerWrites('1', 'Where is it?');
  const found = await desk.read(ticketOf('1'), neverEnding);
  assert.deepEqual(found, {
    kind: 'failed',
    status: 401,
    provablyUnsent: true,
    retryAfterMs: null,
    isRetryable: false,
    isWaiting: false,
    reason: 'the helpdesk refused the client id and secret (401)',
  });
});

test('Help Scout: a token that cannot be fetched for the moment leaves the reply provably unsent', async (t) => {
  const { desk, server, simulator } = await openDirect(t, helpscoutDesk, helpscoutSimulator());
  simulator.customerWrites('1', 'Where is it?');
  for (const fault of ['lost_reply', 'unavailable'] as const) {
    server.fail(({ path }) => path.includes('oauth2'), fault);
    const found = await desk.read(ticketOf('1'), neverEnding);
    assert.ok(found.kind === 'failed' && found.provablyUnsent && found.isRetryable, fault);
  }
});

test('Help Scout: drafts and notes are not public, lines of the system are nothing, closed is with people', async (t) => {
  const { simulator, read, write } = await openDirect(t, helpscoutDesk, helpscoutSimulator());
  simulator.customerWrites('1', 'Where is it?');
  simulator.agentWrites('1', 'Asked the carrier.', 'internal');
  await write('1', { visibility: 'draft' });
  const conversation = await read('1');
  assert.deepEqual(
    conversation.messages.map(({ author, isOwn, isPublic, text }) => [author, isOwn, isPublic, text]),
    [
      ['customer', false, true, 'Where is it?'],
      ['agent', false, false, 'Asked the carrier.'],
      ['bot', true, false, 'It is on its way.'],
    ],
  );
  assert.equal(conversation.isBotOwned, true);
  await write('1', { status: 'closed' });
  assert.equal((await read('1')).isBotOwned, false);
});

test('Help Scout: says how long to wait in a header of its own', async (t) => {
  const simulator = helpscoutSimulator();
  const limited = { status: 429, headers: { 'x-ratelimit-retry-after': '7' } };
  const answer: typeof simulator.answer = (call) =>
    call.method === 'GET' ? limited : simulator.answer(call);
  const { desk, pauses } = await openDirect(t, helpscoutDesk, { ...simulator, answer });
  const found = await desk.read(ticketOf('1'), neverEnding);
  assert.ok(found.kind === 'failed' && found.isWaiting);
  assert.deepEqual([found.retryAfterMs, ...pauses], [7000, 7000]);
});
