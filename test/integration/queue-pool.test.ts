/** A pool of workers on one queue: it fills up to its concurrency, never beyond, and never stands still below it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { startPool } from '../../shared/queue.ts';
import { until } from '../fakes/scene.ts';
import { openRecordWorld } from './record-world.ts';
import type { RecordWorld } from './record-world.ts';

let w: RecordWorld;
before(async () => {
  w = await openRecordWorld();
});
after(() => w.close());

let queues = 0;
let tickets = 0;

/** Work that goes on until it is told to end. */
function openBench(t: TestContext, concurrency: number) {
  queues += 1;
  const queue = `bench-${queues}`;
  const running = new Map<string, () => void>();
  let most = 0;
  const pool = startPool({
    redis: w.redis,
    prefix: 'test',
    shard: 0,
    queue,
    concurrency,
    async work(ticketId) {
      const { promise, resolve } = Promise.withResolvers<void>();
      running.set(ticketId, resolve);
      most = Math.max(most, running.size);
      await promise;
    },
    onError: (error) => assert.fail(error),
  });
  const end = (ids: readonly string[]): void => {
    for (const ticketId of ids) {
      const done = running.get(ticketId);
      running.delete(ticketId);
      done?.();
    }
  };
  const endSome = (count: number): void => end([...running.keys()].slice(0, count));
  const endAll = (): void => endSome(Infinity);
  t.after(async () => {
    const closing = pool.close();
    endAll();
    await closing;
  });
  return {
    pool,
    running,
    most: () => most,
    async add(count: number) {
      const hints = Array.from({ length: count }, () => {
        tickets += 1;
        const ticketId = `t_00${String(tickets).padStart(22, '0')}`;
        return w.hints.add({ ticketId, state: 'answer', queue, sequence: 1 });
      });
      await Promise.all(hints);
    },
    runs: (count: number) => until(() => Promise.resolve(running.size === count ? true : null)),
    /** Long enough for a hint that is waiting to be taken, if anybody would. */
    settle: () => new Promise((resolve) => setTimeout(resolve, 150)),
    end,
    endAll,
    endSome,
    waiting: async () => (await w.hints.counts(queue)).waiting,
  };
}

for (const concurrency of [1, 2, 7, 8, 9, 40]) {
  test(`a burst fills an idle pool of ${concurrency} while none of its work ends, again and again`, async (t) => {
    const bench = openBench(t, concurrency);
    for (let round = 0; round < 3; round += 1) {
      await bench.add(concurrency + 5);
      await bench.runs(concurrency);
      await bench.settle();
      assert.equal(bench.running.size, concurrency);
      bench.endAll();
      while ((await bench.waiting()) + bench.running.size > 0) {
        bench.endAll();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assert.equal(bench.most(), concurrency);
    }
  });
}

test('hints that come one by one fill it as well', async (t) => {
  const bench = openBench(t, 25);
  for (let count = 1; count <= 30; count += 1) {
    await bench.add(1);
    await bench.runs(Math.min(count, 25));
  }
  bench.endSome(24);
  await bench.runs(6);
  await bench.add(30);
  await bench.runs(25);
  assert.equal(bench.most(), 25);
});

test('whatever ends when, hints that wait take every slot that is free', async (t) => {
  const bench = openBench(t, 20);
  await bench.add(300);
  for (let left = 300; left > 0;) {
    await bench.runs(Math.min(left, 20));
    const some = Math.min(left, 1 + Math.floor(Math.random() * 20));
    bench.endSome(some);
    left -= some;
  }
  await bench.runs(0);
  assert.equal(bench.most(), 20);
  assert.equal(await bench.waiting(), 0);
});

test('a full pool that is given more takes more at once, and less of it holds from the next end on', async (t) => {
  const bench = openBench(t, 4);
  await bench.add(60);
  await bench.runs(4);
  bench.pool.setConcurrency(10);
  await bench.runs(10);
  await bench.settle();
  assert.equal(bench.running.size, 10);
  bench.pool.setConcurrency(3);
  // Those that helped out go on, and take nothing more.
  const helping = [...bench.running.keys()].slice(4);
  bench.end(helping);
  await bench.settle();
  assert.equal(bench.running.size, 4);
  bench.endAll();
  await bench.runs(3);
  await bench.settle();
  assert.equal(bench.running.size, 3);
});

test('less and then more again, while more than both still runs, starts nothing', async (t) => {
  const bench = openBench(t, 20);
  await bench.add(60);
  await bench.runs(20);
  bench.pool.setConcurrency(5);
  bench.pool.setConcurrency(12);
  await bench.settle();
  assert.equal(bench.most(), 20);
  bench.endSome(10);
  await bench.runs(12);
  await bench.settle();
  assert.equal(bench.running.size, 12);
});
