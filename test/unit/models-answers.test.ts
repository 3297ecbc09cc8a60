/** What a model call sends and what it makes of a healthy answer, over both APIs, streamed and not. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { createAnthropicModel } from '../../shared/models/anthropic.ts';
import type { ChatModel, ChatOutcome, ChatRequest } from '../../shared/models/chat.ts';
import { createOpenAiModel } from '../../shared/models/openai.ts';
import { createModels } from '../../shared/models/registry.ts';
import { createOutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';
import type { OutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';
import { modelSettings } from '../fakes/model-settings.ts';
import type { SettingsChanges } from '../fakes/model-settings.ts';
import { startProvider } from '../fakes/provider.ts';
import type { Provider, ProviderRequest } from '../fakes/provider.ts';

let provider: Provider;
let http: OutboundHttp;
before(async () => {
  provider = await startProvider();
  http = createOutboundHttp();
});
afterEach(() => provider.behave({}));
after(async () => {
  await http.close();
  await provider.close();
});

type Api = 'openai' | 'anthropic';
const apis: Api[] = ['openai', 'anthropic'];
const never = new AbortController().signal;
const hello: ChatRequest = {
  system: 'Be kind.',
  user: 'Where is my order?',
  maxOutputTokens: 200,
  stream: false,
};

function model(api: Api, changes: SettingsChanges = {}): ChatModel {
  const settings = modelSettings(api, provider.url, changes);
  return api === 'openai' ? createOpenAiModel(settings, http) : createAnthropicModel(settings, http);
}

function answerOf(outcome: ChatOutcome) {
  assert.equal(
    outcome.kind,
    'answer',
    outcome.kind === 'failure' ? `${outcome.fault}: ${outcome.detail}` : '',
  );
  return outcome;
}

function lastRequest(): ProviderRequest {
  const request = provider.requests.at(-1);
  assert.ok(request);
  return request;
}

for (const api of apis) {
  for (const stream of [true, false]) {
    describe(`${api}, ${stream ? 'streamed' : 'not streamed'}`, () => {
      it('gives text, usage with cached and reasoning tokens, served model and request id', async () => {
        const usage = { input: 1200, cached: 1000, cacheWrite: 50, output: 90, reasoning: 30 };
        provider.behave({ text: 'Your order left on Monday. 訂單已寄出 🎉', usage, model: 'small-1-0722' });
        const answer = answerOf(await model(api).call({ ...hello, stream }, never));
        assert.equal(answer.text, 'Your order left on Monday. 訂單已寄出 🎉');
        assert.deepEqual(answer.usage, {
          inputTokens: 1200,
          cachedInputTokens: 1000,
          cacheWriteTokens: 50,
          outputTokens: 90,
          reasoningTokens: 30,
        });
        assert.equal(answer.servedModel, 'small-1-0722');
        assert.equal(answer.requestId, `req_${lastRequest().number}`);
        assert.equal(lastRequest().stream, stream);
      });

      it('keeps the answer of a provider that reports no usage, with usage null', async () => {
        provider.behave({ usage: null });
        assert.equal(answerOf(await model(api).call({ ...hello, stream }, never)).usage, null);
      });

      it('understands a body that comes byte by byte, cut inside characters', async () => {
        provider.behave({ text: 'Grüße, 東京 👩‍👩‍👧!', sliceBytes: 1 });
        assert.equal(answerOf(await model(api).call({ ...hello, stream }, never)).text, 'Grüße, 東京 👩‍👩‍👧!');
      });

      for (const encoding of ['gzip', 'deflate', 'br'] as const) {
        it(`understands ${encoding} although it asks for no compression`, async () => {
          provider.behave({ text: 'Packed.', encoding });
          assert.equal(answerOf(await model(api).call({ ...hello, stream }, never)).text, 'Packed.');
          assert.equal(lastRequest().headers['accept-encoding'], 'identity');
        });
      }

      it('uses its connections again', async () => {
        const one = model(api);
        for (let call = 0; call < 6; call += 1) answerOf(await one.call({ ...hello, stream }, never));
        const ports = new Set(provider.requests.slice(-6).map((request) => request.port));
        // A call that follows at once may find the connection not yet marked as free, so there are two in turn.
        assert.ok(ports.size <= 2, `${ports.size} connections`);
      });
    });
  }

  describe(`${api}: how a stream may end`, () => {
    it('accepts plain JSON in answer to a streamed request', async () => {
      provider.behave({ json: true, text: 'All at once.' });
      const answer = answerOf(await model(api).call({ ...hello, stream: true }, never));
      assert.equal(answer.text, 'All at once.');
      assert.notEqual(answer.usage, null);
    });

    it('accepts a stream with a finish reason that ends without the last event', async () => {
      provider.behave({ sentinel: false });
      assert.notEqual(answerOf(await model(api).call({ ...hello, stream: true }, never)).usage, null);
    });

    it('does not wait for a server that keeps the connection open after the last event', async () => {
      provider.behave({ neverEnds: true });
      const startedAt = performance.now();
      const patient = model(api, { timeoutMs: 8000, idleTimeoutMs: 8000 });
      answerOf(await patient.call({ ...hello, stream: true }, never));
      assert.ok(performance.now() - startedAt < 6000);
      await lastRequest().ended;
      assert.equal(lastRequest().closedEarly, true);
    });

    it('keeps a whole answer whose connection breaks after the finish reason', async () => {
      provider.behave({ text: 'Whole.', cutAtEnd: true });
      assert.equal(answerOf(await model(api).call({ ...hello, stream: true }, never)).text, 'Whole.');
    });
  });
}

it('anthropic: what is counted at the start of a stream alone is no usage', async () => {
  const events = [
    { type: 'message_start', message: { model: 'm', usage: { input_tokens: 9, output_tokens: 1 } } },
    { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Hello.' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
  ];
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  provider.behave({ body, contentType: 'text/event-stream' });
  const answer = answerOf(await model('anthropic').call({ ...hello, stream: true }, never));
  assert.equal(answer.text, 'Hello.');
  assert.equal(answer.usage, null);
});

it('openai: usage may come in any event', async () => {
  const events = [
    {
      model: 'm',
      choices: [{ delta: { content: 'Hello.' } }],
      usage: { prompt_tokens: 9, completion_tokens: 1 },
    },
    { model: 'm', choices: [{ delta: {}, finish_reason: 'stop' }], usage: null },
  ];
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  provider.behave({ body, contentType: 'text/event-stream' });
  const answer = answerOf(await model('openai').call({ ...hello, stream: true }, never));
  assert.equal(answer.usage?.inputTokens, 9);
});

describe('what is sent', () => {
  const json = { name: 'label', schema: { type: 'object', properties: { tier: { type: 'string' } } } };

  it('openai: only what the settings allow', async () => {
    const changes: SettingsChanges = {
      params: { temperature: 0.2, thinking: { type: 'disabled' } },
      provider: { tokenParam: 'max_completion_tokens' },
    };
    await model('openai', changes).call(hello, never);
    assert.deepEqual(lastRequest().body, {
      thinking: { type: 'disabled' },
      temperature: 0.2,
      model: 'small-1',
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Where is my order?' },
      ],
      max_completion_tokens: 200,
    });
    assert.equal(lastRequest().path, '/v1/chat/completions');
  });

  it('openai: usage is asked for in streams only where the provider allows it', async () => {
    await model('openai').call({ ...hello, stream: true }, never);
    assert.deepEqual(lastRequest().body['stream_options'], { include_usage: true });
    await model('openai', { provider: { streamUsage: false } }).call({ ...hello, stream: true }, never);
    assert.equal('stream_options' in lastRequest().body, false);
  });

  it('openai: each kind of structured output', async () => {
    await model('openai', { structured: 'json_schema' }).call({ ...hello, json }, never);
    assert.deepEqual(lastRequest().body['response_format'], {
      type: 'json_schema',
      json_schema: { name: 'label', schema: json.schema, strict: true },
    });
    await model('openai', { structured: 'json_object' }).call({ ...hello, json }, never);
    assert.deepEqual(lastRequest().body['response_format'], { type: 'json_object' });
    assert.match(JSON.stringify(lastRequest().body['messages']), /JSON Schema.*tier/);
    await model('openai', { structured: 'prompt' }).call({ ...hello, json }, never);
    assert.equal('response_format' in lastRequest().body, false);
    assert.match(JSON.stringify(lastRequest().body['messages']), /JSON Schema.*tier/);
  });

  it('anthropic: only what the settings allow, with the output format as its schema', async () => {
    await model('anthropic', { params: { service_tier: 'auto' } }).call({ ...hello, json }, never);
    assert.deepEqual(lastRequest().body, {
      service_tier: 'auto',
      model: 'small-1',
      max_tokens: 200,
      system: 'Be kind.',
      messages: [{ role: 'user', content: 'Where is my order?' }],
      output_config: { format: { type: 'json_schema', schema: json.schema } },
    });
    await model('anthropic', { structured: 'prompt' }).call({ ...hello, json }, never);
    assert.equal('output_config' in lastRequest().body, false);
    assert.match(String(lastRequest().body['system']), /^Be kind\.[\s\S]*JSON Schema[\s\S]*tier/);
  });

  it('takes JSON out of the Markdown fence that some models put around it', async () => {
    provider.behave({ text: '```json\n{"tier":"simple"}\n```' });
    const outcome = await model('openai', { structured: 'prompt' }).call({ ...hello, json }, never);
    assert.equal(answerOf(outcome).text, '{"tier":"simple"}');
    assert.equal(answerOf(await model('openai').call(hello, never)).text, '```json\n{"tier":"simple"}\n```');
  });

  it('streams only where the server can', async () => {
    for (const api of apis) {
      const whole = model(api, { provider: { streams: false } });
      answerOf(await whole.call({ ...hello, stream: true }, never));
      assert.equal('stream' in lastRequest().body, false);
      assert.equal('stream_options' in lastRequest().body, false);
    }
  });

  it('leaves room for thinking beside the answer', async () => {
    for (const api of apis) {
      await model(api, { maxOutputTokens: 50, thinkingTokens: 700 }).call(hello, never);
      assert.equal(lastRequest().body['max_tokens'], 750);
    }
  });

  it('never asks for more output than the model is allowed', async () => {
    for (const api of apis) {
      await model(api, { maxOutputTokens: 50 }).call(hello, never);
      assert.equal(lastRequest().body['max_tokens'], 50);
    }
  });

  it('openai: the key as bearer token, none where there is none, and the configured headers', async () => {
    await model('openai', { provider: { headers: { 'X-Title': 'Shop' } } }).call(hello, never);
    assert.equal(lastRequest().headers.authorization, 'Bearer test-key');
    assert.equal(lastRequest().headers['x-title'], 'Shop');
    answerOf(await model('openai', { provider: { apiKey: null, needsKey: false } }).call(hello, never));
    assert.equal(lastRequest().headers.authorization, undefined);
  });

  it('anthropic: a compatible host gets the key in both places and the older version', async () => {
    await model('anthropic').call(hello, never);
    const { headers } = lastRequest();
    assert.equal(headers['x-api-key'], 'test-key');
    assert.equal(headers.authorization, 'Bearer test-key');
    assert.equal(headers['anthropic-version'], '2023-06-01');
    answerOf(await model('anthropic', { provider: { apiKey: null, needsKey: false } }).call(hello, never));
    assert.equal(lastRequest().headers.authorization, undefined);
    assert.equal(lastRequest().headers['x-api-key'], undefined);
  });

  it('anthropic: a base URL that already ends in /v1 reaches the same place', async () => {
    answerOf(await model('anthropic', { provider: { baseUrl: `${provider.url}/v1` } }).call(hello, never));
    assert.equal(lastRequest().path, '/v1/messages');
  });

  it('anthropic: the real host gets a bearer token only, in the version that the SDK speaks', async () => {
    let sent = new Headers();
    const spy: OutboundHttp = {
      fetch: (_input, init) => {
        sent = new Headers(init?.headers);
        return Promise.reject(new Error('nothing is sent in this test'));
      },
      close: () => Promise.resolve(),
    };
    const settings = modelSettings('anthropic', '', { provider: { baseUrl: 'https://api.anthropic.com' } });
    await createAnthropicModel(settings, spy).call(hello, never);
    assert.equal(sent.get('authorization'), 'Bearer test-key');
    assert.equal(sent.get('x-api-key'), null);
    assert.equal(sent.get('anthropic-version'), '2026-10-21');
  });

  it('nothing of the SDKs’ own environment variables reaches a provider', async () => {
    const variables = {
      OPENAI_ORG_ID: 'org-leak',
      OPENAI_PROJECT_ID: 'proj-leak',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/leak',
      OPENAI_CUSTOM_HEADERS: 'x-leak: yes',
      ANTHROPIC_AUTH_TOKEN: 'token-leak',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9/leak',
      ANTHROPIC_CUSTOM_HEADERS: 'x-leak: yes',
    };
    Object.assign(process.env, variables);
    try {
      for (const api of apis) {
        answerOf(await model(api).call(hello, never));
        assert.doesNotMatch(JSON.stringify(lastRequest().headers), /leak/);
      }
      assert.equal(process.env['OPENAI_ORG_ID'], 'org-leak');
    } finally {
      for (const name of Object.keys(variables)) delete process.env[name];
    }
  });
});

describe('the registry', () => {
  it('gives each model the adapter of its API and closes its connections', async () => {
    const house = modelSettings('openai', '', { name: 'house', provider: { api: 'house' } });
    const models = createModels(
      [
        modelSettings('openai', provider.url, { name: 'a' }),
        modelSettings('anthropic', provider.url, { name: 'b' }),
        house,
      ],
      (settings) => ({ settings, call: () => Promise.reject(new Error('not called')) }),
    );
    answerOf(await models.get('a').call(hello, never));
    assert.equal(lastRequest().api, 'openai');
    answerOf(await models.get('b').call(hello, never));
    assert.equal(lastRequest().api, 'anthropic');
    assert.equal(models.get('house').settings, house);
    assert.throws(() => models.get('c'), { code: 'unknown_model' });
    await models.close();
    const outcome = await models.get('a').call(hello, never);
    assert.equal(outcome.kind === 'failure' && outcome.fault, 'connection');
  });
});
