/**
 * The machinery: record, hints, sweeper, ledger over three stages, against a bare BullMQ chain of three hops with the same
 * tickets and no work. Interleaved rounds; medians; a producer process and a process with all workers each.
 */
import { Queue } from 'bullmq';
import { acceptTicket } from '../../shared/transitions.ts';
import type { Ticket } from '../../shared/ticket.ts';
import { machineryApp } from './machinery-app.ts';
import { benchBody, cpuMicros, inParallel, median, redisCpuMicros, startChild, withRedis } from './world.ts';
import type { AppendOnly, Child } from './world.ts';
import type { Redis } from '../../shared/redis.ts';

const worker = new URL('machinery-worker.ts', import.meta.url).pathname;
const width = 300;

type Round = { perSecond: number; nodeMicros: number; redisMicros: number };

export function benchTicket(index: number, run: string): Ticket {
  return {
    source: 'bench',
    externalId: `T-${run}-${index}`,
    conversationId: `T-${run}-${index}`,
    messageId: null,
    createdAt: new Date().toISOString(),
    subject: 'Where is my parcel?',
    body: benchBody,
    requester: { email: 'ana@example.com', name: 'Ana' },
    language: null,
    tags: [],
    priority: 'normal',
    lane: 'live',
    history: [],
    metadata: {},
  };
}

async function measure(
  redis: Redis,
  child: Child,
  tickets: number,
  produce: () => Promise<void>,
): Promise<Round> {
  await child.ask('expect', tickets);
  const redisFrom = await redisCpuMicros(redis);
  const cpuFrom = process.cpuUsage();
  const from = performance.now();
  await produce();
  const workerMicros = await child.ask<number>('done');
  const seconds = (performance.now() - from) / 1000;
  return {
    perSecond: tickets / seconds,
    nodeMicros: (workerMicros + cpuMicros(cpuFrom)) / tickets,
    redisMicros: ((await redisCpuMicros(redis)) - redisFrom) / tickets,
  };
}

export async function benchMachinery(options: { rounds: number; tickets: number; appendOnly: AppendOnly }) {
  const { rounds, tickets } = options;
  return withRedis(options.appendOnly, async (redis, url) => {
    const bare = await startChild(worker, ['bare', url]);
    const tierline = await startChild(worker, ['tierline', url]);
    const app = machineryApp(url);
    const queue = new Queue('one', { connection: redis, prefix: '{bare}' });
    const results: { bare: Round[]; tierline: Round[] } = { bare: [], tierline: [] };
    for (let round = 0; round <= rounds; round += 1) {
      const bareRound = await measure(redis, bare, tickets, () =>
        inParallel(tickets, width, (i) =>
          queue.add('ticket', benchTicket(i, `${round}`), { jobId: `t_${round}_${i}` }),
        ),
      );
      const ours = await measure(redis, tierline, tickets, () =>
        inParallel(tickets, width, (i) => {
          const ticket = benchTicket(i, `${round}`);
          return acceptTicket(app, ticket, app.record.identify(ticket, 'message'));
        }),
      );
      // The first round warms up.
      if (round === 0) continue;
      results.bare.push(bareRound);
      results.tierline.push(ours);
    }
    await bare.stop();
    await tierline.stop();
    const delivered = await redis.zcard('{bench:0}:end:delivered');
    await queue.close();
    await app.hints.close();
    app.redis.disconnect();
    const summary = (list: Round[]) => ({
      perSecond: Math.round(median(list.map((one) => one.perSecond))),
      nodeMicros: Math.round(median(list.map((one) => one.nodeMicros))),
      redisMicros: Math.round(median(list.map((one) => one.redisMicros))),
    });
    const ratios = results.tierline.map((one, i) => one.perSecond / results.bare[i]!.perSecond);
    return {
      bare: summary(results.bare),
      tierline: summary(results.tierline),
      ratio: Number(median(ratios).toFixed(3)),
      allDelivered: delivered === tickets * (rounds + 1),
    };
  });
}
