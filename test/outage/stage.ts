/** Two metered providers, an intake in this process, and workers that are processes of their own. */
import type { TestContext } from 'node:test';
import { gateStatusOf } from '../../shared/models/gate-state.ts';
import type { GateStatus } from '../../shared/models/gate-state.ts';
import { accountBase } from '../../shared/models/gate.ts';
import { createFleet } from '../chaos/fleet.ts';
import type { Member } from '../chaos/fleet.ts';
import { projectFolder } from '../chaos/project-copy.ts';
import { until } from '../chaos/until.ts';
import { openScene } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';
import { startMeteredProvider } from './metered-provider.ts';
import type { MeteredProvider } from './metered-provider.ts';

export type ModelName = 'first' | 'second';

export type Stage = {
  scene: Scene;
  /** Takes tickets in and delivers; calls no model. */
  intake: TestSystem;
  workers: Member[];
  addWorker: () => Promise<void>;
  first: MeteredProvider;
  second: MeteredProvider;
  gate: (model: ModelName) => Promise<GateStatus>;
  /** Lines of all workers that match. */
  wrote: (pattern: RegExp) => number;
  misbehaviour: string[];
};

type Json = Record<string, unknown>;

/** Far beyond what anything here takes: whoever waits so long waits for something lost. */
const patienceMs = 300_000;
const ticketText = 'Where is my parcel?';
const price = { inputPerMTok: 1, outputPerMTok: 2 };

/** `model`: settings of both models; `tier`: of every tier; `hurried`: of the tier of tickets with this tag. */
export async function openStage(
  t: TestContext,
  world: TestWorld,
  options: { workers: number; chain: readonly ModelName[]; model: Json; tier?: Json; hurried?: Json },
): Promise<Stage> {
  const [first, second] = [await startMeteredProvider('first'), await startMeteredProvider('second')];
  t.after(() => Promise.all([first.close(), second.close()]));
  const scene = await openScene(t, world);
  const { classifier } = scene.config() as { classifier: Json };
  const tier = { models: options.chain, ...options.tier };
  const config = {
    providers: {
      one: { api: 'openai', baseUrl: `${first.url}/v1`, apiKey: 'sk-1' },
      two: { api: 'anthropic', baseUrl: second.url, apiKey: 'sk-2' },
    },
    models: {
      first: { provider: 'one', model: 'first-1', price, ...options.model },
      second: { provider: 'two', model: 'second-1', price, ...options.model },
    },
    classifier: { ...classifier, models: [] },
    tiers: { simple: tier, standard: tier, complex: { ...tier, ...options.hurried } },
    routes: [{ when: { tag: ['hurried'] }, tier: 'complex' }],
  };
  const intake = await scene.start(config, { roles: ['ingest', 'classifier', 'results'] });
  const fleet = createFleet({
    projectFolder,
    environmentOf: () => ({
      REDIS_URL: world.redis.url,
      TIERLINE_CONFIG: intake.configFile,
      TIERLINE_PREFIX: scene.prefix,
      TIERLINE_LEASE_MS: '5000',
    }),
    textPattern: new RegExp(ticketText.slice(0, -1)),
  });
  t.after(() => fleet.close());
  const workers: Member[] = [];
  // One after the other: eight at once would wait for each other where there are two cores.
  const addWorker = async (): Promise<void> => {
    const worker = fleet.add(`worker-${workers.length + 1}`, ['tier']);
    workers.push(worker);
    await worker.started();
  };
  for (let i = 0; i < options.workers; i += 1) await addWorker();
  return {
    scene,
    intake,
    workers,
    addWorker,
    first,
    second,
    gate: (model) => readGate(scene, model),
    wrote: (pattern) => workers.reduce((sum, worker) => sum + worker.wrote(pattern), 0),
    misbehaviour: fleet.misbehaviour,
  };
}

async function readGate({ redis, prefix }: Scene, model: ModelName): Promise<GateStatus> {
  const provider = model === 'first' ? 'one' : 'two';
  const base = accountBase(prefix, provider);
  const [account, own] = await Promise.all([
    redis.hgetall(`${base}account`),
    redis.hgetall(`${base}breaker:${model}`),
  ]);
  const inFlight = await redis.zcount(`${base}flight:${model}`, Date.now(), '+inf');
  return gateStatusOf(
    { model, provider },
    { account, own, inFlight },
    { concurrency: null, nowMs: Date.now() },
  );
}

/** Posts tickets one after the other, `everyMs` apart, until it is told to stop. */
export function steadyLoad(stage: Stage, everyMs: number): { stop: () => Promise<string[]> } {
  const posts: Promise<string>[] = [];
  const timer = setInterval(() => void posts.push(postTicket(stage, posts.length)), everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return Promise.all(posts);
    },
  };
}

export async function postTicket({ intake }: Stage, number: number, changes: Json = {}): Promise<string> {
  const { body } = await intake.post({ externalId: `T-${number}`, body: ticketText, ...changes });
  return body.ticketId;
}

/** What was delivered for each ticket, exactly once: the model, or `people: <why>`. */
export async function endsOf({ scene }: Stage, ticketIds: readonly string[]): Promise<string[]> {
  const webhooks = (): string[] => scene.receiver.received.map(({ body }) => body.data.ticketId);
  const hasAll = (): boolean => {
    const got = new Set(webhooks());
    return ticketIds.every((ticketId) => got.has(ticketId));
  };
  await until('every ticket is delivered', hasAll, { withinMs: patienceMs });
  const delivered = await Promise.all(ticketIds.map((ticketId) => scene.delivered(ticketId)));
  if (new Set(webhooks()).size !== webhooks().length) throw new Error('a ticket was delivered twice');
  return delivered.map(({ body: { type, data } }) =>
    type === 'ticket.handoff' ? `people: ${data.reason}` : String(data.model),
  );
}
