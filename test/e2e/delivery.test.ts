/** From the stored answer to its receiver: the same bytes under the same id until they arrive, or the schedule is over. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import type { Runtime } from '../../shared/runtime.ts';
import { deliverStage } from '../../services/results/deliver.ts';
import { createDeliveryDoor } from '../../services/results/delivery-door.ts';
import type { App } from '../../shared/app.ts';
import { createLog } from '../../shared/log.ts';
import { bookOf } from '../../shared/source-pauses.ts';
import type { Received } from '../fakes/receiver.ts';
import { openScene, until } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld, webhookSecret } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const localOnly = {
  classifier: undefined,
  tiers: { simple: { models: ['small'] } },
};

/** The webhook destination with `changes`, beside whatever a test needs otherwise. */
function destinations(scene: Scene, changes: object): Record<string, unknown> {
  const { hook } = scene.config()['destinations'] as { hook: object };
  return { destinations: { hook: { ...hook, ...changes } } };
}

const verify = (delivery: Received): void => {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const headers = Object.fromEntries(names.map((name) => [name, String(delivery.headers[name])]));
  new Webhook(webhookSecret).verify(delivery.raw, headers);
};

describe('delivery', { concurrency: 5 }, () => {
  test('every attempt has the same id and the same bytes, a timestamp and signature of its own', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start({
      ...localOnly,
      ...destinations(scene, { retryMs: [0, 1300, 1300, 1300] }),
    });
    scene.receiver.answer = ({ number }) =>
      number === 1 ? { status: 500 } : number === 2 ? { cut: true } : number === 3 ? { status: 302 } : {};
    const { body } = await system.post({ externalId: 'T-1' });
    const trace = await system.untilEnd(body.ticketId);
    assert.equal(trace.state, 'delivered');
    const { received } = scene.receiver;
    assert.equal(received.length, 4);
    assert.deepEqual(
      [...new Set(received.map(({ headers }) => headers['webhook-id']))],
      [`msg_${body.ticketId}_1`],
    );
    assert.equal(new Set(received.map(({ raw }) => raw)).size, 1);
    assert.equal(new Set(received.map(({ headers }) => headers['webhook-timestamp'])).size, 4);
    assert.equal(new Set(received.map(({ headers }) => headers['webhook-signature'])).size, 4);
    for (const delivery of received) assert.doesNotThrow(() => verify(delivery));
    assert.deepEqual(
      trace.deliveries.map(({ status, outcome }) => [status, outcome]),
      [
        [500, 'retry'],
        [null, 'retry'],
        [302, 'retry'],
        [200, 'delivered'],
      ],
    );
    // The trace shows what was sent, and one call was paid for however often it was sent.
    assert.equal(JSON.stringify(trace.reply), received[0]?.raw);
    assert.equal(scene.provider.requests.length, 1);
  });

  test('Retry-After is waited for although the schedule is shorter', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start({ ...localOnly, ...destinations(scene, { retryMs: [0, 10, 10] }) });
    scene.receiver.answer = ({ number }) =>
      number === 1 ? { status: 503, headers: { 'retry-after': '2' } } : {};
    const { body } = await system.post({ externalId: 'T-1' });
    assert.equal((await system.untilEnd(body.ticketId)).state, 'delivered');
    const [first, second] = scene.receiver.received;
    assert.ok(second!.at - first!.at >= 1990, `${second!.at - first!.at} ms`);
  });

  test('a schedule that begins with a wait holds the first attempt back as well', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start({ ...localOnly, ...destinations(scene, { retryMs: [1500, 10] }) });
    const { body } = await system.post({ externalId: 'T-1' });
    const stored = await until(async () => {
      const record = await scene.record(body.ticketId);
      return record['rep'] !== undefined && record['pu'] !== undefined ? record : null;
    });
    assert.deepEqual(scene.receiver.received, []);
    // Nothing has left yet: a newer message may still take its place.
    assert.equal(stored['sd'], undefined);
    const storedAt = Date.parse((JSON.parse(stored['rep'] ?? '{}') as { timestamp: string }).timestamp);
    const { at } = await scene.delivered(body.ticketId);
    assert.ok(at - storedAt >= 1490, `${at - storedAt} ms`);
    assert.equal((await system.untilEnd(body.ticketId)).deliveries.length, 1);
  });

  test('draft on the source beats auto on the tier: a draft goes out and the ticket ends drafted', async (t) => {
    const scene = await openScene(t, world);
    const sources = {
      'shop-api': { platform: 'generic', destination: 'hook', mode: 'draft' },
      other: { platform: 'generic', destination: 'hook' },
    };
    const system = await scene.start({
      ...localOnly,
      sources,
      tiers: { simple: { models: ['small'], mode: 'auto' } },
    });
    const { body } = await system.post({ externalId: 'T-1' });
    const draft = (await scene.delivered(body.ticketId)).body;
    assert.deepEqual([draft.type, draft.data.mode], ['ticket.draft', 'draft']);
    assert.equal((await system.untilEnd(body.ticketId)).state, 'drafted');
    const other = await system.post({ externalId: 'T-1', source: 'other' });
    assert.equal((await scene.delivered(other.body.ticketId)).body.type, 'ticket.reply');
    assert.equal((await system.untilEnd(other.body.ticketId)).state, 'delivered');
  });

  test('draft on the tier makes drafts of all its answers; a hand-off is none', async (t) => {
    const scene = await openScene(t, world, ({ number }) => (number === 1 ? {} : { status: 400 }));
    const tiers = { simple: { models: ['small'], mode: 'draft' } };
    const system = await scene.start({ ...localOnly, tiers });
    const { body } = await system.post({ externalId: 'T-1' });
    assert.equal((await scene.delivered(body.ticketId)).body.type, 'ticket.draft');
    const given = await system.post({ externalId: 'T-2' });
    assert.equal((await scene.delivered(given.body.ticketId)).body.type, 'ticket.handoff');
    assert.equal((await system.untilEnd(given.body.ticketId)).state, 'handed_off');
  });

  test('a log destination gets one line per reply, in the shape of the webhook', async (t) => {
    const scene = await openScene(t, world);
    const file = path.join(world.folder, `${scene.prefix}.jsonl`);
    const system = await scene.start({
      ...localOnly,
      sources: { 'shop-api': { platform: 'generic' } },
      destinations: { file: { type: 'log', path: file } },
    });
    const tickets = await Promise.all(['T-1', 'T-2'].map((externalId) => system.post({ externalId })));
    const ids = tickets.map(({ body }) => body.ticketId);
    for (const ticketId of ids) assert.equal((await system.untilEnd(ticketId)).state, 'delivered');
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    const parsed = lines.map((line) => JSON.parse(line) as Received['body'] & { webhookId: string });
    assert.deepEqual(
      new Set(parsed.map(({ webhookId }) => webhookId)),
      new Set(ids.map((id) => `msg_${id}_1`)),
    );
    const trace = await system.trace(ids[0]!);
    const line = parsed.find(({ webhookId }) => webhookId === `msg_${ids[0]}_1`)!;
    assert.deepEqual(
      { type: line.type, data: line.data },
      { type: (trace.reply as Received['body']).type, data: (trace.reply as Received['body']).data },
    );
  });

  test('a ticket of a source that is no longer configured costs nothing more and is kept for the operator', async (t) => {
    const scene = await openScene(t, world);
    const intake = await scene.start(localOnly, { roles: ['ingest'] });
    const { body } = await intake.post({ externalId: 'T-1' });
    const sources = { another: { platform: 'generic', destination: 'hook' } };
    await scene.start({ ...localOnly, sources }, { roles: ['classifier', 'tier', 'results'] });
    const fields = await scene.ended(body.ticketId);
    assert.equal(fields['st'], 'dead');
    assert.equal((await intake.trace(body.ticketId)).cause, 'no_destination');
    assert.deepEqual([scene.provider.requests.length, scene.receiver.received.length], [0, 0]);
    assert.deepEqual(await scene.deadLetters('tier.simple.dead'), [body.ticketId]);
  });

  test('an answer whose destination has gone from the configuration ends dead; the answer stays stored', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(localOnly, { roles: ['ingest', 'classifier', 'tier'] });
    const { body } = await system.post({ externalId: 'T-1' });
    await until(async () => ((await scene.record(body.ticketId))['st'] === 'deliver' ? true : null));
    const file = path.join(world.folder, `${scene.prefix}.jsonl`);
    const moved = {
      sources: { 'shop-api': { platform: 'generic' } },
      destinations: { file: { type: 'log', path: file } },
    };
    await scene.start({ ...localOnly, ...moved }, { roles: ['results'] });
    assert.equal((await scene.ended(body.ticketId))['st'], 'dead');
    const trace = await system.trace(body.ticketId);
    assert.equal(trace.cause, 'no_destination');
    assert.notEqual(trace.reply, null);
  });

  test('a delivery whose worker lost its lease is sent again by the next one: the same bytes, one end', async (t) => {
    const scene = await openScene(t, world);
    const slow = { ...localOnly, ...destinations(scene, { retryMs: [0, 3_600_000] }) };
    const system = await scene.start(slow, { environment: { TIERLINE_LEASE_MS: '1500' } });
    scene.receiver.answer = ({ number }) => (number === 1 ? { delayMs: 3000 } : {});
    const { body } = await system.post({ externalId: 'T-1' });
    await scene.delivered(body.ticketId);
    await scene.redis.hset(scene.recordKey(body.ticketId), 'lt', 'somebody');
    await scene.redis.zadd(`{${scene.prefix}:0}:leases`, 1, body.ticketId);
    const trace = await system.untilEnd(body.ticketId);
    assert.equal(trace.state, 'delivered');
    assert.equal(scene.receiver.received.length, 2);
    assert.equal(new Set(scene.receiver.received.map(({ raw }) => raw)).size, 1);
    assert.deepEqual(
      trace.deliveries.map(({ outcome }) => outcome),
      ['delivered'],
    );
  });

  for (const { provablyUnsent, attempts } of [
    { provablyUnsent: true, attempts: 0 },
    { provablyUnsent: false, attempts: 1 },
  ]) {
    test(`our own shutdown uses up no step of the schedule (${provablyUnsent ? 'nothing' : 'something'} was sent)`, async () => {
      const parks: unknown[][] = [];
      const shutDown = new AbortController();
      const hook = {
        name: 'hook',
        type: 'webhook',
        scheduleMs: [0, 3_600_000],
        identity: 'hook',
        deliver: () => {
          shutDown.abort();
          const outcome = { kind: 'retry' as const, status: null, retryAfterMs: null, reason: 'aborted' };
          return Promise.resolve({ ...outcome, provablyUnsent });
        },
        close: () => Promise.resolve(),
      };
      const record = { park: (...args: unknown[]) => Promise.resolve(parks.push(args)) };
      const pauses = { book: () => Promise.resolve(bookOf({})) };
      const log = createLog('silent');
      const app = { record, log, pauses, now: Date.now, random: Math.random } as unknown as App;
      const opened = { get: () => hook, count: 1, close: () => Promise.resolve() };
      const stage = deliverStage(app, {
        destinationsOf: () => opened,
        door: createDeliveryDoor({
          slots: 100,
          now: Date.now,
          random: Math.random,
          onEvent: () => undefined,
        }),
        disabled: { has: () => Promise.resolve(false), add: () => Promise.resolve() },
      });
      const fields = {
        rep: '{}',
        rty: 'reply',
        dst: 'hook',
        dlv: null,
        da: null,
        dw: null,
        gen: null,
        rs: null,
      };
      const claim = {
        ticketId: 't_1',
        state: 'deliver' as const,
        token: 'x',
        sequence: 1,
        now: 0,
        claims: 1,
      };
      const work = { ...claim, poisoned: false, withPeople: false, fields };
      await stage.work(work, shutDown.signal, {} as Runtime);
      const [, how, change] = parks[0] as [
        unknown,
        { delayMs: number; unsent: boolean },
        { fields: { da: number } },
      ];
      assert.deepEqual([how.delayMs, how.unsent, change.fields.da], [0, provablyUnsent, attempts]);
    });
  }
});
