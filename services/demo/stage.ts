/** Everything that the demo needs, opened: a Redis of its own, simulated providers, a receiver, and the real services. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../shared/config/load.ts';
import { formatProblem } from '../../shared/config/problem.ts';
import { TierlineError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { App } from '../../shared/app.ts';
import { startEmbeddedRedis } from '../cli/embedded-redis.ts';
import { readEnvironment } from '../environment.ts';
import { startSystem } from '../system.ts';
import { providerTraits } from './providers.ts';
import { startReceiver } from './receiver.ts';
import type { Receiver } from './receiver.ts';
import { startSimulatedProvider } from './simulated-provider.ts';
import type { SimulatedProvider } from './simulated-provider.ts';
import type { DemoTicket } from './tickets.ts';

const configFile = fileURLToPath(new URL('./tierline.yaml', import.meta.url));

export type Stage = {
  app: App;
  ingestUrl: string;
  apiKey: string;
  /** The first one is the main provider. */
  providers: SimulatedProvider[];
  receiver: Receiver;
  close: () => Promise<void>;
};

type StageOptions = { seed: number; tickets: readonly DemoTicket[]; log: Log; redisUrl: string | null };
type Closers = (() => Promise<unknown>)[];

/** Opens everything or nothing. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const closers: Closers = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    return { ...(await open(options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(options: StageOptions, closers: Closers): Promise<Omit<Stage, 'close'>> {
  const { seed, tickets, log } = options;
  const byNumber = new Map(tickets.map((ticket) => [ticket.number, ticket]));
  const world = { seed, ticket: (number: number) => byNumber.get(number) };
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const receiver = await startReceiver({ secret, seed });
  closers.push(() => receiver.close());
  const providers: SimulatedProvider[] = [];
  for (const traits of providerTraits) {
    const provider = await startSimulatedProvider(traits, world);
    closers.push(() => provider.close());
    providers.push(provider);
  }
  const redis = await openRedis(options.redisUrl, closers);
  const addresses = providers.map(({ traits, url }): [string, string] => [traits.urlVariable, url]);
  const loaded = load({
    ...Object.fromEntries(addresses),
    DEMO_RECEIVER_URL: receiver.url,
    DEMO_RECEIVER_SECRET: secret,
  });
  const apiKey = randomBytes(24).toString('hex');
  const system = await startSystem({
    roles: ['ingest', 'classifier', 'tier', 'results'],
    tiers: null,
    loaded,
    redisUrl: redis.url,
    environment: readEnvironment({
      TIERLINE_API_KEYS: apiKey,
      TIERLINE_PREFIX: redis.prefix,
      INGEST_PORT: '0',
    }),
    log,
  });
  closers.push(() => system.close());
  // First of all on the way down: whoever is still waiting for an answer need not wait any longer.
  closers.push(() => Promise.all(providers.map((provider) => provider.close())));
  return { app: system.app, ingestUrl: system.ingestUrl!, apiKey, providers, receiver };
}

/** Nothing of the caller's environment is in it: no key of theirs can be used or billed. */
function load(env: Record<string, string>) {
  const loaded = loadConfig({ file: configFile, env });
  if (loaded.kind === 'loaded') return loaded;
  throw new TierlineError(
    'bad_configuration',
    ['the configuration of the demo cannot be used.', ...loaded.problems.map(formatProblem)].join('\n'),
  );
}

/**
 * A Redis in a temporary folder, gone with the demo. Only where there is no Redis program on this machine is the one at
 * REDIS_URL used, under a prefix that nobody else has, and its keys are deleted afterwards.
 */
async function openRedis(
  redisUrl: string | null,
  closers: Closers,
): Promise<{ url: string; prefix: string }> {
  const prefix = `demo-${randomBytes(6).toString('hex')}`;
  const folder = await mkdtemp(path.join(tmpdir(), 'tierline-demo-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  try {
    const redis = await startEmbeddedRedis({ folder, appendOnly: 'everysec' });
    closers.push(() => redis.stop());
    return { url: redis.url, prefix };
  } catch (error) {
    const isMissing = error instanceof TierlineError && error.code === 'redis_missing';
    if (!isMissing || redisUrl === null) throw error;
    closers.push(() => deleteKeys(redisUrl, prefix));
    return { url: redisUrl, prefix };
  }
}

/** Every key of ours begins with `{<prefix>:`. */
async function deleteKeys(url: string, prefix: string): Promise<void> {
  const { connectRedis } = await import('../../shared/redis.ts');
  const redis = connectRedis(url, 'patient', () => undefined);
  try {
    for await (const keys of redis.scanStream({ match: `{${prefix}:*`, count: 500 })) {
      const found = keys as string[];
      if (found.length > 0) await redis.unlink(...found);
    }
  } finally {
    await redis.quit();
  }
}
