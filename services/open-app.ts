/** Connections, queues and record on a configuration, without any role. */
import type { App } from '../shared/app.ts';
import type { Config } from '../shared/config/schema.ts';
import { errorReporter } from '../shared/log.ts';
import { createHints } from '../shared/queue.ts';
import { createRecord } from '../shared/record/record.ts';
import type { Record_ } from '../shared/record/record.ts';
import { connectRedis, waitForRedis } from '../shared/redis.ts';
import type { Redis } from '../shared/redis.ts';
import { checkRedis } from '../shared/redis-health.ts';
import { createSourcePauses } from '../shared/source-pauses.ts';
import { createRuntime } from '../shared/runtime.ts';
import type { Runtime, RuntimeParts } from '../shared/runtime.ts';
import { weakKeyPositions } from './ingest/api-keys.ts';
import type { SystemOptions } from './system.ts';

type AppOptions = Pick<SystemOptions, 'redisUrl' | 'environment' | 'log'>;
type Closers = (() => Promise<unknown>)[];

const dayMs = 86_400_000;
/** How long a command of the command line waits for Redis. */
const commandPatienceMs = 3000;

/** For commands: the configuration stays as it was read. What is opened is added to `closers`. */
export async function openApp(
  options: AppOptions & { loaded: { config: Config; version: string } },
  closers: Closers,
): Promise<App> {
  const parts = openParts(options, closers);
  // A command that only looks must show what is wrong with a Redis on which no role would start, and not keep people waiting.
  await waitForRedis(parts.redis, options.redisUrl, commandPatienceMs);
  const runtime = createRuntime(options.loaded, parts);
  closers.push(() => runtime.close());
  return openQueues(parts, { leaseMs: options.environment.leaseMs, runtime: () => runtime }, closers);
}

/** The connection that all roles but the intake share, to a Redis that keeps what the guarantees rest on. */
export async function openCheckedParts(options: AppOptions, closers: Closers): Promise<RuntimeParts> {
  const parts = openParts(options, closers);
  const findings = await checkRedis(parts.redis, options.redisUrl);
  for (const finding of findings) options.log.warn({ finding }, 'redis.unsafe');
  return parts;
}

function openParts(options: AppOptions, closers: Closers): RuntimeParts {
  const { environment, log } = options;
  const redis = connectRedis(options.redisUrl, 'patient', errorReporter(log, 'redis.error'));
  closers.push(() => disconnect(redis));
  const { prefix } = environment;
  return { redis, prefix, log, now: Date.now, random: Math.random, toldOpen: new Set() };
}

/** What works on one connection. */
export function openQueues(
  parts: Omit<RuntimeParts, 'toldOpen'>,
  settings: { leaseMs: number; runtime: () => Runtime },
  closers: Closers,
): App {
  const { redis, prefix, log, now, random } = parts;
  const { leaseMs, runtime } = settings;
  const { config } = runtime();
  const { shards } = config.redis;
  const hints = createHints({ redis, prefix, shards, onError: errorReporter(log, 'redis.error') });
  closers.push(() => hints.close());
  const record = createRecord(redis, { prefix, shards, leaseMs, ...retentionOf(config) });
  const pauses = createSourcePauses({ redis, prefix, log });
  return { redis, prefix, log, now, random, runtime, record, hints, pauses };
}

/** Intake gets a connection of its own that fails fast: its callers keep their message and come again. */
export async function openIntake(app: App, options: AppOptions, closers: Closers): Promise<App> {
  for (const position of weakKeyPositions(options.environment.apiKeys)) {
    app.log.warn({ setting: 'TIERLINE_API_KEYS', position }, 'api_key.weak');
  }
  const redis = connectRedis(options.redisUrl, 'failFast', errorReporter(app.log, 'redis.error'));
  closers.push(() => disconnect(redis));
  await waitForRedis(redis, options.redisUrl);
  const { leaseMs } = app.record.settings;
  return openQueues({ ...app, redis }, { leaseMs, runtime: app.runtime }, closers);
}

export function retentionOf({ retention }: Config): Parameters<Record_['setRetention']>[0] {
  return {
    contentMs: retention.contentDays * dayMs,
    tombstoneMs: retention.tombstoneDays * dayMs,
    ledgerMs: retention.ledgerDays * dayMs,
  };
}

async function disconnect(redis: Redis): Promise<void> {
  // QUIT waits for what was sent; a Redis that is away is simply let go.
  if (redis.status === 'ready') await redis.quit().catch(() => undefined);
  redis.disconnect();
}
