import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { createServer } from '../../services/ingest/server.ts';
import type { IntakeOptions } from '../../services/ingest/server.ts';
import { problemOf, rawConnection } from '../fakes/intake-client.ts';
import type { ProblemBody } from '../fakes/intake-client.ts';
import { apiKey, openWorld, startTestSystem, testConfig } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

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

async function withServer(
  options: Partial<IntakeOptions>,
  use: (url: string, close: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const server = createServer(system.app, { environmentKeys: [apiKey], isDraining: () => false, ...options });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  try {
    await use(url, () => server.close());
  } finally {
    await server.close();
  }
}

const body = JSON.stringify({ source: 'shop-api', externalId: 'T-1', body: 'Where is it?' });
const head = (lines: string[]): string =>
  [
    'POST /v1/tickets HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${apiKey}`,
    'Content-Type: application/json',
    ...lines,
    '',
    '',
  ].join('\r\n');
const open = async (): Promise<number> => (await system.app.record.counts()).open;

/** The status and the problem of an answer as it stands on the wire. */
function answerIn(text: string): { status: number; headers: string; problem: ProblemBody } {
  const [headers = '', content = ''] = text.split('\r\n\r\n');
  return {
    status: Number(headers.split(' ')[1]),
    headers: headers.toLowerCase(),
    problem: JSON.parse(content) as ProblemBody,
  };
}

test('a body that does not arrive in time ends with 408, stores nothing and frees its connection', async () => {
  const openBefore = await open();
  await withServer({ bodyTimeoutMs: 100 }, async (url) => {
    const { socket, received, closed } = await rawConnection(url);
    socket.write(`${head([`Content-Length: ${body.length}`])}${body.slice(0, 20)}`);
    await closed;
    const { status, headers, problem } = answerIn(received());
    assert.deepEqual([status, problem.status, problem.code], [408, 408, 'request-timeout']);
    assert.match(headers, /content-type: application\/problem\+json/);
  });
  assert.equal(await open(), openBefore);
});

test('a stranger who goes on sending after the refusal is cut off', async () => {
  await withServer({ bodyTimeoutMs: 100 }, async (url) => {
    const { socket, received, closed } = await rawConnection(url);
    socket.write(
      'POST /v1/tickets/bulk HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const sending = setInterval(() => socket.write('5\r\n{...}\r\n'), 10);
    await closed;
    clearInterval(sending);
    assert.match(received(), /^HTTP\/1\.1 401 /);
    assert.equal(received().split('HTTP/1.1').length, 2);
  });
});

test('a connection on which nothing moves is closed, also in the middle of an upload', async () => {
  await withServer({ idleTimeoutMs: 100 }, async (url) => {
    const { socket, received, closed } = await rawConnection(url);
    socket.write(
      `POST /v1/tickets/bulk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${apiKey}\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    await closed;
    assert.match(received(), /^HTTP\/1\.1 200 /);
  });
});

test('a sender that writes everything before it reads gets its refusal, also without keep-alive', async () => {
  const large = Buffer.alloc(20_000_000, 'x');
  for (const [key, status] of [
    [apiKey, 413],
    ['wrong', 401],
  ] as const) {
    const { socket, received, closed } = await rawConnection(system.ingestUrl!);
    const lines = [`Content-Length: ${large.length}`, 'Connection: close'];
    socket.write(head(lines).replace(apiKey, key));
    const failed = await new Promise<unknown>((resolve) => socket.write(large, resolve));
    assert.equal(failed ?? null, null);
    await closed;
    const answer = answerIn(received());
    assert.deepEqual([answer.status, answer.problem.status], [status, status]);
  }
});

test('a sender that goes away in the middle of its body leaves nothing, and is no failure of ours', async () => {
  const openBefore = await open();
  log.length = 0;
  const { socket, closed } = await rawConnection(system.ingestUrl!);
  socket.write(`${head([`Content-Length: ${body.length}`])}${body.slice(0, -1)}`);
  // A later request was served, so the server has seen what came before it.
  assert.equal((await system.fetch('/livez')).status, 200);
  socket.resetAndDestroy();
  await closed;
  // The next request is served after the server has seen the reset.
  assert.equal((await system.fetch('/livez')).status, 200);
  assert.equal(await open(), openBefore);
  assert.doesNotMatch(log.join(''), /intake\./);
});

test('what is no HTTP at all is answered with problem details', async () => {
  const cases: [string, number, string][] = [
    ['nonsense\r\n\r\n', 400, 'bad-request'],
    [head(['Content-Length: 5', 'Content-Length: 6']), 400, 'bad-request'],
    [head([`X-Large: ${'x'.repeat(40_000)}`]), 431, 'headers-too-large'],
  ];
  for (const [text, status, code] of cases) {
    const { socket, received, closed } = await rawConnection(system.ingestUrl!);
    socket.write(text);
    await closed;
    const answer = answerIn(received());
    assert.deepEqual([answer.status, answer.problem.status, answer.problem.code], [status, status, code]);
    assert.match(answer.headers, /content-type: application\/problem\+json/);
  }
});

test('a body with no declared length and one byte at a time is a body like any other', async () => {
  const { socket, received } = await rawConnection(system.ingestUrl!);
  socket.write(head(['Transfer-Encoding: chunked', 'Connection: close']));
  for (const byte of Buffer.from(body)) socket.write(`1\r\n${String.fromCharCode(byte)}\r\n`);
  socket.write('0\r\n\r\n');
  await once(socket, 'end');
  socket.destroy();
  assert.match(received(), /^HTTP\/1\.1 20[02] /);
});

test('a sender that asks first (Expect: 100-continue) is told to go on', async () => {
  const { socket, received } = await rawConnection(system.ingestUrl!);
  socket.write(head([`Content-Length: ${body.length}`, 'Expect: 100-continue', 'Connection: close']));
  while (!received().startsWith('HTTP/1.1 100 ')) await once(socket, 'data');
  socket.write(body);
  await once(socket, 'end');
  socket.destroy();
  assert.match(received(), /\r\n\r\nHTTP\/1\.1 20[02] /);
});

test('a trailing slash makes no difference; other methods are 404', async () => {
  const trailing = await system.fetch('/v1/tickets/', { method: 'POST', body });
  assert.ok(trailing.status === 202 || trailing.status === 200);
  assert.equal(
    (await fetch(`${system.ingestUrl}/v1/webhooks/shop-webhook/`, { method: 'HEAD' })).status,
    200,
  );
  for (const method of ['OPTIONS', 'PUT', 'DELETE', 'PATCH', 'GET']) {
    await problemOf(await system.fetch('/v1/tickets', { method }), 404, 'not-found');
  }
  assert.equal((await system.fetch('/livez', { method: 'HEAD' })).status, 200);
});

for (const [what, later] of [
  ['a request that is under way', []],
  ['a request that comes after it on the same connection', ['closing-2']],
] as const) {
  test(`while the server closes, ${what} is still served, and then the connection is closed`, async () => {
    await withServer({}, async (url, close) => {
      const { socket, received, closed } = await rawConnection(url);
      const [first = '', ...rest] = ['closing-1', ...later].map((externalId) => {
        const text = JSON.stringify({ source: 'shop-api', externalId, body: 'Where is it?' });
        return `${head([`Content-Length: ${text.length}`])}${text}`;
      });
      socket.write(first.slice(0, -10));
      assert.equal((await fetch(`${url}/livez`)).status, 200);
      const closing = close();
      socket.write(`${first.slice(-10)}${rest.join('')}`);
      await closed;
      await closing;
      assert.equal(received().match(/HTTP\/1\.1 20[02] /g)?.length, 1 + later.length);
    });
  });
}
