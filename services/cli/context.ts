/** What commands need: the configuration, and a connection to the Redis of the running system. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { loadConfig } from '../../shared/config/load.ts';
import type { LoadedConfig } from '../../shared/config/load.ts';
import { formatProblem } from '../../shared/config/problem.ts';
import type { ConfigProblem } from '../../shared/config/problem.ts';
import type { Config } from '../../shared/config/schema.ts';
import { TierlineError } from '../../shared/errors.ts';
import { createLog } from '../../shared/log.ts';
import type { App } from '../../shared/app.ts';
import { readEnvironment } from '../environment.ts';
import type { ProcessEnvironment } from '../environment.ts';
import { dataFolder, projectFolder } from './project.ts';

export type Loaded = {
  config: Config;
  version: string;
  file: string;
  warnings: string[];
  /** For what reads it again while it runs. */
  whole: LoadedConfig;
};

/** The file that a command means: --config, else TIERLINE_CONFIG, else the project's own. */
export function configFileOf(command: Command, environment: ProcessEnvironment): string {
  const { config: flag } = command.optsWithGlobals<{ config?: string }>();
  return path.resolve(flag ?? environment.configFile ?? path.join(projectFolder, 'tierline.yaml'));
}

/** More than these are not read anyway: the first ones are often the cause of the rest. */
const problemsShown = 3;

/** @throws TierlineError `bad_configuration` with the first problems, each on its own line. */
export function loadConfiguration(command: Command, environment: ProcessEnvironment): Loaded {
  return loadConfigurationFile(configFileOf(command, environment));
}

/** The same for a file that the command names by itself. */
export function loadConfigurationFile(file: string): Loaded {
  const loaded = loadConfig({ file, env: process.env });
  if (loaded.kind === 'invalid') {
    throw new TierlineError('bad_configuration', describeProblems(loaded.problems));
  }
  return {
    config: loaded.config,
    version: loaded.version,
    file,
    warnings: loaded.warnings.map(formatProblem),
    whole: loaded,
  };
}

/** Problems as `file:line:column path: what`, the file as it can be opened from here, and what to do. */
function describeProblems(problems: readonly ConfigProblem[]): string {
  const lines = problems
    .slice(0, problemsShown)
    .map((one) => formatProblem({ ...one, file: nearName(one.file) }));
  const rest = problems.length - lines.length;
  if (rest > 0) lines.push(`and ${rest} more`);
  const isMissing = problems[0] !== undefined && !existsSync(problems[0].file);
  const cure = isMissing
    ? 'Name another file with --config or TIERLINE_CONFIG.'
    : 'Mend the file, or set what it refers to. `tierline config check` looks at it again.';
  return ['the configuration cannot be used.', ...lines, cure].join('\n');
}

/** Relative where that is shorter, as in `tierline.yaml`. */
export function nearName(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.length < file.length && !relative.startsWith('..') ? relative : file;
}

/** The Redis of the running system: REDIS_URL, else the embedded one of a running `npm start`; null without either. */
export async function lookForRedisUrl(environment: ProcessEnvironment): Promise<string | null> {
  if (environment.redisUrl !== null) return environment.redisUrl;
  try {
    return (await readFile(path.join(dataFolder, 'redis-url'), 'utf8')).trim();
  } catch {
    return null;
  }
}

export async function findRedisUrl(environment: ProcessEnvironment): Promise<string> {
  const url = await lookForRedisUrl(environment);
  if (url !== null) return url;
  throw new TierlineError(
    'no_redis',
    'There is no REDIS_URL, and no `npm start` is running here. Start one, or set REDIS_URL to the Redis of the system that you mean.',
  );
}

/** Runs `use` against the system's Redis without starting any role. */
export async function withApp<T>(
  command: Command,
  use: (app: App, loaded: Loaded) => Promise<T>,
): Promise<T> {
  const environment = readEnvironment(process.env);
  const loaded = loadConfiguration(command, environment);
  const redisUrl = await findRedisUrl(environment);
  const log = createLog('silent');
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const { openApp } = await import('../open-app.ts');
    const app = await openApp({ loaded, redisUrl, environment, log }, closers);
    return await use(app, loaded);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}
