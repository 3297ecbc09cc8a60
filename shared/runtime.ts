/** What is made of one configuration: models ready to be called, their breakers and prices, the tiers' texts. */
import { createHash } from 'node:crypto';
import { createBreaker } from './breaker.ts';
import type { Breaker } from './breaker.ts';
import { resolveModels, usableChain } from './config/resolve.ts';
import type { Config } from './config/schema.ts';
import { createHolding } from './holding.ts';
import type { Holding } from './holding.ts';
import { pricingOf } from './ledger/model-pricing.ts';
import { loadPriceBook } from './ledger/price-book.ts';
import { errorReporter } from './log.ts';
import type { Log } from './log.ts';
import type { ModelHandle } from './models/call.ts';
import type { ModelSettings } from './models/chat.ts';
import { accountBase } from './models/gate.ts';
import { createHouseModel } from './models/house.ts';
import { createModels } from './models/registry.ts';
import { readPromptParts } from './prompt-parts.ts';
import type { PromptParts } from './prompt-parts.ts';
import type { Redis } from './redis.ts';

/** Held by whoever works with it: another one may take its place meanwhile, and then closes it. */
export type Runtime = Holding &
  PromptParts & {
    config: Config;
    /** Of the configuration file; on every ledger row. */
    version: string;
    /** The handles of a chain's usable models, in its order. Empty: nothing is configured that could answer. */
    usableModels: (chain: readonly string[]) => ModelHandle[];
    model: (name: string) => ModelHandle | undefined;
  };

export type RuntimeParts = {
  redis: Redis;
  prefix: string;
  log: Log;
  now: () => number;
  random: () => number;
  /** Models whose open breaker has been told, so that a new runtime does not tell it again. */
  toldOpen: Set<string>;
};

/** Opens nothing but HTTP agents; nothing is called. Throws TierlineError for an unreadable price book or article. */
export function createRuntime(loaded: { config: Config; version: string }, parts: RuntimeParts): Runtime {
  const { config, version } = loaded;
  const settings = resolveModels(config);
  const promptParts = readPromptParts(config);
  const models = createModels(settings.values(), (one) => createHouseModel(one, promptParts.knowledge));
  const book = loadPriceBook(config.prices);
  const handles = new Map<string, ModelHandle>();
  for (const [name, one] of settings) {
    handles.set(name, {
      name,
      configVersion: version,
      chat: models.get(name),
      breaker: breakerOf(config, name, one, parts),
      priceAt: pricingOf(config, one, book),
    });
  }
  const holding = createHolding();
  holding.onClose(() => models.close());
  holding.onClose(async () => {
    for (const { breaker } of handles.values()) breaker.close();
  });
  return {
    ...holding,
    config,
    version,
    usableModels: (chain) => usableChain(config, chain).map((name) => handles.get(name)!),
    model: (name) => handles.get(name),
    ...promptParts,
  };
}

function breakerOf(config: Config, name: string, settings: ModelSettings, parts: RuntimeParts): Breaker {
  const { redis, prefix, log, now, random, toldOpen } = parts;
  const { breaker, limits } = config.models[name]!;
  const { provider, model: id } = settings;
  const accountIdentity = digestOf([provider.baseUrl, provider.apiKey ?? '']);
  const identity = {
    model: name,
    // Breakers and limits of one provider account share a hash tag of their own.
    base: accountBase(prefix, provider.name),
    accountIdentity,
    modelIdentity: digestOf([accountIdentity, id]),
  };
  return createBreaker(
    redis,
    identity,
    { breaker, limits },
    {
      now,
      random,
      onOpen(model, waitMs, scope) {
        if (toldOpen.has(model)) return;
        toldOpen.add(model);
        log.warn({ model, scope, ms: waitMs }, 'breaker.opened');
      },
      onClose(model) {
        if (toldOpen.delete(model)) log.info({ model }, 'breaker.closed');
      },
      onError: errorReporter(log, 'redis.error'),
    },
  );
}

/** Tells whether it is the same key, without telling the key. */
function digestOf(parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16);
}
