/** What is made of one configuration: models ready to be called, their breakers and prices, the tiers' texts. */
import { readFileSync } from 'node:fs';
import { createBreaker } from './breaker.ts';
import type { Breaker } from './breaker.ts';
import { resolveModels, usableChain } from './config/resolve.ts';
import type { Config } from './config/schema.ts';
import { loadKnowledge } from './knowledge/load-knowledge.ts';
import type { Knowledge } from './knowledge/load-knowledge.ts';
import { loadPriceBook, priceFor } from './ledger/price-book.ts';
import type { PriceBook } from './ledger/price-book.ts';
import type { Log } from './log.ts';
import type { ModelHandle } from './models/call.ts';
import { createHouseModel } from './models/house.ts';
import { createModels } from './models/registry.ts';
import type { Redis } from './redis.ts';

export type Runtime = {
  config: Config;
  /** Of the configuration file; on every ledger row. */
  version: string;
  /** The handles of a chain's usable models, in its order. Empty: nothing is configured that could answer. */
  usableModels: (chain: readonly string[]) => ModelHandle[];
  model: (name: string) => ModelHandle | undefined;
  /** Instructions and context files of each tier, read when the configuration was loaded. */
  tierTexts: Map<string, { prompt: string | null; context: string[] }>;
  close: () => Promise<void>;
};

export type RuntimeParts = {
  redis: Redis;
  prefix: string;
  log: Log;
  now: () => number;
  random: () => number;
};

/** A house without articles has no answers. */
const noKnowledge: Knowledge = { versions: new Map(), indexes: new Map() };
const priceBookFile = new URL('../infra/prices.yaml', import.meta.url);

/** Opens nothing but HTTP agents; nothing is called. Throws TierlineError for an unreadable price book or article. */
export function createRuntime(loaded: { config: Config; version: string }, parts: RuntimeParts): Runtime {
  const { config, version } = loaded;
  const settings = resolveModels(config);
  const knowledge = config.knowledge ? loadKnowledge(config.knowledge.folder) : noKnowledge;
  const models = createModels(settings.values(), (one) => createHouseModel(one, knowledge));
  const book = loadPriceBook(priceBookFile.pathname);
  const handles = new Map<string, ModelHandle>();
  for (const [name, { model }] of settings) {
    handles.set(name, {
      name,
      chat: models.get(name),
      breaker: breakerOf(config, name, parts),
      priceAt: pricing(config, name, model, book),
    });
  }
  return {
    config,
    version,
    usableModels: (chain) => usableChain(config, chain).map((name) => handles.get(name)!),
    model: (name) => handles.get(name),
    tierTexts: new Map(Object.entries(config.tiers).map(([name, tier]) => [name, textsOf(tier)])),
    async close() {
      for (const { breaker } of handles.values()) breaker.close();
      await models.close();
    },
  };
}

function breakerOf(config: Config, name: string, parts: RuntimeParts): Breaker {
  const { redis, prefix, log, now, random } = parts;
  const { provider, breaker } = config.models[name]!;
  // Breakers (and later limits) of one provider account share a hash tag of their own.
  const key = `{${prefix}:${provider}}:breaker:${name}`;
  return createBreaker(redis, { model: name, key }, breaker, {
    now,
    random,
    onOpen: (model, waitMs) => log.warn({ model, ms: waitMs }, 'breaker.opened'),
    onClose: (model) => log.info({ model }, 'breaker.closed'),
  });
}

/** A model's price comes from the configuration, else from the book; where neither knows it, its cost is unknown. */
function pricing(config: Config, name: string, model: string, book: PriceBook): ModelHandle['priceAt'] {
  const override = config.models[name]!.price;
  return (atMs, promptTokens) => priceFor(book, { model, override, at: new Date(atMs), promptTokens });
}

function textsOf(tier: Config['tiers'][string]): { prompt: string | null; context: string[] } {
  return {
    prompt: tier.prompt === null ? null : readFileSync(tier.prompt, 'utf8'),
    context: tier.context.map((file) => readFileSync(file, 'utf8')),
  };
}
