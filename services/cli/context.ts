/** What commands need: the configuration, and a connection to the Redis of the running system. */
import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { loadConfig } from '../../shared/config/load.ts';
import { formatProblem } from '../../shared/config/problem.ts';
import type { Config } from '../../shared/config/schema.ts';
import { TierlineError } from '../../shared/errors.ts';
import { createLog } from '../../shared/log.ts';
import type { App } from '../../shared/app.ts';
import { readEnvironment } from '../environment.ts';
import type { ProcessEnvironment } from '../environment.ts';

export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));
/** Where the embedded Redis, the key of `npm start` and its replies live. */
export const dataFolder = path.join(projectFolder, '.tierline');

export type Loaded = { config: Config; version: string; file: string; warnings: string[] };

/** @throws TierlineError `bad_configuration` with every problem on its own line. */
export function loadConfiguration(command: Command, environment: ProcessEnvironment): Loaded {
  const { config: flag } = command.optsWithGlobals<{ config?: string }>();
  const file = path.resolve(flag ?? environment.configFile ?? path.join(projectFolder, 'tierline.yaml'));
  const loaded = loadConfig({ file, env: process.env });
  if (loaded.kind === 'invalid') {
    throw new TierlineError(
      'bad_configuration',
      ['the configuration cannot be used.', ...loaded.problems.map(formatProblem)].join('\n'),
    );
  }
  return {
    config: loaded.config,
    version: loaded.version,
    file,
    warnings: loaded.warnings.map(formatProblem),
  };
}

/** The Redis of the running system: REDIS_URL, else the embedded one of a running `npm start`. */
export async function findRedisUrl(environment: ProcessEnvironment): Promise<string> {
  if (environment.redisUrl !== null) return environment.redisUrl;
  try {
    return (await readFile(path.join(dataFolder, 'redis-url'), 'utf8')).trim();
  } catch {
    throw new TierlineError(
      'no_redis',
      'There is no REDIS_URL, and no `npm start` is running here. Set REDIS_URL to the Redis of the system that you mean.',
    );
  }
}

/** Runs `use` against the system's Redis without starting any role. */
export async function withApp<T>(command: Command, use: (app: App) => Promise<T>): Promise<T> {
  const environment = readEnvironment(process.env);
  const loaded = loadConfiguration(command, environment);
  const redisUrl = await findRedisUrl(environment);
  const log = createLog('silent');
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const { openApp } = await import('../system.ts');
    const app = await openApp({ roles: [], tiers: [], loaded, redisUrl, environment, log }, closers);
    return await use(app);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}
