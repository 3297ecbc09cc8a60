import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedRedis } from '../../services/cli/embedded-redis.ts';
import type { EmbeddedRedis } from '../../services/cli/embedded-redis.ts';
import { connectRedis } from '../../shared/redis.ts';
import { problemOf } from '../fakes/intake-client.ts';
import { startProvider } from '../fakes/provider.ts';
import type { Provider } from '../fakes/provider.ts';
import { startReceiver } from '../fakes/receiver.ts';
import type { Receiver } from '../fakes/receiver.ts';
import { startTestSystem, testConfig } from '../fakes/system.ts';
import type { TestSystem } from '../fakes/system.ts';

/** Twice what is promised: the machine that runs the tests may be busy. The promise itself is held by the connection's options. */
const generousMs = 4000;

let folder: string;
let redis: EmbeddedRedis;
let provider: Provider;
let receiver: Receiver;
let system: TestSystem;
let log: string[];

const redisOptions = () => ({ folder: path.join(folder, 'redis'), appendOnly: 'always' as const });

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tierline-away-'));
  redis = await startEmbeddedRedis(redisOptions());
  provider = await startProvider({
    behave: (request) =>
      'response_format' in request.body
        ? { text: JSON.stringify({ queryType: 'shipping', complexity: 0.2, language: 'en' }) }
        : { text: 'It is on its way.' },
  });
  receiver = await startReceiver();
  log = [];
  const world = { folder, redis, close: () => Promise.resolve() };
  const config = testConfig({ providerUrl: provider.url, receiverUrl: receiver.url });
  system = await startTestSystem(world, config, { log });
});

afterEach(async () => {
  await system.close();
  await receiver.close();
  await provider.close();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

const ticket = (externalId: string): string =>
  JSON.stringify({ source: 'shop-api', externalId, body: 'Where is my parcel?' });
const post = (externalId: string, headers: Record<string, string> = {}): Promise<Response> =>
  system.fetch('/v1/tickets', { method: 'POST', body: ticket(externalId), headers });
const deliveriesOf = (externalId: string): number =>
  receiver.received.filter(({ body }) => body.data.externalId === externalId).length;

async function unavailable(asking: Promise<Response>): Promise<void> {
  const startedAt = performance.now();
  const response = await asking;
  await problemOf(response, 503, 'unavailable');
  assert.match(response.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  assert.ok(performance.now() - startedAt < generousMs);
}

async function untilReady(): Promise<void> {
  while ((await system.fetch('/readyz')).status !== 200) await sleep(20);
}

/** What must hold while Redis is away, however it went. */
async function everythingIs503(): Promise<void> {
  await unavailable(post('away'));
  await unavailable(post('away', { 'idempotency-key': 'away' }));
  await unavailable(system.fetch('/v1/tickets/t_0000000000000000000000'));
  await unavailable(system.fetch('/v1/tickets/t_0000000000000000000000/cancel', { method: 'POST' }));
  const authorization = `Bearer tl_${'1'.repeat(8)}_${'1'.repeat(32)}`;
  await unavailable(post('away', { authorization }));
  const ready = await system.fetch('/readyz');
  assert.deepEqual(
    [ready.status, ((await ready.json()) as { checks: unknown }).checks],
    [503, { redis: false, configuration: true, draining: false }],
  );
  assert.equal((await system.fetch('/livez')).status, 200);
  const bulk = await system.fetch('/v1/tickets/bulk', {
    method: 'POST',
    body: [ticket('bulk-1'), '{', ticket('bulk-2')].join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const answers = (await bulk.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { status: number });
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 400, 503],
  );
}

/** A ticket that was told 503 is sent again, as its sender must; it is delivered, and only once. */
async function deliveredOnce(...externalIds: string[]): Promise<void> {
  await untilReady();
  for (const externalId of externalIds) {
    const response = await post(externalId);
    // The first try may have reached Redis after its sender was told to come again.
    assert.ok(response.status === 202 || response.status === 200, String(response.status));
    const { ticketId } = (await response.json()) as { ticketId: string };
    assert.equal((await system.untilEnd(ticketId)).state, 'delivered');
    assert.equal((await post(externalId)).status, 200);
  }
  // Whatever waited is through when a later ticket is.
  const last = await system.post({ externalId: 'last' });
  await system.untilEnd(last.body.ticketId);
  assert.deepEqual(await system.app.record.counts(), { open: 0, leased: 0, parked: 0 });
  for (const externalId of externalIds) assert.equal(deliveriesOf(externalId), 1, externalId);
}

test('while Redis is stopped everything is 503 in time; afterwards the same ticket is delivered once', async () => {
  const earlier = await system.post({ externalId: 'before' });
  assert.equal(earlier.status, 202);
  await system.untilEnd(earlier.body.ticketId);
  process.kill(redis.pid, 'SIGSTOP');
  try {
    await everythingIs503();
  } finally {
    process.kill(redis.pid, 'SIGCONT');
  }
  await deliveredOnce('away', 'bulk-1', 'bulk-2');
  assert.equal((await post('before')).status, 200);
});

test('while Redis is killed everything is 503 in time; restarted it has every ticket that was accepted', async () => {
  const earlier = await system.post({ externalId: 'before' });
  assert.equal(earlier.status, 202);
  await redis.kill();
  await everythingIs503();
  redis = await startEmbeddedRedis({ ...redisOptions(), port: redis.port });
  await untilReady();
  assert.equal((await system.untilEnd(earlier.body.ticketId)).state, 'delivered');
  await deliveredOnce('away', 'bulk-1', 'bulk-2');
  assert.equal(deliveriesOf('before'), 1);
});

test('an intake whose first ticket met a stopped Redis hints as any other once it is back', async () => {
  process.kill(redis.pid, 'SIGSTOP');
  try {
    await unavailable(post('first'));
  } finally {
    process.kill(redis.pid, 'SIGCONT');
  }
  await untilReady();
  const lost = log.filter((line) => line.includes('hint.lost')).length;
  await deliveredOnce('first', 'second', 'third');
  assert.equal(log.filter((line) => line.includes('hint.lost')).length, lost);
});

test('a Redis that takes no writes is away, too, and nothing is half stored', async () => {
  const admin = connectRedis(redis.url, 'patient', () => undefined);
  try {
    await admin.config('SET', 'maxmemory', '1');
    await unavailable(post('full'));
    // Neither a record nor a hint: both have the ticket's id in their names.
    assert.deepEqual(await admin.keys('*t_*'), []);
    await admin.config('SET', 'maxmemory', '0');
    await deliveredOnce('full');
  } finally {
    admin.disconnect();
  }
});

test("the intake's connection gives up on a command within the two seconds that are promised", async () => {
  const connection = connectRedis(redis.url, 'failFast', () => undefined);
  try {
    const { commandTimeout = Infinity, enableOfflineQueue, maxRetriesPerRequest } = connection.options;
    assert.ok(commandTimeout <= 1500);
    assert.deepEqual([enableOfflineQueue, maxRetriesPerRequest], [false, 0]);
  } finally {
    connection.disconnect();
  }
});
