/** What waiting tickets cost: bytes of Redis, the speed of intake, the work of the sweeper. */
import { machineryApp } from './machinery-app.ts';
import { benchTicket } from './machinery.ts';
import { acceptTicket } from '../../shared/transitions.ts';
import type { App } from '../../shared/app.ts';
import { inParallel, median, redisCpuMicros, startChild, withRedis } from './world.ts';
import type { Redis } from '../../shared/redis.ts';

const worker = new URL('machinery-worker.ts', import.meta.url).pathname;
const width = 100;

async function usedBytes(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}

function accept(app: App, index: number, run: string): Promise<unknown> {
  const ticket = benchTicket(index, run);
  return acceptTicket(app, ticket, app.record.identify(ticket, 'message'));
}

async function close(app: App): Promise<void> {
  await app.hints.close();
  app.redis.disconnect();
}

/** Bytes of Redis per ticket beyond its stored JSON, waiting and finished, and what an idle worker finds per ticket. */
export async function benchMemory(tickets: number) {
  return withRedis('no', async (redis, url) => {
    const app = machineryApp(url);
    await accept(app, 0, 'first');
    const before = await usedBytes(redis);
    await inParallel(tickets, width, (i) => accept(app, i, 'm'));
    const json = Buffer.byteLength(JSON.stringify(benchTicket(1, 'm')));
    const waiting = ((await usedBytes(redis)) - before) / tickets;
    await redis.config('RESETSTAT');
    const child = await startChild(worker, ['tierline', url]);
    await child.ask('expect', tickets);
    await child.ask('done');
    await untilDelivered(redis, tickets + 1);
    const stats = await redis.info('commandstats');
    const calls = (name: string): number =>
      Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    const all = [...stats.matchAll(/calls=(\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
    const finished = ((await usedBytes(redis)) - before) / tickets;
    await child.stop();
    await close(app);
    return {
      storedJsonBytes: json,
      waitingBytesBeyondJson: Math.round(waiting - json),
      finishedBytesBeyondJson: Math.round(finished - json),
      scriptsPerTicketAtFullLoad: Number((calls('evalsha') / tickets).toFixed(2)),
      redisCommandsPerTicket: Number((all / tickets).toFixed(1)),
    };
  });
}

async function untilDelivered(redis: Redis, tickets: number): Promise<void> {
  while ((await redis.zcard('{bench:0}:end:delivered')) < tickets) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Round trips of one ticket at a time through an idle system: nothing is batched with anything. */
export async function benchRoundTrips() {
  return withRedis('no', async (redis, url) => {
    const app = machineryApp(url);
    const child = await startChild(worker, ['tierline', url]);
    const tickets = 50;
    await redis.config('RESETSTAT');
    for (let i = 0; i < tickets; i += 1) {
      await child.ask('expect', 1);
      await accept(app, i, 'alone');
      await child.ask('done');
    }
    await untilDelivered(redis, tickets);
    const stats = await redis.info('commandstats');
    const calls = (name: string): number =>
      Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    await child.stop();
    await close(app);
    return {
      scriptsPerTicketAlone: Number((calls('evalsha') / tickets).toFixed(1)),
      blockingReadsPerTicketAlone: Number((calls('bzpopmin') / tickets).toFixed(1)),
    };
  });
}

/** Accepting with and without `waiting` tickets in the queues, interleaved, and the sweeper's Redis CPU per second. */
export async function benchWaiting(waiting: number, rounds: number) {
  return withRedis('no', async (empty, emptyUrl) =>
    withRedis('no', async (full, fullUrl) => {
      const apps = { empty: machineryApp(emptyUrl), full: machineryApp(fullUrl) };
      await inParallel(waiting, width, (i) => accept(apps.full, i, 'backlog'));
      const rates: Record<'empty' | 'full', number[]> = { empty: [], full: [] };
      const batch = 2000;
      for (let round = 0; round <= rounds; round += 1) {
        for (const which of ['empty', 'full'] as const) {
          if (which === 'empty') await empty.flushall();
          const from = performance.now();
          await inParallel(batch, width, (i) => accept(apps[which], i, `${which}-${round}`));
          if (round > 0) rates[which].push((batch * 1000) / (performance.now() - from));
        }
      }
      const sweeps = {
        empty: await sweepMicros(apps.empty, empty),
        full: await sweepMicros(apps.full, full),
      };
      await close(apps.empty);
      await close(apps.full);
      return {
        waiting,
        acceptedPerSecondEmpty: Math.round(median(rates.empty)),
        acceptedPerSecondFull: Math.round(median(rates.full)),
        ratio: Number((median(rates.full) / median(rates.empty)).toFixed(3)),
        sweepMicrosWith2000: Math.round(sweeps.empty),
        sweepMicrosWithAll: Math.round(sweeps.full),
      };
    }),
  );
}

/** Redis CPU of one tick of the sweeper: a sweep and a slice of the audit. */
async function sweepMicros(app: App, redis: Redis): Promise<number> {
  const ticks = 20;
  let cursor = '';
  const from = await redisCpuMicros(redis);
  for (let i = 0; i < ticks; i += 1) {
    await app.record.sweep(0, 500);
    cursor = (await app.record.audit(0, cursor, 500)).cursor;
  }
  return ((await redisCpuMicros(redis)) - from) / ticks;
}
