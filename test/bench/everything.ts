/**
 * Everything: POST to verified webhook, one classification and one answer call per ticket against model servers without
 * latency, append-only file everysec; against a naive BullMQ chain that makes the same HTTP calls with plain fetch.
 * A rate counts only tickets whose reply was found, verified, at the receiver.
 */
import { Agent, request as httpRequest } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { testConfig } from '../fakes/system.ts';
import { benchBody, inParallel, median, percentile, redisCpuMicros, startChild, withRedis } from './world.ts';
import type { AppendOnly, Child } from './world.ts';
import type { Redis } from '../../shared/redis.ts';

const script = (name: string): string => new URL(name, import.meta.url).pathname;
const width = 200;

export type Poster = (ticket: object) => Promise<string>;

/** A cheap keep-alive client, so that the driver takes as little of the machine as it can. */
function createPoster(url: string): { post: Poster; close: () => void } {
  const agent = new Agent({ keepAlive: true, maxSockets: width });
  const headers = { 'content-type': 'application/json', authorization: 'Bearer bench-key-bench-key' };
  const post: Poster = (ticket) =>
    new Promise((resolve, reject) => {
      const outgoing = httpRequest(url, { method: 'POST', agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          if (response.statusCode === 202) resolve((JSON.parse(body) as { ticketId: string }).ticketId);
          else reject(new Error(`intake answered ${response.statusCode}: ${body}`));
        });
      });
      outgoing.on('error', reject);
      outgoing.end(JSON.stringify(ticket));
    });
  return { post, close: () => agent.destroy() };
}

const postedTicket = (externalId: string) => ({
  source: 'shop-api',
  externalId,
  subject: 'Where is my parcel?',
  body: benchBody,
  requester: { email: 'ana@example.com', name: 'Ana' },
});

/** The outside world and a whole Tierline against one Redis, for as long as `use` takes. */
async function withTierline<T>(
  appendOnly: AppendOnly,
  use: (parts: {
    redis: Redis;
    redisUrl: string;
    world: Child;
    urls: { models: string; receiver: string };
    tierline: Child;
  }) => Promise<T>,
): Promise<T> {
  return withRedis(appendOnly, async (redis, redisUrl) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tierline-bench-'));
    const world = await startChild(script('outside-world.ts'), []);
    const urls = await world.ask<{ models: string; receiver: string }>('urls');
    const file = path.join(folder, 'tierline.json');
    const config = testConfig({ providerUrl: urls.models, receiverUrl: urls.receiver });
    const tiers = {
      simple: { models: ['small'], concurrency: 100 },
      standard: { models: ['small'] },
      complex: { models: ['large'] },
    };
    await writeFile(file, JSON.stringify({ ...config, tiers }));
    const tierline = await startChild(script('whole-system.ts'), [redisUrl, file]);
    try {
      return await use({ redis, redisUrl, world, urls, tierline });
    } finally {
      await tierline.stop();
      await world.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
}

type Round = { perSecond: number; nodeMicros: number; redisMicros: number };

async function measureRound(
  parts: { redis: Redis; world: Child; system: Child; post: Poster },
  tickets: number,
  run: string,
): Promise<Round> {
  const { redis, world, system, post } = parts;
  await world.ask('expect', tickets);
  const cpuFrom = await system.ask<NodeJS.CpuUsage>('cpu');
  const redisFrom = await redisCpuMicros(redis);
  const from = performance.now();
  await inParallel(tickets, width, (i) => post(postedTicket(`${run}-${i}`)));
  await world.ask('done');
  const seconds = (performance.now() - from) / 1000;
  const cpu = await system.ask<NodeJS.CpuUsage>('cpu');
  return {
    perSecond: tickets / seconds,
    nodeMicros: (cpu.user + cpu.system - cpuFrom.user - cpuFrom.system) / tickets,
    redisMicros: ((await redisCpuMicros(redis)) - redisFrom) / tickets,
  };
}

const summary = (rounds: Round[]) => ({
  perSecond: Math.round(median(rounds.map((one) => one.perSecond))),
  nodeMicros: Math.round(median(rounds.map((one) => one.nodeMicros))),
  redisMicros: Math.round(median(rounds.map((one) => one.redisMicros))),
});

export async function benchEverything(options: { rounds: number; tickets: number }) {
  return withTierline('everysec', async ({ redis, redisUrl, world, urls, tierline }) => {
    const naive = await startChild(script('naive-chain.ts'), [redisUrl, urls.models, urls.receiver]);
    const ours = createPoster(await tierline.ask('url'));
    const theirs = createPoster(await naive.ask('url'));
    const rounds: { naive: Round[]; tierline: Round[] } = { naive: [], tierline: [] };
    for (let round = 0; round <= options.rounds; round += 1) {
      const one = await measureRound(
        { redis, world, system: naive, post: theirs.post },
        options.tickets,
        `n${round}`,
      );
      const two = await measureRound(
        { redis, world, system: tierline, post: ours.post },
        options.tickets,
        `t${round}`,
      );
      // The first round warms up.
      if (round === 0) continue;
      rounds.naive.push(one);
      rounds.tierline.push(two);
    }
    ours.close();
    theirs.close();
    await naive.stop();
    const ratios = rounds.tierline.map((one, i) => one.perSecond / rounds.naive[i]!.perSecond);
    return {
      naive: summary(rounds.naive),
      tierline: summary(rounds.tierline),
      ratio: Number(median(ratios).toFixed(3)),
    };
  });
}

/** Time from the POST being sent to the verified delivery at a steady rate, with models that answer at once. */
export async function benchLatency(options: { perSecond: number; seconds: number }) {
  return withTierline('everysec', async ({ redis, world, tierline }) => {
    const { post, close } = createPoster(await tierline.ask('url'));
    await measureRound({ redis, world, system: tierline, post }, 300, 'warm');
    const tickets = options.perSecond * options.seconds;
    await world.ask('expect', tickets);
    const sentAt = new Map<string, number>();
    const posts: Promise<unknown>[] = [];
    const from = performance.now();
    for (let i = 0; i < tickets; i += 1) {
      const dueIn = from + (i * 1000) / options.perSecond - performance.now();
      if (dueIn > 0) await new Promise((resolve) => setTimeout(resolve, dueIn));
      const at = performance.timeOrigin + performance.now();
      posts.push(post(postedTicket(`l-${i}`)).then((ticketId) => sentAt.set(ticketId, at)));
    }
    await Promise.all(posts);
    const found = await world.ask<Record<string, number>>('done');
    close();
    const times = [...sentAt].map(([ticketId, at]) => (found[`msg_${ticketId}_1`] ?? NaN) - at);
    return {
      tickets,
      p50Ms: Number(percentile(times, 0.5).toFixed(1)),
      p99Ms: Number(percentile(times, 0.99).toFixed(1)),
      missing: times.filter(Number.isNaN).length,
    };
  });
}

/** The rate with every write synced to disk, against syncing every second. */
export async function benchFsync(options: { rounds: number; tickets: number }) {
  const rates: Record<'everysec' | 'always', number[]> = { everysec: [], always: [] };
  for (let round = 0; round < options.rounds; round += 1) {
    for (const mode of ['everysec', 'always'] as const) {
      const one = await withTierline(mode, async ({ redis, world, tierline }) => {
        const { post, close } = createPoster(await tierline.ask('url'));
        await measureRound({ redis, world, system: tierline, post }, 500, 'warm');
        const measured = await measureRound({ redis, world, system: tierline, post }, options.tickets, 'run');
        close();
        return measured.perSecond;
      });
      rates[mode].push(one);
    }
  }
  const ratios = rates.always.map((rate, i) => rate / rates.everysec[i]!);
  return {
    everysec: Math.round(median(rates.everysec)),
    always: Math.round(median(rates.always)),
    ratio: Number(median(ratios).toFixed(3)),
  };
}
