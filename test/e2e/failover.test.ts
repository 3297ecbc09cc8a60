/** What becomes of a ticket when models fail: the next model, a later moment, people; and what the payload says of it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readCosts } from '../../shared/ledger/costs.ts';
import type { Behaviour } from '../fakes/provider.ts';
import { openScene, until } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const price = { inputPerMTok: 1, outputPerMTok: 2 };

/** Three models of two providers; no small model, so that every call is an answer's. */
function overrides(scene: Scene, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const { url } = scene.provider;
  const { classifier, tiers } = scene.config() as { classifier: object; tiers: Record<string, object> };
  return {
    providers: {
      one: { api: 'openai', baseUrl: `${url}/v1`, apiKey: 'sk-1' },
      two: { api: 'anthropic', baseUrl: url, apiKey: 'sk-2' },
    },
    models: {
      first: { provider: 'one', model: 'first-1', price },
      twin: { provider: 'one', model: 'twin-1', price },
      second: { provider: 'two', model: 'second-1', price, contextTokens: 400_000 },
    },
    classifier: { ...classifier, models: [] },
    tiers: {
      ...tiers,
      simple: { models: ['first', 'second'] },
      standard: { models: ['second'] },
      complex: { models: ['second'] },
    },
    ...changes,
  };
}

/** The provider behaves by the model asked for; a model not named is healthy. */
function byModel(behaviours: Record<string, Behaviour>) {
  return ({ model }: { model: string }): Behaviour => behaviours[model] ?? {};
}

const callsOf = (scene: Scene, model: string): number =>
  scene.provider.requests.filter((request) => request.model === model).length;

const serverError: Behaviour = { status: 503, error: { message: 'down' } };

describe('fail-over', { concurrency: 4 }, () => {
  test('a 503 goes to the next model of the chain, and payload and trace say so', async (t) => {
    const scene = await openScene(t, world, byModel({ 'first-1': serverError }));
    const system = await scene.start(overrides(scene));
    const { body } = await system.post({ externalId: 'T-1' });
    const { data } = (await scene.delivered(body.ticketId)).body;
    assert.deepEqual([data.model, data.provider, data.failovers], ['second', 'two', 1]);
    const trace = await system.untilEnd(body.ticketId);
    assert.equal(trace.state, 'delivered');
    assert.deepEqual(
      trace.attempts.map(({ model, fault, purpose }) => [model, fault, purpose]),
      [
        ['first', 'server_error', 'answer'],
        ['second', null, 'answer'],
      ],
    );
    // A refused call costs nothing, the answer costs 25 tokens in and 12 out.
    assert.deepEqual(
      trace.attempts.map(({ costUsd }) => costUsd),
      [0, 0.000049],
    );
    assert.equal(trace.costUsd, 0.000049);
    assert.equal(data.costUsd, 0.000049);
  });

  test('the first model answers where it can: no fail-over is counted', async (t) => {
    const scene = await openScene(t, world);
    const system = await scene.start(overrides(scene));
    const { body } = await system.post({ externalId: 'T-1' });
    const { data } = (await scene.delivered(body.ticketId)).body;
    assert.deepEqual([data.model, data.provider, data.failovers], ['first', 'one', 0]);
  });

  test('a 429 with Retry-After parks the ticket and silences the model for all, without being a failure', async (t) => {
    const limited: Behaviour = {
      status: 429,
      headers: { 'retry-after': '3' },
      error: { message: 'slow down' },
    };
    const scene = await openScene(t, world, ({ number }) => (number === 1 ? limited : {}));
    const system = await scene.start(
      overrides(scene, { tiers: { simple: { models: ['first'] } }, classifier: undefined }),
    );
    const { body } = await system.post({ externalId: 'T-1' });
    await until(async () => ((await system.trace(body.ticketId)).state === 'parked' ? true : null));
    const refusedAt = Date.now();
    const other = await system.post({ externalId: 'T-2' });
    await until(async () => ((await system.trace(other.body.ticketId)).state === 'parked' ? true : null));
    assert.equal(scene.provider.requests.length, 1);
    const breaker = await scene.redis.hgetall(`{${scene.prefix}:one}:breaker:first`);
    assert.ok(breaker['quietUntil']);
    for (const field of ['until', 'failures']) assert.equal(breaker[field], undefined, field);

    const traces = await Promise.all([body, other.body].map(({ ticketId }) => system.untilEnd(ticketId)));
    assert.deepEqual(
      traces.map(({ state }) => state),
      ['delivered', 'delivered'],
    );
    assert.ok(Date.now() - refusedAt > 2500);
    assert.deepEqual(
      traces[0]!.attempts.map(({ fault }) => fault),
      ['rate_limited', null],
    );
    assert.deepEqual(
      traces[1]!.attempts.map(({ fault }) => fault),
      [null],
    );
  });

  test('a ticket too long for a model goes to one with a larger window, past those that are no larger', async (t) => {
    const tooLong: Behaviour = {
      status: 400,
      error: { code: 'context_length_exceeded', message: 'too long' },
    };
    const scene = await openScene(t, world, byModel({ 'first-1': tooLong, 'twin-1': tooLong }));
    const tiers = {
      simple: { models: ['first', 'twin', 'second'] },
      standard: { models: ['first', 'twin'] },
    };
    const system = await scene.start(
      overrides(scene, {
        tiers,
        classifier: undefined,
        routes: [{ when: { tag: ['small'] }, tier: 'standard' }],
      }),
    );
    const { body } = await system.post({ externalId: 'T-1' });
    const { data } = (await scene.delivered(body.ticketId)).body;
    assert.deepEqual([data.model, data.failovers], ['second', 2]);
    assert.equal(callsOf(scene, 'twin-1'), 0);

    const lost = await system.post({ externalId: 'T-2', tags: ['small'] });
    const handoff = (await scene.delivered(lost.body.ticketId)).body;
    assert.deepEqual([handoff.type, handoff.data.reason], ['ticket.handoff', 'too_long']);
    assert.equal(callsOf(scene, 'twin-1'), 0);
    assert.equal(await scene.redis.exists(`{${scene.prefix}:one}:breaker:first`), 0);
  });

  test('a content filter is asked around at another provider, a refusal at the next model', async (t) => {
    const scene = await openScene(
      t,
      world,
      byModel({ 'first-1': { finish: 'content_filter' }, 'twin-1': { refusal: 'No.' } }),
    );
    const tiers = {
      simple: { models: ['first', 'twin', 'second'] },
      standard: { models: ['twin', 'second'] },
      complex: { models: ['second'] },
    };
    const routes = [{ when: { tag: ['refuse'] }, tier: 'standard' }];
    const system = await scene.start(overrides(scene, { tiers, routes }));
    const filtered = await system.post({ externalId: 'T-1' });
    assert.equal((await scene.delivered(filtered.body.ticketId)).body.data.model, 'second');
    assert.equal(callsOf(scene, 'twin-1'), 0);
    const refused = await system.post({ externalId: 'T-2', tags: ['refuse'] });
    assert.equal((await scene.delivered(refused.body.ticketId)).body.data.model, 'second');
    const trace = await system.untilEnd(refused.body.ticketId);
    assert.deepEqual(
      trace.attempts.map(({ fault }) => fault),
      ['refused', null],
    );
  });

  test('where all models refuse, the ticket goes to people with that reason, and no breaker opens', async (t) => {
    const scene = await openScene(
      t,
      world,
      byModel({ 'first-1': { refusal: 'No.' }, 'second-1': { finish: 'refusal' } }),
    );
    const system = await scene.start(overrides(scene));
    for (const externalId of ['T-1', 'T-2', 'T-3', 'T-4']) {
      const { body } = await system.post({ externalId });
      const handoff = (await scene.delivered(body.ticketId)).body;
      assert.deepEqual(
        [handoff.type, handoff.data.reason, handoff.data.failovers],
        ['ticket.handoff', 'refused', 1],
      );
    }
    assert.equal(callsOf(scene, 'first-1'), 4);
  });

  test('a refused key silences its account for long; its tickets take the next one at once', async (t) => {
    const scene = await openScene(
      t,
      world,
      byModel({ 'first-1': { status: 401, error: { message: 'bad key' } } }),
    );
    const system = await scene.start(overrides(scene));
    for (const externalId of ['T-1', 'T-2', 'T-3']) {
      const { body } = await system.post({ externalId });
      const { data } = (await scene.delivered(body.ticketId)).body;
      // A model whose breaker is open is passed over: that is a fail-over too.
      assert.deepEqual([data.model, data.failovers], ['second', 1]);
    }
    assert.equal(callsOf(scene, 'first-1'), 1);
    const openUntil = await scene.redis.hget(`{${scene.prefix}:one}:account`, 'until');
    assert.ok(Number(openUntil) - Date.now() > 10 * 60_000);
  });

  test('an answer without usage has an unknown cost, nowhere zero', async (t) => {
    const scene = await openScene(t, world, { usage: null });
    const system = await scene.start(overrides(scene));
    const { body } = await system.post({ externalId: 'T-1' });
    const { data } = (await scene.delivered(body.ticketId)).body;
    assert.equal(data.costUsd, null);
    assert.equal((data as { usage?: unknown }).usage, null);
    const trace = await system.untilEnd(body.ticketId);
    assert.equal(trace.costUsd, null);
    assert.equal(trace.attempts[0]?.costUsd, null);
    const costs = await readCosts(system.app, { sinceMs: Date.now(), untilMs: Date.now(), by: ['model'] });
    assert.deepEqual([costs.calls, costs.unpricedCalls, costs.totalNanoUsd], [1, 1, '0']);
    assert.ok(scene.log.some((line) => line.includes('call.unpriced')));
  });

  test('a model of which nobody knows the price costs null, and the log says so', async (t) => {
    const scene = await openScene(t, world);
    const models = { first: { provider: 'one', model: 'nobody-knows-this-one' } };
    const tiers = { simple: { models: ['first'] } };
    const system = await scene.start(overrides(scene, { models, tiers, classifier: undefined }));
    const { body } = await system.post({ externalId: 'T-1' });
    assert.equal((await scene.delivered(body.ticketId)).body.data.costUsd, null);
    const costs = await readCosts(system.app, { sinceMs: Date.now(), untilMs: Date.now(), by: [] });
    assert.deepEqual([costs.unpricedCalls, costs.rows[0]?.inputTokens], [1, 25]);
    const unpriced = scene.log.filter((line) => line.includes('call.unpriced'));
    assert.ok(unpriced.some((line) => line.includes('"model":"first"') && line.includes('"level":"warn"')));
  });

  test('an outage until the deadline goes to people; tickets that wait for less are answered after it', async (t) => {
    const scene = await openScene(t, world, serverError);
    const breaker = { failures: 3, windowMs: 60_000, resetMs: 200 };
    const models = { first: { provider: 'one', model: 'first-1', price, breaker, timeoutMs: 2000 } };
    const tiers = { simple: { models: ['first'], deadlineMs: 3000 }, standard: { models: ['first'] } };
    const routes = [{ when: { tag: ['patient'] }, tier: 'standard' }];
    const system = await scene.start(overrides(scene, { models, tiers, routes, classifier: undefined }));
    const { body } = await system.post({ externalId: 'T-1' });
    const patient = await Promise.all(
      Array.from({ length: 20 }, (_, i) => system.post({ externalId: `P-${i}`, tags: ['patient'] })),
    );
    const handoff = (await scene.delivered(body.ticketId)).body;
    assert.deepEqual([handoff.type, handoff.data.reason], ['ticket.handoff', 'deadline']);
    assert.equal((await system.untilEnd(body.ticketId)).state, 'handed_off');
    // At most the calls that were out before the third failure, and single probes since: not one per ticket and second.
    const during = scene.provider.requests.length;
    scene.provider.behave({});
    for (const one of patient) {
      assert.equal((await system.untilEnd(one.body.ticketId)).state, 'delivered');
    }
    assert.ok(during < 40, `${during} calls`);
    assert.equal((await system.app.record.counts()).parked, 0);
  });

  test('a ticket that fails again and again while the model works for others is given up, not paid for until its deadline', async (t) => {
    const scene = await openScene(t, world, { text: ' ' });
    const breaker = { failures: 100, windowMs: 60_000, resetMs: 200 };
    const models = { first: { provider: 'one', model: 'first-1', price, breaker } };
    const system = await scene.start(
      overrides(scene, { models, tiers: { simple: { models: ['first'] } }, classifier: undefined }),
    );
    const { body } = await system.post({ externalId: 'T-1' });
    const waitAfter = async (failed: number): Promise<number> => {
      const parked = await until(async () => {
        const fields = await scene.record(body.ticketId);
        return fields['pu'] !== undefined && fields['xm']?.includes(`"failed":${failed}`) ? fields : null;
      });
      return Number(parked['pu']) - Date.now();
    };
    assert.ok((await waitAfter(1)) <= 1200);
    await scene.redis.hset(
      scene.recordKey(body.ticketId),
      'xm',
      JSON.stringify({ excluded: [], failed: 4, limited: 0 }),
    );
    const waitMs = await waitAfter(5);
    assert.ok(waitMs > 12_000 && waitMs < 20_000, String(waitMs));
    await scene.redis.hset(
      scene.recordKey(body.ticketId),
      'xm',
      JSON.stringify({ excluded: [], failed: 9, limited: 0 }),
    );
    await scene.hurry(body.ticketId);
    const handoff = (await scene.delivered(body.ticketId)).body;
    assert.deepEqual([handoff.type, handoff.data.reason], ['ticket.handoff', 'attempts']);
    assert.equal(scene.provider.requests.length, 3);
  });
});
