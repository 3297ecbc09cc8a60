/** A Tierline of real processes on a Redis that can be killed, between a model server and a receiver, and what is seen of it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedRedis } from '../../services/cli/embedded-redis.ts';
import type { EmbeddedRedis } from '../../services/cli/embedded-redis.ts';
import { readEnvironment } from '../../services/environment.ts';
import { openApp } from '../../services/open-app.ts';
import type { App } from '../../shared/app.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { formatProblem } from '../../shared/config/problem.ts';
import { createLog } from '../../shared/log.ts';
import { startReceiver } from '../fakes/receiver.ts';
import type { Received, Receiver, ReceiverAnswer } from '../fakes/receiver.ts';
import { apiKey, testConfig } from '../fakes/system.ts';
import { createFleet } from './fleet.ts';
import type { Fleet, Member } from './fleet.ts';
import type { Seen, SeenCall, SeenDelivery } from './invariants.ts';
import { markerPattern, postBody, postHeaders, postPath } from './messages.ts';
import type { Message } from './messages.ts';
import { observe, readRemaining, stuckTickets } from './observe.ts';
import { openLine } from './proxy.ts';
import type { Line } from './proxy.ts';
import { until } from './until.ts';

export type World = {
  fleet: Fleet;
  app: App;
  receiver: Receiver;
  /** Posts until it is answered with 2xx, as a helpdesk does; remembers what it was told. Returns the ticket's id. */
  post: (intake: Member, message: Message) => Promise<string>;
  /** The id of every message that was answered with 2xx; more than one where posts of it were answered differently. */
  acknowledged: Map<Message, string[]>;
  /** Each process' way to Redis, by its name; empty where they go straight. */
  lines: Map<string, Line>;
  /** Writes the configuration anew, as it is or as text that is none; processes take it up by themselves. */
  configure: (config: Json | string) => Promise<void>;
  /** Redis ends with SIGKILL and comes back after `awayMs` on its port and folder. */
  killRedis: (awayMs: number) => Promise<void>;
  see: () => Promise<Seen>;
  /** True where every accepted message is at an end and nothing is left to be done. */
  isQuiet: () => Promise<boolean>;
  /** What is left to be done, and how many calls and deliveries were made: while it changes, something happens. */
  standing: () => Promise<Record<string, number>>;
  /** What is not at its end, and where it stands, for people. */
  stuck: () => Promise<string>;
  /** Resolves when every message that was accepted is at an end; throws, with what is stuck, where that takes longer. */
  untilEnded: (withinMs: number) => Promise<void>;
  /** The same, and no hint is left either. */
  untilQuiet: (withinMs: number) => Promise<void>;
  close: () => Promise<void>;
};

export type Json = Record<string, unknown>;

export async function openWorld(options: {
  projectFolder: string;
  leaseMs: number;
  providerUrl: string;
  calls: () => SeenCall[];
  /** Parts of testConfig to replace; they may depend on the receiver's address. */
  overrides: Json | ((receiverUrl: string) => Json);
  answer?: (delivery: Received) => ReceiverAnswer;
  /** Processes that get a way of their own to Redis, which can be hurt. */
  throughLines?: readonly string[];
}): Promise<World> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tierline-chaos-'));
  const startRedis = (port?: number): Promise<EmbeddedRedis> =>
    startEmbeddedRedis({
      folder: path.join(folder, 'redis'),
      appendOnly: 'always',
      ...(port === undefined ? {} : { port }),
    });
  let redis = await startRedis();
  const receiver = await startReceiver();
  const deliveries = watchDeliveries(receiver, options.answer ?? (() => ({ status: 200 })));
  const lines = new Map<string, Line>();
  for (const name of options.throughLines ?? []) lines.set(name, await openLine(redis.port));
  const config = path.join(folder, 'tierline.yaml');
  const urls = { providerUrl: options.providerUrl, receiverUrl: receiver.url };
  // JSON is YAML too.
  const configure = (next: Json | string): Promise<void> =>
    writeFile(config, typeof next === 'string' ? next : JSON.stringify(testConfig(urls, next)));
  const { overrides } = options;
  await configure(typeof overrides === 'function' ? overrides(receiver.url) : overrides);
  const observer = await openObserver(config, redis.url);
  const fleet = createFleet({
    projectFolder: options.projectFolder,
    environmentOf: (name) => ({
      REDIS_URL: lines.has(name) ? `redis://127.0.0.1:${lines.get(name)!.port}` : redis.url,
      TIERLINE_CONFIG: config,
      TIERLINE_API_KEYS: apiKey,
      TIERLINE_LEASE_MS: String(options.leaseMs),
      INGEST_PORT: '0',
      CHAOS_PROCESS: name,
    }),
    textPattern: markerPattern,
  });
  const acknowledged: World['acknowledged'] = new Map();
  const see = async (): Promise<Seen> => ({
    ...(await observe(observer.app, acknowledged)),
    calls: options.calls(),
    deliveries,
    misbehaviour: fleet.misbehaviour,
  });
  const stuck = async (): Promise<string> => stuckTickets(observer.app, await see());
  const explain = async (): Promise<string> => `${await stuck()}\n${fleet.lastLines()}`;
  const isQuiet = async (): Promise<boolean> =>
    (await hasEnded(observer.app, acknowledged)) && hasNothingLeft(observer.app);
  return {
    fleet,
    app: observer.app,
    receiver,
    acknowledged,
    async post(intake, message) {
      const ticketId = await postUntilAccepted(intake, message);
      const known = acknowledged.get(message);
      if (known === undefined) acknowledged.set(message, [ticketId]);
      else known.push(ticketId);
      return ticketId;
    },
    lines,
    configure,
    async killRedis(awayMs) {
      await redis.kill();
      await sleep(awayMs);
      // Somebody on this machine may have its port for a moment: it is one of those that the system gives out.
      await until(
        'Redis is back',
        () =>
          startRedis(redis.port).then(
            (started) => Boolean((redis = started)),
            () => false,
          ),
        { withinMs: redisBackWithinMs },
      );
    },
    see,
    isQuiet,
    stuck,
    async standing() {
      const remaining = await readRemaining(observer.app);
      return { ...remaining, calls: options.calls().length, deliveries: deliveries.length };
    },
    untilEnded: (withinMs) =>
      until('every ticket has ended', () => hasEnded(observer.app, acknowledged), { withinMs, explain }),
    untilQuiet: (withinMs) => until('all is quiet', isQuiet, { withinMs, explain }),
    async close() {
      await fleet.close();
      for (const line of lines.values()) await line.close();
      await observer.close();
      await receiver.close();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The cheap questions first: this is asked many times. */
async function hasEnded(app: App, acknowledged: World['acknowledged']): Promise<boolean> {
  const { open } = await app.record.counts();
  if (open > 0) return false;
  const ticketIds = [...acknowledged.values()].map(([ticketId = '']) => ticketId);
  const ended = await app.record.readFields(ticketIds, 'ea');
  return ended.every((at) => at !== null);
}

/** The list grows with what the receiver gets. */
function watchDeliveries(receiver: Receiver, answer: (delivery: Received) => ReceiverAnswer): SeenDelivery[] {
  const deliveries: SeenDelivery[] = [];
  receiver.answer = (delivery) => {
    const given = answer(delivery);
    deliveries.push({
      webhookId: String(delivery.headers['webhook-id']),
      ticketId: delivery.body.data.ticketId,
      type: delivery.body.type,
      text: delivery.body.data.text,
      raw: delivery.raw,
      isAccepted: given.cut !== true && (given.status ?? 200) < 300,
    });
    return given;
  };
  return deliveries;
}

/** The product's own eyes, in this process and without any role. */
async function openObserver(
  file: string,
  redisUrl: string,
): Promise<{ app: App; close: () => Promise<void> }> {
  const loaded = loadConfig({ file, env: {} });
  if (loaded.kind === 'invalid') throw new Error(loaded.problems.map(formatProblem).join('\n'));
  const closers: (() => Promise<unknown>)[] = [];
  const environment = readEnvironment({});
  const log = createLog('silent');
  const app = await openApp({ loaded, redisUrl, environment, log }, closers);
  return {
    app,
    async close() {
      for (const close of closers.toReversed()) await close();
    },
  };
}

const hasNothingLeft = async (app: App): Promise<boolean> =>
  Object.values(await readRemaining(app)).every((count) => count === 0);

const redisBackWithinMs = 60_000;
const postTimeoutMs = 5000;
const postAgainMs = 100;
const postWithinMs = 300_000;

async function postUntilAccepted(intake: Member, message: Message): Promise<string> {
  let ticketId: string | null = null;
  let last = '';
  await until(
    `${message.marker} is accepted`,
    async () => {
      try {
        const response = await fetch(`${await intake.url()}${postPath(message)}`, {
          method: 'POST',
          headers: postHeaders(message),
          body: postBody(message),
          signal: AbortSignal.timeout(postTimeoutMs),
        });
        const text = await response.text();
        if (response.ok) ticketId = (JSON.parse(text) as { ticketId: string }).ticketId;
        else last = text;
        if (response.status >= 400 && response.status < 500) throw new RefusedError(text);
      } catch (error) {
        if (error instanceof RefusedError) throw error;
        last = String(error);
      }
      if (ticketId === null) await sleep(postAgainMs);
      return ticketId !== null;
    },
    { withinMs: postWithinMs, explain: () => last },
  );
  return ticketId!;
}

/** What no repetition will change. */
class RefusedError extends Error {}
