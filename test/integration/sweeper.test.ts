import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import type { TestContext } from 'node:test';
import { startEmbeddedRedis } from '../../services/cli/embedded-redis.ts';
import type { EmbeddedRedis } from '../../services/cli/embedded-redis.ts';
import type { App, Running } from '../../shared/app.ts';
import { createLog } from '../../shared/log.ts';
import { createHints } from '../../shared/queue.ts';
import { createRecord } from '../../shared/record/record.ts';
import { startSweeper } from '../../shared/record/sweeper.ts';
import { connectRedis } from '../../shared/redis.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { readPauses } from '../../shared/source-pauses.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';
import {
  acceptOne,
  age,
  bringTo,
  claim,
  contentMs,
  deliver,
  expireLease,
  tombstoneMs,
} from './record-world.ts';

let world: TestWorld;
let server: EmbeddedRedis;
before(async () => {
  world = await openWorld();
  server = await startServer();
});
after(async () => {
  await server.stop();
  await world.close();
});
beforeEach(async (t) => {
  const { app } = openApp(t as TestContext);
  await app.redis.flushall();
});

const startServer = (port?: number): Promise<EmbeddedRedis> =>
  startEmbeddedRedis({
    folder: path.join(world.folder, 'kept'),
    appendOnly: 'always',
    ...(port === undefined ? {} : { port }),
  });

/** What a process has: its own connection, and a clock that the test can turn. */
function openApp(t: TestContext) {
  const redis = connectRedis(server.url, 'patient', () => undefined);
  const hints = createHints({ redis, prefix: 'test', shards: 1, onError: () => undefined });
  const clock = { ahead: 0 };
  const lines: string[] = [];
  const app: App = {
    runtime: () => ({}) as Runtime,
    log: createLog('debug', { write: (line: string) => void lines.push(line) }),
    redis,
    prefix: 'test',
    record: createRecord(redis, { prefix: 'test', shards: 1, contentMs, tombstoneMs }),
    hints,
    pauses: { book: () => readPauses({ redis, prefix: 'test' }) },
    now: () => Date.now() + clock.ahead,
    random: Math.random,
  };
  t.after(async () => {
    await hints.close();
    redis.disconnect();
  });
  const recordWorld = { world, redis, record: app.record, hints, close: () => Promise.resolve() };
  return { app, clock, lines, world: recordWorld };
}

/** Ends with the test, also where that fails. */
function sweepWith(t: TestContext, app: App): Running {
  const sweeper = startSweeper(app);
  t.after(() => sweeper.close());
  return sweeper;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const waitingIn = async (app: App, queue: string): Promise<number> => (await app.hints.counts(queue)).waiting;
const options = { timeout: 30_000 };

test('brings back expired leases, due parks and tickets whose hint is gone', options, async (t) => {
  const { app, world: w } = openApp(t);
  const leased = await acceptOne(app.record);
  await claim(app.record, leased, 'classify');
  await expireLease(w, leased);
  const parked = await acceptOne(app.record);
  await app.record.park(await claim(app.record, parked, 'classify'), { delayMs: 0, reason: 'later' });
  const unhinted = await acceptOne(app.record);
  await bringTo(app.record, unhinted, 'answer');
  await age(w, unhinted);
  const sweeper = sweepWith(t, app);
  await until(
    async () => (await waitingIn(app, 'classify')) === 2 && (await waitingIn(app, 'tier.simple')) === 1,
  );
  await sweeper.close();
});

test('two processes do not double the work, and one takes over when the other ends', options, async (t) => {
  const one = openApp(t);
  const other = openApp(t);
  const counted = { sweeps: [0, 0] };
  for (const [i, { app }] of [one, other].entries()) {
    const { record } = app;
    app.record = {
      ...record,
      sweep: (...args) => {
        counted.sweeps[i]! += 1;
        return record.sweep(...args);
      },
    };
  }
  const startedAt = Date.now();
  const first = sweepWith(t, one.app);
  const second = sweepWith(t, other.app);
  await until(() => Promise.resolve(counted.sweeps[0]! + counted.sweeps[1]! >= 3));
  // The lock lasts 0.9 s: without it there would be two sweeps a second.
  const elapsedMs = Date.now() - startedAt;
  assert.ok(elapsedMs >= 2 * 900 - 50, `three sweeps within ${elapsedMs} ms`);
  const [owner, idle] = counted.sweeps[0]! >= counted.sweeps[1]! ? [first, 1] : [second, 0];
  await owner.close();
  const sweepsBefore = counted.sweeps[idle]!;
  const ticketId = await acceptOne(one.app.record);
  await claim(one.app.record, ticketId, 'classify');
  await expireLease(one.world, ticketId);
  await until(async () => (await waitingIn(one.app, 'classify')) === 1);
  assert.ok(counted.sweeps[idle]! > sweepsBefore);
  await Promise.all([first.close(), second.close()]);
});

test('works after SCRIPT FLUSH', options, async (t) => {
  const { app, world: w } = openApp(t);
  const sweeper = sweepWith(t, app);
  const ticketId = await acceptOne(app.record);
  await claim(app.record, ticketId, 'classify');
  await app.redis.script('FLUSH');
  await expireLease(w, ticketId);
  await until(async () => (await waitingIn(app, 'classify')) === 1);
  await sweeper.close();
});

test('goes on after Redis was killed and came back', options, async (t) => {
  const { app, lines, world: w } = openApp(t);
  const sweeper = sweepWith(t, app);
  const ticketId = await acceptOne(app.record);
  await claim(app.record, ticketId, 'classify');
  await expireLease(w, ticketId);
  await server.kill();
  server = await startServer(server.port);
  await until(async () => (await waitingIn(app, 'classify')) === 1);
  const later = await acceptOne(app.record);
  await app.record.park(await claim(app.record, later, 'classify'), { delayMs: 0, reason: 'later' });
  await until(async () => (await waitingIn(app, 'classify')) === 2);
  await sweeper.close();
  assert.ok(!lines.join('').includes('Where is my parcel?'), 'no text of a ticket is in the log');
});

test('empties what is older than the retention, however much there is', options, async (t) => {
  const { app, clock } = openApp(t);
  const ids = await Promise.all(Array.from({ length: 450 }, () => acceptOne(app.record)));
  for (const ticketId of ids.slice(0, 2)) {
    await bringTo(app.record, ticketId, 'deliver');
    await deliver(app.record, ticketId);
  }
  await Promise.all(ids.slice(2).map((ticketId) => app.record.cancel(ticketId)));
  const base = app.record.bases[0]!;
  for (const end of ['delivered', 'cancelled']) {
    const ended = await app.redis.zrange(`${base}end:${end}`, 0, '-1');
    await app.redis.zadd(`${base}end:${end}`, 'XX', ...ended.flatMap((id) => [1, id]));
  }
  const sweeper = sweepWith(t, app);
  clock.ahead = 61_000;
  await until(
    async () =>
      (await app.redis.zcard(`${base}end:cancelled`)) + (await app.redis.zcard(`${base}end:delivered`)) === 0,
  );
  await sweeper.close();
  for (const ticketId of ids) assert.equal(await app.redis.hexists(app.record.keyOf(ticketId), 'tk'), 0);
});
