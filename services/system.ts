/** Puts a process together: connections, configuration, the roles it was asked for, and the way down again. */
import type { Config } from '../shared/config/schema.ts';
import type { App, Running } from '../shared/app.ts';
import { TierlineError } from '../shared/errors.ts';
import { errorReporter } from '../shared/log.ts';
import type { Log } from '../shared/log.ts';
import { createHints } from '../shared/queue.ts';
import { createRecord } from '../shared/record/record.ts';
import { startSweeper } from '../shared/record/sweeper.ts';
import { checkRedis, connectRedis, waitForRedis } from '../shared/redis.ts';
import type { Redis } from '../shared/redis.ts';
import { createRuntime } from '../shared/runtime.ts';
import type { Runtime, RuntimeParts } from '../shared/runtime.ts';
import { start as startClassifier } from './classifier/main.ts';
import { start as startConsole } from './console/main.ts';
import { startHealth } from './health.ts';
import { weakKeyPositions } from './ingest/api-keys.ts';
import { start as startIngest } from './ingest/main.ts';
import { start as startResults } from './results/main.ts';
import { start as startTierWorker } from './tier-worker/main.ts';
import type { Role } from './roles.ts';

export type SystemOptions = {
  roles: readonly Role[];
  /** The tiers whose pools run here; null for all of the configuration. */
  tiers: readonly string[] | null;
  loaded: { config: Config; version: string };
  redisUrl: string;
  environment: Environment;
  log: Log;
};

/** What the process environment says, parsed (see environment.ts). */
export type Environment = {
  prefix: string;
  /** How long a killed worker's tickets wait for another one. */
  leaseMs: number;
  ingest: { host: string; port: number };
  console: { host: string; port: number; token: string | null };
  healthPort: number | null;
  apiKeys: string[];
};

export type System = Running & { ingestUrl: string | null; consoleUrl: string | null; app: App };

const dayMs = 86_400_000;

/** Starts everything or nothing: what was opened before a failure is closed again. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const closers: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= closeAll(closers, options.log);
    return closing;
  };
  try {
    return await open(options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** The reverse of the order of opening; one failure does not keep the rest open. */
async function closeAll(closers: (() => Promise<unknown>)[], log: Log): Promise<void> {
  for (const closer of closers.toReversed()) {
    try {
      await closer();
    } catch (error) {
      log.warn({ err: error }, 'close.failed');
    }
  }
}

async function open(
  options: SystemOptions,
  closers: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<System> {
  const { roles, environment, log, loaded } = options;
  const app = await openApp(options, closers);
  const tiers = options.tiers ?? Object.keys(loaded.config.tiers);
  for (const tier of tiers) {
    if (!loaded.config.tiers[tier]) {
      const known = Object.keys(loaded.config.tiers).join(', ');
      throw new TierlineError(
        'unknown_tier',
        `There is no tier "${tier}" in the configuration. Tiers: ${known}`,
      );
    }
  }
  const draining = { now: false };
  const sweeper = startSweeper(app);
  closers.push(() => sweeper.close());

  const stages: Running[] = [];
  closers.push(() => Promise.all(stages.map((stage) => stage.close())));
  if (roles.includes('results')) stages.push(startResults(app));
  if (roles.includes('tier')) stages.push(startTierWorker(app, [...tiers]));
  if (roles.includes('classifier')) stages.push(await startClassifier(app));

  let consoleUrl: string | null = null;
  if (roles.includes('console')) {
    const started = await startConsole(app, environment.console);
    closers.push(() => started.close());
    consoleUrl = started.url;
  }
  let ingestUrl: string | null = null;
  if (roles.includes('ingest')) {
    const intake = await intakeApp(app, options, closers);
    const started = await startIngest(intake, {
      ...environment.ingest,
      environmentKeys: environment.apiKeys,
      isDraining: () => draining.now,
    });
    closers.push(() => started.close());
    ingestUrl = started.url;
  }
  if (environment.healthPort !== null) {
    const health = await startHealth(app, environment.healthPort, () => draining.now);
    closers.push(() => health.close());
  }
  closers.push(() => Promise.resolve((draining.now = true)));
  log.info({ roles, tiers: roles.includes('tier') ? tiers : [], config: loaded.version }, 'process.started');
  return { app, ingestUrl, consoleUrl, close };
}

/** Connection, configuration and what stands on them, without any role. What is opened is added to `closers`. */
export async function openApp(options: SystemOptions, closers: (() => Promise<unknown>)[]): Promise<App> {
  const { environment, loaded, log } = options;
  const redis = connectRedis(options.redisUrl, 'patient', errorReporter(log, 'redis.error'));
  closers.push(() => disconnect(redis));
  const findings = await checkRedis(redis, options.redisUrl);
  for (const finding of findings) log.warn({ finding }, 'redis.unsafe');

  const parts = { redis, prefix: environment.prefix, log, now: Date.now, random: Math.random };
  const runtime: Runtime = createRuntime(loaded, parts);
  closers.push(() => runtime.close());
  return appOf({ ...parts, leaseMs: environment.leaseMs }, () => runtime, closers);
}

function appOf(
  parts: RuntimeParts & { leaseMs: number },
  runtime: () => Runtime,
  closers: (() => Promise<unknown>)[],
): App {
  const { redis: settings, retention } = runtime().config;
  const { leaseMs, ...app } = parts;
  const { redis, prefix, log } = app;
  const hints = createHints({
    redis,
    prefix,
    shards: settings.shards,
    onError: errorReporter(log, 'redis.error'),
  });
  closers.push(() => hints.close());
  const record = createRecord(redis, {
    prefix,
    shards: settings.shards,
    contentMs: retention.contentDays * dayMs,
    tombstoneMs: retention.tombstoneDays * dayMs,
    ledgerMs: Math.round(retention.ledgerDays * dayMs),
    leaseMs,
  });
  return { ...app, runtime, record, hints };
}

/** Intake gets a connection of its own that fails fast: its callers keep their message and come again. */
async function intakeApp(
  app: App,
  options: SystemOptions,
  closers: (() => Promise<unknown>)[],
): Promise<App> {
  for (const position of weakKeyPositions(options.environment.apiKeys)) {
    app.log.warn({ setting: 'TIERLINE_API_KEYS', position }, 'api_key.weak');
  }
  const redis = connectRedis(options.redisUrl, 'failFast', errorReporter(app.log, 'redis.error'));
  closers.push(() => disconnect(redis));
  await waitForRedis(redis, options.redisUrl);
  return appOf({ ...app, redis, leaseMs: app.record.settings.leaseMs }, app.runtime, closers);
}

async function disconnect(redis: Redis): Promise<void> {
  // QUIT waits for what was sent; a Redis that is away is simply let go.
  if (redis.status === 'ready') await redis.quit().catch(() => undefined);
  redis.disconnect();
}
