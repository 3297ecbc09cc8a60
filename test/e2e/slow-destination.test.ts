/** One destination that hangs, hundreds of answers for it, and another one beside it that must not notice. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { startReceiver } from '../fakes/receiver.ts';
import { openScene, until, wasLogged } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const hangMs = 15_000;

test('a destination that hangs 15 s with 500 answers for it holds up nobody, and gets them all when it is well', async (t) => {
  const scene = await openScene(t, world);
  const slow = await startReceiver();
  t.after(() => slow.close());
  const { hook } = scene.config()['destinations'] as { hook: Record<string, unknown> };
  const hung = { ...hook, url: slow.url, timeoutMs: hangMs, retryMs: [0, 5000, 5000, 5000, 5000, 5000] };
  const system = await scene.start({
    classifier: undefined,
    tiers: { simple: { models: ['small'], concurrency: 50 } },
    destinations: { hook, hung },
    sources: {
      'shop-api': { platform: 'generic', destination: 'hook' },
      other: { platform: 'generic', destination: 'hung' },
    },
  });
  let isHanging = true;
  slow.answer = () => (isHanging ? { delayMs: hangMs * 2 } : {});
  const ids: string[] = [];
  for (let i = 0; i < 500; i += 25) {
    const posts = Array.from({ length: 25 }, (_, j) =>
      system.post({ source: 'other', externalId: `S-${i + j}` }),
    );
    for (const { body } of await Promise.all(posts)) ids.push(body.ticketId);
  }
  await slow.until((received) => received.length >= 32);

  // While the slow one holds all that it can get, until its first deliveries time out and beyond.
  const waits: number[] = [];
  const startedAt = Date.now();
  let number = 0;
  while (!wasLogged(scene, 'destination.paused', 'hung') || waits.length < 40) {
    assert.ok(Date.now() - startedAt < 60_000, 'it was never left alone');
    number += 1;
    const { body } = await system.post({ externalId: `T-${number}` });
    const { at, body: reply } = await scene.delivered(body.ticketId);
    waits.push(at - Date.parse((JSON.parse(JSON.stringify(reply)) as { timestamp: string }).timestamp));
    await sleep(200);
  }
  waits.sort((a, b) => a - b);
  const p95 = waits[Math.floor(waits.length * 0.95)]!;
  // Held up by it, they would wait for its time-out.
  assert.ok(p95 < hangMs / 5, `p95 ${p95} ms of ${waits.length}`);
  t.diagnostic(`healthy destination: p50 ${waits[Math.floor(waits.length / 2)]} ms, p95 ${p95} ms`);
  assert.ok(slow.received.length <= 40, `${slow.received.length} at once`);

  isHanging = false;
  const lives = async (): Promise<number> => {
    const states = await scene.redis.zcard(`{${scene.prefix}:0}:end:delivered`);
    return states - number;
  };
  await until(async () => ((await lives()) === ids.length ? true : null));
  const attempts = await Promise.all(ids.map(async (id) => Number((await scene.record(id))['da'])));
  // Those that waited used up nothing of their schedule: one attempt each, but for the few that hung.
  assert.ok(attempts.filter((count) => count === 1).length >= 400);
  assert.deepEqual(await scene.deadLetters('deliver.dead'), []);
});
