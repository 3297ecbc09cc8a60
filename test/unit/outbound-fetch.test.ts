/** Our own fetch under both SDKs as they are: what they get, and that a call which is given up closes its connection. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Anthropic } from '@anthropic-ai/sdk';
import { OpenAI } from 'openai';
import { createOutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';
import type { OutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';
import { startProvider } from '../fakes/provider.ts';
import type { Provider } from '../fakes/provider.ts';

let provider: Provider;
let http: OutboundHttp;
before(async () => {
  provider = await startProvider();
  http = createOutboundHttp({ connections: 4 });
});
afterEach(() => provider.behave({}));
after(async () => {
  await http.close();
  await provider.close();
});

const messages = [{ role: 'user' as const, content: 'Hello.' }];

describe('the SDKs over our fetch', () => {
  it('openai: plain, streamed, and an error with its body', async () => {
    const client = new OpenAI({
      apiKey: 'k',
      baseURL: `${provider.url}/v1`,
      fetch: http.fetch,
      maxRetries: 0,
    });
    const body = { model: 'm', messages };
    const plain = await client.chat.completions.create(body);
    assert.equal(plain.choices[0]?.message.content, 'Hello from the provider.');
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
    assert.equal(text, 'Hello from the provider.');
    provider.behave({ status: 429, error: { code: 'rate_limit_exceeded' }, headers: { 'retry-after': '3' } });
    await assert.rejects(client.chat.completions.create(body), (error: unknown) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.equal(error.code, 'rate_limit_exceeded');
      assert.equal(error.headers.get('Retry-After'), '3');
      return true;
    });
  });

  it('anthropic: plain, streamed, and an error with its body', async () => {
    const client = new Anthropic({ apiKey: 'k', baseURL: provider.url, fetch: http.fetch, maxRetries: 0 });
    const body = { model: 'm', max_tokens: 50, messages };
    const plain = await client.messages.create(body);
    assert.deepEqual(plain.content[0]?.type === 'text' && plain.content[0].text, 'Hello from the provider.');
    let text = '';
    for await (const event of await client.messages.create({ ...body, stream: true })) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
    }
    assert.equal(text, 'Hello from the provider.');
    provider.behave({ status: 529, error: { type: 'overloaded_error' } });
    await assert.rejects(client.messages.create(body), { status: 529 });
  });
});

describe('fetch', () => {
  const post = (init: Parameters<OutboundHttp['fetch']>[1] = {}): Promise<Response> =>
    http.fetch(`${provider.url}/v1/chat/completions`, { method: 'POST', body: '{"stream":true}', ...init });

  it('does not follow redirects', async () => {
    provider.behave({ status: 302, headers: { location: `${provider.url}/v1/elsewhere` }, body: '' });
    const count = provider.requests.length;
    const response = await post();
    assert.equal(response.status, 302);
    assert.equal(response.ok, false);
    await response.text();
    assert.equal(provider.requests.length, count + 1);
  });

  it('opens no more connections than it may, and answers everybody', async () => {
    const earlier = provider.requests.length;
    provider.behave({ text: 'ok', delayMs: 5 });
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await post()).text()));
    assert.equal(texts.length, 20);
    const ports = new Set(provider.requests.slice(earlier).map((request) => request.port));
    assert.ok(ports.size <= 4, `${ports.size} connections`);
  });

  it('an abort before the headers closes the connection', async () => {
    const controller = new AbortController();
    provider.behave(() => {
      setImmediate(() => controller.abort());
      return { hang: true };
    });
    await assert.rejects(post({ signal: controller.signal }), { code: 'aborted', requestSent: true });
    await provider.requests.at(-1)?.ended;
    assert.equal(provider.requests.at(-1)?.closedEarly, true);
  });

  it('an abort in the body closes the connection', async () => {
    const controller = new AbortController();
    provider.behave({ stallAfterChunks: 1 });
    const response = await post({ signal: controller.signal });
    controller.abort();
    await assert.rejects(response.text(), { code: 'aborted' });
    await provider.requests.at(-1)?.ended;
    assert.equal(provider.requests.at(-1)?.closedEarly, true);
  });

  it('a reader that leaves early closes the connection', async () => {
    provider.behave({ stallAfterChunks: 1 });
    const response = await post();
    assert.ok(response.body);
    const body: AsyncIterable<Uint8Array> = response.body;
    for await (const chunk of body) {
      assert.ok(chunk.length > 0);
      break;
    }
    await provider.requests.at(-1)?.ended;
    assert.equal(provider.requests.at(-1)?.closedEarly, true);
  });

  it('gives bytes and JSON too', async () => {
    provider.behave({ body: { a: 1 } });
    assert.deepEqual(await (await post()).json(), { a: 1 });
    assert.deepEqual(Buffer.from(await (await post()).arrayBuffer()).toString(), '{"a":1}');
  });
});
