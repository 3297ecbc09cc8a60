/** The real pipeline with a model that answers in the same process: what is left is the machinery. */
import { createBreaker } from '../../shared/breaker.ts';
import type { App } from '../../shared/app.ts';
import type { Price } from '../../shared/ledger/money.ts';
import { checksSchema } from '../../shared/config/schema-trust.ts';
import { createLog } from '../../shared/log.ts';
import type { ModelSettings } from '../../shared/models/chat.ts';
import { createHints } from '../../shared/queue.ts';
import { createRecord } from '../../shared/record/record.ts';
import { connectRedis } from '../../shared/redis.ts';
import { createSourcePauses } from '../../shared/source-pauses.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { ignoreErrors } from './world.ts';

const price: Price = {
  attoUsd: { input: 1e11, cachedInput: 1e10, cacheWrite: 1.25e11, cacheWrite1h: null, output: 5e11 },
  version: 'bench',
  from: null,
};

export function machineryApp(url: string): App {
  const redis = connectRedis(url, 'patient', ignoreErrors);
  const prefix = 'bench';
  const settings = {
    name: 'model',
    model: 'model-1',
    contextTokens: 100_000,
    maxOutputTokens: 500,
    timeoutMs: 30_000,
    thinkingTokens: 0,
    provider: { name: 'provider', api: 'openai' },
    cache: { kind: 'none', minTokens: 0 },
  };
  const answer = {
    kind: 'answer' as const,
    text: 'Your parcel is on its way. '.repeat(20),
    usage: {
      inputTokens: 512,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 120,
      reasoningTokens: 0,
    },
    servedModel: 'model-1',
    requestId: 'req_1',
    sources: [],
  };
  const breaker = createBreaker(
    redis,
    { model: 'model', base: `{${prefix}:p}:`, accountIdentity: 'account', modelIdentity: 'model' },
    { breaker: { failures: 3, windowMs: 60_000, resetMs: 15_000 }, limits: {} },
    { now: Date.now, random: Math.random, onError: ignoreErrors },
  );
  const model = {
    name: 'model',
    chat: { settings: settings as unknown as ModelSettings, call: () => Promise.resolve(answer) },
    breaker,
    priceAt: () => price,
  };
  const config = {
    tiers: {
      simple: {
        models: ['model'],
        concurrency: 50,
        deadlineMs: 900_000,
        backlogDeadlineMs: 900_000,
        mode: 'auto',
        onDead: 'handoff',
      },
    },
    routes: [],
    classifier: {
      queryTypes: { shipping: { tier: 'simple', tiers: {} } },
      tierThresholds: {},
      flags: {},
      models: [],
      timeoutMs: 2000,
      local: { enabled: true, acceptConfidence: 'auto' },
    },
    sources: { bench: { destination: 'bench' } },
    trust: [],
    // What is looked for in a text is work of its own, like the model's: test/unit/reply-checks.test.ts holds what it may cost.
    checks: Object.fromEntries(Object.keys(checksSchema.parse({})).map((name) => [name, 'off'])),
    destinations: {},
  };
  const runtime = {
    config,
    version: 'bench',
    usableModels: (chain: string[]) => (chain.length > 0 ? [model] : []),
    tierTexts: new Map(),
    knowledge: { versions: new Map(), indexes: new Map() },
    hold: () => () => undefined,
  } as unknown as Runtime;
  return {
    runtime: () => runtime,
    log: createLog('silent'),
    redis,
    prefix,
    record: createRecord(redis, {
      prefix,
      shards: 1,
      contentMs: 7 * 86_400_000,
      tombstoneMs: 14 * 86_400_000,
    }),
    hints: createHints({ redis, prefix, shards: 1, onError: ignoreErrors }),
    pauses: createSourcePauses({ redis, prefix, log: createLog('silent') }),
    now: Date.now,
    random: Math.random,
  };
}
