/** The turns of a helpdesk account, over all processes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAccountTurns } from '../../shared/helpdesks/account-turns.ts';
import { connectRedis } from '../../shared/redis.ts';
import type { Redis } from '../../shared/redis.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
let redis: Redis;
let other: Redis;

before(async () => {
  world = await openWorld();
  redis = connectRedis(world.redis.url, 'patient', () => undefined);
  other = connectRedis(world.redis.url, 'patient', () => undefined);
});

after(async () => {
  await redis.quit();
  await other.quit();
  await world.close();
});

const turnsOf = (connection: Redis, account: string, requestsPerMinute: number) =>
  createAccountTurns(connection, { prefix: 'turns', account, requestsPerMinute });

test('a tenth of a minute’s requests may come at once; the next must wait, in every process', async () => {
  // So few that none comes back while this runs.
  const [one, two] = [turnsOf(redis, 'a', 10), turnsOf(other, 'a', 10)];
  assert.equal(await one.take(), 0);
  const waits = [await one.take(), await two.take()];
  for (const wait of waits) assert.ok(wait > 1000 && wait <= 7000, String(wait));
});

test('what waits takes nothing, so that everybody’s turn comes', async () => {
  const turns = turnsOf(redis, 'b', 10);
  await turns.take();
  const first = await turns.take();
  for (let i = 0; i < 20; i += 1) await turns.take();
  assert.ok((await turns.take()) <= first);
});

test('accounts do not wait for each other', async () => {
  await turnsOf(redis, 'c', 1).take();
  assert.ok((await turnsOf(redis, 'c', 1).take()) > 0);
  assert.equal(await turnsOf(redis, 'd', 1).take(), 0);
});

test('a pause that the helpdesk asks for holds for all, and a shorter one does not end it', async () => {
  const [one, two] = [turnsOf(redis, 'e', 1000), turnsOf(other, 'e', 1000)];
  await one.pause(60_000);
  await two.pause(1000);
  const wait = await two.take();
  assert.ok(wait > 30_000 && wait <= 60_000, String(wait));
});
