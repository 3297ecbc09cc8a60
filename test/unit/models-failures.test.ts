/** Every way in which a provider fails has its fault, over both APIs, streamed and not; nothing throws, nothing stays open. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createAnthropicModel } from '../../shared/models/anthropic.ts';
import type { ChatFailure, ChatModel, ChatOutcome, ChatRequest, Fault } from '../../shared/models/chat.ts';
import { createOpenAiModel } from '../../shared/models/openai.ts';
import { createOutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';
import type { OutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';
import { modelSettings } from '../fakes/model-settings.ts';
import type { SettingsChanges } from '../fakes/model-settings.ts';
import { startProvider } from '../fakes/provider.ts';
import type { Behaviour, Provider } from '../fakes/provider.ts';

let provider: Provider;
let http: OutboundHttp;
before(async () => {
  provider = await startProvider();
  http = createOutboundHttp();
});
after(async () => {
  await http.close();
  await provider.close();
});

type Api = 'openai' | 'anthropic';
const apis: Api[] = ['openai', 'anthropic'];
const never = new AbortController().signal;
const secret = 'My card number is 4111 1111 1111 1111.';
const request: ChatRequest = { system: 'Be kind.', user: secret, maxOutputTokens: 200, stream: false };

function model(api: Api, changes: SettingsChanges = {}): ChatModel {
  const settings = modelSettings(api, provider.url, changes);
  return api === 'openai' ? createOpenAiModel(settings, http) : createAnthropicModel(settings, http);
}

function failureOf(outcome: ChatOutcome): ChatFailure {
  assert.equal(outcome.kind, 'failure');
  assert.ok(outcome.kind === 'failure');
  assert.doesNotMatch(JSON.stringify(outcome), /4111|test-key/);
  return outcome;
}

type Case = { name: string; behaviour: Behaviour; fault: Fault; billed: boolean; status?: number | null };

const anyCase: Case[] = [
  {
    name: 'HTML instead of an answer',
    behaviour: { html: true },
    fault: 'bad_response',
    billed: true,
    status: 200,
  },
  {
    name: 'a body that is no JSON',
    behaviour: { body: '{"choices": [', contentType: 'application/json' },
    fault: 'bad_response',
    billed: true,
  },
  {
    name: 'an empty body',
    behaviour: { body: '', contentType: 'application/json' },
    fault: 'bad_response',
    billed: true,
  },
  { name: 'an empty object', behaviour: { body: {} }, fault: 'bad_response', billed: true },
  {
    name: 'no answer in the answer',
    behaviour: { body: { choices: [], content: null, model: 'm' } },
    fault: 'bad_response',
    billed: true,
  },
  {
    name: 'an error in a 200 response, by number',
    behaviour: { body: { error: { code: 429, message: 'slow down' } }, headers: { 'retry-after': '7' } },
    fault: 'rate_limited',
    billed: false,
    status: 200,
  },
  {
    name: 'an error in a 200 response, by name',
    behaviour: { body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } },
    fault: 'overloaded',
    billed: false,
  },
  {
    name: 'a body shorter than announced',
    behaviour: { json: true, shortBody: true },
    fault: 'truncated',
    billed: true,
  },
  {
    name: 'a body that is not compressed as it says',
    behaviour: { json: true, headers: { 'content-encoding': 'gzip' } },
    fault: 'bad_response',
    billed: true,
  },
  {
    name: 'a redirect',
    behaviour: { status: 307, headers: { location: '/v1/elsewhere' }, body: '' },
    fault: 'bad_response',
    billed: false,
    status: 307,
  },
  {
    name: 'a reset before the headers',
    behaviour: { resetBeforeHeaders: true },
    fault: 'connection',
    billed: true,
    status: null,
  },
  {
    name: 'a reset after the headers',
    behaviour: { resetAfterHeaders: true },
    fault: 'truncated',
    billed: true,
    status: 200,
  },
  { name: 'an answer without text', behaviour: { text: ' \n ' }, fault: 'empty', billed: false },
  { name: 'no finish reason', behaviour: { finish: null, usage: null }, fault: 'truncated', billed: true },
  { name: '401', behaviour: { status: 401, error: {} }, fault: 'auth', billed: false, status: 401 },
  { name: '404', behaviour: { status: 404, error: {} }, fault: 'not_found', billed: false, status: 404 },
  { name: '402', behaviour: { status: 402, error: {} }, fault: 'quota', billed: false, status: 402 },
  { name: '429', behaviour: { status: 429, error: {} }, fault: 'rate_limited', billed: false, status: 429 },
  {
    name: '400',
    behaviour: { status: 400, error: { message: secret } },
    fault: 'bad_request',
    billed: false,
    status: 400,
  },
  { name: '500', behaviour: { status: 500, error: {} }, fault: 'server_error', billed: false, status: 500 },
  {
    name: '502 in HTML',
    behaviour: { status: 502, html: true },
    fault: 'server_error',
    billed: false,
    status: 502,
  },
  { name: '504', behaviour: { status: 504, html: true }, fault: 'server_error', billed: true, status: 504 },
  { name: '529', behaviour: { status: 529, error: {} }, fault: 'overloaded', billed: false, status: 529 },
];

const streamCases: Case[] = [
  {
    name: 'a stream that ends quietly half way',
    behaviour: { endAfterChunks: 2 },
    fault: 'truncated',
    billed: true,
  },
  {
    name: 'a stream that is cut half way',
    behaviour: { cutAfterChunks: 2 },
    fault: 'truncated',
    billed: true,
  },
  { name: 'an error event half way', behaviour: { errorAfterChunks: 2 }, fault: 'overloaded', billed: true },
  { name: 'an error event at once', behaviour: { errorAfterChunks: 0 }, fault: 'overloaded', billed: false },
  {
    name: 'an error in a data event of its own',
    behaviour: { body: 'data: {"error":{"code":529,"message":"x"}}\n\n', contentType: 'text/event-stream' },
    fault: 'overloaded',
    billed: false,
  },
  {
    name: 'an event that is no JSON',
    behaviour: { body: 'data: {"choices": oops}\n\n', contentType: 'text/event-stream' },
    fault: 'bad_response',
    billed: true,
  },
  {
    name: 'a stream without events',
    behaviour: { body: '', contentType: 'text/event-stream' },
    fault: 'truncated',
    billed: true,
  },
];

const finishCases: Record<Api, Record<string, Fault>> = {
  openai: { length: 'length', content_filter: 'filtered', tool_calls: 'bad_response', error: 'server_error' },
  anthropic: {
    max_tokens: 'length',
    refusal: 'refused',
    model_context_window_exceeded: 'too_long',
    tool_use: 'bad_response',
    pause_turn: 'bad_response',
  },
};

for (const api of apis) {
  for (const stream of [true, false]) {
    describe(`${api}, ${stream ? 'streamed' : 'not streamed'}`, () => {
      for (const { name, behaviour, fault, billed, status } of stream
        ? [...anyCase, ...streamCases]
        : anyCase) {
        it(`${name}: ${fault}`, async () => {
          provider.behave(behaviour);
          const failure = failureOf(await model(api).call({ ...request, stream }, never));
          assert.equal(failure.fault, fault, failure.detail);
          assert.equal(failure.possiblyBilled, billed);
          if (status !== undefined) assert.equal(failure.status, status);
        });
      }

      for (const [finish, fault] of Object.entries(finishCases[api])) {
        it(`finish ${finish}: ${fault}, with what it cost`, async () => {
          provider.behave({ finish, usage: { input: 30, output: 7 } });
          const failure = failureOf(await model(api).call({ ...request, stream }, never));
          assert.equal(failure.fault, fault);
          assert.equal(failure.usage?.outputTokens, 7);
          assert.equal(failure.possiblyBilled, false);
        });
      }

      it('a page without end is not waited for, and its connection is closed', async () => {
        provider.behave({ html: true, firstByteDelayMs: 60_000 });
        const failure = failureOf(await model(api).call({ ...request, stream }, never));
        assert.equal(failure.fault, 'bad_response');
        await provider.requests.at(-1)?.ended;
        assert.equal(provider.requests.at(-1)?.closedEarly, true);
      });

      it('a wait that is asked for is handed on', async () => {
        provider.behave({ status: 429, error: {}, headers: { 'retry-after': '7' } });
        const failure = failureOf(await model(api).call({ ...request, stream }, never));
        assert.equal(failure.retryAfterMs, 7000);
      });

      it('asks once only, whatever the provider says', async () => {
        provider.behave({
          status: 503,
          error: {},
          headers: { 'x-should-retry': 'true', 'retry-after-ms': '1' },
        });
        const count = provider.requests.length;
        await model(api).call({ ...request, stream }, never);
        assert.equal(provider.requests.length, count + 1);
      });

      it('a refused connection: connection, and certainly not billed', async () => {
        const gone = await startProvider();
        await gone.close();
        const settings = { provider: { baseUrl: `${gone.url}/v1` } };
        const failure = failureOf(await model(api, settings).call({ ...request, stream }, never));
        assert.equal(failure.fault, 'connection');
        assert.equal(failure.possiblyBilled, false);
      });
    });
  }

  describe(`${api}: the key`, () => {
    it('a provider without its key is not called', async () => {
      const count = provider.requests.length;
      const failure = failureOf(await model(api, { provider: { apiKey: null } }).call(request, never));
      assert.equal(failure.fault, 'auth');
      assert.equal(provider.requests.length, count);
    });

    it('a key that cannot be sent is our mistake, and is not shown', async () => {
      const failure = failureOf(
        await model(api, { provider: { apiKey: 'test-key\nx' } }).call(request, never),
      );
      assert.equal(failure.fault, 'bad_request');
      assert.equal(failure.possiblyBilled, false);
    });
  });
}

describe('openai', () => {
  for (const stream of [true, false]) {
    it(`a refusal in the message is a refusal (${stream ? 'streamed' : 'not streamed'})`, async () => {
      provider.behave({ text: 'x', refusal: 'I cannot help with that.' });
      assert.equal(failureOf(await model('openai').call({ ...request, stream }, never)).fault, 'refused');
    });
  }

  it('an error body in an array, as Gemini sends it', async () => {
    provider.behave({
      status: 404,
      body: [{ error: { code: 404, message: 'no such model', status: 'NOT_FOUND' } }],
    });
    const failure = failureOf(await model('openai').call(request, never));
    assert.equal(failure.fault, 'not_found');
    assert.match(failure.detail, /404/);
  });

  it('an answer beyond the size limit is given up, and its connection closed', async () => {
    const small = createOutboundHttp({ maxResponseBytes: 2000 });
    provider.behave({ text: 'x'.repeat(100_000) });
    const settings = modelSettings('openai', provider.url);
    const failure = failureOf(await createOpenAiModel(settings, small).call(request, never));
    assert.equal(failure.fault, 'bad_response');
    assert.match(failure.detail, /body_too_large/);
    await small.close();
  });

  it('a decompressed answer beyond the size limit is given up too', async () => {
    const small = createOutboundHttp({ maxResponseBytes: 50_000 });
    provider.behave({ text: 'x'.repeat(1_000_000), encoding: 'gzip' });
    const settings = modelSettings('openai', provider.url);
    const failure = failureOf(await createOpenAiModel(settings, small).call(request, never));
    assert.match(failure.detail, /body_too_large/);
    await small.close();
  });
});
