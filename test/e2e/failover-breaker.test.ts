/** A broken model costs a handful of calls over all processes together, then single probes until one succeeds. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Behaviour } from '../fakes/provider.ts';
import { isClassification, openScene, until } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const down: Behaviour = { status: 500, error: { message: 'down' } };

type TwoProcesses = {
  scene: Scene;
  intake: TestSystem;
  /** Calls that the provider got for the first model of the chain. */
  callsOfFirst: () => number;
  /** A ticket for the pool of one process or the other, and the model that answered it. */
  answeredBy: (process: 'a' | 'b') => Promise<string | null>;
  post: (process: 'a' | 'b') => Promise<string>;
  /** Once the opening is over. */
  untilProbeIsDue: () => Promise<void>;
};

/** One process answers tier `a`, another one tier `b`; both chains begin with the same model, which `first` plays. */
async function twoProcesses(t: TestContext, first: () => Behaviour): Promise<TwoProcesses> {
  const scene = await openScene(t, world, (request) => (request.model === 'first-1' ? first() : {}));
  const breaker = { failures: 3, windowMs: 60_000, resetMs: 1500 };
  const config = {
    models: {
      first: { provider: 'fake', model: 'first-1', breaker },
      second: { provider: 'fake', model: 'second-1' },
    },
    classifier: undefined,
    tiers: { a: { models: ['first', 'second'] }, b: { models: ['first', 'second'] } },
    routes: [
      { when: { tag: ['a'] }, tier: 'a' },
      { when: { tag: ['b'] }, tier: 'b' },
    ],
  };
  const intake = await scene.start(config, { roles: ['ingest', 'classifier', 'results'] });
  await scene.start(config, { roles: ['tier'], tiers: ['a'] });
  await scene.start(config, { roles: ['tier'], tiers: ['b'] });
  let posted = 0;
  const post = async (process: 'a' | 'b'): Promise<string> => {
    posted += 1;
    const { body } = await intake.post({ externalId: `T-${posted}`, tags: [process] });
    return body.ticketId;
  };
  return {
    scene,
    intake,
    post,
    callsOfFirst: () => scene.provider.requests.filter(({ model }) => model === 'first-1').length,
    answeredBy: async (process) => (await scene.delivered(await post(process))).body.data.model,
    untilProbeIsDue: () =>
      until(async () => {
        const openUntil = await scene.redis.hget(`{${scene.prefix}:fake}:breaker:first`, 'until');
        return Number(openUntil) < Date.now() ? true : null;
      }).then(() => undefined),
  };
}

describe('the shared breaker', { concurrency: 3 }, () => {
  test('failures of two processes add up; then no call, one probe, and its success opens the way for both', async (t) => {
    let behaviour: Behaviour = down;
    const { scene, callsOfFirst, answeredBy, post, untilProbeIsDue } = await twoProcesses(t, () => behaviour);
    for (const process of ['a', 'b', 'a'] as const) assert.equal(await answeredBy(process), 'second');
    assert.equal(callsOfFirst(), 3);
    for (const process of ['a', 'b', 'b', 'a'] as const) assert.equal(await answeredBy(process), 'second');
    assert.equal(callsOfFirst(), 3);

    // Healthy again, but slow: while the probe is out, nobody else asks.
    behaviour = { delayMs: 2500 };
    await untilProbeIsDue();
    const soFar = scene.receiver.received.length;
    const waiting = await Promise.all(Array.from({ length: 10 }, (_, i) => post(i % 2 === 0 ? 'a' : 'b')));
    await until(() => Promise.resolve(scene.receiver.received.length >= soFar + 9 ? true : null));
    assert.equal(callsOfFirst(), 4);
    behaviour = {};
    const models = await Promise.all(
      waiting.map(async (ticketId) => (await scene.delivered(ticketId)).body.data.model),
    );
    assert.deepEqual(
      models.toSorted((x, y) => String(x).localeCompare(String(y))),
      ['first', ...Array.from({ length: 9 }, () => 'second')],
    );
    for (const process of ['a', 'b'] as const) {
      await until(async () => ((await answeredBy(process)) === 'first' ? true : null));
    }
  });

  test('a failed probe keeps it shut for both, and for longer', async (t) => {
    const { callsOfFirst, answeredBy, untilProbeIsDue } = await twoProcesses(t, () => down);
    for (const process of ['a', 'b', 'a'] as const) await answeredBy(process);
    await untilProbeIsDue();
    const startedAt = Date.now();
    await until(async () => {
      assert.equal(await answeredBy('b'), 'second');
      return callsOfFirst() > 3 ? true : null;
    });
    for (const process of ['b', 'a', 'b', 'a'] as const) assert.equal(await answeredBy(process), 'second');
    assert.ok(Date.now() - startedAt < 3000, 'too slow to say anything');
    assert.equal(callsOfFirst(), 4);
  });

  test('a small model that hangs is a timeout of its own: tickets go on by local labels, then nobody asks it', async (t) => {
    const scene = await openScene(t, world, (request) => (isClassification(request) ? { hang: true } : {}));
    const classifier = { ...(scene.config()['classifier'] as object), timeoutMs: 500 };
    const tiers = {
      simple: { models: ['large'] },
      standard: { models: ['large'] },
      complex: { models: ['large'] },
    };
    const system = await scene.start({ classifier, tiers });
    for (let i = 0; i < 5; i += 1) {
      const { body } = await system.post({ externalId: `T-${i}` });
      const trace = await system.untilEnd(body.ticketId);
      assert.deepEqual([trace.state, trace.classification?.decidedBy], ['delivered', 'local']);
      const classifying = trace.attempts.filter(({ purpose }) => purpose === 'classify');
      assert.deepEqual(
        classifying.map(({ fault }) => fault),
        i < 3 ? ['timeout_total'] : [],
      );
      // By the classifier's own bound, not the model's 30 seconds.
      assert.ok(classifying.every(({ durationMs }) => (durationMs ?? Infinity) < 5000));
    }
    const calls = scene.provider.requests.filter(isClassification);
    assert.equal(calls.length, 3);
    await Promise.all(calls.map(({ ended }) => ended));
    assert.ok(calls.every(({ closedEarly }) => closedEarly));
  });
});
