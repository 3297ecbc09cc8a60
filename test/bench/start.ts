/** How long `npm start` takes, set up and from a fresh clone, and what an idle process of each role holds in memory. */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { roles } from '../../services/roles.ts';
import { median, withRedis } from './world.ts';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
/** Ports of nobody, and no key: what is measured calls no provider and posts no samples. */
const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '',
  INGEST_PORT: '0',
  CONSOLE_PORT: '0',
};
const settleMs = 2000;

/** Starts it, waits for a line on stdout, and stops it again. Returns milliseconds to that line. */
async function timeToLine(command: string, args: string[], cwd: string): Promise<number> {
  const from = performance.now();
  const child = spawn(command, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  await lineFrom(child, /^\{/);
  const ms = performance.now() - from;
  await stop(child);
  return ms;
}

async function lineFrom(child: ChildProcess, pattern: RegExp): Promise<void> {
  for await (const line of createInterface({ input: child.stdout! })) if (pattern.test(line)) return;
  throw new Error('it ended before it was ready');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** From the command to the line with the addresses, which comes when every service listens. */
export async function benchStart(
  rounds: number,
): Promise<{ medianMs: number; idleMegabytes: Record<string, number> }> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    times.push(await timeToLine('node', ['infra/setup.mjs', 'start', '--json'], projectFolder));
  }
  return { medianMs: Math.round(median(times)), idleMegabytes: await idleMemory() };
}

async function idleMemory(): Promise<Record<string, number>> {
  return withRedis('no', async (_, url) => {
    const megabytes: Record<string, number> = {};
    for (const role of roles) {
      const child = spawn(process.execPath, ['services/run.ts', 'run', role], {
        cwd: projectFolder,
        env: { ...environment, REDIS_URL: url, LOG_LEVEL: 'info' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await lineFrom(child, /process\.started/);
      await sleep(settleMs);
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      megabytes[role] = Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
      await stop(child);
    }
    return megabytes;
  });
}

/** From `git clone` to a system that answers: dependencies, Node and Redis as a stranger's machine has them. */
export async function benchSetup(): Promise<{ seconds: number }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tierline-clone-'));
  try {
    const from = performance.now();
    await promisify(execFile)('git', ['clone', '--quiet', projectFolder, folder]);
    await timeToLine('npm', ['start', '--silent', '--', '--json'], folder);
    return { seconds: Math.round((performance.now() - from) / 100) / 10 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
