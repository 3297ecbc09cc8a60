/** A provider that says for ever that it is called too often, and that it may be called again at once. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Behaviour } from '../fakes/provider.ts';
import { openScene, until } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

for (const headers of [{ 'retry-after': '0' }, { 'retry-after-ms': '20' }, {}] as Record<string, string>[]) {
  test(`a ticket that only meets rate limits (${JSON.stringify(headers)}) comes back more and more seldom`, async (t) => {
    const limited: Behaviour = { status: 429, headers, error: { message: 'slow down' } };
    const scene = await openScene(t, world, () => limited);
    const system = await scene.start({
      models: { small: { provider: 'fake', model: 'small-1' } },
      classifier: undefined,
      tiers: { simple: { models: ['small'] } },
    });
    const { body } = await system.post({ externalId: 'T-1' });
    const parks = (): number[] =>
      scene.log
        .filter((line) => line.includes('"ticket.parked"'))
        .map((line) => (JSON.parse(line) as { ms: number }).ms);
    for (let count = 1; count <= 5; count += 1) {
      await until(() => Promise.resolve(parks().length >= count ? true : null));
      await scene.hurry(body.ticketId);
    }
    for (const [i, least] of [1000, 2000, 4000, 8000, 16_000].entries()) {
      assert.ok(parks()[i]! >= least, `${parks().join(', ')} ms`);
    }
  });
}

test('what was reserved for a call that was refused before any work is given back', async (t) => {
  const scene = await openScene(t, world, { status: 503 });
  const system = await scene.start({
    models: { small: { provider: 'fake', model: 'small-1', limits: { tokensPerMinute: 100_000 } } },
    classifier: undefined,
    tiers: { simple: { models: ['small'] } },
  });
  const { body } = await system.post({ externalId: 'T-1' });
  await until(async () => ((await scene.record(body.ticketId))['pk'] === undefined ? null : true));
  const due = Number(await scene.redis.hget(`{${scene.prefix}:fake}:breaker:small`, 'tt'));
  // The reservation alone, some 800 tokens of an answer, would be due half a second later.
  assert.ok(due > 0 && due <= Date.now(), `${due - Date.now()} ms from now`);
});
