/** The shipped tierline.yaml with every key alone, none, all, and many mixtures: who answers what. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig } from '../../shared/config/load.ts';
import { formatProblem } from '../../shared/config/problem.ts';
import { isHouse, resolveModels, usableChain } from '../../shared/config/resolve.ts';
import type { Config } from '../../shared/config/schema.ts';
import { strictProviders } from '../fakes/strict-providers.ts';

const file = path.join(import.meta.dirname, '..', '..', 'tierline.yaml');

function shipped(env: Record<string, string>): Config {
  const loaded = loadConfig({ file, env });
  assert.equal(
    loaded.kind,
    'loaded',
    loaded.kind === 'invalid' ? loaded.problems.map(formatProblem).join('\n') : '',
  );
  if (loaded.kind !== 'loaded') throw new Error('unreachable');
  return loaded.config;
}

/** What people set to use a provider. */
const settings: Record<string, Record<string, string>> = {
  openai: { OPENAI_API_KEY: 'k' },
  anthropic: { ANTHROPIC_API_KEY: 'k' },
  gemini: { GEMINI_API_KEY: 'k' },
  mistral: { MISTRAL_API_KEY: 'k' },
  deepseek: { DEEPSEEK_API_KEY: 'k' },
  qwen: { DASHSCOPE_API_KEY: 'k' },
  meta: { MODEL_API_KEY: 'k' },
  groq: { GROQ_API_KEY: 'k' },
  azure: { AZURE_OPENAI_API_KEY: 'k', AZURE_OPENAI_BASE_URL: 'https://shop.openai.azure.com/openai/v1' },
  openrouter: { OPENROUTER_API_KEY: 'k' },
  tokenmix: { TOKENMIX_API_KEY: 'k' },
  litellm: { LITELLM_API_KEY: 'k', LITELLM_BASE_URL: 'http://localhost:4000' },
  portkey: { PORTKEY_API_KEY: 'k' },
  vllm: { VLLM_BASE_URL: 'http://localhost:8000' },
  ollama: { OLLAMA_BASE_URL: 'http://localhost:11434' },
};
const names = Object.keys(settings);

/** Who comes first in each chain, of those that there are: by cost where the tickets are easy, by strength where not. */
const order: Record<'simple' | 'standard' | 'complex' | 'classifier', [string, string][]> = {
  simple: [
    ['openai', 'luna'],
    ['anthropic', 'haiku'],
    ['meta', 'ember'],
    ['qwen', 'qwen'],
    ['deepseek', 'deepseek'],
    ['mistral', 'mistral-small'],
    ['groq', 'oss-20b'],
    ['gemini', 'flash-lite'],
    ['azure', 'azure-small'],
    ['openrouter', 'openrouter-small'],
    ['tokenmix', 'tokenmix-small'],
    ['litellm', 'litellm-small'],
    ['portkey', 'portkey-small'],
    ['vllm', 'vllm'],
    ['ollama', 'ollama'],
  ],
  standard: [
    ['openai', 'terra'],
    ['gemini', 'flash'],
    ['deepseek', 'deepseek-pro'],
    ['meta', 'spark'],
    ['mistral', 'mistral-medium'],
    ['azure', 'azure-medium'],
    ['openrouter', 'openrouter-medium'],
    ['tokenmix', 'tokenmix-medium'],
    ['litellm', 'litellm-medium'],
    ['portkey', 'portkey-medium'],
    ['groq', 'oss-120b'],
    ['qwen', 'qwen'],
    ['anthropic', 'haiku'],
    ['vllm', 'vllm'],
    ['ollama', 'ollama'],
  ],
  complex: [
    ['anthropic', 'sonnet'],
    ['openai', 'sol'],
    ['azure', 'azure-large'],
    ['qwen', 'qwen-max'],
    ['meta', 'wonder'],
    ['openrouter', 'openrouter-large'],
    ['tokenmix', 'tokenmix-large'],
    ['litellm', 'litellm-large'],
    ['portkey', 'portkey-large'],
    ['deepseek', 'deepseek-pro'],
    ['gemini', 'flash'],
    ['mistral', 'mistral-medium'],
    ['groq', 'oss-120b'],
    ['vllm', 'vllm'],
    ['ollama', 'ollama'],
  ],
  classifier: [],
};
order.classifier = order.simple;

const envOf = (chosen: readonly string[]): Record<string, string> =>
  Object.fromEntries(chosen.flatMap((name) => Object.entries(settings[name] ?? {})));

/** What loading gives without the settings of the others, at a fraction of its time. */
function only(all: Config, chosen: readonly string[]): Config {
  const providers = Object.entries(all.providers).map(([name, provider]): [string, typeof provider] => {
    if (chosen.includes(name) || provider.api === 'house') return [name, provider];
    const without = {
      ...provider,
      ...(provider.baseUrl === undefined ? { apiKey: null } : { baseUrl: null }),
    };
    return [name, without];
  });
  return { ...all, providers: Object.fromEntries(providers) };
}

/** Everything that holds of the configuration with exactly these providers. */
function check(config: Config, chosen: readonly string[]): void {
  const what = chosen.join(' and ');
  const expected = (chain: keyof typeof order): string =>
    order[chain].find(([provider]) => chosen.includes(provider))![1];
  for (const tier of ['simple', 'standard', 'complex'] as const) {
    const chain = usableChain(config, config.tiers[tier]!.models);
    assert.equal(chain[0], expected(tier), `${tier} with ${what}`);
    assert.ok(!chain.some((name) => isHouse(config, name)), `${tier} with ${what}: ${chain.join(', ')}`);
    const providers = new Set(chain.map((name) => config.models[name]!.provider));
    assert.deepEqual([...providers].sort(), [...chosen].sort(), `${tier} uses everyone there is`);
  }
  const classifiers = usableChain(config, config.classifier.models);
  assert.equal(classifiers[0], expected('classifier'), `the classifier with ${what}`);
  for (const { models } of config.routes) {
    if (models === undefined) continue;
    const chain = usableChain(config, models);
    assert.ok(chain.length > 0 && !chain.some((name) => isHouse(config, name)), `a route with ${what}`);
  }
}

/** The same mixtures in every run: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('the shipped chains', () => {
  for (const name of names) {
    it(`answer, classify and route everything with ${Object.keys(settings[name]!).join(' and ')} alone`, () => {
      check(shipped(envOf([name])), [name]);
    });
  }

  it('do so with all of them, and with two hundred mixtures, in the order that is meant', () => {
    const all = shipped(envOf(names));
    check(all, names);
    const random = randomOf(3);
    for (let round = 0; round < 200; round += 1) {
      const share = random();
      const chosen = names.filter(() => random() < share);
      if (chosen.length > 0) check(only(all, chosen), chosen);
    }
  });

  it('leave the house alone where nothing is set, and it does not classify', () => {
    const config = shipped({});
    for (const { models } of Object.values(config.tiers))
      assert.deepEqual(usableChain(config, models), ['house']);
    assert.deepEqual(usableChain(config, config.classifier.models), []);
  });

  it('count a key without its address as nothing, and an address without its key', () => {
    for (const env of [
      { AZURE_OPENAI_API_KEY: 'k' },
      { AZURE_OPENAI_BASE_URL: 'https://x' },
      { LITELLM_API_KEY: 'k' },
      { LITELLM_BASE_URL: 'http://x' },
    ]) {
      const config = shipped(env);
      assert.deepEqual(usableChain(config, config.tiers['simple']!.models), ['house'], JSON.stringify(env));
    }
  });

  it('name only models that their provider has, as its strict server knows them', () => {
    const config = shipped({});
    for (const [name, { provider, model }] of Object.entries(config.models)) {
      if (isHouse(config, name)) continue;
      const { preset } = config.providers[provider]!;
      const known = strictProviders[preset!].models.map(({ id }) => id);
      assert.ok(known.includes(model), `${name}: ${model} of ${provider}`);
    }
  });

  it('have room for a catalogue of 30,000 tokens in every model of the standard tier', () => {
    const config = shipped({});
    const models = resolveModels(config);
    for (const name of config.tiers['standard']!.models) {
      if (isHouse(config, name)) continue;
      const { contextTokens, maxOutputTokens, thinkingTokens } = models.get(name)!;
      assert.ok(contextTokens - maxOutputTokens - thinkingTokens > 30_000 + 10_000, name);
    }
  });

  it('leave no model of the file unused', () => {
    const config = shipped({});
    const used = new Set([...Object.values(config.tiers), config.classifier].flatMap(({ models }) => models));
    assert.deepEqual(
      Object.keys(config.models).filter((name) => !used.has(name)),
      [],
    );
  });
});
