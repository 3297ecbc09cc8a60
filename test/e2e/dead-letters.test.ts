/** What a stage gives up on goes through its dead-letter queue, and from there to people or to the operator. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Behaviour } from '../fakes/provider.ts';
import { openScene, until, wasLogged } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

/** No model can do anything with any ticket. */
const refused: Behaviour = { status: 400, error: { message: 'no' } };
const tiers = {
  simple: { models: ['small', 'large'] },
  standard: { models: ['large'], onDead: 'hold' },
  complex: { models: ['large'] },
};

/** Local labels only, so that every ticket is of tier simple unless a tag says otherwise. */
const localOnly = {
  classifier: undefined,
  tiers,
  routes: [{ when: { tag: ['hold'] }, tier: 'standard' }],
};

/** Every time the ticket is parked, its moment comes at once. */
async function hurriedEnd(scene: Scene, ticketId: string): Promise<Record<string, string>> {
  let isOver = false;
  const hurrying = until(async () => {
    if (!isOver) await scene.hurry(ticketId);
    return isOver ? true : null;
  });
  const fields = await scene.ended(ticketId);
  isOver = true;
  await hurrying;
  return fields;
}

describe('dead letters', { concurrency: 5 }, () => {
  test('go over the queue of their stage, stay there to be seen, and people get what the customer wrote', async (t) => {
    const scene = await openScene(t, world, refused);
    const system = await scene.start(localOnly);
    const { body } = await system.post({
      externalId: 'T-1',
      subject: 'Lamp',
      body: 'It flickers\nat night.',
    });
    const { type, data } = (await scene.delivered(body.ticketId)).body;
    assert.deepEqual([type, data.reason, data.mode], ['ticket.handoff', 'bad_request', 'auto']);
    assert.match(data.text, /> It flickers\n> at night\./);
    assert.match(data.text, /Subject: Lamp/);
    assert.match(data.text, /large \(fake\) refused the request/);
    assert.deepEqual([data.model, data.failovers, data.costUsd], ['large', 1, null]);
    const trace = await system.untilEnd(body.ticketId);
    assert.deepEqual([trace.state, trace.cause], ['handed_off', 'bad_request']);
    assert.deepEqual(
      trace.attempts.map(({ fault }) => fault),
      ['bad_request', 'bad_request'],
    );
    assert.deepEqual(await scene.deadLetters('tier.simple.dead'), [body.ticketId]);
    const record = await scene.record(body.ticketId);
    assert.equal((JSON.parse(record['why'] ?? '{}') as { queue: string }).queue, 'tier.simple.dead');
  });

  test('are held for the operator where the tier says so: nothing leaves the house', async (t) => {
    const scene = await openScene(t, world, refused);
    const system = await scene.start(localOnly);
    const { body } = await system.post({ externalId: 'T-1', tags: ['hold'] });
    const trace = await system.untilEnd(body.ticketId);
    assert.deepEqual([trace.state, trace.cause, trace.reply], ['dead', 'bad_request', null]);
    assert.deepEqual(scene.receiver.received, []);
    assert.deepEqual(await scene.deadLetters('tier.standard.dead'), [body.ticketId]);
    await until(() => Promise.resolve(wasLogged(scene, 'ticket.held', '"level":"error"')));
  });

  test('where no model is configured people get the ticket at once', async (t) => {
    const scene = await openScene(t, world);
    const providers = { fake: { api: 'openai', baseUrl: `${scene.provider.url}/v1`, needsKey: true } };
    const system = await scene.start({ ...localOnly, providers });
    const { body } = await system.post({ externalId: 'T-1' });
    assert.equal((await scene.delivered(body.ticketId)).body.data.reason, 'no_model');
    assert.equal((await system.untilEnd(body.ticketId)).state, 'handed_off');
    assert.deepEqual(scene.provider.requests, []);
  });

  test('a classification that breaks its stage is given up after five claims, with the ticket; others pass', async (t) => {
    const scene = await openScene(t, world, ({ number }) => (number === 1 ? { status: 500 } : {}));
    const system = await scene.start({ ...localOnly, tiers: { ...tiers, simple: { models: ['small'] } } });
    const { body } = await system.post({ externalId: 'T-1', body: 'My lamp smells of fish.' });
    await until(async () => ((await scene.record(body.ticketId))['pu'] === undefined ? null : true));
    await scene.redis.hset(scene.recordKey(body.ticketId), 'cls', '{"tier":');
    const others = await Promise.all(
      Array.from({ length: 10 }, (_, i) => system.post({ externalId: `other-${i}` })),
    );
    const fields = await hurriedEnd(scene, body.ticketId);
    assert.equal(fields['st'], 'handed_off');
    const { data } = (await scene.delivered(body.ticketId)).body;
    assert.equal(data.reason, 'poison');
    assert.equal(data.classification, null);
    assert.match(data.text, /> My lamp smells of fish\./);
    assert.deepEqual(await scene.deadLetters('tier.simple.dead'), [body.ticketId]);
    const failures = scene.log.filter(
      (line) => line.includes('stage.failed') && line.includes(body.ticketId),
    );
    assert.equal(failures.length, 5);
    for (const one of others) assert.equal((await scene.ended(one.body.ticketId))['st'], 'delivered');
  });

  test('a ticket that nobody can read any more ends dead, for the operator', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(localOnly, { roles: ['ingest', 'results'] });
    const { body } = await system.post({ externalId: 'T-1' });
    await scene.redis.hset(scene.recordKey(body.ticketId), 'tk', '{"source":"shop-api","body":"secret fi');
    await scene.start(localOnly, { roles: ['classifier', 'tier'] });
    const fields = await hurriedEnd(scene, body.ticketId);
    assert.equal(fields['st'], 'dead');
    const trace = await system.trace(body.ticketId);
    assert.deepEqual([trace.state, trace.cause, trace.ticket], ['dead', 'poison', null]);
    assert.deepEqual(scene.receiver.received, []);
    assert.deepEqual(await scene.deadLetters('classify.dead'), [body.ticketId]);
    assert.ok(!scene.log.join('').includes('secret fi'));
    assert.deepEqual(await system.app.record.counts(), { open: 0, leased: 0, parked: 0 });
  });

  test('a reply whose sending kills its worker every time goes to people as another message', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(localOnly);
    scene.receiver.answer = () => ({ status: 500, headers: { 'retry-after': '60' } });
    const { body } = await system.post({ externalId: 'T-1' });
    await until(async () => ((await scene.record(body.ticketId))['pu'] === undefined ? null : true));
    scene.receiver.answer = () => ({ status: 200 });
    // As if five workers had been killed since.
    await scene.redis.hset(scene.recordKey(body.ticketId), 'cc', 5);
    await scene.hurry(body.ticketId);
    assert.equal((await scene.ended(body.ticketId))['st'], 'handed_off');
    const [reply, handoff] = scene.receiver.received;
    assert.equal(reply?.headers['webhook-id'], `msg_${body.ticketId}_1`);
    assert.equal(handoff?.headers['webhook-id'], `msg_${body.ticketId}_2`);
    assert.deepEqual([handoff?.body.type, handoff?.body.data.reason], ['ticket.handoff', 'delivery_unknown']);
    assert.equal(scene.receiver.received.length, 2);
    assert.deepEqual(await scene.deadLetters('deliver.dead'), [body.ticketId]);
  });

  test('an answer that its receiver wants no more (410) ends dead, and nothing else is sent there', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(localOnly);
    scene.receiver.answer = () => ({ status: 410 });
    const { body } = await system.post({ externalId: 'T-1' });
    const trace = await system.untilEnd(body.ticketId);
    assert.deepEqual([trace.state, trace.cause], ['dead', 'destination_gone']);
    assert.deepEqual(
      trace.deliveries.map(({ status, outcome }) => [status, outcome]),
      [[410, 'gone']],
    );
    assert.notEqual(trace.reply, null);
    const next = await system.post({ externalId: 'T-2' });
    assert.equal((await system.untilEnd(next.body.ticketId)).cause, 'destination_gone');
    assert.equal(scene.receiver.received.length, 1);
    const kept = await until(async () => {
      const ids = await scene.deadLetters('deliver.dead');
      return ids.length === 2 ? ids : null;
    });
    assert.deepEqual(new Set(kept), new Set([body.ticketId, next.body.ticketId]));
    assert.ok(scene.log.some((line) => line.includes('destination.disabled')));
  });

  test('an answer that cannot be delivered within its schedule ends dead, with all its attempts', async (t) => {
    const scene = await openScene(t, world);
    const { hook } = scene.config()['destinations'] as { hook: object };
    const system = await scene.start({
      ...localOnly,
      destinations: { hook: { ...hook, retryMs: [0, 10, 10] } },
    });
    scene.receiver.answer = () => ({ status: 500 });
    const { body } = await system.post({ externalId: 'T-1' });
    const trace = await system.untilEnd(body.ticketId);
    assert.deepEqual([trace.state, trace.cause], ['dead', 'undeliverable']);
    assert.deepEqual(
      trace.deliveries.map(({ status }) => status),
      [500, 500, 500],
    );
    assert.equal(scene.receiver.received.length, 3);
    await until(async () =>
      (await scene.deadLetters('deliver.dead')).includes(body.ticketId) ? true : null,
    );
  });
});
