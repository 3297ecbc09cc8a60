/** A whole catalogue and articles in the prompt: placed so that providers can keep it, paid as such, and named as sources. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readCosts } from '../../shared/ledger/costs.ts';
import { writeArticles } from '../fakes/articles.ts';
import type { Behaviour, ProviderRequest } from '../fakes/provider.ts';
import { openScene, wasLogged } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

/** 200 products, about 10,000 tokens. */
const catalogue = [
  '# Catalogue of the sample shop',
  '| article | product | weight | price |',
  '|---|---|---|---|',
  ...Array.from(
    { length: 200 },
    (_, i) =>
      `| FJ-${1000 + i} | ${['Tent', 'Sleeping bag', 'Stove', 'Headlamp'][i % 4]} Fjell ${i}, ${['green', 'blue', 'grey'][i % 3]}, for ${1 + (i % 4)} persons | ${300 + 7 * i} g | ${19 + i}.95 € |`,
  ),
  '',
].join('\n');
const tierPrompt = 'You answer for the sample shop, which sells equipment for hikers.';

let world: TestWorld;
let folder: string;
before(async () => {
  world = await openWorld();
  folder = path.join(world.folder, 'shop');
  mkdirSync(path.join(folder, 'articles'), { recursive: true });
  writeFileSync(path.join(folder, 'catalogue.md'), catalogue);
  writeFileSync(path.join(folder, 'prompt.md'), tierPrompt);
  writeArticles(path.join(folder, 'articles'), {
    'shipping.en.md': ['Shipping times', 'A parcel takes two days within the EU.'],
    'shipping.de.md': ['Lieferzeiten', 'Ein Paket braucht innerhalb der EU zwei Tage.'],
    'returns.en.md': ['Returns', 'Send it back within 30 days.'],
  });
});
after(() => world.close());

const price = { inputPerMTok: 1, cachedInputPerMTok: 0.1, cacheWritePerMTok: 1.25, outputPerMTok: 5 };

/** Models of both APIs with the names of real ones, so that what is known of those holds; no model classifies. */
function overrides(scene: Scene, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const { url } = scene.provider;
  const { classifier } = scene.config() as { classifier: object };
  const tier = { context: ['shop/catalogue.md'], prompt: 'shop/prompt.md' };
  return {
    providers: {
      openai: { preset: 'openai', baseUrl: `${url}/v1`, apiKey: 'sk-1' },
      anthropic: { preset: 'anthropic', baseUrl: url, apiKey: 'sk-2' },
    },
    models: {
      luna: { provider: 'openai', model: 'gpt-6-luna', price },
      haiku: { provider: 'anthropic', model: 'claude-haiku-5-5', price },
      older: { provider: 'openai', model: 'gpt-4o', price },
    },
    classifier: { ...classifier, models: [] },
    tiers: {
      simple: { models: ['luna'], ...tier },
      standard: { models: ['haiku'], ...tier },
      complex: { models: ['older'] },
    },
    knowledge: { folder: 'shop/articles' },
    ...changes,
  };
}

const to = (tier: string) => ({ routes: [{ when: {}, tier }] });

async function answered(
  system: TestSystem,
  scene: Scene,
  ticket: Record<string, unknown>,
): Promise<Awaited<ReturnType<Scene['delivered']>>['body']['data']> {
  const { body } = await system.post(ticket);
  return (await scene.delivered(body.ticketId)).body.data;
}

/** Everything of a request's body up to the user message, as it went over the wire. */
function beginningOf({ body, api }: ProviderRequest): string {
  const text = JSON.stringify(body);
  const user = '{"role":"user"';
  const order =
    api === 'openai' ? text : JSON.stringify({ system: body['system'], messages: body['messages'] });
  return order.slice(0, order.indexOf(user));
}

type Block = Record<string, unknown> & { text: string };
function systemBlocks({ body, api }: ProviderRequest): Block[] {
  const { messages } = body as { messages: { role: string; content: Block[] }[] };
  return api === 'anthropic' ? (body['system'] as Block[]) : messages[0]!.content;
}

describe('the whole catalogue in the prompt', { concurrency: 3 }, () => {
  for (const [tier, api] of [
    ['simple', 'openai'],
    ['standard', 'anthropic'],
  ] as const) {
    test(`at ${api} every ticket of the tier begins with the same bytes, and the mark stands at their end`, async (t) => {
      const scene = await openScene(t, world);
      const system = await scene.start(overrides(scene, to(tier)));
      await answered(system, scene, { externalId: 'T-1', body: 'Which tent is lighter, 0 or 4?' });
      await answered(system, scene, {
        externalId: 'T-2',
        subject: 'Versand',
        body: 'Wie lange sind die Lieferzeiten? [c1] </ticket>',
        language: 'de',
        requester: { name: 'Jürgen' },
      });
      const [one, two] = scene.provider.requests;
      assert.equal(one?.api, api);
      assert.equal(beginningOf(one), beginningOf(two!));
      const blocks = systemBlocks(one);
      assert.equal(blocks.length, 1);
      const { text, ...mark } = blocks[0]!;
      assert.deepEqual(
        mark,
        api === 'openai'
          ? { type: 'text', prompt_cache_breakpoint: { mode: 'explicit' } }
          : { type: 'text', cache_control: { type: 'ephemeral' } },
      );
      assert.ok(
        text.endsWith(`${tierPrompt}\n\n[c1] Catalogue of the sample shop (catalogue.md)\n${catalogue}`),
      );
      assert.ok(beginningOf(one).length > catalogue.length);
      for (const request of [one, two!]) {
        const { messages } = request.body as { messages: { content: unknown }[] };
        assert.equal(typeof messages.at(-1)!.content, 'string');
        assert.equal(
          JSON.stringify(request.body).match(/"(?:cache_control|prompt_cache_breakpoint)"/g)?.length,
          1,
        );
      }
      assert.match(JSON.stringify(two!.body), /Reply in German\.\\n<articles-\w+>\\n\[a1\] Lieferzeiten/);
      if (api === 'openai') {
        const keys = [one, two!].map(({ body }) => [body['prompt_cache_options'], body['prompt_cache_key']]);
        assert.deepEqual(keys[0], keys[1]);
        assert.deepEqual(keys[0]![0], { mode: 'explicit' });
      }
    });
  }

  test('a short beginning is not marked, and an older model is sent nothing that it does not know', async (t) => {
    const scene = await openScene(t, world);
    const tiers = {
      simple: { models: ['luna'] },
      standard: { models: ['haiku'] },
      complex: { models: ['older'], context: ['shop/catalogue.md'] },
    };
    const route = (tier: string) => ({ when: { tag: [tier] }, tier });
    const routes = Object.keys(tiers).map(route);
    const system = await scene.start(overrides(scene, { tiers, routes }));
    for (const tag of Object.keys(tiers)) await answered(system, scene, { externalId: tag, tags: [tag] });
    const [luna, haiku, older] = scene.provider.requests.map(({ body }) => body);
    assert.deepEqual(luna!['prompt_cache_options'], { mode: 'explicit' });
    assert.doesNotMatch(JSON.stringify(luna), /breakpoint|prompt_cache_key/);
    assert.equal(typeof haiku!['system'], 'string');
    assert.doesNotMatch(JSON.stringify(older), /prompt_cache|cache_control/);
  });

  test('what the provider had kept is in the ledger, and costs less', async (t) => {
    const kept: Behaviour = { usage: { input: 10_000, output: 100, cached: 9000, cacheWrite: 0 } };
    const written: Behaviour = { usage: { input: 10_000, output: 100, cached: 0, cacheWrite: 9000 } };
    const scene = await openScene(t, world, ({ number }) => (number === 1 ? written : kept));
    const system = await scene.start(overrides(scene, to('standard')));
    const first = await answered(system, scene, { externalId: 'T-1' });
    const second = await answered(system, scene, { externalId: 'T-2' });
    // 1,000 plain, 9,000 written at 1.25 and then read at 0.1, 100 out at 5, in millionths of a dollar.
    assert.deepEqual([first.costUsd, second.costUsd], [0.01275, 0.0024]);
    const tokens = { inputTokens: 10_000, outputTokens: 100, reasoningTokens: 0 };
    assert.deepEqual(
      [first.usage, second.usage],
      [
        { ...tokens, cachedInputTokens: 0, cacheWriteTokens: 9000 },
        { ...tokens, cachedInputTokens: 9000, cacheWriteTokens: 0 },
      ],
    );
    const hourMs = 3_600_000;
    const [sinceMs, untilMs] = [Date.now() - hourMs, Date.now() + hourMs];
    const { rows, totalUsd } = await readCosts(system.app, { sinceMs, untilMs, by: ['model'] });
    assert.equal(totalUsd, 0.01515);
    assert.deepEqual(
      rows.map(({ model, calls, inputTokens, costUsd }) => [model, calls, inputTokens, costUsd]),
      [['haiku', 2, 20_000, 0.01515]],
    );
  });

  test('a chain with a model that cannot hold it does not start, and says where, why and what to do', async (t) => {
    const scene = await openScene(t, world);
    const { models } = overrides(scene) as { models: Record<string, object> };
    const small = { provider: 'openai', model: 'gpt-4o', contextTokens: 20_000, price };
    const tiers = {
      simple: { models: ['luna', 'small'], context: ['shop/catalogue.md'] },
      standard: { models: ['small'] },
    };
    await assert.rejects(
      scene.start(overrides(scene, { models: { ...models, small }, tiers, classifier: {} })),
      /tierline-\w+\.json:1:\d+ tiers\.simple\.models\[1\]: the prompt of tier "simple" does not fit into model "small": \d+ tokens of context and prompt \(catalogue\.md\).*its contextTokens are 20000\. Shorten the files/,
    );
  });
});

describe('sources of a reply', { concurrency: 3 }, () => {
  const ask = { externalId: 'T-1', subject: 'Shipping times', body: 'How long does shipping take?' };

  test('are the articles and context files that the model says it used; the customer sees no marks', async (t) => {
    const scene = await openScene(t, world, {
      text: 'A parcel takes two days [a1], tent 4 weighs 328 g [c1].\n\nKind regards',
    });
    const system = await scene.start(overrides(scene, to('simple')));
    const { body } = await system.post(ask);
    const { data } = (await scene.delivered(body.ticketId)).body;
    assert.equal(data.text, 'A parcel takes two days, tent 4 weighs 328 g.\n\nKind regards');
    assert.deepEqual(data.sources, [
      { title: 'Shipping times', path: 'shipping.en.md' },
      { title: 'Catalogue of the sample shop', path: 'catalogue.md' },
    ]);
  });

  test('do not name what was given and not used', async (t) => {
    const scene = await openScene(t, world, { text: 'A colleague will check.' });
    const system = await scene.start(overrides(scene, to('complex')));
    const data = await answered(system, scene, ask);
    assert.match(JSON.stringify(scene.provider.requests[0]!.body), /\[a1\] Shipping times/);
    assert.deepEqual([data.text, data.sources], ['A colleague will check.', []]);
  });

  test('are none, and its text is untouched, where there was nothing to use', async (t) => {
    const scene = await openScene(t, world, { text: 'Press [a1] twice.' });
    const system = await scene.start(overrides(scene, { ...to('complex'), knowledge: null }));
    const data = await answered(system, scene, ask);
    assert.deepEqual([data.text, data.sources], ['Press [a1] twice.', []]);
    assert.doesNotMatch(JSON.stringify(scene.provider.requests[0]!.body), /articles-|\[a1\]/);
  });

  test('a reply of nothing but marks is no reply: the next model is asked', async (t) => {
    const scene = await openScene(t, world, ({ model }) =>
      model === 'gpt-6-luna' ? { text: '[a1]' } : { text: 'Two days [a1].' },
    );
    const tiers = { simple: { models: ['luna', 'haiku'] } };
    const system = await scene.start(overrides(scene, { tiers, classifier: {} }));
    const data = await answered(system, scene, ask);
    assert.deepEqual([data.text, data.model, data.failovers], ['Two days.', 'haiku', 1]);
  });
});

describe('a ticket that is too long for a model', { concurrency: 3 }, () => {
  const long = { externalId: 'T-1', body: 'My stove goes out again and again. '.repeat(900) };
  const chain = (scene: Scene, windows: Record<string, number>): Record<string, unknown> => ({
    ...overrides(scene),
    models: Object.fromEntries(
      Object.entries(windows).map(([name, contextTokens]) => [
        name,
        { provider: 'openai', model: `${name}-1`, price, contextTokens },
      ]),
    ),
    tiers: { simple: { models: Object.keys(windows) } },
    classifier: {},
    knowledge: null,
  });

  test('is not sent to it but to the next with a larger window, and that is told', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(chain(scene, { tiny: 4000, large: 60_000 }));
    const { body } = await system.post(long);
    const { data } = (await scene.delivered(body.ticketId)).body;
    assert.deepEqual([data.model, data.failovers], ['large', 1]);
    assert.deepEqual(
      scene.provider.requests.map(({ model }) => model),
      ['large-1'],
    );
    const trace = await system.untilEnd(body.ticketId);
    assert.deepEqual(
      trace.attempts.map(({ model }) => model),
      ['large'],
    );
    assert.ok(trace.timeline.some(({ detail }) => detail === 'by large; too long for tiny'));
    assert.ok(wasLogged(scene, 'call.too_long', '"model":"tiny"', '"contextTokens":4000'));

    const short = await answered(system, scene, { externalId: 'T-2', body: 'My stove goes out.' });
    assert.deepEqual([short.model, short.failovers], ['tiny', 0]);
  });

  test('goes to people where it fits into none, and nothing is paid', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(chain(scene, { tiny: 4000, small: 5000 }));
    const { body } = await system.post(long);
    const trace = await system.untilEnd(body.ticketId);
    assert.deepEqual([trace.state, trace.cause, trace.costUsd], ['handed_off', 'too_long', 0]);
    assert.equal(scene.provider.requests.length, 0);
  });
});
