/** What only some providers and gateways do: places for tokens, for costs and for waits. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportedNanoUsd } from '../../shared/models/reported-cost.ts';
import { retryAfterOf } from '../../shared/models/retry-after.ts';
import { openAiUsage } from '../../shared/models/usage.ts';

const nowMs = Date.UTC(2026, 10, 22);

describe('the tokens of a call in OpenAI’s shape', () => {
  const cases: [string, Record<string, unknown>, Record<string, number>][] = [
    [
      'at OpenAI include what was cached and written',
      {
        prompt_tokens: 1200,
        completion_tokens: 90,
        total_tokens: 1290,
        prompt_tokens_details: { cached_tokens: 1000, cache_write_tokens: 50 },
        completion_tokens_details: { reasoning_tokens: 30 },
      },
      {
        inputTokens: 1200,
        cachedInputTokens: 1000,
        cacheWriteTokens: 50,
        outputTokens: 90,
        reasoningTokens: 30,
      },
    ],
    [
      'at Portkey in front of Anthropic leave both out, which the sum gives away',
      {
        prompt_tokens: 150,
        completion_tokens: 90,
        total_tokens: 1290,
        prompt_tokens_details: { cached_tokens: 1000 },
        cache_read_input_tokens: 1000,
        cache_creation_input_tokens: 50,
      },
      {
        inputTokens: 1200,
        cachedInputTokens: 1000,
        cacheWriteTokens: 50,
        outputTokens: 90,
        reasoningTokens: 0,
      },
    ],
    [
      'at LiteLLM in front of Anthropic include both, under the same names',
      {
        prompt_tokens: 1200,
        completion_tokens: 90,
        total_tokens: 1290,
        cache_read_input_tokens: 1000,
        cache_creation_input_tokens: 50,
      },
      {
        inputTokens: 1200,
        cachedInputTokens: 1000,
        cacheWriteTokens: 50,
        outputTokens: 90,
        reasoningTokens: 0,
      },
    ],
    [
      'at DeepSeek name what was found again',
      {
        prompt_tokens: 1200,
        completion_tokens: 90,
        total_tokens: 1290,
        prompt_cache_hit_tokens: 1000,
        prompt_cache_miss_tokens: 200,
      },
      {
        inputTokens: 1200,
        cachedInputTokens: 1000,
        cacheWriteTokens: 0,
        outputTokens: 90,
        reasoningTokens: 0,
      },
    ],
    [
      'at Gemini hide the thinking in the sum',
      { prompt_tokens: 1200, completion_tokens: 90, total_tokens: 1690 },
      {
        inputTokens: 1200,
        cachedInputTokens: 0,
        cacheWriteTokens: 0,
        outputTokens: 490,
        reasoningTokens: 400,
      },
    ],
  ];
  for (const [what, usage, expected] of cases) {
    it(what, () => {
      assert.deepEqual(openAiUsage(usage), expected);
    });
  }
});

describe('what a gateway says that a call cost', () => {
  const none = new Headers();
  const litellm = (cost: string): Headers => new Headers({ 'x-litellm-response-cost': cost });

  it('stands in OpenRouter’s usage; with a key of one’s own the provider’s bill comes on top', () => {
    const said = (usage: unknown): number | null => reportedNanoUsd('usage.cost', { usage, headers: none });
    assert.equal(said({ cost: 0.000123 }), 123_000);
    assert.equal(said({ cost: 0 }), 0, 'a free model costs nothing');
    const own = { cost: 0.00001, is_byok: true };
    assert.equal(said({ ...own, cost_details: { upstream_inference_cost: 0.002 } }), 2_010_000);
    assert.equal(said(own), null, 'half of a sum is no sum');
    for (const nonsense of [undefined, {}, { cost: '1' }, { cost: -1 }, { cost: Infinity }]) {
      assert.equal(said(nonsense), null, JSON.stringify(nonsense));
    }
  });

  it('stands in a header of LiteLLM’s, where 0 means that it does not know', () => {
    const said = (headers: Headers): number | null =>
      reportedNanoUsd('x-litellm-response-cost', { usage: { cost: 5 }, headers });
    assert.equal(said(litellm('4.56e-05')), 45_600);
    for (const unknown of ['0', '0.0', 'None', '']) assert.equal(said(litellm(unknown)), null, unknown);
    assert.equal(said(none), null);
  });

  it('counts nowhere else', () => {
    const headers = litellm('1');
    assert.equal(reportedNanoUsd(null, { usage: { cost: 5 }, headers }), null);
  });
});

describe('the wait that a refusal asks for', () => {
  const waitOf = (headers: Record<string, string>, body: unknown = null): number | null =>
    retryAfterOf({ headers: new Headers(headers), body }, nowMs);
  const google = (retryDelay: unknown): unknown => [
    { error: { details: [{ reason: 'x' }, { retryDelay }] } },
  ];

  const cases: [string, Record<string, string>, unknown, number | null][] = [
    ['is that of the header before anything else', { 'retry-after': '3' }, google('37s'), 3000],
    ['stands in the error at Google', {}, google('37s'), 37_000],
    ['with a fraction of a second', {}, google('0.25s'), 250],
    ['and only as a duration', {}, google('soon'), null],
    [
      'is that of the limit that is used up',
      {
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '2m59.56s',
        'x-ratelimit-remaining-requests': '3',
      },
      null,
      179_560,
    ],
    [
      'is the longer where both are',
      {
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '120ms',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1s',
      },
      null,
      1000,
    ],
    [
      'is none while every limit has something left',
      { 'x-ratelimit-remaining-tokens': '9', 'x-ratelimit-reset-tokens': '1s' },
      null,
      null,
    ],
    [
      'is a moment at OpenRouter',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(nowMs + 5000) },
      null,
      5000,
    ],
    [
      'is never longer than ten minutes',
      { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '23h59m' },
      null,
      600_000,
    ],
    [
      'is never read from words, which may be a customer’s',
      {},
      { error: { message: 'Please retry after 99 seconds' } },
      null,
    ],
  ];
  for (const [what, headers, body, expected] of cases) {
    it(what, () => {
      assert.equal(waitOf(headers, body), expected);
    });
  }
});
