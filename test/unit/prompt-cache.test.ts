/** What is sent so that a provider keeps the beginning of a prompt, by its kind of cache. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions';
import type { MessageCreateParams } from '@anthropic-ai/sdk/resources/messages';
import { createAnthropicModel } from '../../shared/models/anthropic.ts';
import type { ChatRequest, ModelSettings } from '../../shared/models/chat.ts';
import { createOpenAiModel } from '../../shared/models/openai.ts';
import { createOutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';
import { modelSettings } from '../fakes/model-settings.ts';
import { startProvider } from '../fakes/provider.ts';
import type { Provider } from '../fakes/provider.ts';

const long = 'We sell tents, mats, stoves and headlamps of every size. '.repeat(200);
const short = 'We sell tents.';

describe('the beginning of a prompt', () => {
  let provider: Provider;
  const http = createOutboundHttp();
  before(async () => {
    provider = await startProvider();
  });
  after(async () => {
    await http.close();
    await provider.close();
  });

  type Body = Record<string, unknown>;
  /** The bodies as they were sent, in the same order. */
  async function send(
    settings: ModelSettings,
    requests: (Partial<ChatRequest> & { system: string })[],
  ): Promise<Body[]> {
    const from = provider.requests.length;
    const create = settings.provider.api === 'openai' ? createOpenAiModel : createAnthropicModel;
    const model = create(settings, http);
    for (const request of requests) {
      const outcome = await model.call(
        { user: 'Where is my parcel?', maxOutputTokens: 50, stream: true, ...request },
        new AbortController().signal,
      );
      assert.equal(outcome.kind, 'answer');
    }
    return provider.requests.slice(from).map(({ body }) => body);
  }
  const settings = (
    api: 'openai' | 'anthropic',
    cache: ModelSettings['cache'],
    changes: Partial<Omit<ModelSettings, 'provider'>> = {},
  ): ModelSettings => modelSettings(api, provider.url, { cache, model: 'gpt-6-luna', ...changes });

  const systemOf = (body: Body): unknown =>
    body['system'] ?? (body as { messages: { content: unknown }[] }).messages[0]?.content;

  test('is marked for OpenAI where it is long enough, and then nothing else is kept', async () => {
    const [body] = await send(settings('openai', { kind: 'openai_breakpoints', minTokens: 1024 }), [
      { system: long },
    ]);
    const expected: Partial<ChatCompletionCreateParams> = {
      prompt_cache_options: { mode: 'explicit' },
      messages: [
        {
          role: 'system',
          content: [{ type: 'text', text: long, prompt_cache_breakpoint: { mode: 'explicit' } }],
        },
        { role: 'user', content: 'Where is my parcel?' },
      ],
    };
    assert.deepEqual(
      { prompt_cache_options: body!['prompt_cache_options'], messages: body!['messages'] },
      expected,
    );
    assert.match(String(body!['prompt_cache_key']), /^tierline-[\w-]{22}$/);
  });

  test('is not marked for OpenAI where it is short; keeping is then switched off, for it costs', async () => {
    const [body] = await send(settings('openai', { kind: 'openai_breakpoints', minTokens: 1024 }), [
      { system: short },
    ]);
    assert.deepEqual(body!['prompt_cache_options'], { mode: 'explicit' });
    assert.equal(systemOf(body!), short);
    assert.ok(!('prompt_cache_key' in body!));
  });

  test('has a key of its own: the same for all its tickets, another for another beginning', async () => {
    const one = settings('openai', { kind: 'openai_breakpoints', minTokens: 1024 });
    const bodies = await send(one, [
      { system: long },
      { system: long, user: 'And now?' },
      { system: `${long}.` },
    ]);
    const [first, second, third] = bodies.map((body) => body['prompt_cache_key']);
    assert.equal(first, second);
    assert.notEqual(first, third);
  });

  test('is marked for Anthropic as its last block, from the least length that the model keeps', async () => {
    const [marked, unmarked] = await send(
      settings('anthropic', { kind: 'cache_control', minTokens: 512 }, { model: 'claude-haiku-5-5' }),
      [{ system: long }, { system: short }],
    );
    const system: MessageCreateParams['system'] = [
      { type: 'text', text: long, cache_control: { type: 'ephemeral' } },
    ];
    assert.deepEqual(marked!['system'], system);
    assert.equal(unmarked!['system'], short);
    const [below] = await send(settings('anthropic', { kind: 'cache_control', minTokens: 100_000 }), [
      { system: long },
    ]);
    assert.equal(below!['system'], long);
    for (const body of [marked!, unmarked!]) assert.doesNotMatch(JSON.stringify(body), /prompt_cache/);
  });

  test('is marked in Anthropic’s way for gateways that take it in OpenAI’s API', async () => {
    const [body] = await send(settings('openai', { kind: 'cache_control', minTokens: 512 }), [
      { system: long },
    ]);
    assert.deepEqual(systemOf(body!), [{ type: 'text', text: long, cache_control: { type: 'ephemeral' } }]);
    assert.doesNotMatch(JSON.stringify(body), /prompt_cache/);
  });

  for (const kind of ['automatic', 'none'] as const) {
    test(`is sent as it is where keeping is ${kind}: strict servers refuse what they do not know`, async () => {
      for (const api of ['openai', 'anthropic'] as const) {
        const [body] = await send(settings(api, { kind, minTokens: 0 }), [{ system: long }]);
        assert.equal(systemOf(body!), long);
        assert.doesNotMatch(JSON.stringify(body), /prompt_cache|cache_control/);
      }
    });
  }

  test('is the instructions with a schema that is told in them, too', async () => {
    const json = { name: 'labels', schema: { type: 'object' } };
    provider.behave({ text: '{}' });
    const [body] = await send(
      settings('openai', { kind: 'openai_breakpoints', minTokens: 1024 }, { structured: 'prompt' }),
      [{ system: long, json, stream: false }],
    );
    const [block] = systemOf(body!) as { text: string; prompt_cache_breakpoint?: unknown }[];
    assert.ok(block!.text.startsWith(long) && block!.text.endsWith('{"type":"object"}'));
    assert.deepEqual(block!.prompt_cache_breakpoint, { mode: 'explicit' });
  });

  test('is kept as the configuration wants where it says so', async () => {
    const [body] = await send(
      settings(
        'openai',
        { kind: 'openai_breakpoints', minTokens: 1024 },
        { params: { prompt_cache_options: { mode: 'implicit' }, prompt_cache_key: 'mine' } },
      ),
      [{ system: long }],
    );
    assert.deepEqual(
      [body!['prompt_cache_options'], body!['prompt_cache_key']],
      [{ mode: 'implicit' }, 'mine'],
    );
  });
});
