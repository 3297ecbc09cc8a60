/** The proxy itself: what the product is said to survive must really happen on its connections. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { openLine } from './proxy.ts';
import type { Line } from './proxy.ts';
import { until } from './until.ts';

const withinMs = 10_000;

type Side = { socket: Socket; read: () => string; isReset: () => boolean };

function watch(socket: Socket): Side {
  let text = '';
  let isReset = false;
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.on('error', (error: NodeJS.ErrnoException) => (isReset ||= error.code === 'ECONNRESET'));
  return { socket, read: () => text, isReset: () => isReset };
}

/** A client, its line, and the server's side of its connection, which answers nothing by itself. */
async function withLine(
  scenario: (parts: {
    client: Side;
    server: () => Side;
    heard: () => string[];
    line: Line;
    again: () => Promise<Side>;
  }) => Promise<void>,
): Promise<void> {
  const sides: Side[] = [];
  const listener = createServer((socket) => void sides.push(watch(socket)));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const line = await openLine(typeof address === 'object' && address ? address.port : 0);
  const open = async (): Promise<Side> => {
    const side = watch(connect(line.port, '127.0.0.1'));
    await once(side.socket, 'connect');
    return side;
  };
  const client = await open();
  try {
    await until('the server is connected', () => sides.length === 1, { withinMs });
    const heard = (): string[] => sides.map(({ read }) => read());
    await scenario({ client, server: () => sides.at(-1)!, heard, line, again: open });
  } finally {
    await line.close();
    listener.close();
  }
}

const reads = (side: Side, text: string): Promise<void> =>
  until(`${text} arrives`, () => side.read() === text, { withinMs });
const isTold = (side: Side): Promise<void> => until('it is told', side.isReset, { withinMs });

test('what is sent passes both ways, and so does an end', async () => {
  await withLine(async ({ client, server, line }) => {
    client.socket.write('ping');
    await reads(server(), 'ping');
    server().socket.write('pong');
    await reads(client, 'pong');
    client.socket.end();
    await until('nothing is left open', () => line.connections() === 0, { withinMs });
  });
});

test('a reset is seen as one by both sides', async () => {
  await withLine(async ({ client, server, line }) => {
    line.reset();
    await isTold(client);
    await isTold(server());
  });
});

test('a silent line holds what is sent, and a healed one delivers it, even from who has given up', async () => {
  await withLine(async ({ client, server, line, again, heard }) => {
    const silence = line.silence(false);
    client.socket.end('late');
    const other = await again();
    other.socket.write('new');
    await until('the new connection works', () => server().read() === 'new', { withinMs });
    assert.equal(line.connections(), 2);
    assert.equal(heard()[0], '');
    silence.heal();
    await until('it is heard', () => heard()[0] === 'late', { withinMs });
  });
});

test('a silent line that is cut has delivered nothing', async () => {
  await withLine(async ({ client, server, line }) => {
    const silence = line.silence(true);
    client.socket.write('lost');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(client.isReset(), false);
    silence.cut();
    await isTold(client);
    await isTold(server());
    assert.equal(server().read(), '');
  });
});

test('where replies are lost the server has heard everything, and the client is told at last', async () => {
  await withLine(async ({ client, server, line }) => {
    const lost = line.loseReplies(100);
    client.socket.write('do it');
    await reads(server(), 'do it');
    server().socket.write('done');
    await lost;
    await isTold(client);
    assert.equal(client.read(), '');
  });
});

test('what is delayed comes later, and in its order', async () => {
  await withLine(async ({ client, server, line }) => {
    let delayMs = 300;
    line.delay(() => (delayMs -= 100));
    const startedAt = Date.now();
    for (const text of ['a', 'b', 'c']) {
      client.socket.write(text);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await reads(server(), 'abc');
    assert.ok(Date.now() - startedAt >= 190);
  });
});
