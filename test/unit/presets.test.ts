import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { presetNames, presets } from '../../shared/config/presets.ts';
import { isConfigured, resolveModels, resolveProvider } from '../../shared/config/resolve.ts';
import { loadValid, problemsOf } from './config-file.ts';

const file = (provider: string, model = '{ provider: it, model: some-model }', more = ''): string =>
  `providers:\n  it: ${provider}\nmodels:\n  m: ${model}\ntiers:\n  one: { models: [m] }\ndestinations:\n  file: { type: log, path: x }\n${more}`;

const settingsOf = (context: TestContext, text: string, env: Record<string, string> = {}) =>
  resolveModels(loadValid(context, text, { env }).config).get('m')!;

describe('presets', () => {
  it('are complete: an address that is a URL, and a key variable where a key is needed', () => {
    for (const name of presetNames) {
      const { baseUrl, needsKey, keyEnv } = presets[name];
      assert.ok(baseUrl === null ? name === 'azure' : URL.canParse(baseUrl), name);
      assert.equal(baseUrl?.endsWith('/') ?? false, false, name);
      // The key of one's own Portkey gateway is the one of the provider behind it.
      assert.equal(keyEnv !== null, needsKey && name !== 'portkey-self-hosted', name);
    }
  });

  it('add nothing to a request that they themselves would refuse', () => {
    for (const name of presetNames) {
      const { allowParams, traits, models } = presets[name];
      for (const { params = {}, refuses = [], values = {} } of [traits, ...models]) {
        for (const [param, value] of Object.entries(params)) {
          assert.ok(allowParams?.includes(param) ?? true, `${name} adds ${param}`);
          assert.ok(!refuses.includes(param), `${name} adds ${param}`);
          if (typeof value === 'string')
            assert.ok(values[param]?.includes(value) ?? true, `${name}: ${param} ${value}`);
        }
      }
    }
  });

  it('name error codes as they are compared: in lower case', () => {
    for (const name of presetNames) {
      for (const code of Object.keys(presets[name].faultCodes)) assert.equal(code, code.toLowerCase(), name);
    }
  });

  it('know a model by the beginning of its id, and the more exact beginning first', () => {
    for (const name of presetNames) {
      const prefixes = presets[name].models.map(({ prefix }) => prefix);
      for (const [index, prefix] of prefixes.entries()) {
        const hiding = prefixes.slice(0, index).filter((earlier) => prefix.startsWith(earlier));
        assert.deepEqual(hiding, [], `${name}: ${prefix} is never reached`);
      }
    }
  });

  it('say for each model what is kept of a prompt', (context) => {
    const cacheOf = (preset: string, model: string) =>
      settingsOf(
        context,
        file(`{ preset: ${preset}, apiKey: "\${env:K}" }`, `{ provider: it, model: "${model}" }`),
      ).cache;
    assert.deepEqual(cacheOf('anthropic', 'claude-haiku-5-5'), { kind: 'cache_control', minTokens: 512 });
    assert.deepEqual(cacheOf('anthropic', 'claude-haiku-4-5'), { kind: 'cache_control', minTokens: 4096 });
    assert.deepEqual(cacheOf('openai', 'gpt-6-luna'), { kind: 'openai_breakpoints', minTokens: 1024 });
    assert.deepEqual(cacheOf('openai', 'gpt-5.4-nano'), { kind: 'automatic', minTokens: 1024 });
    assert.deepEqual(cacheOf('gemini', 'gemini-3.8-flash'), { kind: 'automatic', minTokens: 4096 });
    assert.deepEqual(cacheOf('openrouter', 'anthropic/claude-haiku-5.5'), {
      kind: 'cache_control',
      minTokens: 512,
    });
    assert.deepEqual(cacheOf('litellm', 'whatever'), { kind: 'none', minTokens: 0 });
    const own = settingsOf(context, file('{ preset: deepseek, cache: { minTokens: 2048 } }'));
    assert.deepEqual(own.cache, { kind: 'automatic', minTokens: 2048 });
  });
});

describe('the address of a server of one’s own', () => {
  it('gets the path of its API where it is given without one', (context) => {
    const urlOf = (provider: string): string => settingsOf(context, file(provider)).provider.baseUrl;
    const cases: [string, string][] = [
      ['{ preset: ollama, baseUrl: "http://gpu-1:11434" }', 'http://gpu-1:11434/v1'],
      ['{ preset: ollama, baseUrl: "http://gpu-1:11434/" }', 'http://gpu-1:11434/v1'],
      ['{ preset: vllm, baseUrl: "http://gpu-1:8000/proxy/v1" }', 'http://gpu-1:8000/proxy/v1'],
      [
        '{ preset: azure, baseUrl: "https://shop.openai.azure.com" }',
        'https://shop.openai.azure.com/openai/v1',
      ],
      ['{ preset: litellm, baseUrl: "http://localhost:4000" }', 'http://localhost:4000/v1'],
      ['{ preset: portkey-self-hosted }', 'http://localhost:8787/v1'],
      ['{ preset: openai, baseUrl: "http://proxy:1" }', 'http://proxy:1'],
      ['{ api: openai, baseUrl: "http://proxy:1" }', 'http://proxy:1'],
    ];
    for (const [provider, expected] of cases) assert.equal(urlOf(provider), expected);
  });

  it('leaves the provider unconfigured where it is a reference to nothing', (context) => {
    const text = file('{ preset: ollama, baseUrl: "${env:OLLAMA_BASE_URL}" }');
    const without = loadValid(context, text);
    assert.deepEqual(
      without.warnings.filter(({ path }) => path.startsWith('providers')),
      [],
    );
    assert.equal(isConfigured(without.config, 'it'), false);
    const { config } = loadValid(context, text, { env: { OLLAMA_BASE_URL: 'http://gpu-1:11434' } });
    assert.equal(isConfigured(config, 'it'), true);
    assert.equal(resolveProvider(config, 'it').baseUrl, 'http://gpu-1:11434/v1');
  });

  it('and the model that it serves may have a default', (context) => {
    const text = file('{ preset: ollama }', '{ provider: it, model: "${env:OLLAMA_MODEL:-qwen3:8b}" }');
    assert.equal(settingsOf(context, text).model, 'qwen3:8b');
    assert.equal(settingsOf(context, text, { OLLAMA_MODEL: '' }).model, 'qwen3:8b');
    assert.equal(settingsOf(context, text, { OLLAMA_MODEL: 'gpt-oss:20b' }).model, 'gpt-oss:20b');
  });
});

describe('a key', () => {
  it('travels in the header that the provider looks into, or the one that the file names', (context) => {
    const headerOf = (provider: string): string =>
      settingsOf(context, file(provider), { K: 'k' }).provider.keyHeader;
    const azure = 'preset: azure, baseUrl: "https://shop.openai.azure.com", apiKey: "${env:K}"';
    assert.equal(headerOf(`{ ${azure} }`), 'api-key');
    assert.equal(headerOf(`{ ${azure}, keyHeader: authorization }`), 'authorization');
    assert.equal(headerOf('{ preset: portkey }'), 'x-portkey-api-key');
    assert.equal(headerOf('{ api: openai, baseUrl: "http://x" }'), 'authorization');
  });
});

describe('a parameter that the provider would refuse stops the start', () => {
  const params = (preset: string, model: string, written: string): string =>
    file(`{ preset: ${preset} }`, `{ provider: it, model: "${model}", params: { ${written} } }`);

  const refused: [string, string, string][] = [
    [
      'with the names that it takes and the nearest of them',
      params('mistral', 'mistral-small-2603', 'tempurature: 0.1'),
      'tierline.yaml:4:61 models.m.params.tempurature: provider it (mistral) refuses the parameter "tempurature"; if it takes it now, name it in its allowParams. Did you mean "temperature"? Parameters: frequency_penalty, guardrails, metadata, prediction, presence_penalty, prompt_cache_key, prompt_mode, random_seed, reasoning_effort, safe_prompt, stop, temperature, top_p',
    ],
    [
      'where sampling is tried at Anthropic',
      params('anthropic', 'claude-haiku-5-5', 'temperature: 0.1'),
      'tierline.yaml:4:59 models.m.params.temperature: provider it (anthropic) refuses the parameter "temperature"; if it takes it now, name it in its allowParams. Parameters: cache_control, inference_geo, metadata, output_config, service_tier, speed, stop_sequences, thinking',
    ],
    [
      'where only this model refuses it',
      params('openai', 'gpt-6.1-sol', 'temperature: 0.1'),
      'tierline.yaml:4:54 models.m.params.temperature: model gpt-6.1-sol refuses the parameter "temperature"',
    ],
    [
      'where it goes together with another one only',
      params('openai', 'gpt-6-luna', 'reasoning_effort: low, top_p: 0.5'),
      'tierline.yaml:4:76 models.m.params.top_p: model gpt-6-luna takes "top_p" only with reasoning_effort: none',
    ],
    [
      'where its value is one that this model does not have',
      params('openai', 'gpt-6.1-sol', 'reasoning_effort: none'),
      'tierline.yaml:4:72 models.m.params.reasoning_effort: model gpt-6.1-sol refuses reasoning_effort: none. Values: low, medium, high, xhigh, max',
    ],
    [
      'where its value has a type that this model does not have',
      params('anthropic', 'claude-sonnet-5-5', 'thinking: { type: disabled }'),
      'tierline.yaml:4:70 models.m.params.thinking: model claude-sonnet-5-5 refuses thinking: disabled. Values: between_tools, adaptive',
    ],
    [
      'where every call decides it',
      params('openrouter', 'some/model', 'stream: true'),
      'tierline.yaml:4:53 models.m.params.stream: "stream" is decided by each call',
    ],
    [
      'in extraBody',
      file('{ preset: gemini, extraBody: { store: false } }'),
      'tierline.yaml:2:38 providers.it.extraBody.store: provider it (gemini) refuses the parameter "store"; if it takes it now, name it in its allowParams. Parameters: extra_body, frequency_penalty, presence_penalty, reasoning_effort, service_tier, stop, temperature, top_p',
    ],
    [
      'in the defaults of all models, told once',
      file(
        '{ preset: gemini }\n  other: { preset: mistral }',
        '{ provider: it, model: a }\n  n: { provider: it, model: b }',
        'defaults: { models: { params: { seed: 1 } } }\n',
      ),
      'tierline.yaml:11:33 defaults.models.params.seed: provider it (gemini) refuses the parameter "seed"; if it takes it now, name it in its allowParams. Parameters: extra_body, frequency_penalty, presence_penalty, reasoning_effort, service_tier, stop, temperature, top_p',
    ],
    [
      'as the name of the limit',
      file('{ preset: ollama, tokenParam: max_completion_tokens }'),
      'tierline.yaml:2:37 providers.it.tokenParam: provider it (ollama) refuses the parameter "max_completion_tokens"; if it takes it now, name it in its allowParams. Parameters: frequency_penalty, presence_penalty, reasoning, reasoning_effort, seed, stop, temperature, top_p',
    ],
  ];
  for (const [what, text, expected] of refused) {
    it(what, (context) => {
      assert.deepEqual(problemsOf(context, text), [expected]);
    });
  }

  it('and as stream_options at Mistral', (context) => {
    const [problem, ...others] = problemsOf(context, file('{ preset: mistral, streamUsage: true }'));
    assert.match(
      problem!,
      /^tierline\.yaml:2:39 providers\.it\.streamUsage: .*refuses the parameter "stream_options"/,
    );
    assert.deepEqual(others, []);
  });

  it('unless the provider’s allowParams lets it through', (context) => {
    const seeded = (options: string): string =>
      file(
        `{ preset: gemini, ${options} }`,
        '{ provider: it, model: gemini-3.8-flash, params: { seed: 7 } }',
      );
    assert.equal(problemsOf(context, seeded('allowParams: [sead]')).length, 1);
    assert.deepEqual(settingsOf(context, seeded('allowParams: [seed]')).params['seed'], 7);
    assert.deepEqual(settingsOf(context, seeded('allowParams: ["*"]')).params['seed'], 7);
    const sampled = file(
      '{ preset: openai, allowParams: [temperature] }',
      '{ provider: it, model: gpt-6.1-sol, params: { temperature: 1 } }',
    );
    assert.deepEqual(problemsOf(context, sampled), []);
  });

  it('but not where nothing is known of the provider, or a null takes it away', (context) => {
    const anything = file(
      '{ api: openai, baseUrl: "http://x" }',
      '{ provider: it, model: m, params: { whatever: 1, seed: 1 } }',
    );
    assert.deepEqual(problemsOf(context, anything), []);
    const listed = anything.replace('baseUrl: "http://x"', 'baseUrl: "http://x", allowParams: [seed]');
    assert.equal(problemsOf(context, listed).length, 1);
    assert.deepEqual(problemsOf(context, params('mistral', 'm', 'seed: null')), []);
  });
});
