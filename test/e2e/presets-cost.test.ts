/** A gateway that says what a call cost is believed before the price book, and after a price in the file. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openScene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const events = [
  { choices: [{ index: 0, delta: { content: 'It left on Monday.' } }] },
  {
    choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100, cost: 0.000123 },
  },
];
const stream = {
  body: `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`,
  contentType: 'text/event-stream',
};

describe('a call that its gateway puts a price on', () => {
  for (const [what, model, costUsd] of [
    ['costs what the gateway says', { model: 'openai/gpt-6-luna' }, 0.000123],
    ['also where no price is known', { model: 'some/model-of-tomorrow' }, 0.000123],
    [
      'costs what the file says, where it says something',
      { model: 'openai/gpt-6-luna', price: { inputPerMTok: 1, outputPerMTok: 10 } },
      0.002,
    ],
  ] as const) {
    test(what, async (t) => {
      const scene = await openScene(t, world, stream);
      const { classifier, tiers } = scene.config() as { classifier: object; tiers: Record<string, object> };
      const one = { models: ['small'] };
      const system = await scene.start({
        providers: { router: { preset: 'openrouter', baseUrl: `${scene.provider.url}/api/v1`, apiKey: 'k' } },
        models: { small: { provider: 'router', ...model } },
        classifier: { ...classifier, models: [] },
        tiers: Object.fromEntries(Object.keys(tiers).map((tier) => [tier, one])),
      });
      const { body } = await system.post({ externalId: 'T-1' });
      const { data } = (await scene.delivered(body.ticketId)).body;
      assert.equal(data.costUsd, costUsd);
      const { attempts } = await system.untilEnd(body.ticketId);
      assert.deepEqual(
        attempts.map((attempt) => attempt.costUsd),
        [costUsd],
      );
    });
  }
});
