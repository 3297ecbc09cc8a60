import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freescoutDesk } from '../../shared/helpdesks/desks/freescout.ts';
import { neverEnding, openDirect, ticketOf } from '../fakes/desks/direct.ts';
import { freescoutSimulator } from '../fakes/desks/freescout.ts';

const text = '<p>It is on its way.</p>';

test('FreeScout: a reply and a note are sent as the API documents them, a draft as a note', async (t) => {
  const { server, simulator, write } = await openDirect(t, freescoutDesk, freescoutSimulator());
  simulator.customerWrites('1', 'Where is it?');
  for (const visibility of ['draft', 'internal', 'public'] as const) {
    const tags = visibility === 'public' ? ['ai_replied'] : [];
    const written = await write('1', {
      visibility,
      tags,
      status: visibility === 'public' ? 'pending' : null,
    });
    assert.deepEqual(written, { kind: 'written', status: 201 });
  }
  assert.deepEqual(
    server.calls
      .filter(({ method }) => method !== 'GET')
      .map(({ method, path, json }) => [method, path, json]),
    [
      ['POST', '/api/conversations/1/threads', { type: 'note', text, user: 9001 }],
      ['POST', '/api/conversations/1/threads', { type: 'note', text, user: 9001 }],
      ['POST', '/api/conversations/1/threads', { type: 'message', text, user: 9001, status: 'pending' }],
      ['PUT', '/api/conversations/1/tags', { tags: ['ai_replied'] }],
    ],
  );
});

test('FreeScout: without the module for tags the answer stands all the same', async (t) => {
  const simulator = freescoutSimulator();
  const answer: typeof simulator.answer = (call) =>
    call.path.endsWith('/tags') ? { status: 404 } : simulator.answer(call);
  const { write } = await openDirect(t, freescoutDesk, { ...simulator, answer });
  simulator.customerWrites('1', 'Where is it?');
  assert.deepEqual(await write('1', { tags: ['ai_replied'] }), { kind: 'written', status: 201 });
});

test('FreeScout: a wrong key, a conversation that is gone and one without threads are told', async (t) => {
  const wrong = await openDirect(t, freescoutDesk, freescoutSimulator(), { token: 'no' });
  wrong.simulator.customerWrites('1', 'Where is it?');
  const refused = await wrong.desk.read(ticketOf('1'), neverEnding);
  assert.ok(refused.kind === 'failed' && !refused.isRetryable && refused.status === 401);
  const simulator = freescoutSimulator();
  const right = await openDirect(t, freescoutDesk, simulator);
  const gone = await right.desk.read(ticketOf('1'), neverEnding);
  assert.ok(gone.kind === 'failed' && !gone.isRetryable && gone.status === 404);
  const answer = () => ({ status: 200, json: { id: 1 } });
  const odd = await openDirect(t, freescoutDesk, { ...simulator, answer });
  const read = await odd.desk.read(ticketOf('1'), neverEnding);
  assert.ok(read.kind === 'failed' && read.isRetryable && read.provablyUnsent);
});

test('FreeScout: a closed conversation is with people', async (t) => {
  const { simulator, read, write } = await openDirect(t, freescoutDesk, freescoutSimulator());
  simulator.customerWrites('1', 'Where is it?');
  assert.equal((await read('1')).isBotOwned, true);
  await write('1', { status: 'closed' });
  assert.equal((await read('1')).isBotOwned, false);
});
