/** What was delivered and what was not: found, sent once more, recovered; and destinations that answered 410. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { tierline } from '../fakes/command.ts';
import { startReceiver } from '../fakes/receiver.ts';
import type { Received } from '../fakes/receiver.ts';
import { openScene, until, wasLogged } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

type Json = Record<string, unknown>;

/** Labels come from the local classifier, so that one call is made for each ticket. */
const localOnly = { classifier: undefined, tiers: { simple: { models: ['small'] } } };

function withHook(scene: Scene, changes: Json): Json {
  const { hook } = scene.config()['destinations'] as { hook: Json };
  return { ...localOnly, destinations: { hook: { ...hook, ...changes } } };
}

const commandsOf = (scene: Scene, system: TestSystem) => {
  const env = {
    REDIS_URL: world.redis.url,
    TIERLINE_PREFIX: scene.prefix,
    TIERLINE_CONFIG: system.configFile,
  };
  return {
    run: (...args: string[]) => tierline(args, env),
    json: async (...args: string[]): Promise<Json & { code: number }> => {
      const { stdout, stderr, code } = await tierline([...args, '--json'], env);
      assert.equal(stderr, '');
      return { ...(JSON.parse(stdout) as Json), code };
    },
  };
};

const received = ({ receiver }: Scene, ticketId: string): Received[] =>
  receiver.received.filter(({ body }) => body.data.ticketId === ticketId);

async function send(system: TestSystem, path: string, body?: Json) {
  const response = await system.fetch(path, {
    method: 'POST',
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

async function ended(system: TestSystem, externalId: string): Promise<string> {
  const { body } = await system.post({ externalId });
  await system.untilEnd(body.ticketId);
  return body.ticketId;
}

const hourAgo = (): string => new Date(Date.now() - 3_600_000).toISOString();

describe('deliveries', { concurrency: 4 }, () => {
  test('410 disables a destination for all processes and over restarts, is told as an alert, and ends by enabling it', async (t) => {
    const ops = await startReceiver();
    t.after(() => ops.close());
    const scene = await openScene(t, world);
    const alerts = { webhook: ops.url, allowPrivateNetworks: true, quietMs: 1000 };
    const config = { ...localOnly, alerts };
    const system = await scene.start(config);
    scene.receiver.answer = () => ({ status: 410 });
    const first = await ended(system, 'T-1');
    assert.equal((await system.trace(first)).cause, 'destination_gone');
    const alertsOf = (): string[] =>
      ops.received.map(({ raw }) => {
        const { type, data } = JSON.parse(raw) as { type: string; data: Record<string, string> };
        return `${type} ${data['condition']} ${data['subject']}`;
      });
    await until(async () => alertsOf().includes('alert.raised destination_disabled hook') || null);
    const { run, json } = commandsOf(scene, system);
    const status = await json('status');
    const findings = status['findings'] as { code: string; subject: string; level: string }[];
    const about = findings.find(({ code }) => code === 'destination_disabled');
    assert.deepEqual([about?.subject, about?.level, status.code], ['hook', 'wrong', 1]);

    // Another process, which started after it, sends nothing; nor does one after a restart of all.
    await system.close();
    const again = await scene.start(config);
    const second = await ended(again, 'T-2');
    assert.equal((await again.trace(second)).cause, 'destination_gone');
    assert.equal(scene.receiver.received.length, 1);
    assert.equal(scene.log.filter((line) => line.includes('destination.disabled')).length, 1);

    // What would only end the same way is not put back.
    const refused = await send(again, '/v1/deliveries/recover', { destination: 'hook', since: hourAgo() });
    assert.deepEqual([refused.status, refused.body['code']], [409, 'destination-disabled']);
    assert.match((await run('deliveries', 'resend', first)).stdout, /not: Destination hook is disabled/);

    scene.receiver.answer = () => ({ status: 200 });
    const enabled = await run('deliveries', 'enable', 'hook');
    assert.equal(enabled.code, 0, enabled.stderr);
    assert.match(enabled.stderr, /2 deliveries to it failed/);
    await until(async () => alertsOf().includes('alert.resolved destination_disabled hook') || null);
    const dry = await json('deliveries', 'recover', '--destination', 'hook', '--since', '1h', '--dry-run');
    assert.deepEqual([dry['total'], (dry['counts'] as Json)['replayed'], dry.code], [2, 2, 0]);
    assert.equal(scene.receiver.received.length, 1);
    const recovered = await send(again, '/v1/deliveries/recover', { destination: 'hook', since: hourAgo() });
    assert.deepEqual([recovered.status, (recovered.body['counts'] as Json)['replayed']], [200, 2]);
    for (const id of [first, second]) {
      assert.equal((await again.untilEnd(id)).state, 'delivered');
      assert.deepEqual(
        [...new Set(received(scene, id).map(({ headers }) => headers['webhook-id']))],
        [`msg_${id}_1`],
      );
    }
  });

  test('a process that runs already hears within a second that another one was answered 410', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(localOnly, { roles: ['ingest', 'classifier', 'tier'] });
    const one = await scene.start(localOnly, { roles: ['results'] });
    scene.receiver.answer = () => ({ status: 410 });
    await ended(system, 'T-1');
    const other = await scene.start(localOnly, { roles: ['results'] });
    await one.close();
    await ended(system, 'T-2');
    assert.equal(scene.receiver.received.length, 1);
    const response = await send(system, '/v1/destinations/hook/enable');
    assert.deepEqual(response, { status: 200, body: { destination: 'hook', wasDisabled: true } });
    scene.receiver.answer = () => ({ status: 200 });
    const third = await until(async () => {
      const id = await ended(system, `T-${Math.random()}`);
      return (await system.trace(id)).state === 'delivered' ? id : null;
    });
    assert.equal(received(scene, third).length, 1);
    await other.close();
  });

  test('what was delivered is sent once more, the same bytes under the same id, and ends as it had ended', async (t) => {
    const scene = await openScene(t, world, ({ number }) => (number === 2 ? { status: 400 } : {}));
    const sources = {
      'shop-api': { platform: 'generic', destination: 'hook' },
      drafts: { platform: 'generic', destination: 'hook', mode: 'draft' },
    };
    const system = await scene.start({ ...localOnly, sources });
    const { run } = commandsOf(scene, system);
    const reply = await ended(system, 'T-1');
    const handoff = await ended(system, 'T-2');
    const { body } = await system.post({ externalId: 'T-3', source: 'drafts' });
    const draft = body.ticketId;
    await system.untilEnd(draft);
    const ends = { [reply]: 'delivered', [handoff]: 'handed_off', [draft]: 'drafted' };
    for (const [id, end] of Object.entries(ends)) assert.equal((await system.trace(id)).state, end);

    const sent = await send(system, `/v1/tickets/${reply}/resend`);
    assert.deepEqual(sent, {
      status: 202,
      body: { ticketId: reply, state: 'delivering', destination: 'hook', webhookId: `msg_${reply}_1` },
    });
    const byCommand = await run('deliveries', 'resend', handoff, draft);
    assert.equal(byCommand.code, 0, byCommand.stdout + byCommand.stderr);
    for (const [id, end] of Object.entries(ends)) {
      await until(async () => (received(scene, id).length === 2 ? true : null));
      assert.equal((await system.untilEnd(id)).state, end);
      const [one, other] = received(scene, id);
      assert.equal(one!.raw, other!.raw);
      assert.equal(one!.headers['webhook-id'], other!.headers['webhook-id']);
    }
    // People still have the conversation that they were given: what comes next goes to them, too.
    const next = await system.post({ externalId: 'T-2', messageId: 'm-2', body: 'And now?' });
    assert.equal((await system.untilEnd(next.body.ticketId)).cause, 'with_people');
    assert.equal(scene.provider.requests.length, 3);
  });

  test('a newer message waits for one that is sent once more, and does not take its place', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(localOnly, { roles: ['ingest', 'classifier', 'tier'] });
    const results = await scene.start(localOnly, { roles: ['results'] });
    const first = await ended(system, 'T-1');
    // Nobody delivers while both come.
    await results.close();
    assert.equal((await send(system, `/v1/tickets/${first}/resend`)).status, 202);
    const cancelled = await send(system, `/v1/tickets/${first}/cancel`);
    assert.equal(cancelled.status, 409);
    const next = await system.post({ externalId: 'T-1', messageId: 'm-2', body: 'And now?' });
    assert.equal((await scene.record(next.body.ticketId))['wf'], first);
    assert.equal((await system.trace(first)).state, 'delivering');
    await scene.start(localOnly, { roles: ['results'] });
    assert.equal((await system.untilEnd(next.body.ticketId)).state, 'delivered');
    assert.equal((await system.trace(first)).state, 'delivered');
    assert.equal(received(scene, first).length, 2);
    assert.equal(new Set(received(scene, first).map(({ raw }) => raw)).size, 1);
  });

  test('what cannot be sent once more is refused with its reason', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(withHook(scene, { retryMs: [0, 3_600_000] }));
    const { run } = commandsOf(scene, system);
    scene.receiver.answer = () => ({ status: 500 });
    const { body } = await system.post({ externalId: 'T-1' });
    await until(async () => ((await scene.record(body.ticketId))['pu'] === undefined ? null : true));
    const onItsWay = await send(system, `/v1/tickets/${body.ticketId}/resend`);
    assert.deepEqual([onItsWay.status, onItsWay.body['code']], [409, 'conflict']);
    assert.match(String(onItsWay.body['detail']), /on its way already/);
    scene.receiver.answer = () => ({});
    // A newer message supersedes nothing that has begun to be sent; a cancelled ticket sent nothing.
    const unknown = await send(system, '/v1/tickets/t_000000000000000000000000/resend');
    assert.equal(unknown.status, 404);
    const delivered = await ended(system, 'T-2');
    await scene.redis.hset(scene.recordKey(delivered), 'st', 'cancelled');
    assert.match((await run('deliveries', 'resend', delivered)).stdout, /not: It ended as cancelled/);
    await scene.redis.hset(scene.recordKey(delivered), 'st', 'delivered', 'dst', 'desk');
    assert.match((await run('deliveries', 'resend', delivered)).stdout, /desk is not in the configuration/);
    await scene.redis.hset(scene.recordKey(delivered), 'dst', 'hook');
    await scene.redis.hdel(scene.recordKey(delivered), 'tk');
    const emptied = await run('deliveries', 'resend', delivered);
    assert.match(emptied.stdout, /past its retention/);
    assert.equal(emptied.code, 1);
    assert.equal(received(scene, delivered).length, 1);
  });

  test('a helpdesk is never sent a reply once more', async (t) => {
    const scene = await openScene(t, world);
    const { hook } = scene.config()['destinations'] as { hook: Json };
    const desk = { type: 'zendesk', subdomain: 'acme', email: 'bot@acme.example', token: 'x' };
    const system = await scene.start({ ...localOnly, destinations: { hook, desk } });
    const id = await ended(system, 'T-1');
    await scene.redis.hset(scene.recordKey(id), 'dst', 'desk');
    const refused = await send(system, `/v1/tickets/${id}/resend`);
    assert.equal(refused.status, 409);
    assert.match(String(refused.body['detail']), /would be seen twice/);
    assert.equal((await system.trace(id)).state, 'delivered');
  });

  test('deliveries are listed by state, destination and time, by command and over HTTP', async (t) => {
    const scene = await openScene(t, world);
    const file = { type: 'log', path: `${world.folder}/${scene.prefix}.jsonl` };
    const hook = (withHook(scene, { retryMs: [0, 50, 3_600_000] })['destinations'] as Json)['hook'];
    const sources = {
      'shop-api': { platform: 'generic', destination: 'hook' },
      logged: { platform: 'generic', destination: 'file' },
    };
    const system = await scene.start({ ...localOnly, sources, destinations: { hook, file } });
    const arrived = await ended(system, 'T-1');
    const { body: toFile } = await system.post({ externalId: 'T-2', source: 'logged' });
    await system.untilEnd(toFile.ticketId);
    scene.receiver.answer = () => ({ status: 503 });
    const { body: late } = await system.post({ externalId: 'T-3' });
    await until(async () => (received(scene, late.ticketId).length === 2 ? true : null));
    await until(async () => ((await scene.record(late.ticketId))['pu'] === undefined ? null : true));

    const listed = async (query: string): Promise<Json[]> => {
      const response = await system.fetch(`/v1/deliveries?${query}`);
      assert.equal(response.status, 200);
      return ((await response.json()) as { deliveries: Json[] }).deliveries;
    };
    const idsOf = (deliveries: Json[]): unknown[] => deliveries.map(({ ticketId }) => ticketId);
    assert.deepEqual(idsOf(await listed('')), [late.ticketId, toFile.ticketId, arrived]);
    assert.deepEqual(idsOf(await listed('state=delivered&destination=hook')), [arrived]);
    assert.deepEqual(idsOf(await listed('state=failed')), []);
    assert.deepEqual(idsOf(await listed(`since=${new Date(Date.now() + 60_000).toISOString()}`)), []);
    const [retrying] = await listed('state=retrying');
    const { at, nextAt, ...facts } = retrying!;
    assert.deepEqual(facts, {
      ticketId: late.ticketId,
      source: 'shop-api',
      externalId: 'T-3',
      destination: 'hook',
      type: 'reply',
      webhookId: `msg_${late.ticketId}_1`,
      state: 'retrying',
      attempts: 2,
      status: 503,
      reason: 'the receiver answered 503',
      cause: null,
    });
    assert.ok(Date.parse(String(nextAt)) > Date.parse(String(at)) + 1_000_000);
    const first = await system.fetch('/v1/deliveries?limit=1');
    assert.equal(((await first.json()) as Json)['more'], true);
    for (const query of ['state=gone', 'since=yesterday', 'limit=0', 'color=red']) {
      assert.equal((await system.fetch(`/v1/deliveries?${query}`)).status, 422, query);
    }

    const { run, json } = commandsOf(scene, system);
    const table = await run('deliveries');
    for (const shown of [arrived, 'retrying', 'hook', 'the receiver answered 503']) {
      assert.ok(table.stdout.includes(shown), `${shown}\n${table.stdout}`);
    }
    const asJson = await json('deliveries', 'list', '--destination', 'file', '--since', '1d');
    assert.deepEqual(idsOf(asJson['deliveries'] as Json[]), [toFile.ticketId]);
    const misspelt = await run('deliveries', 'list', '--destination', 'hok');
    assert.equal(misspelt.code, 2);
    assert.match(misspelt.stderr, /Did you mean "hook"/);
  });

  test('only what failed at that destination since then is recovered, and only keys with the scope admin may', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(withHook(scene, { retryMs: [0, 10] }));
    const { run, json } = commandsOf(scene, system);
    scene.receiver.answer = ({ body }) => ({ status: body.data.externalId === 'T-9' ? 200 : 500 });
    const early = await ended(system, 'T-1');
    const late = await ended(system, 'T-2');
    const fine = await ended(system, 'T-9');
    assert.equal((await system.trace(early)).cause, 'undeliverable');
    await scene.redis.zadd(`{${scene.prefix}:0}:end:dead`, Date.now() - 7_200_000, early);
    scene.receiver.answer = () => ({});

    const created = await json('keys', 'create', 'reader', '--scopes', 'ingest,read');
    const key = String(created['key'] ?? created['raw']);
    for (const [method, path] of [
      ['GET', '/v1/deliveries'],
      ['POST', `/v1/tickets/${late}/resend`],
      ['POST', '/v1/deliveries/recover'],
      ['POST', '/v1/destinations/hook/enable'],
    ] as const) {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const body = method === 'POST' ? { body: '{}' } : {};
      assert.equal((await system.fetch(path, { method, headers, ...body })).status, 403, path);
    }
    const none = await send(system, '/v1/deliveries/recover', { destination: 'other', since: hourAgo() });
    assert.deepEqual([none.status, none.body['code']], [404, 'unknown-destination']);
    const wrong = await send(system, '/v1/deliveries/recover', {
      destination: 'hook',
      since: 'noon',
      rate: 0,
    });
    assert.deepEqual(
      (wrong.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer),
      ['/since', '/rate'],
    );

    const countBefore = scene.receiver.received.length;
    const recovered = await run('deliveries', 'recover', '--destination', 'hook', '--since', '1h');
    assert.equal(recovered.code, 0, recovered.stderr);
    assert.match(recovered.stdout, /1 +put back/);
    assert.equal((await system.untilEnd(late)).state, 'delivered');
    assert.equal((await system.trace(early)).state, 'dead');
    assert.equal(scene.receiver.received.length, countBefore + 1);
    assert.equal(received(scene, fine).length, 1);
    const described = (await (await system.fetch('/openapi.json')).json()) as { paths: Json };
    for (const path of ['/v1/deliveries', '/v1/tickets/{ticketId}/resend', '/v1/deliveries/recover']) {
      assert.ok(path in described.paths, path);
    }
  });

  test('a destination that does not answer is left alone, said so in status, and goes on by itself', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(withHook(scene, { retryMs: [0, 3_600_000] }));
    // It asks for more time than the first pause has, so that there is time to look.
    scene.receiver.answer = () => ({ status: 503, headers: { 'retry-after': '8' } });
    for (let i = 0; i < 5; i += 1) await system.post({ externalId: `T-${i}` });
    await until(async () => wasLogged(scene, 'destination.paused', 'hook'));
    // What comes meanwhile waits without an attempt, and arrives by itself.
    const { body } = await system.post({ externalId: 'T-9' });
    await until(async () => ((await scene.record(body.ticketId))['pu'] === undefined ? null : true));
    assert.equal((await scene.record(body.ticketId))['da'], undefined);
    const { json } = commandsOf(scene, system);
    const status = await json('status');
    const codes = (status['findings'] as { code: string }[]).map(({ code }) => code);
    assert.ok(codes.includes('destination_failing'), codes.join());
    scene.receiver.answer = () => ({});
    const trace = await system.untilEnd(body.ticketId);
    assert.deepEqual(
      trace.deliveries.map(({ outcome }) => outcome),
      ['delivered'],
    );
    assert.ok(trace.timeline.some(({ detail }) => detail === 'its destination is left alone for now'));
    await until(async () => wasLogged(scene, 'destination.resumed', 'hook'));
    await until(async () => {
      const now = await json('status');
      return (now['findings'] as { code: string }[]).some(({ code }) => code === 'destination_failing')
        ? null
        : true;
    });
  });
});
