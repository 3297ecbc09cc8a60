/** `only` and `share` of a source, for tickets that come by the API. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readIgnored } from '../../shared/helpdesks/ignored-counts.ts';
import { isClassification, labels, openScene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

test('a ticket that is not among those to be answered is accepted, left alone and counted', async (t) => {
  const scene = await openScene(t, world, (request) => (isClassification(request) ? labels() : {}));
  const source = { platform: 'generic', destination: 'hook' };
  const system = await scene.start({
    sources: { 'shop-api': { ...source, only: { tags: ['ai'] } }, none: { ...source, share: 0 } },
  });
  const left = await system.post({ externalId: 'T-1', tags: ['vip'] });
  const wanted = await system.post({ externalId: 'T-2', tags: ['ai'] });
  const shared = await system.post({ externalId: 'T-3', source: 'none' });
  assert.deepEqual([left.status, wanted.status, shared.status], [202, 202, 202]);
  const trace = await system.untilEnd(left.body.ticketId);
  assert.equal(trace.state, 'skipped');
  assert.equal(trace.timeline.at(-1)?.detail, 'not_selected');
  assert.equal((await system.untilEnd(wanted.body.ticketId)).state, 'delivered');
  assert.equal((await system.untilEnd(shared.body.ticketId)).state, 'skipped');
  const counted = await readIgnored({ redis: scene.redis, prefix: scene.prefix, now: Date.now }, 2);
  const told = counted.map(({ source: name, reason, count }) => `${name} ${reason} ${count}`);
  assert.deepEqual(told.toSorted(), ['none not_selected 1', 'shop-api not_selected 1']);
});
