import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { isConfigured, resolveModels, usableChain } from '../../shared/config/resolve.ts';
import type { Config } from '../../shared/config/schema.ts';
import { loadValid } from './config-file.ts';

function configOf(
  context: TestContext,
  providers: string,
  models: string,
  env: Record<string, string> = {},
): Config {
  const chain = [...models.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name).join(', ');
  const text = `providers:\n${providers}\nmodels:\n${models}\ntiers:\n  one: { models: [${chain}] }\ndestinations:\n  file: { type: log, path: x }\n`;
  return loadValid(context, text, { env }).config;
}

describe('the settings of a model', () => {
  it('come from preset, provider, defaults and model, the later winning', (context) => {
    const config = configOf(
      context,
      '  deepseek: { preset: deepseek, baseUrl: "http://localhost:1/v1", apiKey: k, tokenParam: max_completion_tokens, structured: json_schema, headers: { x-a: "1" }, allowParams: [seed, max_completion_tokens], extraBody: { seed: 1 } }',
      '  cheap: { provider: deepseek, model: deepseek-flash, maxOutputTokens: 50, structured: prompt, params: { top_p: 0.5 } }\n  other: { provider: deepseek, model: deepseek-flash }',
    );
    const models = resolveModels(config);
    assert.deepEqual(models.get('cheap'), {
      name: 'cheap',
      model: 'deepseek-flash',
      provider: {
        name: 'deepseek',
        api: 'openai',
        baseUrl: 'http://localhost:1/v1',
        apiKey: 'k',
        needsKey: true,
        keyHeader: 'authorization',
        headers: { 'x-a': '1' },
        tokenParam: 'max_completion_tokens',
        streams: true,
        streamUsage: true,
        faultCodes: {},
        reportedCost: null,
      },
      maxOutputTokens: 50,
      thinkingTokens: 0,
      contextTokens: 1_000_000,
      timeoutMs: 30_000,
      firstByteTimeoutMs: 10_000,
      idleTimeoutMs: 5000,
      structured: 'prompt',
      cache: { kind: 'automatic', minTokens: 64 },
      params: { thinking: { type: 'disabled' }, seed: 1, top_p: 0.5 },
      always: false,
    });
    assert.equal(models.get('other')?.structured, 'json_schema');
  });

  it('leave out what a null takes away', (context) => {
    const config = configOf(
      context,
      '  qwen: { preset: qwen, extraBody: { enable_thinking: null } }\n  openai: { preset: openai }',
      '  a: { provider: qwen, model: q }\n  b: { provider: openai, model: gpt-6-luna, params: { reasoning_effort: null } }',
    );
    const models = resolveModels(config);
    assert.equal(models.get('a')?.structured, 'json_object');
    assert.deepEqual(models.get('a')?.params, {});
    assert.deepEqual(models.get('b')?.params, {});
  });

  it('keep the thinking of known models short, each in the way it accepts', (context) => {
    const config = configOf(
      context,
      '  openai: { preset: openai }\n  anthropic: { preset: anthropic }',
      [
        '  luna: { provider: openai, model: gpt-6-luna }',
        '  sol: { provider: openai, model: gpt-6.1-sol }',
        '  haiku: { provider: anthropic, model: claude-haiku-5-5 }',
        '  sonnet: { provider: anthropic, model: claude-sonnet-5-5 }',
        '  opus: { provider: anthropic, model: claude-opus-5-5 }',
      ].join('\n'),
    );
    const params = [...resolveModels(config)].map(([name, model]) => [name, model.params]);
    assert.deepEqual(Object.fromEntries(params), {
      luna: { reasoning_effort: 'none' },
      sol: { reasoning_effort: 'low' },
      haiku: { thinking: { type: 'disabled' } },
      sonnet: { thinking: { type: 'between_tools' } },
      opus: { output_config: { effort: 'low' } },
    });
  });

  it('of a bare API are the careful ones', (context) => {
    const config = configOf(
      context,
      '  door: { api: openai, baseUrl: "http://10.0.0.7:4000/v1" }',
      '  a: { provider: door, model: m }',
    );
    const { structured, provider, params, cache } = resolveModels(config).get('a')!;
    assert.equal(structured, 'prompt');
    assert.deepEqual([params, cache], [{}, { kind: 'none', minTokens: 0 }]);
    assert.equal(provider.tokenParam, 'max_tokens');
    assert.equal(provider.needsKey, false);
  });
});

describe('the usable part of a chain', () => {
  const providers = [
    '  keyed: { preset: openai, apiKey: "${env:KEY}" }',
    '  other: { preset: mistral, apiKey: "${env:OTHER}" }',
    '  local: { preset: ollama }',
    '  house: { api: house }',
  ].join('\n');
  const models = [
    '  a: { provider: keyed, model: a }',
    '  b: { provider: other, model: b }',
    '  c: { provider: local, model: c }',
    '  home: { provider: house }',
    '  eager: { provider: house, always: true }',
  ].join('\n');

  it('leaves out the models of providers without their key, in its order', (context) => {
    const config = configOf(context, providers, models, { OTHER: 'k' });
    assert.deepEqual(usableChain(config, ['a', 'c', 'b']), ['c', 'b']);
    assert.deepEqual(usableChain(config, ['a']), []);
    assert.deepEqual(
      ['keyed', 'other', 'local', 'house', 'nobody'].map((name) => isConfigured(config, name)),
      [false, true, true, true, false],
    );
  });

  it('has a house model only where it is alone, or always', (context) => {
    const config = configOf(context, providers, models, { OTHER: 'k' });
    assert.deepEqual(usableChain(config, ['home', 'a', 'b']), ['b']);
    assert.deepEqual(usableChain(config, ['a', 'home']), ['home']);
    assert.deepEqual(usableChain(config, ['eager', 'b', 'home']), ['eager', 'b']);
    assert.deepEqual(usableChain(config, ['home', 'eager']), ['home', 'eager']);
  });

  it('needs the key that the file names even of a local server, unless told otherwise', (context) => {
    const named = configOf(
      context,
      '  local: { preset: ollama, apiKey: "${env:KEY}" }',
      '  a: { provider: local, model: a }',
    );
    assert.deepEqual(usableChain(named, ['a']), []);
    const open = configOf(
      context,
      '  local: { preset: ollama, apiKey: "${env:KEY}", needsKey: false }',
      '  a: { provider: local, model: a }',
    );
    assert.deepEqual(usableChain(open, ['a']), ['a']);
  });
});
