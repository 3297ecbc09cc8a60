import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { listProcesses } from '../../shared/processes/list.ts';
import { startGatedProvider } from '../fakes/gated-provider.ts';
import type { GatedProvider } from '../fakes/gated-provider.ts';
import { isClassification, labels, openScene, until, wasLogged } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

type Json = Record<string, unknown>;

/** Writes the system's configuration anew and has it taken up; the outcome's kind. */
async function change(scene: Scene, system: TestSystem, overrides: Json): Promise<string> {
  await writeFile(system.configFile, JSON.stringify(scene.config(overrides)));
  return (await system.reload()).kind;
}

/** Classified by the local labels alone, so that the only calls are answers. */
const local = { classifier: undefined };
const oneTier = (models: string[], concurrency = 20): Json => ({
  ...local,
  tiers: { simple: { models, concurrency } },
});

async function gated(t: TestContext, models: string[]): Promise<{ provider: GatedProvider; parts: Json }> {
  const provider = await startGatedProvider(models);
  t.after(() => provider.close());
  const model = (id: string): Json => ({
    provider: 'gate',
    model: id,
    timeoutMs: 600_000,
    firstByteTimeoutMs: 600_000,
  });
  return {
    provider,
    parts: {
      providers: { gate: { api: 'openai', baseUrl: `${provider.url}/v1`, apiKey: 'sk-test' } },
      models: { old: model('old-1'), nova: model('nova-1') },
    },
  };
}

const waitUntil = (isTrue: () => boolean | Promise<boolean>): Promise<true> =>
  until(async () => ((await isTrue()) ? true : null));

describe('a change while tickets are being answered', { concurrency: 4 }, () => {
  test('is for the next ticket; a call that runs ends with what it began with, and then that is closed', async (t) => {
    const scene = await openScene(t, world);
    const { provider, parts } = await gated(t, ['old-1']);
    const system = await scene.start({ ...parts, ...oneTier(['old']) });
    const old = system.app.runtime();
    const first = await system.post({ externalId: 'T-1' });
    await waitUntil(() => provider.held('old-1') === 1);

    assert.equal(await change(scene, system, { ...parts, ...oneTier(['nova']) }), 'taken');
    const second = await system.post({ externalId: 'T-2' });
    assert.equal((await scene.delivered(second.body.ticketId)).body.data.text, 'By nova-1.');
    assert.equal((await system.trace(first.body.ticketId)).state, 'answering');
    assert.equal(provider.connections(), 2);

    provider.open('old-1');
    const { data } = (await scene.delivered(first.body.ticketId)).body;
    assert.deepEqual([data.model, data.text], ['old', 'By old-1.']);
    const versionOf = async (ticketId: string): Promise<unknown> =>
      (JSON.parse((await scene.record(ticketId))['a1']!.slice(1)) as { configVersion: unknown })
        .configVersion;
    assert.equal(await versionOf(first.body.ticketId), old.version);
    assert.equal(await versionOf(second.body.ticketId), system.app.runtime().version);
    await old.close();
    await waitUntil(() => provider.connections() === 1);
  });

  test('is not for a ticket that goes on to the next model of its chain', async (t) => {
    const scene = await openScene(t, world);
    const { provider, parts } = await gated(t, ['old-1']);
    const system = await scene.start({ ...parts, ...oneTier(['old', 'nova']) });
    const { version } = system.app.runtime();
    const { body } = await system.post({ externalId: 'T-1' });
    await waitUntil(() => provider.held('old-1') === 1);
    const { models } = parts as { models: Record<string, Json> };
    const changed = { ...models, nova: { ...models['nova'], model: 'nova-2' } };
    assert.equal(
      await change(scene, system, { ...parts, ...oneTier(['old', 'nova']), models: changed }),
      'taken',
    );
    provider.fail('old-1');
    assert.equal((await scene.delivered(body.ticketId)).body.data.text, 'By nova-1.');
    const row = (await scene.record(body.ticketId))['a2']!.slice(1);
    assert.equal((JSON.parse(row) as { configVersion: string }).configVersion, version);
  });

  test('may be the number of tickets that a tier answers at once', async (t) => {
    const scene = await openScene(t, world);
    const { provider, parts } = await gated(t, ['old-1']);
    const system = await scene.start({ ...parts, ...oneTier(['old'], 1) });
    for (const externalId of ['T-1', 'T-2', 'T-3']) await system.post({ externalId });
    await waitUntil(async () => {
      const { active, waiting } = await system.app.hints.counts('tier.simple');
      return active === 1 && waiting === 2 && provider.held('old-1') === 1;
    });
    assert.equal(await change(scene, system, { ...parts, ...oneTier(['old'], 3) }), 'taken');
    await waitUntil(() => provider.held('old-1') === 3);
    provider.open('old-1');
  });

  test('may be a new tier: its pool starts', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(oneTier(['small']));
    const tiers = { simple: { models: ['small'] }, vip: { models: ['large'] } };
    const routes = [{ when: { tag: ['vip'] }, tier: 'vip' }];
    assert.equal(await change(scene, system, { ...local, tiers, routes }), 'taken');
    const { body } = await system.post({ externalId: 'T-1', tags: ['vip'] });
    const trace = await system.untilEnd(body.ticketId);
    assert.deepEqual([trace.state, trace.route?.tier, trace.route?.model], ['delivered', 'vip', 'large']);
  });

  test('may take a tier away: what waits for it is answered by the tier that its labels lead to now', async (t) => {
    const scene = await openScene(t, world);
    const tiers = { simple: { models: ['small'] }, vip: { models: ['large'] } };
    const routes = [{ when: { tag: ['vip'] }, tier: 'vip' }];
    const intake = await scene.start({ ...local, tiers, routes }, { roles: ['ingest', 'classifier'] });
    const worker = await scene.start({ ...local, tiers, routes }, { roles: ['tier'], tiers: ['simple'] });
    const { body } = await intake.post({ externalId: 'T-1', tags: ['vip'] });
    await waitUntil(async () => (await intake.app.hints.counts('tier.vip')).waiting === 1);

    for (const system of [intake, worker])
      assert.equal(await change(scene, system, oneTier(['small'])), 'taken');
    // As if the tier had been out of every configuration for a while.
    await waitUntil(async () =>
      (await listProcesses(scene.redis, scene.prefix)).every((one) => one.config.taken === 1),
    );
    await scene.redis.zadd(`{${scene.prefix}:processes}:tiers`, Date.now() - 60_000, 'vip');
    await waitUntil(async () => (await intake.trace(body.ticketId)).state === 'delivering');
    await scene.start(oneTier(['small']), { roles: ['results'] });
    const trace = await intake.untilEnd(body.ticketId);
    assert.deepEqual([trace.state, trace.route?.tier, trace.route?.model], ['delivered', 'simple', 'small']);
  });

  test('may take a tier away whose dead letters wait: people get them', async (t) => {
    const scene = await openScene(t, world);
    const providers = {
      ...(scene.config()['providers'] as Json),
      none: { api: 'openai', baseUrl: 'http://127.0.0.1:9/v1', needsKey: true },
    };
    const models = {
      small: { provider: 'fake', model: 'small-1' },
      keyless: { provider: 'none', model: 'x' },
    };
    const tiers = { simple: { models: ['small'] }, vip: { models: ['keyless'] } };
    const routes = [{ when: { tag: ['vip'] }, tier: 'vip' }];
    const intake = await scene.start(
      { ...local, providers, models, tiers, routes },
      { roles: ['ingest', 'classifier', 'tier'] },
    );
    const { body } = await intake.post({ externalId: 'T-1', tags: ['vip'] });
    await waitUntil(async () => (await intake.app.hints.counts('tier.vip.dead')).waiting === 1);
    assert.equal(await change(scene, intake, oneTier(['small'])), 'taken');
    await waitUntil(async () =>
      (await listProcesses(scene.redis, scene.prefix)).every((one) => one.config.taken === 1),
    );
    await scene.redis.zadd(`{${scene.prefix}:processes}:tiers`, Date.now() - 60_000, 'vip');
    await scene.start(oneTier(['small']), { roles: ['results'] });
    assert.equal((await intake.untilEnd(body.ticketId)).state, 'handed_off');
  });

  test('may be a source and how much it takes, and it may be what is kept for how long', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(local);
    const post = async (source: string, bytes: number): Promise<number> => {
      const ticket = JSON.stringify({ source, externalId: `T-${bytes}`, body: 'Hello' });
      const { status } = await system.fetch('/v1/tickets', { method: 'POST', body: ticket.padEnd(bytes) });
      return status;
    };
    assert.equal(await post('new-shop', 100), 404);
    const sources = {
      'shop-api': { platform: 'generic', destination: 'hook' },
      'new-shop': { platform: 'generic', destination: 'hook', maxBodyBytes: 3_000_000 },
    };
    const retention = { contentDays: 1, tombstoneDays: 2, ledgerDays: 3 };
    assert.equal(await change(scene, system, { ...local, sources, retention }), 'taken');
    assert.equal(await post('new-shop', 100), 202);
    assert.equal(await post('new-shop', 2_000_000), 202);
    assert.equal(await post('shop-api', 2_000_000), 413);
    assert.equal(await post('new-shop', 3_000_001), 413);
    const { contentMs, tombstoneMs, ledgerMs } = system.app.record.settings;
    assert.deepEqual(
      [contentMs, tombstoneMs, ledgerMs].map((ms) => ms / 86_400_000),
      [1, 2, 3],
    );
    assert.equal(await change(scene, system, local), 'taken');
    assert.equal(await post('new-shop', 101), 404);
  });

  test('may be how long a ticket that was cancelled is remembered', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(local, { roles: ['ingest'] });
    assert.equal(await change(scene, system, { ...local, retention: { tombstoneDays: 2 } }), 'taken');
    const { body } = await system.post({ externalId: 'T-1' });
    await system.fetch(`/v1/tickets/${body.ticketId}/cancel`, { method: 'POST' });
    const lifeMs = await scene.redis.pttl(scene.recordKey(body.ticketId));
    assert.ok(lifeMs > 86_400_000 && lifeMs <= 2 * 86_400_000, `${lifeMs}`);
  });

  test('may be the kinds of question: the next ticket is asked for them, and gets them', async (t) => {
    let queryType = 'shipping';
    const scene = await openScene(t, world, (request) =>
      isClassification(request) ? labels({ queryType }) : {},
    );
    const system = await scene.start();
    const { classifier } = scene.config() as { classifier: { queryTypes: Json } };
    const queryTypes = { ...classifier.queryTypes, warranty: { description: 'asks about the warranty' } };
    assert.equal(await change(scene, system, { classifier: { ...classifier, queryTypes } }), 'taken');
    queryType = 'warranty';
    const { body } = await system.post({ externalId: 'T-1', body: 'How long is the warranty?' });
    assert.equal((await system.untilEnd(body.ticketId)).classification?.queryType, 'warranty');
    const asked = scene.provider.requests.filter(isClassification);
    assert.ok(JSON.stringify(asked.at(-1)?.body).includes('asks about the warranty'));
  });

  test('may be a destination; one that said 410 stays closed unless it is the one that changed', async (t) => {
    const scene = await openScene(t, world);
    const status = { now: 410 };
    scene.receiver.answer = () => ({ status: status.now });
    const system = await scene.start(local);
    const gone = await system.post({ externalId: 'T-1' });
    assert.equal((await system.untilEnd(gone.body.ticketId)).cause, 'destination_gone');
    status.now = 200;
    assert.equal(await change(scene, system, { ...local, retention: { contentDays: 3 } }), 'taken');
    const still = await system.post({ externalId: 'T-2' });
    assert.equal((await system.untilEnd(still.body.ticketId)).cause, 'destination_gone');
    const { destinations } = scene.config() as { destinations: { hook: Json } };
    const hook = { ...destinations.hook, timeoutMs: 5000 };
    assert.equal(await change(scene, system, { ...local, destinations: { hook } }), 'taken');
    const mended = await system.post({ externalId: 'T-3' });
    assert.equal((await system.untilEnd(mended.body.ticketId)).state, 'delivered');
  });

  test('leaves an open breaker open, and does not tell of it again', async (t) => {
    const scene = await openScene(t, world, { status: 500 });
    const breaker = { failures: 1, windowMs: 60_000, resetMs: 600_000 };
    const models = { small: { provider: 'fake', model: 'small-1', breaker } };
    const parts = { ...oneTier(['small']), models };
    const system = await scene.start(parts);
    const first = await system.post({ externalId: 'T-1' });
    await until(() => Promise.resolve(wasLogged(scene, 'ticket.parked', first.body.ticketId)));
    const calls = scene.provider.requests.length;
    assert.equal(await change(scene, system, { ...parts, retention: { contentDays: 3 } }), 'taken');
    const second = await system.post({ externalId: 'T-2' });
    await until(() => Promise.resolve(wasLogged(scene, 'ticket.parked', second.body.ticketId)));
    assert.equal(scene.provider.requests.length, calls);
    assert.equal(scene.log.filter((line) => line.includes('breaker.opened')).length, 1);
  });
});
