/** One test's own stage: a provider, a receiver, and any number of systems under a key prefix that nobody else uses. */
import type { TestContext } from 'node:test';
import { Queue } from 'bullmq';
import { connectRedis } from '../../shared/redis.ts';
import type { Redis } from '../../shared/redis.ts';
import { ends } from '../../shared/ticket.ts';
import { startProvider } from './provider.ts';
import type { Behave, Behaviour, Provider, ProviderRequest } from './provider.ts';
import { startReceiver } from './receiver.ts';
import type { Received, Receiver } from './receiver.ts';
import { startTestSystem, testConfig } from './system.ts';
import type { TestSystem, TestWorld } from './system.ts';

type Json = Record<string, unknown>;
type SystemOptions = Parameters<typeof startTestSystem>[2];

export type Scene = {
  prefix: string;
  provider: Provider;
  receiver: Receiver;
  redis: Redis;
  /** Log lines of all systems of this scene. */
  log: string[];
  /** The configuration that `start` uses, with `overrides` in place of its top-level parts. */
  config: (overrides?: Json) => Json;
  start: (overrides?: Json, options?: SystemOptions) => Promise<TestSystem>;
  /** The delivery of a ticket once it has come. */
  delivered: (ticketId: string) => Promise<Received>;
  /** The record's fields once the ticket has reached an end, without asking any system. */
  ended: (ticketId: string) => Promise<Record<string, string>>;
  /** The record's fields as they are. */
  record: (ticketId: string) => Promise<Record<string, string>>;
  recordKey: (ticketId: string) => string;
  /** A parked ticket's moment is now. */
  hurry: (ticketId: string) => Promise<void>;
  /** The tickets whose jobs a dead-letter queue keeps. */
  deadLetters: (queue: string) => Promise<string[]>;
  close: () => Promise<void>;
};

let scenes = 0;

/** Closed with the test `t`. */
export async function openScene(
  t: TestContext,
  world: TestWorld,
  behave: Behaviour | Behave = {},
): Promise<Scene> {
  scenes += 1;
  const prefix = `scene-${scenes}`;
  const provider = await startProvider({ behave });
  const receiver = await startReceiver();
  const redis = connectRedis(world.redis.url, 'patient', () => undefined);
  const log: string[] = [];
  const systems: TestSystem[] = [];
  const base = `{${prefix}:0}:`;
  const recordKey = (ticketId: string): string => `${base}t:${ticketId}`;
  const record = (ticketId: string): Promise<Record<string, string>> => redis.hgetall(recordKey(ticketId));
  const scene: Scene = {
    prefix,
    provider,
    receiver,
    redis,
    log,
    record,
    recordKey,
    config: (overrides = {}) =>
      testConfig({ providerUrl: provider.url, receiverUrl: receiver.url }, overrides),
    async start(overrides = {}, options = {}) {
      const environment = { TIERLINE_PREFIX: prefix, ...options.environment };
      const system = await startTestSystem(world, scene.config(overrides), { log, ...options, environment });
      systems.push(system);
      return system;
    },
    async delivered(ticketId) {
      const find = (all: Received[]): Received | undefined =>
        all.find((one) => one.body.data.ticketId === ticketId);
      return until(() => Promise.resolve(find(receiver.received) ?? null));
    },
    ended: (ticketId) =>
      until(async () => {
        const fields = await record(ticketId);
        return (ends as readonly string[]).includes(fields['st'] ?? '') ? fields : null;
      }),
    async hurry(ticketId) {
      // Only where it is parked at this very moment: a worker may be taking it.
      const changed = await redis.zadd(`${base}parks`, 'XX', 'CH', 1, ticketId);
      if (changed > 0) await redis.hset(recordKey(ticketId), 'pu', 1);
    },
    async deadLetters(name) {
      const queue = new Queue(name, { connection: redis, prefix: `${base}q` });
      const jobs = await queue.getJobs();
      await queue.close();
      return jobs.map((job) => (job.data as { ticketId: string }).ticketId);
    },
    async close() {
      for (const system of systems) await system.close();
      await redis.quit();
      await receiver.close();
      await provider.close();
    },
  };
  t.after(() => scene.close());
  return scene;
}

const patienceMs = 60_000;

/** The first thing that `look` finds; a test that waits for it in vain fails instead of hanging. */
export async function until<T>(look: () => Promise<T | null>): Promise<T> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > giveUpAt) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** For `until`: true once a line of this event has been written, with all of `parts` in it. */
export function wasLogged({ log }: Pick<Scene, 'log'>, event: string, ...parts: string[]): true | null {
  const has = (line: string): boolean =>
    line.includes(`"msg":"${event}"`) && parts.every((part) => line.includes(part));
  return log.some(has) ? true : null;
}

/** True for a request of the classifier: answers are streamed, its few tokens are not. */
export const isClassification = ({ stream }: ProviderRequest): boolean => !stream;

/** What a small model says about a ticket. */
export function labels(changes: Json = {}): Behaviour {
  return { text: JSON.stringify({ queryType: 'shipping', complexity: 0.2, language: 'en', ...changes }) };
}

/** The user message of a request: what the model was given of the ticket. */
export function userMessageOf({ body }: ProviderRequest): string {
  const { messages } = body as { messages: { role: string; content: string }[] };
  return messages.find(({ role }) => role === 'user')?.content ?? '';
}
