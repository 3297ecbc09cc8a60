/** Tickets through a real Portkey gateway, to an OpenAI and an Anthropic behind it. */
import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { startPortkey } from '../fakes/portkey.ts';
import type { Portkey } from '../fakes/portkey.ts';
import { startProvider } from '../fakes/provider.ts';
import type { Behaviour, Provider } from '../fakes/provider.ts';
import { openScene } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;
let portkey: Portkey | null = null;
let why = '';
before(async () => {
  world = await openWorld();
  const start = await startPortkey();
  if (start.kind === 'started') portkey = start.gateway;
  else why = start.why;
});
after(async () => {
  await portkey?.stop();
  await world.close();
});

const usage = { input: 1200, cached: 1000, cacheWrite: 50, output: 90 };
const price = { inputPerMTok: 1, cachedInputPerMTok: 0.1, cacheWritePerMTok: 1.25, outputPerMTok: 5 };
/** 150 fresh, 1000 found again, 50 written, 90 answered. */
const costUsd = (150 * 1 + 1000 * 0.1 + 50 * 1.25 + 90 * 5) / 1e6;

type Stage = { scene: Scene; system: TestSystem; openai: Provider; anthropic: Provider };

/** A system whose two providers are the same gateway, with another provider behind it each time. */
async function openStage(t: TestContext, openAiBehaves: Behaviour = {}): Promise<Stage> {
  const scene = await openScene(t, world);
  const openai = scene.provider;
  openai.behave({ text: 'OpenAI says: it left on Monday.', usage, ...openAiBehaves });
  const anthropic = await startProvider({ behave: { text: 'Claude says: it left on Monday.', usage } });
  t.after(() => anthropic.close());
  const { classifier, tiers } = scene.config() as { classifier: object; tiers: Record<string, object> };
  const behind = (provider: string, url: string, key: string): object => ({
    preset: 'portkey-self-hosted',
    baseUrl: portkey!.url,
    apiKey: key,
    headers: { 'x-portkey-provider': provider, 'x-portkey-custom-host': `${url}/v1` },
  });
  const system = await scene.start({
    providers: {
      'openai-behind': behind('openai', openai.url, 'sk-openai'),
      'anthropic-behind': behind('anthropic', anthropic.url, 'sk-anthropic'),
    },
    models: {
      gpt: { provider: 'openai-behind', model: 'gpt-6-luna', price },
      claude: { provider: 'anthropic-behind', model: 'claude-haiku-5-5', price },
    },
    classifier: { ...classifier, models: [] },
    tiers: {
      ...tiers,
      simple: { models: ['gpt', 'claude'] },
      standard: { models: ['claude'] },
      complex: { models: ['claude'] },
    },
  });
  return { scene, system, openai, anthropic };
}

function skipped(t: TestContext): boolean {
  if (portkey === null) t.skip(`the Portkey gateway cannot run here: ${why}`);
  return portkey === null;
}

describe('through a real Portkey gateway', () => {
  test('a ticket is answered by OpenAI, called as OpenAI wants it, with its tokens and its cost', async (t) => {
    if (skipped(t)) return;
    const { scene, system, openai, anthropic } = await openStage(t);
    const { body } = await system.post({ externalId: 'T-1' });
    const { data } = (await scene.delivered(body.ticketId)).body;
    assert.equal(data.text, 'OpenAI says: it left on Monday.');
    assert.deepEqual([data.model, data.provider, data.failovers], ['gpt', 'openai-behind', 0]);
    assert.partialDeepStrictEqual(data.usage, {
      inputTokens: 1200,
      cachedInputTokens: 1000,
      cacheWriteTokens: 50,
      outputTokens: 90,
    });
    assert.equal(data.costUsd, costUsd);
    const [request] = openai.requests;
    assert.equal(request!.headers.authorization, 'Bearer sk-openai');
    assert.equal(request!.body['reasoning_effort'], 'none');
    assert.equal('max_tokens' in request!.body, false);
    assert.ok(Number(request!.body['max_completion_tokens']) > 0);
    assert.equal(anthropic.requests.length, 0);
  });

  for (const [what, behaviour, fault] of [
    [
      'is overloaded',
      {
        status: 503,
        error: { type: 'service_unavailable_error', message: 'The engine is currently overloaded' },
      },
      'overloaded',
    ],
    [
      'limits our rate',
      { status: 429, error: { type: 'requests', code: 'rate_limit_exceeded' } },
      'rate_limited',
    ],
    [
      'refuses our key',
      { status: 401, error: { type: 'invalid_request_error', code: 'invalid_api_key' } },
      'auth',
    ],
    ['breaks the connection', { resetBeforeHeaders: true }, 'server_error'],
  ] as const satisfies [string, Behaviour, string][]) {
    test(`where OpenAI ${what}, that is named, and Anthropic answers instead`, async (t) => {
      if (skipped(t)) return;
      const { scene, system, anthropic } = await openStage(t, behaviour);
      const { body } = await system.post({ externalId: 'T-1' });
      const { data } = (await scene.delivered(body.ticketId)).body;
      assert.equal(data.text, 'Claude says: it left on Monday.');
      assert.deepEqual([data.model, data.provider, data.failovers], ['claude', 'anthropic-behind', 1]);
      assert.partialDeepStrictEqual(data.usage, {
        inputTokens: 1200,
        cachedInputTokens: 1000,
        cacheWriteTokens: 50,
        outputTokens: 90,
      });
      const { attempts } = await system.untilEnd(body.ticketId);
      assert.deepEqual(
        attempts.map((attempt) => [attempt.model, attempt.fault]),
        [
          ['gpt', fault],
          ['claude', null],
        ],
      );
      const [request] = anthropic.requests;
      assert.equal(request!.api, 'anthropic');
      assert.equal(request!.headers['x-api-key'], 'sk-anthropic');
      assert.ok(Number(request!.body['max_tokens']) > 0);
    });
  }
});
