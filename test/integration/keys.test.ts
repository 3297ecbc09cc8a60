import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyCacheMs } from '../../services/ingest/key-ring.ts';
import { addApiKey, listApiKeys, revokeApiKey } from '../../services/ingest/key-store.ts';
import { createServer } from '../../services/ingest/server.ts';
import { openWorld, startTestSystem, testConfig } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

const log: string[] = [];
let world: TestWorld;
let system: TestSystem;

before(async () => {
  world = await openWorld();
  const config = testConfig({ providerUrl: 'http://127.0.0.1:9', receiverUrl: 'http://127.0.0.1:9/hook' });
  system = await startTestSystem(world, config, {
    roles: ['ingest'],
    log,
    environment: { TIERLINE_API_KEYS: 'k,long-enough-to-be-good, k2 ' },
  });
});

after(async () => {
  await system.close();
  await world.close();
});

const facts = {
  name: 'shop',
  scopes: ['read' as const],
  sources: null,
  createdAt: '2026-11-22T10:00:00.000Z',
};
/** 404 for a key that may read, 401 or 403 for one that may not. */
const statusFor = async (url: string, key: string): Promise<number> => {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${url}/v1/tickets/t_0000000000000000000000`, { headers });
  await response.arrayBuffer();
  return response.status;
};

test('keys of TIERLINE_API_KEYS work at any length, and the weak ones are warned of by position, never by value', async () => {
  for (const key of ['k', 'long-enough-to-be-good', 'k2'])
    assert.equal(await statusFor(system.ingestUrl!, key), 404);
  for (const key of ['K', 'kk', 'k,', 'long-enough-to-be-goo'])
    assert.equal(await statusFor(system.ingestUrl!, key), 401);
  const warnings = log.map((line) => JSON.parse(line) as { msg: string; level: string; position: number });
  const weak = warnings.filter(({ msg }) => msg === 'api_key.weak');
  assert.deepEqual(
    weak.map(({ level, position }) => [level, position]),
    [
      ['warn', 1],
      ['warn', 3],
    ],
  );
  assert.doesNotMatch(log.join(''), /"k2?"|long-enough/);
});

test('a key made while the intake runs works at once, and only its hash is stored', async () => {
  const { raw, record } = await addApiKey(system.app, facts);
  assert.equal(await statusFor(system.ingestUrl!, raw), 404);
  assert.equal(
    await statusFor(system.ingestUrl!, `${raw.slice(0, -1)}${raw.endsWith('x') ? 'y' : 'x'}`),
    401,
  );
  const keys = await system.app.redis.keys('*');
  for (const name of keys.filter((key) => key.includes(':keys}'))) {
    const stored = JSON.stringify(await system.app.redis.hgetall(name));
    assert.ok(stored.includes(record.id) && !stored.includes(raw) && !stored.includes(raw.slice(12)));
  }
  assert.deepEqual(
    (await listApiKeys(system.app)).find(({ id }) => id === record.id),
    record,
  );
});

test('a revoked key stops working when the cache of keys has run out, and not before a look at it', async () => {
  const clock = { now: Date.now() };
  const server = createServer(
    { ...system.app, now: () => clock.now },
    { environmentKeys: [], isDraining: () => false },
  );
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  try {
    const { raw, record } = await addApiKey(system.app, facts);
    assert.equal(await statusFor(url, raw), 404);
    assert.equal(await revokeApiKey(system.app, record.id, '2026-11-22T11:00:00.000Z'), true);
    clock.now += keyCacheMs;
    assert.equal(await statusFor(url, raw), 401);
    assert.ok(keyCacheMs <= 5000);
    // Revoking again keeps the first time; a key that never was cannot be revoked.
    assert.equal(await revokeApiKey(system.app, record.id, '2026-11-23T11:00:00.000Z'), true);
    const found = (await listApiKeys(system.app)).find(({ id }) => id === record.id);
    assert.equal(found?.revokedAt, '2026-11-22T11:00:00.000Z');
    assert.equal(await revokeApiKey(system.app, '11111111', '2026-11-22T11:00:00.000Z'), false);
  } finally {
    await server.close();
  }
});

test('Redis is asked once for a key that is used often, and not at all for one of the environment', async () => {
  const { raw } = await addApiKey(system.app, facts);
  const asked = { count: 0 };
  const redis = new Proxy(system.app.redis, {
    get(target, name) {
      if (name === 'hget') asked.count += 1;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
  const server = createServer({ ...system.app, redis }, { environmentKeys: ['e'], isDraining: () => false });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  try {
    for (let i = 0; i < 5; i += 1) assert.equal(await statusFor(url, 'e'), 404);
    assert.equal(asked.count, 0);
    for (let i = 0; i < 5; i += 1) assert.equal(await statusFor(url, raw), 404);
    assert.equal(asked.count, 1);
  } finally {
    await server.close();
  }
});
