/**
 * Every preset against a server that is as strict as its provider: what Tierline sends is taken, and what the provider
 * answers is understood. The server's rules are written from the providers' documents, not from our presets.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { presetNames, presets, type PresetName } from '../../shared/config/presets.ts';
import { resolveModels } from '../../shared/config/resolve.ts';
import type { Config } from '../../shared/config/schema.ts';
import type { ChatModel, ChatOutcome, ChatRequest, ModelSettings } from '../../shared/models/chat.ts';
import { createModels } from '../../shared/models/registry.ts';
import { createAnthropicModel } from '../../shared/models/anthropic.ts';
import { createOpenAiModel } from '../../shared/models/openai.ts';
import { createOutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';
import type { OutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';
import { createClassifyPrompt } from '../../services/classifier/prompt.ts';
import { labels, plainText } from '../fakes/strict-provider-answers.ts';
import { modelOf } from '../fakes/strict-provider-checks.ts';
import type { Incident, StrictProvider } from '../fakes/strict-provider-rules.ts';
import { startStrictProvider, strictKey } from '../fakes/strict-provider.ts';
import type { StrictServer } from '../fakes/strict-provider.ts';
import { strictProviders } from '../fakes/strict-providers.ts';
import { load, loadValid, problemsOf } from '../unit/config-file.ts';

const never = new AbortController().signal;
const question: ChatRequest = {
  system: 'Be kind.',
  user: 'Where is my order?',
  maxOutputTokens: 200,
  stream: false,
};
/** Long enough for every provider to keep. */
const longSystem = `Be kind.\n${'The blue tent has room for three and weighs two kilograms. '.repeat(700)}`;

/** Where the customer's own servers are, as customers give it. */
const customersUrl: Partial<Record<PresetName, string>> = {
  azure: 'https://shop.openai.azure.com',
  litellm: 'http://litellm.example:4000',
};

/** What a preset cannot know. */
const providerOptions: Partial<Record<PresetName, string>> = {
  'portkey-self-hosted': 'headers: { x-portkey-provider: openai }, ',
};

function providerLine(name: PresetName, options = ''): string {
  const url = customersUrl[name] === undefined ? '' : `baseUrl: "${customersUrl[name]}", `;
  const key = presets[name].needsKey ? `apiKey: "\${env:KEY}", ` : '';
  return `  it: { preset: ${name}, ${url}${key}${providerOptions[name] ?? ''}${options} }\n`;
}

function configText(name: PresetName, models: string[], options = ''): string {
  const lines = models.map((model, index) => `  m${index}: { provider: it, model: "${model}" }\n`);
  const chain = models.map((_, index) => `m${index}`).join(', ');
  return [
    `providers:\n${providerLine(name, options)}`,
    `models:\n${lines.join('')}`,
    `classifier:\n  queryTypes:\n    refund: { description: asks for money back }\n  models: [${chain}]\n  timeoutMs: 20000\n`,
    `tiers:\n  one: { models: [${chain}] }\n`,
    'destinations:\n  file: { type: log, path: x }\n',
  ].join('');
}

/** Answers requests to the provider's own address from the strict server, and notes the address. */
function redirected(real: OutboundHttp, to: string, origins: Set<string>): OutboundHttp {
  return {
    fetch: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      origins.add(url.origin);
      return real.fetch(`${to}${url.pathname}${url.search}`, init);
    },
    close: () => real.close(),
  };
}

const described = (outcome: ChatOutcome): string =>
  outcome.kind === 'answer' ? 'an answer' : `${outcome.fault}: ${outcome.detail}`;

function answerOf(outcome: ChatOutcome): Extract<ChatOutcome, { kind: 'answer' }> {
  assert.equal(outcome.kind, 'answer', described(outcome));
  return outcome;
}

function failureOf(outcome: ChatOutcome): Extract<ChatOutcome, { kind: 'failure' }> {
  assert.equal(outcome.kind, 'failure', described(outcome));
  return outcome;
}

for (const name of presetNames) {
  const rules: StrictProvider = strictProviders[name];
  const ids = rules.models.map(({ id }) => id);

  describe(`the preset ${name}`, () => {
    let server: StrictServer;
    let real: OutboundHttp;
    const origins = new Set<string>();
    before(async () => {
      server = await startStrictProvider(rules);
      real = createOutboundHttp();
    });
    after(async () => {
      await real.close();
      await server.close();
    });

    const configOf = (context: TestContext, models: string[] = ids, key = strictKey): Config =>
      loadValid(context, configText(name, models), { env: { KEY: key } }).config;

    function callable(settings: ModelSettings): ChatModel {
      const http = redirected(real, server.url, origins);
      return rules.api === 'openai'
        ? createOpenAiModel(settings, http)
        : createAnthropicModel(settings, http);
    }

    const modelsOf = (context: TestContext, models: string[] = ids, key = strictKey): ChatModel[] =>
      [...resolveModels(configOf(context, models, key)).values()].map(callable);

    const firstModel = (context: TestContext): ChatModel => modelsOf(context, [ids[0]!])[0]!;

    const assertTaken = (): void => {
      const { flaw, body } = server.requests.at(-1)!;
      assert.equal(flaw, null, `refused ${JSON.stringify(flaw)}: ${JSON.stringify(body).slice(0, 600)}`);
    };

    it('calls every model at the documented address in a way that it takes, streamed and not', async (context) => {
      for (const model of modelsOf(context)) {
        for (const stream of [false, true]) {
          for (const system of [question.system, longSystem]) {
            const outcome = await model.call({ ...question, system, stream }, never);
            assertTaken();
            assert.equal(answerOf(outcome).text, plainText);
          }
        }
      }
      const documented = rules.origin ?? new URL(customersUrl[name]!).origin;
      assert.deepEqual([...origins], [documented]);
    });

    it('counts tokens as the provider bills them, and thinks no longer than it must', async (context) => {
      for (const model of modelsOf(context)) {
        const { short = 0 } = modelOf(rules, { model: model.settings.model })?.thinks ?? {};
        for (const stream of [false, true]) {
          const { usage, reportedNanoUsd } = answerOf(await model.call({ ...question, stream }, never));
          assert.partialDeepStrictEqual(usage, {
            inputTokens: 1200,
            cachedInputTokens: rules.tells.cached ? 1000 : 0,
            outputTokens: 21 + short,
            reasoningTokens: rules.tells.thinking ? short : 0,
          });
          const isTold =
            rules.reportedNanoUsd !== undefined && (!stream || rules.answerHeaders === undefined);
          assert.equal(reportedNanoUsd, isTold ? rules.reportedNanoUsd : undefined);
        }
      }
    });

    it('classifies with every model: the labels fit, however JSON can be asked for', async (context) => {
      const prompt = createClassifyPrompt(configOf(context));
      for (const model of modelsOf(context)) {
        const outcome = await model.call(
          prompt.request({ subject: 'Money back', body: 'I want my money back.' }),
          never,
        );
        assertTaken();
        assert.deepEqual(prompt.parse(answerOf(outcome).text), labels, model.settings.model);
      }
    });

    it('understands each of its refusals', async (context) => {
      const model = firstModel(context);
      const known = Object.entries(rules.incidents);
      assert.ok(known.length > 0);
      for (const [incident, refusal] of known) {
        for (const stream of [false, true]) {
          server.next(incident as Incident);
          const failure = failureOf(await model.call({ ...question, stream }, never));
          assert.equal(failure.fault, refusal.fault, `${incident}: ${failure.detail} (${refusal.source})`);
          assert.equal(failure.status, refusal.status);
          assert.equal(failure.retryAfterMs, refusal.retryAfterMs ?? null, incident);
          assert.equal(failure.possiblyBilled, false);
        }
      }
    });

    it('understands that a key is wrong, and that a model is not there', async (context) => {
      if (rules.auth.form !== 'none') {
        const failure = failureOf(await modelsOf(context, [ids[0]!], 'wrong-key')[0]!.call(question, never));
        assert.equal(server.requests.at(-1)!.flaw?.kind, 'wrongKey');
        assert.equal(failure.fault, rules.flaws.wrongKey!.fault, failure.detail);
      }
      const [absent] = modelsOf(context, ['no-such-model']);
      const failure = failureOf(await absent!.call(question, never));
      assert.equal(failure.fault, rules.flaws.unknownModel!.fault, failure.detail);
    });

    it('understands errors that come with status 200, and answers that its filter cut', async (context) => {
      const model = firstModel(context);
      if (rules.errorInStream !== undefined) {
        server.next('errorInStream');
        const failure = failureOf(await model.call({ ...question, stream: true }, never));
        assert.equal(failure.fault, rules.errorInStream.fault, failure.detail);
        assert.equal(failure.possiblyBilled, true, 'part of an answer had come');
      }
      if (rules.errorIn200 !== undefined) {
        server.next('errorIn200');
        const failure = failureOf(await model.call(question, never));
        assert.equal(failure.fault, rules.errorIn200.fault, failure.detail);
      }
      if (rules.filterFinish === null) return;
      for (const stream of [false, true]) {
        server.next('filterFinish');
        const failure = failureOf(await model.call({ ...question, stream }, never));
        assert.equal(failure.fault, rules.filterFinish === 'refusal' ? 'refused' : 'filtered');
        assert.equal(failure.usage?.inputTokens, 1200, 'what was used is kept');
      }
    });

    it('is refused at load for exactly the parameters that a model refuses', async (context) => {
      for (const { id } of rules.models) {
        for (const [param, value] of Object.entries(universe)) {
          const line = `m0: { provider: it, model: "${id}", params: { ${param}: ${JSON.stringify(value)} } }`;
          const text = configText(name, [id]).replace(/m0: \{ provider.*\}/, () => line);
          const loaded = load(context, text, { env: { KEY: strictKey } });
          const isKnown = rules.params.known.includes(param);
          if (loaded.kind === 'invalid') {
            const [problem] = problemsOf(context, text, { env: { KEY: strictKey } });
            assert.match(problem!, /^tierline\.yaml:4:\d+ models\.m0\.params\.\w+: /);
            const refusals = await refusalsOf(rules, server, { id, param, value });
            assert.ok(!isKnown || refusals, `${name} takes ${param} at ${id}, but: ${problem}`);
          } else {
            await callable(resolveModels(loaded.config).get('m0')!).call(question, never);
            const { flaw } = server.requests.at(-1)!;
            assert.equal(flaw, null, `${id} with ${param} was let through and is refused`);
            assert.ok(isKnown || presets[name].allowParams === null, `${param} would be without effect`);
          }
        }
      }
    });
  });
}

/** Parameters that people know from one provider and try at another. */
const universe: Record<string, unknown> = {
  temperature: 0.2,
  top_p: 0.9,
  top_k: 20,
  seed: 1,
  random_seed: 1,
  stop: ['END'],
  stop_sequences: ['END'],
  user: 'u',
  user_id: 'u',
  store: false,
  metadata: { team: 'support' },
  verbosity: 'low',
  service_tier: 'auto',
  safe_prompt: true,
  logit_bias: {},
  repetition_penalty: 1.1,
  frequency_penalty: 0.1,
  presence_penalty: 0.1,
  chat_template_kwargs: { enable_thinking: false },
  transforms: [],
};

/** Whether the provider itself refuses this parameter beside what the preset sends. */
async function refusalsOf(
  rules: StrictProvider,
  server: StrictServer,
  { id, param, value }: { id: string; param: string; value: unknown },
): Promise<boolean> {
  const sent = server.requests.filter(({ body }) => body['model'] === id).at(-1)!;
  const headers = Object.entries(sent.headers).filter(
    ([header]) => !/^(?:content-length|host|connection)$/.test(header),
  );
  const response = await fetch(`${server.url}${rules.path}`, {
    method: 'POST',
    headers: headers.map(([header, text]): [string, string] => [header, String(text)]),
    body: JSON.stringify({ ...sent.body, [param]: value }),
  });
  await response.text();
  return response.status >= 400;
}

describe('the strict servers', () => {
  it('have a source for every rule', () => {
    for (const rules of Object.values(strictProviders)) {
      const sources = [
        rules.auth.source,
        rules.params.source,
        rules.limit.source,
        ...rules.models.map(({ source }) => source),
        ...Object.values(rules.flaws).map(({ source }) => source),
        ...Object.values(rules.incidents).map(({ source }) => source),
      ];
      for (const source of sources) assert.match(source, /^https:\/\/\S+/, rules.preset);
    }
  });

  it('refuse in the provider’s own words what it refuses', async () => {
    const cases: [PresetName, Record<string, unknown>, number, RegExp][] = [
      ['mistral', { max_completion_tokens: 5 }, 422, /extra_forbidden.*max_completion_tokens/],
      [
        'mistral',
        { stream: true, stream_options: { include_usage: true } },
        422,
        /extra_forbidden.*stream_options/,
      ],
      ['gemini', { store: false }, 400, /^\[\{"error".*Unknown name \\"store\\"/],
      ['openai', { max_tokens: 5 }, 400, /Unknown parameter: 'max_tokens'/],
      ['openai', { temperature: 0.5 }, 400, /unsupported_value/],
      ['openai', { foo: 1 }, 400, /unknown_parameter/],
      ['deepseek', { response_format: { type: 'json_schema' } }, 400, /unavailable now/],
      ['deepseek', { response_format: { type: 'json_object' } }, 400, /unavailable now/],
      ['meta', { reasoning_effort: 'none' }, 400, /unsupported_value/],
      ['groq', { user_id: 'x' }, 400, /unsupported/],
    ];
    for (const [name, extra, status, words] of cases) {
      const rules = strictProviders[name];
      const server = await startStrictProvider(rules);
      const response = await fetch(`${server.url}${rules.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${strictKey}` },
        body: JSON.stringify({
          model: rules.models[0]!.id,
          messages: [{ role: 'user', content: 'Hello' }],
          ...extra,
        }),
      });
      const text = await response.text();
      await server.close();
      assert.equal(response.status, status, `${name}: ${text}`);
      assert.match(text, words);
    }
  });

  it('refuse Anthropic’s requests without max_tokens, with sampling, or with the thinking of another model', async () => {
    const rules = strictProviders.anthropic;
    const server = await startStrictProvider(rules);
    const send = async (body: Record<string, unknown>): Promise<string> => {
      const response = await fetch(`${server.url}/v1/messages`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${strictKey}`,
          'anthropic-version': '2026-10-21',
        },
        body: JSON.stringify({
          model: 'claude-sonnet-5-5',
          messages: [{ role: 'user', content: 'Hello' }],
          ...body,
        }),
      });
      return `${response.status} ${await response.text()}`;
    };
    assert.match(await send({}), /^400 .*max_tokens: Field required/);
    assert.match(await send({ max_tokens: 5, temperature: 1 }), /^400 .*temperature: Extra inputs/);
    assert.match(await send({ max_tokens: 5, thinking: { type: 'disabled' } }), /^400 .*thinking/);
    assert.match(await send({ max_tokens: 50, thinking: { type: 'between_tools' } }), /^200 .*end_turn/);
    await server.close();
  });

  it('show what happens without the preset: a bare API is refused, or thinks until nothing is left', async (context) => {
    const rules = strictProviders.openai;
    const server = await startStrictProvider(rules);
    const bare = (options: string): string =>
      configText('openai', ['gpt-6-luna']).replace(
        /it: \{.*\}/,
        `it: { api: openai, baseUrl: "${server.url}/v1", apiKey: k${options} }`,
      );
    const call = async (options: string): Promise<ChatOutcome> => {
      const { config } = loadValid(context, bare(options).replace('apiKey: k', `apiKey: "\${env:KEY}"`), {
        env: { KEY: strictKey },
      });
      const models = createModels(resolveModels(config).values(), () => assert.fail('no house here'));
      const outcome = await models.get('m0').call(question, never);
      await models.close();
      return outcome;
    };
    assert.equal(failureOf(await call('')).fault, 'bad_request');
    assert.equal(failureOf(await call(', tokenParam: max_completion_tokens')).fault, 'length');
    answerOf(await call(', tokenParam: max_completion_tokens, extraBody: { reasoning_effort: none }'));
    await server.close();
  });
});
