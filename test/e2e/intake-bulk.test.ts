import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ticketIdPattern } from '../../shared/record/keys.ts';
import { createServer } from '../../services/ingest/server.ts';
import { apiKey, openWorld, startTestSystem, testConfig } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

type Answer = {
  line: number;
  status: number;
  ticketId: string | null;
  state: string | null;
  duplicate: boolean;
  errors: { pointer: string; detail: string }[];
};

const log: string[] = [];
let world: TestWorld;
let system: TestSystem;

before(async () => {
  world = await openWorld();
  const config = testConfig({ providerUrl: 'http://127.0.0.1:9', receiverUrl: 'http://127.0.0.1:9/hook' });
  system = await startTestSystem(world, config, { roles: ['ingest'], log });
});

after(async () => {
  await system.close();
  await world.close();
});

const headers = { 'content-type': 'application/x-ndjson', authorization: `Bearer ${apiKey}` };
const ticket = (externalId: string, changes: Record<string, unknown> = {}): string =>
  JSON.stringify({ source: 'shop-api', externalId, body: 'Where is my parcel?', ...changes });
const parse = (text: string): Answer[] =>
  text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Answer);
const statuses = (answers: Answer[]): [number, number][] => answers.map(({ line, status }) => [line, status]);
const open = async (): Promise<number> => (await system.app.record.counts()).open;

async function send(body: string | Buffer): Promise<Answer[]> {
  const response = await system.fetch('/v1/tickets/bulk', { method: 'POST', body, headers });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
  return parse(await response.text());
}

/** An upload whose pieces the test writes one by one. */
async function upload(url = system.ingestUrl!): Promise<{
  sending: ClientRequest;
  write: (piece: string | Buffer) => Promise<void>;
  answer: IncomingMessage;
  /** However that happens. */
  ended: Promise<void>;
  /** The next answers, as many as asked for. */
  next: (count: number) => Promise<Answer[]>;
}> {
  const sending = request(`${url}/v1/tickets/bulk`, { method: 'POST', headers, agent: false });
  sending.on('error', () => undefined);
  sending.flushHeaders();
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  answer.once('close', end);
  const answers: Answer[] = [];
  let text = '';
  let wake = (): void => undefined;
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    answers.push(...lines.map((line) => JSON.parse(line) as Answer));
    wake();
  });
  return {
    sending,
    answer,
    ended,
    write: (piece) => new Promise((resolve) => sending.write(piece, () => resolve())),
    async next(count) {
      while (answers.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return answers.splice(0, count);
    },
  };
}

test('good, bad and duplicate lines are answered in the order of the lines', async () => {
  const answers = await send(
    [
      ticket('mixed-1'),
      '{"source":',
      ticket('mixed-2', { body: '' }),
      ticket('mixed-1'),
      ticket('mixed-3', { source: 'nobody' }),
      ticket('mixed-4', { subject: 'x'.repeat(1001) }),
      ticket('mixed-5'),
    ].join('\n'),
  );
  assert.deepEqual(statuses(answers), [
    [1, 202],
    [2, 400],
    [3, 422],
    [4, 200],
    [5, 404],
    [6, 422],
    [7, 202],
  ]);
  assert.deepEqual(
    answers.map(({ errors }) => errors.map(({ pointer }) => pointer).join()),
    ['', '', '/body', '', '/source', '/subject', ''],
  );
  assert.equal(answers[1]?.errors.length, 1);
  assert.equal(answers[3]?.ticketId, answers[0]?.ticketId);
  for (const { status, ticketId, state, duplicate } of answers) {
    if (status >= 400) assert.deepEqual([ticketId, state, duplicate], [null, null, false]);
    else assert.match(ticketId ?? '', ticketIdPattern);
    assert.equal(duplicate, status === 200);
  }
});

test('two messages of one conversation in one upload: the later one supersedes the earlier', async () => {
  const [one, two] = await send(
    [ticket('talk', { messageId: 'm-1' }), ticket('talk', { messageId: 'm-2' })].join('\n'),
  );
  assert.equal((await system.trace(one?.ticketId ?? '')).state, 'superseded');
  assert.equal((await system.trace(two?.ticketId ?? '')).state, 'queued');
});

test('a line over 1 MiB is refused by itself, wherever it stands', async () => {
  const openBefore = await open();
  const large = ticket('large', { body: 'x'.repeat(2_100_000) });
  const exactly = Buffer.alloc(1_048_576, 'x').toString();
  const answers = await send(
    [ticket('around-1'), large, ticket('around-2'), exactly, `${exactly}x`, large].join('\n'),
  );
  assert.deepEqual(statuses(answers), [
    [1, 202],
    [2, 413],
    [3, 202],
    [4, 400],
    [5, 413],
    [6, 413],
  ]);
  assert.equal(await open(), openBefore + 2);
});

test('empty lines are counted and not answered; CRLF and a missing last newline are fine', async () => {
  assert.deepEqual(
    statuses(await send(`\n\r\n${ticket('crlf-1')}\r\n  \t\r\n${ticket('crlf-2')}\r\n\n${ticket('crlf-3')}`)),
    [
      [3, 202],
      [5, 202],
      [7, 202],
    ],
  );
  assert.deepEqual(await send(''), []);
  assert.deepEqual(await send('\n\n\n'), []);
  assert.deepEqual(statuses(await send(`${ticket('crlf-4')}\n`)), [[1, 202]]);
});

test('pieces may end anywhere, also inside a character', async () => {
  const text = '我的包裹在哪里？ 👩‍👩‍👧 é';
  const bytes = Buffer.from(`${ticket('pieces-1', { body: text })}\r\n${ticket('pieces-2', { body: text })}`);
  const { sending, write, next } = await upload();
  for (const byte of bytes) await write(Buffer.from([byte]));
  sending.end();
  const answers = await next(2);
  assert.deepEqual(statuses(answers), [
    [1, 202],
    [2, 202],
  ]);
  for (const { ticketId } of answers) {
    assert.equal((await system.trace(ticketId ?? '')).ticket?.body, text);
  }
});

test('each line is answered when it has arrived, while the sender still sends', async () => {
  const { sending, write, next, answer, ended } = await upload();
  for (let line = 1; line <= 5; line += 1) {
    await write(`${ticket(`stream-${line}`)}\n`);
    assert.deepEqual(statuses(await next(1)), [[line, 202]]);
  }
  const half = ticket('stream-6');
  await write(half.slice(0, 30));
  sending.end(half.slice(30));
  assert.deepEqual(statuses(await next(1)), [[6, 202]]);
  await ended;
  assert.equal(answer.complete, true);
});

test('5,000 lines are answered one by one and in order, and stored once', async () => {
  const openBefore = await open();
  const lines = Array.from({ length: 5000 }, (_, i) => (i % 10 === 9 ? '{}' : ticket(`many-${i}`)));
  const answers = await send(`${lines.join('\n')}\n`);
  assert.deepEqual(
    statuses(answers),
    lines.map((line, i) => [i + 1, line === '{}' ? 422 : 202]),
  );
  assert.equal(await open(), openBefore + 4500);
  const again = await send(lines.slice(0, 9).join('\n'));
  assert.deepEqual(
    again.map(({ status, ticketId }) => [status, ticketId]),
    answers.slice(0, 9).map(({ ticketId }) => [200, ticketId]),
  );
});

test('a sender that reads nothing until it has sent everything gets every answer', async () => {
  const count = 20_000;
  const sending = request(`${system.ingestUrl}/v1/tickets/bulk`, { method: 'POST', headers, agent: false });
  const responded = once(sending, 'response') as Promise<[IncomingMessage]>;
  for (let i = 0; i < count; i += 1) {
    if (!sending.write(`{"source":"shop-api","externalId":"deaf-${i}"}\n`)) await once(sending, 'drain');
  }
  await new Promise<void>((resolve) => sending.end(resolve));
  const [answer] = await responded;
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
  const answers = parse(text);
  assert.equal(answers.length, count);
  assert.ok(answers.every(({ status }, i) => status === 422 && answers[i]?.line === i + 1));
});

test('a sender that goes away in the middle leaves whole tickets only, and all that were answered', async () => {
  const openBefore = await open();
  const { sending, write, next } = await upload();
  const lines = Array.from({ length: 300 }, (_, i) => ticket(`gone-${i}`, { metadata: { i } }));
  await write(`${lines.join('\n')}\n${ticket('gone-half').slice(0, 40)}`);
  const answers = await next(300);
  sending.destroy();
  while (!log.some((line) => line.includes('bulk.interrupted'))) await sleep(5);
  assert.ok(answers.every(({ status }) => status === 202));
  for (const [i, { ticketId }] of answers.entries()) {
    assert.deepEqual((await system.trace(ticketId ?? '')).ticket?.metadata, { i });
  }
  assert.equal(await open(), openBefore + 300);
});

test('an upload that never ends does not keep the server from closing, and is cut in the middle', async () => {
  const server = createServer(system.app, { environmentKeys: [apiKey], isDraining: () => false });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const { write, next, answer, ended, sending } = await upload(url);
  await write(`${ticket('closing-1')}\n`);
  assert.deepEqual(statuses(await next(1)), [[1, 202]]);
  await server.close();
  await ended;
  // Cut, not ended: the sender must not take this for the whole answer.
  assert.equal(answer.complete, false);
  sending.destroy();
});

test('an upload may take longer than any other body', async () => {
  const server = createServer(system.app, {
    environmentKeys: [apiKey],
    isDraining: () => false,
    bodyTimeoutMs: 50,
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  try {
    const { write, next, sending, answer, ended } = await upload(url);
    const startedAt = performance.now();
    for (let line = 1; performance.now() - startedAt < 200; line += 1) {
      await write(`${ticket(`long-${line}`)}\n`);
      assert.deepEqual(statuses(await next(1)), [[line, 202]]);
      await sleep(20);
    }
    sending.end();
    await ended;
    assert.equal(answer.complete, true);
    // Node's own bound on a whole request would cut an upload of an hour.
    assert.equal(server.server.requestTimeout, 0);
  } finally {
    await server.close();
  }
});
