/** Our adapters against a mock of both APIs that nobody here wrote. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { LLMock } from '@copilotkit/aimock';
import { createAnthropicModel } from '../../shared/models/anthropic.ts';
import type { ChatModel } from '../../shared/models/chat.ts';
import { createOpenAiModel } from '../../shared/models/openai.ts';
import { createOutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';
import type { OutboundHttp } from '../../shared/outbound/fetch-over-undici.ts';
import { modelSettings } from '../fakes/model-settings.ts';

const mock = new LLMock({ port: 0 });
let http: OutboundHttp;
let url: string;
before(async () => {
  mock.onMessage(/order 5531/, {
    content: 'Your order left on Monday.',
    usage: { input_tokens: 40, output_tokens: 9, prompt_tokens: 40, completion_tokens: 9 },
  });
  mock.onMessage(/too long/, { content: 'Once upon a time', finishReason: 'length' });
  url = await mock.start();
  http = createOutboundHttp();
});
after(async () => {
  await http.close();
  await mock.stop();
});

const never = new AbortController().signal;
const base = { system: 'Be kind.', maxOutputTokens: 100 };

for (const api of ['openai', 'anthropic'] as const) {
  describe(`${api} against aimock`, () => {
    const model = (): ChatModel => {
      const settings = modelSettings(api, url);
      return api === 'openai' ? createOpenAiModel(settings, http) : createAnthropicModel(settings, http);
    };
    for (const stream of [true, false]) {
      const how = stream ? 'streamed' : 'not streamed';
      it(`an answer with usage (${how})`, async () => {
        const outcome = await model().call({ ...base, user: 'Where is order 5531?', stream }, never);
        assert.ok(outcome.kind === 'answer', JSON.stringify(outcome));
        assert.equal(outcome.text, 'Your order left on Monday.');
        assert.deepEqual([outcome.usage?.inputTokens, outcome.usage?.outputTokens], [40, 9]);
      });

      it(`a length cut (${how})`, async () => {
        const outcome = await model().call({ ...base, user: 'Tell me a too long story.', stream }, never);
        assert.equal(outcome.kind === 'failure' && outcome.fault, 'length');
      });

      it(`a rate limit (${how})`, async () => {
        mock.nextRequestError(429);
        const outcome = await model().call({ ...base, user: 'Where is order 5531?', stream }, never);
        assert.equal(outcome.kind === 'failure' && outcome.fault, 'rate_limited');
      });
    }
  });
}
