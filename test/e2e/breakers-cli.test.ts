import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { GateStatus } from '../../shared/models/gate-state.ts';
import type { Reconciliation } from '../../shared/ledger/reconcile.ts';
import { onTerminal, tierline } from '../fakes/command.ts';
import { isClassification, labels, openScene, until, wasLogged } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;

before(async () => {
  world = await openWorld();
});

after(() => world.close());

const environmentOf = (scene: Scene, system: TestSystem): Record<string, string> => ({
  REDIS_URL: world.redis.url,
  TIERLINE_PREFIX: scene.prefix,
  TIERLINE_CONFIG: system.configFile,
});

/** Tier simple prefers `small`, and has `large` besides. */
const chains = { simple: { models: ['small', 'large'] }, complex: { models: ['large'] } };
const settings = (scene: Scene): Record<string, object> => ({
  tiers: chains,
  classifier: { ...(scene.config()['classifier'] as object), models: [], tierThresholds: {}, flags: {} },
});

/** Which model answered one more ticket, posted to this system. */
async function answeredBy(system: TestSystem, externalId: string): Promise<string | undefined> {
  const { ticketId } = (await system.post({ externalId })).body;
  const { attempts } = await system.untilEnd(ticketId);
  return attempts.at(-1)?.model;
}

async function gates(env: Record<string, string>): Promise<GateStatus[]> {
  const { stdout } = await tierline(['breakers', '--json'], env);
  return (JSON.parse(stdout) as { breakers: GateStatus[] }).breakers;
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe('tierline breakers', { concurrency: 3 }, () => {
  test('open takes a model out in every process, auto brings it back, and all pages say so', async (t) => {
    const scene = await openScene(t, world);
    const one = await scene.start(settings(scene));
    const two = await scene.start(settings(scene));
    const env = environmentOf(scene, one);
    assert.equal(await answeredBy(one, 'T-1'), 'small');
    const opened = await tierline(['breakers', 'open', 'small', '--json'], env);
    assert.equal(opened.code, 0, opened.stderr);
    assert.equal((JSON.parse(opened.stdout) as GateStatus).forced, 'open');
    for (const [i, system] of [one, two].entries()) {
      assert.equal(await answeredBy(system, `T-2${i}`), 'large');
      const overview = await (await fetch(`${system.consoleUrl}/api/overview`)).json();
      const [small, large] = (overview as { breakers: GateStatus[] }).breakers;
      assert.deepEqual(
        [small?.model, small?.state, small?.forced, small?.scope],
        ['small', 'open', 'open', 'hand'],
      );
      assert.deepEqual([large?.model, large?.state, large?.forced], ['large', 'closed', null]);
    }
    assert.match(await (await fetch(`${two.consoleUrl}/`)).text(), /small: open by hand/);
    const table = (await tierline(['breakers'], env)).stdout;
    assert.match(table, /^small +fake +open \(forced\)/m);
    assert.match(table, /^large +fake +closed$/m);
    const status = JSON.parse((await tierline(['status', '--json'], env)).stdout) as {
      breakers: GateStatus[];
    };
    assert.deepEqual(
      status.breakers.map(({ model, forced }) => [model, forced]),
      [['small', 'open']],
    );

    const auto = await tierline(['breakers', 'auto', 'small'], env);
    assert.match(auto.stderr, /left to itself again; it is closed now/);
    // A process that found it open asks again within two seconds.
    await until(async () => ((await answeredBy(two, `T-3${Math.random()}`)) === 'small' ? true : null));
    assert.deepEqual(
      (await gates(env)).map(({ forced }) => forced),
      [null, null],
    );
  });

  test('close has a model called whatever happens', async (t) => {
    let isDown = true;
    const scene = await openScene(t, world, ({ model }) =>
      isDown && model === 'small-1' ? { status: 500 } : {},
    );
    const models = scene.config()['models'] as Record<string, object>;
    const small = { ...models['small'], breaker: { failures: 1, resetMs: 300_000 } };
    const system = await scene.start({ ...settings(scene), models: { ...models, small } });
    const env = environmentOf(scene, system);
    assert.equal(await answeredBy(system, 'T-1'), 'large');
    const [open] = await gates(env);
    assert.deepEqual([open?.state, open?.scope, open?.why], ['open', 'model', 'failures']);
    assert.match(
      (await tierline(['breakers'], env)).stdout,
      /^small +fake +open .*next probe in .*its calls fail/m,
    );
    isDown = false;
    assert.equal((await tierline(['breakers', 'close', 'small'], env)).code, 0);
    await until(async () => ((await answeredBy(system, `T-2${Math.random()}`)) === 'small' ? true : null));
  });

  test('an unknown model is wrong usage, with the nearest name; on a terminal it fits', async (t) => {
    const scene = await openScene(t, world);
    const env = environmentOf(scene, await scene.start(settings(scene)));
    const wrong = await tierline(['breakers', 'open', 'smal'], env);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /There is no model "smal"\. Did you mean "small"\? Models: small, large/);
    const shown = await onTerminal(80, ['breakers'], env);
    assert.ok(
      shown.split('\n').every((line) => stripVTControlCharacters(line).length <= 80),
      shown,
    );
  });
});

describe('POST /api/breakers/{model}', { concurrency: 3 }, () => {
  test('forces it for all processes, and leaves an audit line', async (t) => {
    const scene = await openScene(t, world);
    const front = await scene.start(settings(scene), { roles: ['console'] });
    const back = await scene.start(settings(scene));
    const url = `${front.consoleUrl}/api/breakers/small`;
    const answer = await post(url, { state: 'open' });
    assert.equal(answer.status, 200);
    assert.equal(((await answer.json()) as GateStatus).forced, 'open');
    assert.equal(await answeredBy(back, 'T-1'), 'large');
    assert.ok(
      wasLogged(scene, 'console.write', '"action":"breaker.force"', '"model":"small"', '"state":"open"'),
    );
    assert.equal(((await (await post(url, { state: 'auto' })).json()) as GateStatus).forced, null);
  });

  test('refuses other pages, other words and other models, and wants the token where one is set', async (t) => {
    const scene = await openScene(t, world);
    const { consoleUrl } = await scene.start(settings(scene), {
      roles: ['console'],
      environment: { CONSOLE_TOKEN: 'a-token-for-the-console' },
    });
    const authorization = 'Bearer a-token-for-the-console';
    const url = `${consoleUrl}/api/breakers/small`;
    const statuses = await Promise.all([
      post(url, { state: 'open' }),
      post(url, { state: 'open' }, { authorization, origin: 'https://elsewhere.example' }),
      post(url, { state: 'shut' }, { authorization }),
      post(url, {}, { authorization }),
      post(`${consoleUrl}/api/breakers/smal`, { state: 'open' }, { authorization }),
    ]);
    assert.deepEqual(
      statuses.map(({ status }) => status),
      [401, 403, 422, 422, 404],
    );
    assert.match(((await statuses[4].json()) as { error: string }).error, /Models: small, large/);
    assert.equal(await scene.redis.hget(`{${scene.prefix}:fake}:account`, 'forced:small'), null);
    assert.equal((await post(url, { state: 'open' }, { authorization, origin: consoleUrl! })).status, 200);
  });
});

describe('tierline reconcile', { concurrency: 2 }, () => {
  test('calls whose end nobody saw are listed with the span in which they ran and what they cost at most', async (t) => {
    // The answer stops in the middle: whether it is billed, nobody knows.
    const scene = await openScene(t, world, (request) =>
      isClassification(request) ? labels() : request.model === 'small-1' ? { stallAfterChunks: 1 } : {},
    );
    const models = scene.config()['models'] as Record<string, object>;
    const small = { ...models['small'], idleTimeoutMs: 200 };
    const system = await scene.start({ ...settings(scene), models: { ...models, small } });
    assert.equal(await answeredBy(system, 'T-1'), 'large');
    const env = environmentOf(scene, system);
    const read = async (...args: string[]): Promise<Reconciliation> => {
      const { stdout, stderr, code } = await tierline(['reconcile', '--json', ...args], env);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout) as Reconciliation;
    };
    const { rows, total, possiblyBilled } = await read();
    const day = new Date().toISOString().slice(0, 10);
    assert.deepEqual(
      rows.map((row) => [row.day, row.provider, row.calls]),
      [[day, 'fake', 2]],
    );
    assert.deepEqual([total.possiblyBilledCalls, total.unpricedCalls], [1, 0]);
    assert.ok(total.knownUsd > 0);
    const [call] = possiblyBilled;
    assert.deepEqual([possiblyBilled.length, call?.model, call?.provider], [1, 'small', 'fake']);
    assert.ok(Date.parse(call!.until) - Date.parse(call!.since) >= 200);
    // 800 tokens of an answer at 0.5 USD a million, and the prompt at 0.1.
    assert.ok(call!.atMostUsd! > 0.0004 && call!.atMostUsd! < 0.0006, String(call!.atMostUsd));
    assert.equal(total.possiblyBilledAtMostUsd, call!.atMostUsd);
    const byModel = await read('--by', 'provider,model', '--since', day, '--until', day);
    assert.deepEqual(
      byModel.rows.map((row) => [row.model, row.possiblyBilledCalls]),
      [
        ['large', 0],
        ['small', 1],
      ],
    );
    const printed = await tierline(['reconcile'], env);
    assert.match(printed.stdout, new RegExp(`^${day} +fake +2 `, 'm'));
    assert.match(printed.stderr, /1 call whose end nobody saw/);
  });

  test('a call whose process was killed is listed once its ticket goes on, and not while it runs', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(settings(scene));
    const env = environmentOf(scene, system);
    const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
    await system.untilEnd(ticketId);
    // As a killed process leaves it: an open row of a ticket that nobody works on.
    const open = {
      model: 'large',
      provider: 'fake',
      purpose: 'answer',
      startedAt: Date.now(),
      configVersion: 'v',
    };
    await scene.redis.hset(scene.recordKey(ticketId), 'a9', `o${JSON.stringify(open)}`);
    const read = async (): Promise<Reconciliation> =>
      JSON.parse((await tierline(['reconcile', '--json'], env)).stdout) as Reconciliation;
    assert.deepEqual((await read()).possiblyBilled, []);
    await scene.redis.zadd(`{${scene.prefix}:0}:orphans`, 1, `${ticketId}:9`);
    const { possiblyBilled, total } = await until(async () => {
      const found = await read();
      return found.possiblyBilled.length > 0 ? found : null;
    });
    assert.equal(possiblyBilled[0]?.ticketId, ticketId);
    // Its end is not known: it ran no longer than its model's time-out.
    assert.equal(Date.parse(possiblyBilled[0].until) - open.startedAt, 30_000);
    assert.deepEqual([total.possiblyBilledCalls, total.possiblyBilledAtMostUsd], [1, null]);
    assert.match((await tierline(['reconcile'], env)).stdout, /unknown/);
    assert.equal((await tierline(['reconcile', '--since', '2026-02-31'], env)).code, 2);
  });
});
