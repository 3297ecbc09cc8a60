import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { areDependenciesInstalled, installDependencies } from './dependencies.mjs';
import { acquireLock } from './lock.mjs';
import { fetchNode, findNode } from './node.mjs';
import { findRedisServer, installRedisServer } from './redis.mjs';
import { exitCodeOf, runJob } from './run.mjs';
import { Interrupted, SetupError, say } from './say.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const suites = ['unit', 'integration', 'e2e', 'faults', 'outage', 'chaos'].map(
  (suite) => `test/${suite}/**/*.test.ts`,
);

/** What can be asked for: whether it needs a Redis server, and what is run once everything is there. */
const jobs = {
  ensure: { needsRedis: false, run: async () => 0 },
  start: { needsRedis: true, run: (tools, args) => tools.node(['services/run.ts', 'start', ...args]) },
  demo: { needsRedis: true, run: (tools, args) => tools.node(['services/demo/main.ts', ...args]) },
  run: { needsRedis: false, run: (tools, args) => tools.node(['services/run.ts', 'run', ...args]) },
  // Most tests wait for processes more than they compute.
  test: {
    needsRedis: true,
    run: (tools, args) => tools.node(['--test', '--test-concurrency=3', ...testArguments(args)]),
  },
  outage: { needsRedis: true, run: outage },
  bench: { needsRedis: true, run: (tools, args) => tools.node(['test/bench/run.ts', ...args]) },
  chaos: { needsRedis: true, run: (tools, args) => tools.node(['test/chaos/run.ts', ...args]) },
  check: { needsRedis: false, run: check },
  docs: { needsRedis: false, run: (tools, args) => tools.node(['infra/docs/make.ts', ...args]) },
};

/** Options go to the runner; file patterns take the place of the whole suite. */
function testArguments(args) {
  return args.some((argument) => !argument.startsWith('-')) ? args : [...args, ...suites];
}

/** The outages of the suite, as long as real ones. */
function outage(tools, args) {
  const long = { OUTAGE_SECONDS: process.env['OUTAGE_SECONDS'] ?? '60' };
  return tools.node(['--test', ...args, 'test/outage/**/*.test.ts'], long);
}

const checks = [['tsc'], ['oxlint', '--type-aware', '--deny-warnings'], ['oxfmt', '--check'], ['knip']];

/** Runs every check even where one fails, so that one run shows all there is to mend. */
async function check(tools) {
  const failed = [];
  for (const [name, ...args] of checks) {
    const code = await tools.bin(name, args);
    if (code > 128) return code;
    if (code !== 0) failed.push(name);
  }
  say(failed.length === 0 ? 'check: all passed' : `check: failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

/** Brings what is missing. Where nothing is, it only looks, so that a second start costs next to nothing. */
async function ensure(needsRedis) {
  const needsServer = needsRedis && !process.env['REDIS_URL'];
  const isComplete = () =>
    findNode(root) !== null && areDependenciesInstalled(root) && !(needsServer && findRedisServer() === null);
  if (!isComplete()) {
    mkdirSync(path.join(root, '.tierline'), { recursive: true });
    const release = await acquireLock(path.join(root, '.tierline', 'setup.lock'));
    try {
      // Somebody else may have done it all while this one waited.
      const node = findNode(root) ?? (await fetchNode(root));
      if (!areDependenciesInstalled(root)) await installDependencies(root, node);
      if (needsServer && findRedisServer() === null) await installRedisServer();
    } finally {
      release();
    }
  }
  return { node: findNode(root), redisServer: findRedisServer() };
}

function toolsFor({ node, redisServer }) {
  const env = {
    ...process.env,
    PATH: `${path.dirname(node.path)}${path.delimiter}${process.env['PATH'] ?? ''}`,
  };
  if (redisServer !== null) env['TIERLINE_REDIS_SERVER'] = redisServer;
  return {
    node: (args, more = {}) => runJob(node.path, args, { cwd: root, env: { ...env, ...more } }),
    bin: (name, args) => runJob(path.join(root, 'node_modules', '.bin', name), args, { cwd: root, env }),
  };
}

async function runNamed(name, args) {
  const job = Object.hasOwn(jobs, name ?? '') ? jobs[name] : undefined;
  if (job === undefined) {
    say(`usage: node infra/setup.mjs <${Object.keys(jobs).join('|')}> [arguments]`);
    return 2;
  }
  try {
    return await job.run(toolsFor(await ensure(job.needsRedis)), args);
  } catch (error) {
    if (error instanceof Interrupted) return exitCodeOf({ code: null, signal: error.signal });
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    return 1;
  }
}

/** Sets up what the job needs and runs it; this process then ends with the job's exit code. */
export async function main([name, ...args]) {
  process.exitCode = await runNamed(name, args);
}
