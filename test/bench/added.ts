/**
 * What our part adds to a model call: permit with limits, ledger row opened and settled, breaker, all against a real Redis,
 * beyond what the model itself takes. And whether a process that answers for hours keeps its memory.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createBreaker } from '../../shared/breaker.ts';
import { callModel } from '../../shared/models/call.ts';
import type { ChatRequest } from '../../shared/models/chat.ts';
import { acceptTicket } from '../../shared/transitions.ts';
import { machineryApp } from './machinery-app.ts';
import { benchTicket } from './machinery.ts';
import { ignoreErrors, inParallel, percentile, startChild, withRedis } from './world.ts';
import type { Redis } from '../../shared/redis.ts';

const request: ChatRequest = {
  system: 'You answer customers of a shop. Be brief and polite, and promise nothing. '.repeat(4),
  user: 'My order 5531 has not arrived yet. Could you tell me where it is? '.repeat(24),
  maxOutputTokens: 400,
  stream: false,
};
const cell = { queryType: 'shipping', language: 'en', tier: 'simple' };
const warmUp = 500;
/** Of a fast model, on average. With one that answers at once, ten in flight are as many as the machine can do, and wait in line. */
const answerMs = 20;

async function scriptCalls(redis: Redis): Promise<number> {
  const stats = await redis.info('commandstats');
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

type Added = { p50Ms: number; p99Ms: number; roundTrips: number; p50MsAtOnce: number };

/**
 * At ten in flight; commands are counted alone, where nothing travels together. `p50MsAtOnce`: with a model that answers at
 * once.
 */
export async function benchAdded(calls: number): Promise<Added> {
  return withRedis('no', async (redis, url) => {
    const app = machineryApp(url);
    const limits = { requestsPerMinute: 10_000_000, tokensPerMinute: 1_000_000_000, concurrency: 1000 };
    const model = {
      ...app.runtime().usableModels(['model'])[0]!,
      breaker: createBreaker(
        redis,
        { model: 'model', base: '{bench:p}:', accountIdentity: 'account', modelIdentity: 'model' },
        { breaker: { failures: 3, windowMs: 60_000, resetMs: 15_000 }, limits },
        { now: Date.now, random: Math.random, onError: ignoreErrors },
      ),
    };
    const signal = new AbortController().signal;
    const one = async (index: number, times: number[], modelMs: number): Promise<void> => {
      const ticket = benchTicket(index, 'added');
      const identity = app.record.identify(ticket, 'message');
      await app.record.accept(ticket, identity, 'classify');
      const claimed = await app.record.claim(identity.ticketId, 'classify', `token ${index}`, []);
      if (claimed.kind !== 'claimed') throw new Error(`the ticket is ${claimed.kind}`);
      let taken = 0;
      const call: typeof model.chat.call = async (...args) => {
        const began = performance.now();
        if (modelMs > 0) await sleep(modelMs * (0.5 + Math.random()));
        const outcome = await model.chat.call(...args);
        taken = performance.now() - began;
        return outcome;
      };
      const timed = { ...model, chat: { ...model.chat, call } };
      const from = performance.now();
      const result = await callModel(app, claimed.claim, timed, { request, purpose: 'answer', cell, signal });
      if (result.kind !== 'answer') throw new Error(`the call ended as ${result.kind}`);
      const { number, row } = result;
      const settled = {
        number,
        row,
        cell: { ...cell, model: 'model', purpose: 'answer' as const },
        fault: null,
      };
      await app.record.settle(identity.ticketId, [{ ...settled, countsTicket: true }]);
      times.push(performance.now() - from - taken);
    };
    let made = 0;
    const measure = async (count: number, modelMs: number): Promise<number[]> => {
      const times: number[] = [];
      const first = made;
      made += count;
      await inParallel(count, 10, (i) => one(first + i, times, modelMs));
      return times;
    };
    await measure(warmUp, 0);
    const atOnce = await measure(calls, 0);
    const measured = await measure(calls, answerMs);
    const alone = 50;
    const before = await scriptCalls(redis);
    for (let i = 0; i < alone; i += 1) await one(made + i, [], 0);
    // Two of them are the ticket's own: accepted and claimed. What is given back afterwards is not waited for.
    const perCall = ((await scriptCalls(redis)) - before) / alone - 2;
    await app.hints.close();
    app.redis.disconnect();
    const ms = (times: number[], share: number): number => Math.round(percentile(times, share) * 1000) / 1000;
    return {
      p50Ms: ms(measured, 0.5),
      p99Ms: ms(measured, 0.99),
      roundTrips: perCall - 1,
      p50MsAtOnce: ms(atOnce, 0.5),
    };
  });
}

const worker = new URL('machinery-worker.ts', import.meta.url).pathname;

/** RSS of the process with all workers, after a warm-up and after many tickets more. */
export async function benchFlat(
  tickets: number,
): Promise<{ tickets: number; megabytes: number[]; growth: number }> {
  return withRedis('no', async (redis, url) => {
    const child = await startChild(worker, ['tierline', url]);
    const app = machineryApp(url);
    const megabytes: number[] = [];
    const slices = 10;
    const size = tickets / slices;
    for (let slice = 0; slice < slices; slice += 1) {
      await child.ask('expect', size);
      await inParallel(size, 300, (i) => {
        const ticket = benchTicket(i, `flat-${slice}`);
        return acceptTicket(app, ticket, app.record.identify(ticket, 'message'));
      });
      await child.ask('done');
      megabytes.push(Math.round(((await child.ask<number>('memory')) / 2 ** 20) * 10) / 10);
      // Ended tickets are kept for weeks; here they would only fill the machine.
      await redis.flushall();
    }
    await child.stop();
    await app.hints.close();
    app.redis.disconnect();
    const [, , third = 0] = megabytes;
    const last = megabytes.at(-1)!;
    return { tickets, megabytes, growth: Math.round((last / third) * 1000) / 1000 };
  });
}
