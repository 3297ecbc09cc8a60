/** What becomes of a dead letter is the word of the tier that gave it up. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { openScene, until } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

test('a ticket that a changed route leads to a tier that holds its dead letters is held, whatever its label says', async (t) => {
  const scene = await openScene(t, world, ({ model }) => ({
    status: model === 'small-1' ? 503 : 400,
    error: { message: 'no' },
  }));
  const config = {
    classifier: undefined,
    tiers: { simple: { models: ['small'] }, careful: { models: ['large'], onDead: 'hold' } },
  };
  const system = await scene.start(config);
  const { ticketId } = (await system.post({ externalId: 'T-1', tags: ['vip'] })).body;
  await until(async () => ((await scene.record(ticketId))['pu'] === undefined ? null : true));
  const routes = [{ when: { tag: ['vip'] }, tier: 'careful' }];
  await writeFile(system.configFile, JSON.stringify(scene.config({ ...config, routes })));
  const reloaded = await fetch(`${system.consoleUrl}/api/config/reload`, { method: 'POST' });
  assert.equal(reloaded.status, 200);
  const record = await until(async () => {
    await scene.hurry(ticketId);
    const fields = await scene.record(ticketId);
    return ['dead', 'handed_off'].includes(fields['st'] ?? '') ? fields : null;
  });
  assert.equal((JSON.parse(record['cls']!) as { tier: string }).tier, 'simple');
  assert.equal((JSON.parse(record['why']!) as { queue: string }).queue, 'tier.careful.dead');
  assert.equal(record['st'], 'dead');
  assert.deepEqual(scene.receiver.received, []);
});
