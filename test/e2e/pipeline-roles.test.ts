/** Both model APIs in one run, and the roles in processes of their own: one system over one Redis. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isClassification, labels, openScene, until, userMessageOf } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const price = { inputPerMTok: 1, outputPerMTok: 2 };
const usage = { input: 100, output: 10, cached: 40 };

describe('roles and providers', { concurrency: 4 }, () => {
  test('one configuration speaks both APIs, for classifying and for answering', async (t) => {
    const scene = await openScene(t, world, (request) => {
      if (!isClassification(request)) return { text: `Answered over ${request.api}.`, usage };
      const isLamp = userMessageOf(request).includes('lamp');
      return { ...labels(isLamp ? { queryType: 'troubleshooting', complexity: 0.8 } : {}), usage };
    });
    const { url } = scene.provider;
    const { classifier } = scene.config() as { classifier: object };
    const system = await scene.start({
      providers: {
        gateway: { api: 'openai', baseUrl: `${url}/v1`, apiKey: 'sk-gateway' },
        other: { api: 'anthropic', baseUrl: url, apiKey: 'sk-other', structured: 'json_schema' },
        local: { api: 'openai', baseUrl: `${url}/v1`, needsKey: false },
      },
      models: {
        labels: { provider: 'other', model: 'labels-1', price },
        open: { provider: 'gateway', model: 'open-1', price },
        anthropic: { provider: 'other', model: 'anthropic-1', price },
        keyless: { provider: 'local', model: 'keyless-1', price },
      },
      classifier: { ...classifier, models: ['labels'] },
      tiers: {
        simple: { models: ['open'] },
        standard: { models: ['keyless'] },
        complex: { models: ['anthropic'] },
      },
      routes: [{ when: { tag: ['local'] }, tier: 'standard' }],
    });
    const cases = [
      { ticket: { externalId: 'T-1' }, model: 'open', provider: 'gateway', api: 'openai' },
      {
        ticket: { externalId: 'T-2', body: 'My lamp is broken' },
        model: 'anthropic',
        provider: 'other',
        api: 'anthropic',
      },
      { ticket: { externalId: 'T-3', tags: ['local'] }, model: 'keyless', provider: 'local', api: 'openai' },
    ];
    for (const { ticket, model, provider, api } of cases) {
      const { body } = await system.post(ticket);
      const { data } = (await scene.delivered(body.ticketId)).body;
      assert.deepEqual([data.model, data.provider, data.text], [model, provider, `Answered over ${api}.`]);
      assert.equal(data.classification?.decidedBy, 'model');
      // 60 fresh and 40 cached tokens in at the same price, 10 out: the same by either API's way of counting.
      assert.equal(data.costUsd, 0.00012);
    }
    const [first] = scene.provider.requests.filter(isClassification);
    assert.equal(first?.api, 'anthropic');
    assert.ok('output_config' in first.body);
    const keyless = scene.provider.requests.find((request) => request.model === 'keyless-1');
    assert.equal(keyless?.headers.authorization, undefined);
  });

  test('intake, classifier with tiers, and results in three processes answer a ticket together', async (t) => {
    const scene = await openScene(t, world, (request) => (isClassification(request) ? labels() : {}));
    const intake = await scene.start({}, { roles: ['ingest'] });
    const { body } = await intake.post({ externalId: 'T-1' });
    assert.equal((await intake.trace(body.ticketId)).state, 'queued');
    assert.equal(scene.provider.requests.length, 0);

    await scene.start({}, { roles: ['classifier', 'tier'] });
    await until(async () => ((await intake.trace(body.ticketId)).state === 'delivering' ? true : null));
    assert.equal(scene.provider.requests.length, 2);
    assert.equal(scene.receiver.received.length, 0);

    await scene.start({}, { roles: ['results'] });
    const trace = await intake.untilEnd(body.ticketId);
    assert.equal(trace.state, 'delivered');
    assert.deepEqual(
      trace.timeline.map(({ state }) => state),
      ['queued', 'classifying', 'answering', 'delivering', 'delivered'],
    );
  });

  test('a process that was started for one tier leaves the others alone', async (t) => {
    const scene = await openScene(t, world);
    const overrides = {
      classifier: undefined,
      routes: [{ when: { tag: ['hard'] }, tier: 'complex' }],
    };
    const system = await scene.start(overrides, { roles: ['ingest', 'classifier', 'results'] });
    await scene.start(overrides, { roles: ['tier'], tiers: ['complex'] });
    const simple = await system.post({ externalId: 'T-1' });
    const hard = await system.post({ externalId: 'T-2', tags: ['hard'] });
    assert.equal((await system.untilEnd(hard.body.ticketId)).state, 'delivered');
    assert.equal((await system.trace(simple.body.ticketId)).state, 'answering');
    await scene.start(overrides, { roles: ['tier'], tiers: ['simple', 'standard'] });
    assert.equal((await system.untilEnd(simple.body.ticketId)).state, 'delivered');
  });

  test('the pools of two processes share a tier: every ticket is answered once, by one of them', async (t) => {
    const scene = await openScene(t, world, { delayMs: 30 });
    const overrides = { classifier: undefined, tiers: { simple: { models: ['small'], concurrency: 2 } } };
    const system = await scene.start(overrides, { roles: ['ingest', 'classifier', 'results'] });
    const logs: string[][] = [[], []];
    for (const log of logs) await scene.start(overrides, { roles: ['tier'], log });
    const posted = await Promise.all(
      Array.from({ length: 40 }, (_, i) => system.post({ externalId: `T-${i}` })),
    );
    for (const { body } of posted) assert.equal((await system.untilEnd(body.ticketId)).state, 'delivered');
    assert.equal(scene.provider.requests.length, 40);
    assert.equal(scene.receiver.received.length, 40);
    const answered = await until(() => {
      const counts = logs.map((lines) => lines.filter((line) => line.includes('ticket.answered')).length);
      const sum = counts.reduce((one, other) => one + other, 0);
      return Promise.resolve(sum === 40 ? counts : null);
    });
    assert.ok(Math.min(...answered) >= 5, answered.join(' and '));
  });
});
