/** A whole Tierline for tests: a Redis of its own, any roles in this process, a configuration written as an object. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedRedis } from '../../services/cli/embedded-redis.ts';
import type { EmbeddedRedis } from '../../services/cli/embedded-redis.ts';
import { readEnvironment } from '../../services/environment.ts';
import { roles as allRoles } from '../../services/roles.ts';
import type { Role } from '../../services/roles.ts';
import { startSystem } from '../../services/system.ts';
import type { System } from '../../services/system.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { formatProblem } from '../../shared/config/problem.ts';
import { createLog } from '../../shared/log.ts';
import type { Trace } from '../../shared/record/trace.ts';
import { ends } from '../../shared/ticket.ts';

export const apiKey = 'test-key-with-all-scopes';
export const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

type Json = Record<string, unknown>;

export type TestWorld = {
  folder: string;
  redis: EmbeddedRedis;
  close: () => Promise<void>;
};

/** A folder and a Redis; `close` ends both. */
export async function openWorld(
  options: { appendOnly?: 'no' | 'everysec' | 'always' } = {},
): Promise<TestWorld> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tierline-test-'));
  const redis = await startEmbeddedRedis({
    folder: path.join(folder, 'redis'),
    appendOnly: options.appendOnly ?? 'no',
  });
  return {
    folder,
    redis,
    async close() {
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * One provider at `providerUrl`, models `small` (classifies) and `large`, tiers simple, standard and complex, a webhook
 * destination at `receiverUrl`, sources `shop-api` and `shop-webhook` (signed). `overrides` replace top-level parts.
 */
export function testConfig(urls: { providerUrl: string; receiverUrl: string }, overrides: Json = {}): Json {
  const { providerUrl, receiverUrl } = urls;
  return {
    providers: {
      fake: { api: 'openai', baseUrl: `${providerUrl}/v1`, apiKey: 'sk-test', structured: 'json_schema' },
    },
    models: {
      small: { provider: 'fake', model: 'small-1', price: { inputPerMTok: 0.1, outputPerMTok: 0.5 } },
      large: { provider: 'fake', model: 'large-1', price: { inputPerMTok: 2, outputPerMTok: 10 } },
    },
    classifier: {
      queryTypes: {
        refund: {
          description: 'asks for money back',
          tier: 'simple',
          examples: ['I want my money back', '我要退款'],
        },
        shipping: {
          description: 'asks where a parcel is',
          tier: 'simple',
          examples: ['Where is my parcel?'],
        },
        troubleshooting: {
          description: 'a product does not work',
          tier: 'complex',
          examples: ['The lamp does not work'],
        },
      },
      tierThresholds: { standard: 0.35, complex: 0.7 },
      flags: { legal: 'complex' },
      models: ['small'],
    },
    tiers: {
      simple: { models: ['small'], concurrency: 20 },
      standard: { models: ['small', 'large'], concurrency: 20 },
      complex: { models: ['large'], concurrency: 20 },
    },
    sources: {
      'shop-api': { platform: 'generic', destination: 'hook' },
      'shop-webhook': { platform: 'generic', secret: webhookSecret, destination: 'hook' },
    },
    destinations: {
      hook: {
        type: 'webhook',
        url: receiverUrl,
        secret: webhookSecret,
        allowPrivateNetworks: true,
        retryMs: [0, 50, 50, 100, 200],
      },
    },
    ...overrides,
  };
}

export type TestSystem = System & {
  /** Its own, in JSON; written again, it is taken up. */
  configFile: string;
  /** POST /v1/tickets to `shop-api` with the test key; fills in what is missing. */
  post: (
    ticket: Json,
  ) => Promise<{ status: number; body: { ticketId: string; state: string; duplicate: boolean } }>;
  /** GET /v1/tickets/{id}. */
  trace: (ticketId: string) => Promise<Trace>;
  /** The trace once the ticket has reached an end. */
  untilEnd: (ticketId: string) => Promise<Trace>;
  fetch: (path: string, init?: RequestInit) => Promise<Response>;
};

/** `log` collects the lines of the process, so that tests can look for what must not be in them. */
export async function startTestSystem(
  world: TestWorld,
  config: Json,
  options: {
    roles?: readonly Role[];
    environment?: Record<string, string>;
    log?: string[];
    tiers?: string[];
  } = {},
): Promise<TestSystem> {
  const file = path.join(world.folder, `tierline-${Math.random().toString(36).slice(2)}.json`);
  await writeFile(file, JSON.stringify(config));
  const loaded = loadConfig({ file, env: {} });
  if (loaded.kind === 'invalid') throw new Error(loaded.problems.map(formatProblem).join('\n'));
  const lines = options.log ?? [];
  const environment = readEnvironment({
    TIERLINE_API_KEYS: apiKey,
    INGEST_PORT: '0',
    CONSOLE_PORT: '0',
    ...options.environment,
  });
  const system = await startSystem({
    roles: options.roles ?? allRoles,
    tiers: options.tiers ?? null,
    loaded,
    redisUrl: world.redis.url,
    environment,
    log: createLog('info', { write: (line: string) => void lines.push(line) }),
  });
  const fetchIt = (where: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${system.ingestUrl}${where}`, {
      ...init,
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        ...(init.headers as Record<string, string>),
      },
    });
  const trace = async (ticketId: string): Promise<Trace> =>
    (await (await fetchIt(`/v1/tickets/${ticketId}`)).json()) as Trace;
  return {
    ...system,
    configFile: file,
    fetch: fetchIt,
    trace,
    async post(ticket) {
      const body = JSON.stringify({ source: 'shop-api', body: 'Where is my parcel?', ...ticket });
      const response = await fetchIt('/v1/tickets', { method: 'POST', body });
      return { status: response.status, body: (await response.json()) as never };
    },
    async untilEnd(ticketId) {
      for (;;) {
        const found = await trace(ticketId);
        if ((ends as readonly string[]).includes(found.state)) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}
