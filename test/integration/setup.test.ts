import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const projectRoot = path.resolve(import.meta.dirname, '..', '..');

/** What a machine is made to look like: its Node's version and who runs it. */
const preload = `
const fake = process.env;
if (fake.FAKE_NODE) Object.defineProperty(process, 'versions', { value: { ...process.versions, node: fake.FAKE_NODE } });
if (fake.FAKE_UID) process.getuid = () => Number(fake.FAKE_UID);
`;

const stubs = {
  npm: `echo "npm $*" >> calls.log
case "$*" in
  install*) mkdir -p .tierline/node/node_modules/node/bin .tierline/node/node_modules/npm/bin
    ln -s "$REAL_NODE" .tierline/node/node_modules/node/bin/node
    echo 'require("fs").mkdirSync("node_modules/.bin", {recursive: true}); require("fs").appendFileSync("calls.log", "fetched-npm " + process.argv.slice(2).join(" ") + require("os").EOL)' > .tierline/node/node_modules/npm/bin/npm-cli.js ;;
  *) mkdir -p node_modules/.bin ;;
esac`,
  'redis-server': 'echo "Redis server v=7.0.15 sha=00000000:0 bits=64"',
};

type Ended = { code: number | null; stdout: string; stderr: string };

/** A copy of the set-up in a folder of its own, on a machine that has only what is put into `bin`. */
class FakeMachine {
  readonly root: string;
  readonly bin: string;

  constructor(folder: string) {
    this.root = path.join(folder, 'project');
    this.bin = path.join(folder, 'bin');
  }

  async stub(name: string, script: string): Promise<void> {
    await writeFile(path.join(this.bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(this.bin, name), 0o755);
  }

  spawn(args: string[], env: Record<string, string> = {}): ChildProcess {
    return spawn(process.execPath, ['--import', './preload.mjs', 'infra/setup.mjs', ...args], {
      cwd: this.root,
      env: { PATH: this.bin, REAL_NODE: process.execPath, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async run(args: string[], env: Record<string, string> = {}): Promise<Ended> {
    return this.ended(this.spawn(args, env));
  }

  async ended(child: ChildProcess): Promise<Ended> {
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    await once(child, 'close');
    return { code: child.exitCode, stdout, stderr };
  }

  async calls(): Promise<string[]> {
    const file = path.join(this.root, 'calls.log');
    return existsSync(file) ? (await readFile(file, 'utf8')).trim().split('\n') : [];
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(path.dirname(path.join(this.root, name)), { recursive: true });
    await writeFile(path.join(this.root, name), text);
  }
}

async function makeMachine(t: TestContext, without: string[] = []): Promise<FakeMachine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tierline set-up '));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const machine = new FakeMachine(folder);
  await mkdir(machine.bin);
  await mkdir(path.join(machine.root, 'infra'), { recursive: true });
  await cp(path.join(projectRoot, 'infra/setup.mjs'), path.join(machine.root, 'infra/setup.mjs'));
  await cp(path.join(projectRoot, 'infra/setup'), path.join(machine.root, 'infra/setup'), {
    recursive: true,
  });
  await machine.write('preload.mjs', preload);
  await machine.write(
    'package-lock.json',
    JSON.stringify({ packages: { '': {}, 'node_modules/a': { version: '1.0.0' } } }),
  );
  await machine.write(
    'services/run.ts',
    `const words: string[] = process.argv.slice(2);
console.log(JSON.stringify({ words, redis: process.env['TIERLINE_REDIS_SERVER'], path: process.env['PATH'] }));
process.exitCode = 7;`,
  );
  // The few programs that the stubs themselves call.
  for (const name of ['mkdir', 'ln', 'sleep', 'dirname', 'readlink', 'kill'])
    await linkSystemProgram(machine, name);
  for (const [name, script] of Object.entries(stubs))
    if (!without.includes(name)) await machine.stub(name, script);
  return machine;
}

async function linkSystemProgram({ bin }: FakeMachine, name: string): Promise<void> {
  const found = ['/usr/bin', '/bin']
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file));
  if (found !== undefined) await symlink(found, path.join(bin, name));
}

const startOutput = z.object({ words: z.array(z.string()), redis: z.string().optional(), path: z.string() });

test('a fresh folder gets its dependencies once, and the job runs with its arguments and exit code', async (t) => {
  const machine = await makeMachine(t);
  const first = await machine.run(['start', '--samples']);
  assert.equal(first.code, 7, first.stderr);
  const seen = startOutput.parse(JSON.parse(first.stdout));
  assert.deepEqual(seen.words, ['start', '--samples']);
  assert.equal(seen.redis, path.join(machine.bin, 'redis-server'));
  assert.equal(seen.path, `${path.dirname(process.execPath)}:${machine.bin}`);
  assert.equal(first.stderr.trim().split('\n').length, 1, `one progress line: ${first.stderr}`);

  const second = await machine.run(['start']);
  assert.equal(second.code, 7);
  assert.equal(second.stderr, '', 'a second run says nothing');
  assert.equal((await machine.calls()).length, 1, 'a second run installs nothing');
  assert.match((await machine.calls())[0] ?? '', /^npm ci .*--ignore-scripts/);
});

test('a changed lockfile is installed again', async (t) => {
  const machine = await makeMachine(t);
  await machine.run(['ensure']);
  await machine.write(
    'package-lock.json',
    JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.1' } } }),
  );
  await machine.run(['ensure']);
  assert.equal((await machine.calls()).length, 2);
});

test('dependencies that npm installed by hand are left alone only while they are those of the lockfile', async (t) => {
  const machine = await makeMachine(t);
  const note = (version: string): string => JSON.stringify({ packages: { 'node_modules/a': { version } } });
  await machine.write('node_modules/.package-lock.json', note('1.0.0'));
  assert.equal((await machine.run(['ensure'])).code, 0);
  assert.deepEqual(await machine.calls(), []);
  await rm(path.join(machine.root, 'node_modules/.tierline-setup'));
  await machine.write('node_modules/.package-lock.json', note('0.9.0'));
  assert.equal((await machine.run(['ensure'])).code, 0);
  assert.equal((await machine.calls()).length, 1);
});

test('a failing npm ci ends with what npm said and what to do, and is tried again the next time', async (t) => {
  const machine = await makeMachine(t);
  await machine.stub('npm', 'echo "npm error code ENOTFOUND" >&2; exit 1');
  const failed = await machine.run(['start']);
  assert.equal(failed.code, 1);
  assert.match(
    failed.stderr,
    /npm ci failed:\nnpm error code ENOTFOUND\nCheck that the npm registry can be reached/,
  );
  assert.equal(failed.stdout, '');
  await machine.stub('npm', stubs.npm);
  assert.equal((await machine.run(['start'])).code, 7);
});

test('a machine without npm is told so', async (t) => {
  const machine = await makeMachine(t, ['npm']);
  const failed = await machine.run(['ensure']);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /npm was not found/);
});

test('a Node too old to set up from ends with one message', async (t) => {
  const machine = await makeMachine(t);
  const failed = await machine.run(['start'], { FAKE_NODE: '18.20.8' });
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^tierline: this is Node 18\.20\.8, and set-up needs Node 20 or newer\./);
  assert.deepEqual(await machine.calls(), []);
});

test('a Node too old for the code fetches one from npm, once, and uses it with the npm that came along', async (t) => {
  const machine = await makeMachine(t);
  const first = await machine.run(['start'], { FAKE_NODE: '20.0.0' });
  assert.equal(first.code, 7, first.stderr);
  const fetched = path.join(machine.root, '.tierline/node/node_modules/node/bin');
  assert.ok(startOutput.parse(JSON.parse(first.stdout)).path.startsWith(`${fetched}:`));
  const calls = await machine.calls();
  assert.match(calls[0] ?? '', /^npm install --prefix .*\.tierline\/node .*node@24/);
  assert.match(calls[1] ?? '', /^fetched-npm ci /);
  await machine.run(['start'], { FAKE_NODE: '22.18.0' });
  assert.equal((await machine.calls()).length, 2);
});

test('a fetched Node that does not run here is not kept', async (t) => {
  const machine = await makeMachine(t);
  const failed = await machine.run(['start'], { FAKE_NODE: '20.0.0', REAL_NODE: '/bin/false' });
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /does not run on this machine/);
  assert.ok(!existsSync(path.join(machine.root, '.tierline/node/ready')));
});

const threeWays = /set REDIS_URL[\s\S]*install redis-server[\s\S]*as root, or as a user who may use sudo/;

test('REDIS_URL is enough, and jobs that need no Redis ask for none', async (t) => {
  const machine = await makeMachine(t, ['redis-server']);
  assert.equal((await machine.run(['start'], { REDIS_URL: 'redis://127.0.0.1:1' })).code, 7);
  assert.equal((await machine.run(['run', 'tier'])).code, 7);
});

test('valkey-server serves as well', async (t) => {
  const machine = await makeMachine(t, ['redis-server']);
  await machine.stub('valkey-server', 'echo "Server v=8.1.3 sha=0"');
  const started = await machine.run(['start']);
  assert.equal(startOutput.parse(JSON.parse(started.stdout)).redis, path.join(machine.bin, 'valkey-server'));
});

test('a Redis that is too old is named with its version', async (t) => {
  const machine = await makeMachine(t);
  await machine.stub('redis-server', 'echo "Redis server v=6.0.16 sha=0"');
  const failed = await machine.run(['start']);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /redis-server is version 6\.0/);
  assert.match(failed.stderr, threeWays);
});

/** An apt-get that knows redis-server only after an update, as on a machine without package lists. */
const aptGet = `echo "apt-get $*" >> calls.log
case "$*" in
  *update*) : > lists ;;
  *) [ -e lists ] || { echo "E: Unable to locate package redis-server"; exit 100; }
     echo '#!/bin/sh' > "$PATH_BIN/redis-server"; echo 'echo v=7.0.15' >> "$PATH_BIN/redis-server"; chmod +x "$PATH_BIN/redis-server" ;;
esac`;

async function withoutRedis(t: TestContext): Promise<{ machine: FakeMachine; env: Record<string, string> }> {
  const machine = await makeMachine(t, ['redis-server']);
  await linkSystemProgram(machine, 'chmod');
  await machine.stub('apt-get', aptGet);
  return { machine, env: { PATH_BIN: machine.bin, FAKE_UID: '1000' } };
}

test('root installs redis-server directly, with fresh package lists where that is needed', async (t) => {
  const { machine, env } = await withoutRedis(t);
  const started = await machine.run(['start'], { ...env, FAKE_UID: '0' });
  assert.equal(started.code, 7, started.stderr);
  const apt = (await machine.calls()).filter((call) => call.startsWith('apt-get'));
  assert.deepEqual(
    apt.map((call) => /install|update/.exec(call)?.[0]),
    ['install', 'update', 'install'],
  );
});

test('off a terminal sudo is only used where it needs no password', async (t) => {
  const { machine, env } = await withoutRedis(t);
  await machine.stub('sudo', '[ "$1" = -n ] || exit 9; echo "sudo" >> calls.log; shift; exec "$@"');
  assert.equal((await machine.run(['start'], env)).code, 7);
  assert.ok((await machine.calls()).includes('sudo'));
});

test('without the right to install, the three ways to get a Redis are named', async (t) => {
  const { machine, env } = await withoutRedis(t);
  const noSudo = await machine.run(['start'], env);
  assert.equal(noSudo.code, 1);
  assert.match(noSudo.stderr, threeWays);
  assert.equal(noSudo.stdout, '');
  await machine.stub('sudo', 'echo "sudo: a password is required" >&2; exit 1');
  const withPassword = await machine.run(['start'], env);
  assert.equal(withPassword.code, 1);
  assert.match(withPassword.stderr, /sudo: a password is required/);
  assert.match(withPassword.stderr, threeWays);
  assert.ok(!(await machine.calls()).some((call) => call.startsWith('apt-get')));
});

test('a machine without apt-get is told the three ways', async (t) => {
  const machine = await makeMachine(t, ['redis-server']);
  const failed = await machine.run(['test'], { FAKE_UID: '0' });
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /no apt-get/);
  assert.match(failed.stderr, threeWays);
});

test('a failing apt-get ends with its own last lines', async (t) => {
  const { machine, env } = await withoutRedis(t);
  await machine.stub('apt-get', 'i=0; while [ $i -lt 99 ]; do i=$((i + 1)); echo "line $i"; done; exit 100');
  const failed = await machine.run(['start'], { ...env, FAKE_UID: '0' });
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /line 99\n/);
  assert.ok(failed.stderr.split('\n').length < 40, 'but not with all of them');
});

test('two set-ups at once in one folder: one works, the other waits and finds it done', async (t) => {
  const machine = await makeMachine(t);
  await machine.stub('npm', `echo begin >> calls.log; sleep 0.5; ${stubs.npm}\necho end >> calls.log`);
  const both = await Promise.all([machine.run(['start']), machine.run(['start'])]);
  assert.deepEqual(
    both.map(({ code }) => code),
    [7, 7],
  );
  assert.deepEqual(
    (await machine.calls()).filter((call) => !call.startsWith('npm')),
    ['begin', 'end'],
  );
  assert.match(
    both.map(({ stderr }) => stderr).join(''),
    /another set-up is at work in this folder \(process \d+\)/,
  );
});

test('a lock whose owner is dead is taken over by exactly one', async (t) => {
  const machine = await makeMachine(t);
  await machine.stub('npm', `echo begin >> calls.log; sleep 0.2; ${stubs.npm}`);
  const dead = spawn('/bin/true');
  await once(dead, 'close');
  await machine.write('.tierline/setup.lock/41', `${dead.pid} 12345`);
  const all = await Promise.all([1, 2, 3].map(() => machine.run(['start'])));
  assert.deepEqual(
    all.map(({ code }) => code),
    [7, 7, 7],
  );
  assert.equal((await machine.calls()).filter((call) => call === 'begin').length, 1);
  const turns = await readdir(path.join(machine.root, '.tierline/setup.lock'));
  assert.equal(turns.length, 1, `old turns are cleared away: ${turns.join(' ')}`);
});

test('a lock whose number now belongs to another process counts as dead', async (t) => {
  const machine = await makeMachine(t);
  await machine.write('.tierline/setup.lock/1', `${process.pid} 1`);
  assert.equal((await machine.run(['start'])).code, 7);
});

test('SIGTERM reaches the job, and its own exit code comes back', async (t) => {
  const machine = await makeMachine(t);
  await machine.write(
    'services/run.ts',
    `const timer = setInterval(() => undefined, 1000);
process.on('SIGTERM', () => { clearInterval(timer); console.log('drained'); process.exitCode = 5; });
console.log('up');`,
  );
  const child = machine.spawn(['start']);
  const ended = machine.ended(child);
  child.stdout?.once('data', () => child.kill('SIGTERM'));
  const { code, stdout } = await ended;
  assert.equal(code, 5);
  assert.equal(stdout, 'up\ndrained\n');
});

test('a job that a signal ended gives 128 and the signal’s number', async (t) => {
  const machine = await makeMachine(t);
  await machine.write('services/run.ts', `process.kill(process.pid, 'SIGKILL');`);
  assert.equal((await machine.run(['start'])).code, 137);
});

test('stopping set-up stops the tool that it runs, and the next set-up starts afresh', async (t) => {
  const machine = await makeMachine(t);
  await machine.stub('npm', 'echo begin >> calls.log; exec sleep 60');
  const child = machine.spawn(['start']);
  const ended = machine.ended(child);
  const deadline = Date.now() + 20_000;
  while ((await machine.calls()).length === 0 && Date.now() < deadline) await sleep(20);
  child.kill('SIGTERM');
  assert.equal((await ended).code, 143);
  await machine.stub('npm', stubs.npm);
  assert.equal((await machine.run(['start'])).code, 7);
});

test('check runs every tool even where one fails, and then fails', async (t) => {
  const machine = await makeMachine(t);
  await machine.run(['ensure']);
  for (const name of ['tsc', 'oxlint', 'oxfmt', 'knip']) {
    const file = path.join(machine.root, 'node_modules/.bin', name);
    await writeFile(file, `#!/bin/sh\necho "${name} $*" >> calls.log\n[ ${name} != oxlint ]\n`);
    await chmod(file, 0o755);
  }
  const checked = await machine.run(['check']);
  assert.equal(checked.code, 1);
  assert.match(checked.stderr, /failed: oxlint/);
  assert.deepEqual(
    (await machine.calls()).slice(1).map((call) => call.trim()),
    ['tsc', 'oxlint --type-aware --deny-warnings', 'oxfmt --check', 'knip'],
  );
});

test('test runs the files that are named, else the whole suite', async (t) => {
  const machine = await makeMachine(t);
  const body = (name: string): string =>
    `import { test } from 'node:test'; test('${name}', () => undefined);`;
  await machine.write('test/unit/a.test.ts', body('from unit'));
  await machine.write('test/chaos/deep/b.test.ts', body('from chaos'));
  const all = await machine.run(['test']);
  assert.equal(all.code, 0, all.stdout);
  assert.match(all.stdout, /from unit/);
  assert.match(all.stdout, /from chaos/);
  const one = await machine.run(['test', 'test/unit/*.test.ts']);
  assert.match(one.stdout, /from unit/);
  assert.doesNotMatch(one.stdout, /from chaos/);
});

test('an unknown job is wrong usage', async (t) => {
  const machine = await makeMachine(t);
  const failed = await machine.run(['constructor']);
  assert.equal(failed.code, 2);
  assert.match(failed.stderr, /usage: .*start\|/);
});

test('the tierline command works through a symbolic link, from another folder, and sets up first', async (t) => {
  const machine = await makeMachine(t);
  await cp(path.join(projectRoot, 'tierline'), path.join(machine.root, 'tierline'));
  await machine.write('services/cli/main.ts', 'console.log(process.argv.slice(2).join("|"), process.cwd());');
  await symlink(process.execPath, path.join(machine.bin, 'node'));
  await symlink(path.join(machine.root, 'tierline'), path.join(machine.bin, 'tierline'));
  const child = spawn(path.join(machine.bin, 'tierline'), ['explain', 'two words'], {
    cwd: machine.bin,
    env: { PATH: machine.bin },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { code, stdout, stderr } = await machine.ended(child);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `explain|two words ${machine.bin}\n`);
  assert.match((await machine.calls()).join('\n'), /^npm ci/);
});

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() }),
  ),
});

/** npm ci refuses a lockfile that names a package and does not list it, even one for another platform. */
test('the lockfile lists every package that one of its packages names', async () => {
  const { packages } = lockfile.parse(
    JSON.parse(await readFile(path.join(projectRoot, 'package-lock.json'), 'utf8')),
  );
  const listed = new Set(Object.keys(packages).map((key) => key.split('node_modules/').at(-1)));
  const named = Object.values(packages).flatMap(({ optionalDependencies }) =>
    Object.keys(optionalDependencies ?? {}),
  );
  assert.deepEqual(
    named.filter((name) => !listed.has(name)),
    [],
  );
});
