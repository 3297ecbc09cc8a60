/** The console while Redis is away: it says so, at once, instead of loading for ever. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { startEmbeddedRedis } from '../../services/cli/embedded-redis.ts';
import { startTestSystem, testConfig } from '../fakes/system.ts';

test(
  'every page and figure of the console answers 503 while Redis is away',
  { timeout: 60_000 },
  async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tierline-console-'));
    const options = { folder: path.join(folder, 'redis'), appendOnly: 'always' as const };
    let redis = await startEmbeddedRedis(options);
    const world = { folder, redis, close: () => Promise.resolve() };
    const nowhere = 'http://127.0.0.1:1';
    const config = testConfig({ providerUrl: nowhere, receiverUrl: nowhere });
    const system = await startTestSystem(world, config, { roles: ['ingest', 'console'] });
    t.after(async () => {
      await system.close();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    });
    const ask = (where: string): Promise<Response> =>
      fetch(`${system.consoleUrl}${where}`, { signal: AbortSignal.timeout(10_000) });
    const pages = ['/', '/api/overview', '/api/costs', '/api/dead-letters', '/api/dead-letters/export'];
    for (const page of pages) assert.equal((await ask(page)).status, 200, page);
    await redis.stop();
    try {
      for (const page of pages) {
        const response = await ask(page);
        assert.equal(response.status, 503, page);
        assert.equal(response.headers.get('retry-after'), '5');
        assert.match(((await response.json()) as { error: string }).error, /Redis is away/);
      }
      assert.equal((await ask('/livez')).status, 200);
    } finally {
      redis = await startEmbeddedRedis({ ...options, port: Number(new URL(redis.url).port) });
    }
    while ((await ask('/api/overview')).status !== 200);
  },
);
