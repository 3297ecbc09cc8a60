import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { TierlineError } from '../../shared/errors.ts';

export type EmbeddedRedisOptions = {
  /** Where its append-only file lives; created if missing, and used by one Redis at a time. */
  folder: string;
  appendOnly: 'no' | 'everysec' | 'always';
  /** The program; by default TIERLINE_REDIS_SERVER, else redis-server or valkey-server from the PATH. */
  server?: string;
  /** A fixed loopback port; by default a free one. */
  port?: number;
  /** Further arguments for the server, after ours, so that they win. */
  extraArgs?: string[];
};

export type EmbeddedRedis = {
  url: string;
  port: number;
  pid: number;
  /** Lets it write what is pending and end; harmless when it has ended already. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL, as a crash would. */
  kill(): Promise<void>;
};

type Child = ChildProcessByStdio<Writable, Readable, null>;
type Running = { child: Child; ended: Promise<void>; hasEnded: () => boolean; log: () => string };
type Answer = 'ready' | 'loading' | 'none';

const folderInUse = 75;
const portAttempts = 8;
const startTimeoutMs = 30_000;
const pollMs = 20;
const answerTimeoutMs = 1_000;
const stopTimeoutMs = 10_000;
const keptLogCharacters = 4_000;

/**
 * Two things a plain spawn would not give. The lock on the folder is held by the server's own open file, so that it ends
 * with the server, however that ends. And the little watcher in the background reads from us until we send a line (all is
 * over) or are gone ourselves, even by kill -9: then it ends the server, whose pid is the shell's, by exec. A Redis that is
 * just ending gets two seconds to let go of the folder.
 */
const launcher = `
exec 3<&0 9>"$1/redis.lock" 2>&1
if command -v flock >/dev/null 2>&1; then
  tries=0
  until flock -n 9; do
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || exit ${folderInUse}
    sleep 0.1
  done
fi
shift
(read -r line <&3 || kill -TERM $$) 9>&- >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
`;

async function findServer(): Promise<string> {
  const configured = process.env['TIERLINE_REDIS_SERVER'];
  if (configured !== undefined && configured !== '') return configured;
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
      const file = path.join(folder, name);
      if (folder !== '' && (await isExecutable(file))) return file;
    }
  }
  throw new TierlineError(
    'redis_missing',
    'No redis-server or valkey-server is on the PATH. Install one, or set REDIS_URL to a Redis that you have.',
  );
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string')
    throw new TierlineError('redis_failed', 'No free port was found.');
  return address.port;
}

function serverArguments(options: EmbeddedRedisOptions, port: number): string[] {
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir: options.folder,
    daemonize: 'no',
    save: '',
    appendonly: options.appendOnly === 'no' ? 'no' : 'yes',
    appendfsync: options.appendOnly === 'no' ? 'everysec' : options.appendOnly,
    // Anything else would drop tickets when memory runs out.
    'maxmemory-policy': 'noeviction',
  };
  return [
    ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    ...(options.extraArgs ?? []),
  ];
}

function launch(server: string, args: string[], folder: string): Running {
  // Detached: a Ctrl-C in the terminal is for us, and Redis has to outlive what still writes to it.
  const child = spawn('/bin/sh', ['-c', launcher, 'sh', folder, server, ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'], // the launcher sends stderr to stdout
  });
  let log = '';
  let hasEnded = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-keptLogCharacters);
  });
  child.stdin.on('error', () => undefined); // the watcher may be gone before the line that sends it home
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => child.stdin.end('over\n'));
  child.once('close', () => {
    hasEnded = true;
    resolve();
  });
  return { child, ended, hasEnded: () => hasEnded, log: () => log };
}

/** Asks whoever listens there whether they are the server that we started, and whether its data are loaded. */
async function ask(port: number, pid: number): Promise<Answer> {
  const socket = createConnection({ host: '127.0.0.1', port });
  const { promise, resolve } = Promise.withResolvers<Answer>();
  let text = '';
  socket.setTimeout(answerTimeoutMs, () => resolve('none'));
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const owner = /process_id:(\d+)/.exec(text)?.[1];
    if (owner !== undefined)
      resolve(owner !== String(pid) ? 'none' : text.startsWith('+PONG') ? 'ready' : 'loading');
  });
  socket.on('error', () => resolve('none'));
  socket.on('close', () => resolve('none'));
  socket.write('PING\r\nINFO server\r\n');
  const answer = await promise;
  socket.destroy();
  return answer;
}

async function waitUntilReady(
  running: Running,
  port: number,
  pid: number,
): Promise<'ready' | 'ended' | 'silent'> {
  let deadline = Date.now() + startTimeoutMs;
  while (!running.hasEnded()) {
    const answer = await ask(port, pid);
    if (answer === 'ready') return 'ready';
    // A long append-only file takes its time; only silence counts against it.
    if (answer === 'loading') deadline = Date.now() + startTimeoutMs;
    if (Date.now() > deadline) return 'silent';
    await Promise.race([sleep(pollMs), running.ended]);
  }
  return 'ended';
}

function lastLine(log: string): string {
  return log.trimEnd().split('\n').at(-1)?.trim() ?? '';
}

function explainEnd({ child, log }: Running, server: string, folder: string): TierlineError {
  if (child.exitCode === folderInUse) {
    return new TierlineError(
      'redis_folder_in_use',
      `Another Redis is using ${folder}. Stop it, or choose another folder.`,
    );
  }
  const how = child.signalCode === null ? `exit code ${child.exitCode}` : child.signalCode;
  const said = lastLine(log());
  return new TierlineError(
    'redis_failed',
    `${server} ended while starting (${how})${said === '' ? '.' : `: ${said}`}`,
  );
}

async function end(running: Running, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (running.child.exitCode === null && running.child.signalCode === null) running.child.kill(signal);
  const timer = setTimeout(() => running.child.kill('SIGKILL'), stopTimeoutMs);
  await running.ended;
  clearTimeout(timer);
}

function isPortTaken(log: string): boolean {
  return /address already in use/i.test(log);
}

/**
 * Starts a Redis of our own on a loopback port and resolves once it answers. It ends with this process, even when that
 * is killed. Throws TierlineError: `redis_missing`, `redis_folder_in_use`, or `redis_failed` with the server's last line.
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const folder = path.resolve(options.folder);
  const server = options.server ?? (await findServer());
  await mkdir(folder, { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await findFreePort());
    const running = launch(server, serverArguments({ ...options, folder }, port), folder);
    const { pid } = running.child;
    if (pid === undefined)
      throw new TierlineError('redis_failed', 'No shell could be started to run Redis in.');
    const outcome = await waitUntilReady(running, port, pid);
    if (outcome === 'ready') {
      const url = `redis://127.0.0.1:${port}`;
      return { url, port, pid, stop: () => end(running, 'SIGTERM'), kill: () => end(running, 'SIGKILL') };
    }
    if (outcome === 'silent') {
      await end(running, 'SIGKILL');
      throw new TierlineError('redis_failed', `${server} did not answer within ${startTimeoutMs / 1000} s.`);
    }
    // Somebody took the port between our look and Redis's.
    if (!isPortTaken(running.log()) || options.port !== undefined || attempt === portAttempts) {
      throw explainEnd(running, server, folder);
    }
  }
}
