import { accessSync, constants, statSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { runQuietly } from './run.mjs';
import { SetupError, withProgress } from './say.mjs';

const needed = [6, 2];

/** The path of a program on the PATH, or null. */
function findProgram(name) {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (folder !== '' && statSync(file).isFile()) return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

function versionOf(server) {
  try {
    const text = execFileSync(server, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return /v=(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? null;
  } catch {
    return null;
  }
}

function isNewEnough([major, minor]) {
  return major > needed[0] || (major === needed[0] && minor >= needed[1]);
}

function candidates() {
  return ['redis-server', 'valkey-server']
    .map((name) => findProgram(name))
    .filter((server) => server !== null)
    .map((server) => ({ server, version: versionOf(server) }))
    .filter(({ version }) => version !== null);
}

/** The path of a Redis or Valkey server that is new enough, or null. */
export function findRedisServer() {
  return candidates().find(({ version }) => isNewEnough(version))?.server ?? null;
}

function withoutServer(reason) {
  return new SetupError(
    `a Redis server (${needed.join('.')} or newer) is needed, and ${reason}\n` +
      'Three ways to get one:\n' +
      '  1. set REDIS_URL to one that you have, for example REDIS_URL=redis://127.0.0.1:6379\n' +
      '  2. install redis-server or valkey-server yourself, so that it is on the PATH\n' +
      '  3. run this as root, or as a user who may use sudo, and it is installed for you with apt-get',
  );
}

async function isAgreed() {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(
      'tierline: Redis is missing. Install redis-server with sudo apt-get? [Y/n] ',
    );
    return /^(y(es)?)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

/** How apt-get may be called here: as root directly; else through sudo, which is asked for on a terminal only. */
async function aptGet() {
  if (process.getuid?.() === 0) return ['apt-get'];
  if (findProgram('sudo') === null)
    throw withoutServer('installing one needs root or sudo, and neither is here.');
  const hasTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  if (!hasTerminal) return ['sudo', '-n', 'apt-get'];
  if (!(await isAgreed())) throw withoutServer('installing one was declined.');
  return ['sudo', 'apt-get'];
}

/** Installs redis-server with apt-get, or ends with the three ways to get one. */
export async function installRedisServer() {
  const tooOld = candidates()[0];
  if (tooOld !== undefined) throw withoutServer(`${tooOld.server} is version ${tooOld.version.join('.')}.`);
  if (findProgram('apt-get') === null) throw withoutServer('this system has no apt-get to install one with.');
  const [command, ...first] = await aptGet();
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (args) =>
    runQuietly(command, [...first, '-q', '-o', 'DPkg::Lock::Timeout=120', ...args], { env });
  const install = () => apt(['install', '-y', '--no-install-recommends', 'redis-server']);
  await withProgress('installing redis-server with apt-get', async () => {
    let result = await install();
    // A fresh machine has no package lists yet, or old ones.
    if (!result.isOk && (await apt(['update'])).isOk) result = await install();
    if (!result.isOk) throw withoutServer(`installing one failed:\n${result.output}`);
    if (findRedisServer() === null)
      throw withoutServer('the one that apt-get brought is too old or does not run.');
  });
}
