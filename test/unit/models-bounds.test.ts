/** Each time bound ends a call by itself, names itself, and closes the connection; so does the caller's signal. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createAnthropicModel } from '../../shared/models/anthropic.ts';
import { startBounds } from '../../shared/models/bounds.ts';
import type { ChatModel, ChatOutcome, Fault } from '../../shared/models/chat.ts';
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
const request = { system: 'Be kind.', user: 'Hello.', maxOutputTokens: 200 };

function model(api: Api, changes: SettingsChanges): ChatModel {
  const settings = modelSettings(api, provider.url, changes);
  return api === 'openai' ? createOpenAiModel(settings, http) : createAnthropicModel(settings, http);
}

/** The call failed with `fault`, and the provider saw its connection closed. */
async function assertCutOff(outcome: ChatOutcome, fault: Fault, billed = true): Promise<void> {
  assert.equal(outcome.kind === 'failure' && outcome.fault, fault);
  assert.equal(outcome.kind === 'failure' && outcome.possiblyBilled, billed);
  const last = provider.requests.at(-1);
  await last?.ended;
  assert.equal(last?.closedEarly, true);
}

type Case = { name: string; behaviour: Behaviour; bounds: SettingsChanges; stream: boolean; fault: Fault };
// Long bounds stand for those that must not fire.
const long = 60_000;
const cases: Case[] = [
  {
    name: 'no answer at all',
    behaviour: { hang: true },
    bounds: { timeoutMs: 200, firstByteTimeoutMs: long, idleTimeoutMs: long },
    stream: true,
    fault: 'timeout_total',
  },
  {
    name: 'no answer at all, not streamed',
    behaviour: { hang: true },
    bounds: { timeoutMs: 200, firstByteTimeoutMs: 1, idleTimeoutMs: 1 },
    stream: false,
    fault: 'timeout_total',
  },
  {
    name: 'bytes that never stop',
    behaviour: { text: 'x'.repeat(5000), chunkCount: 5000, chunkDelayMs: 2 },
    bounds: { timeoutMs: 200, firstByteTimeoutMs: long, idleTimeoutMs: long },
    stream: true,
    fault: 'timeout_total',
  },
  {
    name: 'headers late',
    behaviour: { hang: true },
    bounds: { timeoutMs: long, firstByteTimeoutMs: 200, idleTimeoutMs: long },
    stream: true,
    fault: 'timeout_first_byte',
  },
  {
    name: 'headers at once, first byte late',
    behaviour: { firstByteDelayMs: long },
    bounds: { timeoutMs: long, firstByteTimeoutMs: 200, idleTimeoutMs: 1 },
    stream: true,
    fault: 'timeout_first_byte',
  },
  {
    name: 'a stall half way',
    behaviour: { stallAfterChunks: 2 },
    bounds: { timeoutMs: long, firstByteTimeoutMs: long, idleTimeoutMs: 200 },
    stream: true,
    fault: 'timeout_idle',
  },
];

for (const api of apis) {
  describe(api, () => {
    for (const { name, behaviour, bounds, stream, fault } of cases) {
      it(`${name}: ${fault}`, async () => {
        provider.behave(behaviour);
        await assertCutOff(await model(api, bounds).call({ ...request, stream }, never), fault);
      });
    }

    for (const stream of [true, false]) {
      it(`the caller's signal: aborted (${stream ? 'streamed' : 'not streamed'})`, async () => {
        const controller = new AbortController();
        provider.behave(() => {
          setImmediate(() => controller.abort());
          return { hang: true };
        });
        await assertCutOff(await model(api, {}).call({ ...request, stream }, controller.signal), 'aborted');
      });
    }

    it("the caller's signal half way through a stream: aborted", async () => {
      const controller = new AbortController();
      provider.behave(() => {
        setTimeout(() => controller.abort(), 60);
        return { stallAfterChunks: 2 };
      });
      await assertCutOff(
        await model(api, {}).call({ ...request, stream: true }, controller.signal),
        'aborted',
      );
    });

    it('a signal that has already fired: nothing is sent, nothing is billed', async () => {
      const count = provider.requests.length;
      const outcome = await model(api, {}).call({ ...request, stream: true }, AbortSignal.abort());
      assert.equal(outcome.kind === 'failure' && outcome.fault, 'aborted');
      assert.equal(outcome.kind === 'failure' && outcome.possiblyBilled, false);
      assert.equal(provider.requests.length, count);
    });

    it('a call that waits for a free connection until its bound was certainly not billed', async () => {
      const narrow = createOutboundHttp({ connections: 1 });
      const settings = modelSettings(api, provider.url, { timeoutMs: 300 });
      const one =
        api === 'openai' ? createOpenAiModel(settings, narrow) : createAnthropicModel(settings, narrow);
      provider.behave({ hang: true });
      const count = provider.requests.length;
      const [first, second] = await Promise.all([
        one.call({ ...request, stream: false }, never),
        one.call({ ...request, stream: false }, never),
      ]);
      assert.equal(first.kind === 'failure' && first.possiblyBilled, true);
      assert.equal(second.kind === 'failure' && second.fault, 'timeout_total');
      assert.equal(second.kind === 'failure' && second.possiblyBilled, false);
      // Nor is it sent later, when there is a connection for it.
      provider.behave({});
      assert.equal((await one.call({ ...request, stream: false }, never)).kind, 'answer');
      assert.equal(provider.requests.length, count + 2);
      await narrow.close();
    });
  });
}

it('a slow but steady stream stays within its idle bound', async () => {
  provider.behave({ text: 'x'.repeat(12), chunkCount: 12, chunkDelayMs: 90 });
  const outcome = await model('openai', { idleTimeoutMs: 800 }).call({ ...request, stream: true }, never);
  assert.equal(outcome.kind === 'answer' && outcome.text, 'x'.repeat(12));
});

describe('startBounds', () => {
  it('leaves no listener on the caller’s signal, and nothing fires after the end', async () => {
    let listeners = 0;
    const { signal } = new AbortController();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const bounds = startBounds({ totalMs: 20, firstByteMs: 20, idleMs: 20 }, signal);
    assert.equal(listeners, 1);
    bounds.touch();
    bounds.end();
    assert.equal(listeners, 0);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(bounds.fault(), null);
    assert.equal(bounds.signal.aborted, false);
  });

  it('names the first bound only', async () => {
    const controller = new AbortController();
    const bounds = startBounds({ totalMs: 5, firstByteMs: null, idleMs: 5 }, controller.signal);
    await new Promise((resolve) => bounds.signal.addEventListener('abort', resolve, { once: true }));
    controller.abort();
    bounds.touch();
    assert.equal(bounds.fault(), 'timeout_total');
  });
});
