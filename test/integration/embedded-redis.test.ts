import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedRedis } from '../../services/cli/embedded-redis.ts';
import type { EmbeddedRedis, EmbeddedRedisOptions } from '../../services/cli/embedded-redis.ts';
import { TierlineError } from '../../shared/errors.ts';

const moduleUrl = new URL('../../services/cli/embedded-redis.ts', import.meta.url).href;

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tierline redis '));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(t: TestContext, options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const redis = await startEmbeddedRedis(options);
  t.after(() => redis.stop());
  return redis;
}

/** Sends lines to a port and resolves with all that comes back before the other side closes. */
async function talk(port: number, lines: string[]): Promise<string> {
  const socket = createConnection({ host: '127.0.0.1', port });
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write(`${[...lines, 'QUIT'].join('\r\n')}\r\n`);
  await once(socket, 'close');
  return text;
}

async function isListening(port: number): Promise<boolean> {
  return talk(port, []).then(
    () => true,
    () => false,
  );
}

async function waitUntil(isSo: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, `waited in vain: ${what}`);
    await sleep(20);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function makeServer(folder: string, script: string): Promise<string> {
  const server = path.join(folder, 'stub-server');
  await writeFile(server, `#!/bin/sh\n${script}\n`);
  await chmod(server, 0o755);
  return server;
}

function hasCode(code: string, ...parts: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TierlineError, String(error));
    assert.equal(error.code, code);
    for (const part of parts) assert.ok(error.message.includes(part), `"${error.message}" names "${part}"`);
    return true;
  };
}

test('it answers on loopback with the settings that keep tickets, and is gone after stop', async (t) => {
  const redis = await start(t, { folder: await makeFolder(t), appendOnly: 'always' });
  assert.equal(redis.url, `redis://127.0.0.1:${redis.port}`);
  const names = ['appendonly', 'appendfsync', 'maxmemory-policy', 'save', 'bind'];
  const settings = await talk(redis.port, [`CONFIG GET ${names.join(' ')}`]);
  const words = settings.split('\r\n');
  const valueOf = (name: string): string | undefined => words[words.indexOf(name) + 2];
  assert.deepEqual(names.map(valueOf), ['yes', 'always', 'noeviction', '', '127.0.0.1']);
  await redis.stop();
  assert.equal(isAlive(redis.pid), false);
  await redis.stop();
});

test('what was written is there again after stop and after kill -9', async (t) => {
  const folder = await makeFolder(t);
  const first = await start(t, { folder, appendOnly: 'always' });
  await talk(first.port, ['SET stopped 1']);
  await first.stop();
  const second = await start(t, { folder, appendOnly: 'always' });
  await talk(second.port, ['SET killed 1']);
  await second.kill();
  assert.equal(isAlive(second.pid), false);
  const third = await start(t, { folder, appendOnly: 'always' });
  assert.match(await talk(third.port, ['EXISTS stopped killed']), /^:2\r\n/);
});

test('without an append-only file nothing is written but the lock', async (t) => {
  const folder = await makeFolder(t);
  const redis = await start(t, { folder, appendOnly: 'no' });
  await talk(redis.port, ['SET lost 1']);
  await redis.stop();
  assert.deepEqual(await readdir(folder), ['redis.lock']);
});

test('a folder has one Redis at a time, and the second is told which folder', async (t) => {
  const folder = await makeFolder(t);
  const first = await start(t, { folder, appendOnly: 'no' });
  await assert.rejects(
    startEmbeddedRedis({ folder, appendOnly: 'no' }),
    hasCode('redis_folder_in_use', folder),
  );
  assert.match(await talk(first.port, ['PING']), /PONG/);
});

test('a Redis that is just ending is waited for', async (t) => {
  const folder = await makeFolder(t);
  const first = await start(t, { folder, appendOnly: 'no' });
  const [, second] = await Promise.all([first.stop(), start(t, { folder, appendOnly: 'no' })]);
  assert.match(await talk(second.port, ['PING']), /PONG/);
});

test('it ends when the process that started it is killed with -9', async (t) => {
  const folder = await makeFolder(t);
  const source = `
    import { startEmbeddedRedis } from ${JSON.stringify(moduleUrl)};
    const redis = await startEmbeddedRedis({ folder: ${JSON.stringify(folder)}, appendOnly: 'no' });
    console.log(redis.pid + ' ' + redis.port);
    setInterval(() => undefined, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { promise: said, resolve } = Promise.withResolvers<string>();
  parent.stdout.setEncoding('utf8').on('data', (text: string) => resolve(text));
  const [pid = 0, port = 0] = (await said).trim().split(' ').map(Number);
  assert.ok(await isListening(port));
  parent.kill('SIGKILL');
  await once(parent, 'close');
  await waitUntil(() => !isAlive(pid), 'Redis ends after its parent');
  await start(t, { folder, appendOnly: 'no' });
});

test('a port that somebody took first is a fixed port’s failure, with the line that Redis logged', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.after(() => holder.close());
  const address = holder.address();
  assert.ok(address !== null && typeof address === 'object');
  const { port } = address;
  const folder = await makeFolder(t);
  await assert.rejects(
    startEmbeddedRedis({ folder, appendOnly: 'no', port }),
    hasCode('redis_failed', `Failed listening on port ${port}`),
  );
});

test('another Redis that has the port is not taken for ours', async (t) => {
  const folder = await makeFolder(t);
  const other = await start(t, { folder: await makeFolder(t), appendOnly: 'no' });
  const server = await makeServer(folder, 'sleep 0.5; exit 3');
  await assert.rejects(
    startEmbeddedRedis({ folder, appendOnly: 'no', server, port: other.port }),
    hasCode('redis_failed', 'exit code 3'),
  );
});

test('where somebody was faster, another free port is tried', async (t) => {
  const folder = await makeFolder(t);
  const other = await start(t, { folder: await makeFolder(t), appendOnly: 'no' });
  const starts = path.join(folder, 'starts');
  const real = process.env['TIERLINE_REDIS_SERVER'] ?? 'redis-server';
  const server = await makeServer(
    folder,
    `echo x >> "${starts}"; [ "$(wc -l < "${starts}")" -gt 1 ] || set -- "$@" --port ${other.port}; exec ${real} "$@"`,
  );
  const redis = await start(t, { folder, appendOnly: 'no', server });
  assert.equal(await readFile(starts, 'utf8'), 'x\nx\n');
  assert.match(await talk(redis.port, ['INFO server']), new RegExp(`process_id:${redis.pid}\r`));
});

test('a server that ends at once is reported with its last line, and not started again', async (t) => {
  const folder = await makeFolder(t);
  const starts = path.join(folder, 'starts');
  const server = await makeServer(
    folder,
    `echo x >> "${starts}"; echo starting; echo "no luck today" >&2; exit 3`,
  );
  await assert.rejects(
    startEmbeddedRedis({ folder, appendOnly: 'no', server }),
    hasCode('redis_failed', 'exit code 3', 'no luck today'),
  );
  assert.equal(await readFile(starts, 'utf8'), 'x\n');
});

test('a wrong argument is reported with what Redis says about it', async (t) => {
  const folder = await makeFolder(t);
  const attempt = startEmbeddedRedis({ folder, appendOnly: 'no', extraArgs: ['--no-such-setting', '1'] });
  await assert.rejects(attempt, hasCode('redis_failed', 'Bad directive'));
});

test('a program that is not there is named', async (t) => {
  const folder = await makeFolder(t);
  const server = path.join(folder, 'no-such-server');
  await assert.rejects(
    startEmbeddedRedis({ folder, appendOnly: 'no', server }),
    hasCode('redis_failed', server),
  );
});
