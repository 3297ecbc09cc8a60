import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { claimMessage, nextEntry } from '../../shared/alerts/book.ts';
import type { AlertEntry, AlertMessage } from '../../shared/alerts/book.ts';
import { createAlertStore } from '../../shared/alerts/store.ts';
import { isClassification, labels, openScene, until, wasLogged } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { startReceiver } from '../fakes/receiver.ts';
import type { Received, Receiver } from '../fakes/receiver.ts';
import { openWorld, webhookSecret } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;

before(async () => {
  world = await openWorld();
});

after(() => world.close());

type Alert = {
  type: 'alert.raised' | 'alert.resolved';
  text: string;
  data: {
    condition: string;
    subject: string;
    severity: string;
    firing: boolean;
    text: string;
    since: string;
  };
};

const alertOf = ({ raw }: Received): Alert => JSON.parse(raw) as Alert;

/** `alert.raised key_refused fake`, one line each in the order of arrival. */
const linesOf = ({ received }: Receiver): string[] =>
  received.map((one) => {
    const { type, data } = alertOf(one);
    return `${type} ${data.condition} ${data.subject}`;
  });

async function openOps(t: TestContext): Promise<Receiver> {
  const ops = await startReceiver();
  t.after(() => ops.close());
  return ops;
}

const quietMs = 1500;
const alertsTo = ({ url }: Receiver, more: object = {}) => ({
  alerts: { webhook: url, allowPrivateNetworks: true, quietMs, ...more },
});

const untilLines = (ops: Receiver, count: number): Promise<string[]> =>
  until(() => Promise.resolve(linesOf(ops).length >= count ? linesOf(ops) : null));

/** As if `ms` had passed for what is open. */
async function age({ redis, prefix }: Scene, key: string, ms: number): Promise<void> {
  const full = `{${prefix}:fake}:${key}`;
  const value = await redis.hget(full, 'until');
  if (value !== null) await redis.hset(full, 'until', Number(value) - ms);
}

const keyRefused = { status: 401, body: { error: { code: 'invalid_api_key' } } };

describe('alerts', { concurrency: 4 }, () => {
  test('three processes together tell once of a refused key, and once that it is taken again', async (t) => {
    const ops = await openOps(t);
    let isRefused = true;
    const scene = await openScene(t, world, (request) =>
      isClassification(request) ? labels() : isRefused ? keyRefused : {},
    );
    const systems: TestSystem[] = [];
    for (let i = 0; i < 3; i += 1) systems.push(await scene.start(alertsTo(ops)));
    const { ticketId } = (await systems[0]!.post({ externalId: 'T-1' })).body;
    assert.deepEqual(await untilLines(ops, 1), ['alert.raised key_refused fake']);
    const { data, text } = alertOf(ops.received[0]!);
    assert.deepEqual([data.severity, data.firing], ['critical', true]);
    assert.match(data.text, /providers\.fake\.apiKey/);
    assert.match(text, /^Tierline critical: Provider fake refuses the key\./);
    // Several looks of each process later it is still the only one.
    await new Promise((resolve) => setTimeout(resolve, 5000));
    assert.equal(ops.received.length, 1);
    isRefused = false;
    await age(scene, 'account', 2_000_000);
    await scene.hurry(ticketId);
    await systems[0]!.untilEnd(ticketId);
    assert.deepEqual(await untilLines(ops, 2), [
      'alert.raised key_refused fake',
      'alert.resolved key_refused fake',
    ]);
    assert.ok(wasLogged(scene, 'alert.resolved', '"condition":"key_refused"'));
    assert.equal(ops.received[0]!.headers['webhook-signature'], undefined);
  });

  test('an exhausted quota is another alert than a refused key', async (t) => {
    const ops = await openOps(t);
    const scene = await openScene(t, world, (request) =>
      isClassification(request) ? labels() : { status: 429, body: { error: { code: 'insufficient_quota' } } },
    );
    const system = await scene.start(alertsTo(ops));
    await system.post({ externalId: 'T-1' });
    assert.deepEqual(await untilLines(ops, 1), ['alert.raised quota_exhausted fake']);
  });

  test('an alert that no receiver took outlives the process that raised it, and is signed', async (t) => {
    const ops = await openOps(t);
    ops.answer = () => ({ status: 503 });
    const scene = await openScene(t, world, (request) =>
      isClassification(request) ? labels() : { status: 404, body: { error: { code: 'model_not_found' } } },
    );
    const config = alertsTo(ops, { secret: webhookSecret });
    const first = await scene.start(config);
    await first.post({ externalId: 'T-1' });
    await untilLines(ops, 1);
    await until(() => Promise.resolve(wasLogged(scene, 'alert.undelivered', '"status":503')));
    await first.close();
    const tried = ops.received.length;
    ops.answer = () => ({ status: 204 });
    await scene.start(config, { roles: ['console'] });
    await untilLines(ops, tried + 1);
    const ids = new Set(ops.received.map(({ headers }) => headers['webhook-id']));
    assert.equal(ids.size, 1);
    assert.deepEqual(new Set(linesOf(ops)), new Set(['alert.raised model_unknown small']));
    const { raw, headers } = ops.received.at(-1)!;
    new Webhook(webhookSecret).verify(raw, headers as Record<string, string>);
    // It arrived: nothing more comes of it.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    assert.equal(ops.received.length, tried + 1);
  });

  test('an opened breaker is told of, with the tier that nothing can answer meanwhile', async (t) => {
    const ops = await openOps(t);
    const scene = await openScene(t, world, (request) =>
      isClassification(request) ? labels() : { status: 500 },
    );
    const models = scene.config()['models'] as Record<string, object>;
    const breaker = { failures: 1, resetMs: 60_000 };
    const system = await scene.start({
      ...alertsTo(ops),
      models: Object.fromEntries(Object.entries(models).map(([name, one]) => [name, { ...one, breaker }])),
      tiers: { simple: { models: ['small'] }, complex: { models: ['large'] } },
      classifier: { local: { enabled: true, acceptConfidence: 0 } },
    });
    await system.post({ externalId: 'T-1' });
    assert.deepEqual(await untilLines(ops, 1), ['alert.raised breaker_open small']);
    assert.match(alertOf(ops.received[0]!).data.text, /Nothing can answer tier simple now/);
  });

  test('a held dead letter is told of', async (t) => {
    const ops = await openOps(t);
    const scene = await openScene(t, world, (request) =>
      isClassification(request) ? labels() : { status: 400, body: { error: { code: 'bad' } } },
    );
    const tiers = { simple: { models: ['small'], onDead: 'hold' }, complex: { models: ['large'] } };
    const classifier = { ...(scene.config()['classifier'] as object), tierThresholds: {}, flags: {} };
    const system = await scene.start({ ...alertsTo(ops), tiers, classifier });
    const { ticketId } = (await system.post({ externalId: 'T-1', body: 'A private question' })).body;
    await system.untilEnd(ticketId);
    assert.deepEqual(await untilLines(ops, 1), ['alert.raised dead_letters tier.simple']);
    const { raw } = ops.received[0]!;
    assert.match(alertOf(ops.received[0]!).data.text, /1 is held/);
    assert.doesNotMatch(raw, /private question/i);
    assert.ok(!raw.includes(ticketId));
  });

  test('tickets that have used most of their deadline are told of', async (t) => {
    const ops = await openOps(t);
    const scene = await openScene(t, world, (request) =>
      isClassification(request) ? labels() : { status: 503, headers: { 'retry-after': '3600' } },
    );
    const tiers = { simple: { models: ['small'], deadlineMs: 40_000 }, complex: { models: ['large'] } };
    const classifier = { ...(scene.config()['classifier'] as object), tierThresholds: {}, flags: {} };
    const system = await scene.start({ ...alertsTo(ops), tiers, classifier });
    const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
    await until(async () => ((await scene.record(ticketId))['pu'] ? true : null));
    // As if it had been accepted half a minute ago.
    const { at, dl } = await scene.record(ticketId);
    await scene.redis.hset(scene.recordKey(ticketId), 'at', Number(at) - 35_000, 'dl', Number(dl) - 35_000);
    await scene.redis.zadd(`{${scene.prefix}:0}:open`, Number(at) - 35_000, ticketId);
    const lines = await until(() =>
      Promise.resolve(linesOf(ops).find((line) => line.includes('deadline_near')) ?? null),
    );
    assert.equal(lines, 'alert.raised deadline_near simple');
  });

  test('a refused change of the configuration is told of, and over when the file is mended', async (t) => {
    const ops = await openOps(t);
    const scene = await openScene(t, world);
    const system = await scene.start(alertsTo(ops));
    const good = JSON.stringify(scene.config(alertsTo(ops)));
    await writeFile(system.configFile, good.replace('"models":["small"]', '"models":["smal"]'));
    await system.reload();
    assert.deepEqual(await untilLines(ops, 1), ['alert.raised configuration_refused configuration']);
    assert.match(alertOf(ops.received[0]!).data.text, /unknown model "smal"/);
    await writeFile(system.configFile, good);
    await system.reload();
    assert.equal((await untilLines(ops, 2))[1], 'alert.resolved configuration_refused configuration');
  });

  test('of many that look at the same moment one notes the condition, and one sends its message', async (t) => {
    const scene = await openScene(t, world);
    const stores = Array.from({ length: 10 }, () => createAlertStore(scene.redis, scene.prefix));
    const condition = {
      kind: 'breaker_open',
      subject: 'm',
      severity: 'warning',
      title: 't',
      text: 't',
      sinceMs: 1,
    } as const;
    let ids = 0;
    const moment = { nowMs: 1000, quietMs: 1000, newId: () => `msg_${(ids += 1)}` };
    const noted = await Promise.all(
      stores.map((store) =>
        store.update('id', (entry) => ({ entry: nextEntry(entry, { kind: 'holds', condition }, moment) })),
      ),
    );
    assert.equal(noted.filter((one) => one.before === null).length, 1);
    const claims = await Promise.all(
      stores.map((store) =>
        store.update<{ entry: AlertEntry | null; message?: AlertMessage }>(
          'id',
          (entry) => (entry && claimMessage(entry, { nowMs: 1000, leaseMs: 10 })) ?? { entry },
        ),
      ),
    );
    assert.equal(claims.filter(({ message }) => message !== undefined).length, 1);
  });

  test('without alerts, or with a webhook that refers to nothing, nobody is told and nothing is kept', async (t) => {
    const scene = await openScene(t, world, (request) => (isClassification(request) ? labels() : keyRefused));
    const system = await scene.start({ alerts: { webhook: '${env:NOT_SET?}' } });
    await system.post({ externalId: 'T-1' });
    await until(async () =>
      (await scene.redis.hget(`{${scene.prefix}:fake}:account`, 'why')) === 'key' ? true : null,
    );
    await new Promise((resolve) => setTimeout(resolve, 3000));
    assert.deepEqual(await scene.redis.keys(`{${scene.prefix}:alerts}*`), []);
  });
});
