/** One system on whose models every case of the wall is played at the same time, each on models and accounts of its own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import type { Trace } from '../../shared/record/trace.ts';
import { accountBase } from '../../shared/models/gate.ts';
import { gateStatusOf } from '../../shared/models/gate-state.ts';
import type { GateStatus } from '../../shared/models/gate-state.ts';
import type { Behaviour, ProviderRequest } from '../fakes/provider.ts';
import type { Received } from '../fakes/receiver.ts';
import { openScene } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';
import { boundMs } from './case.ts';
import type { FaultCase, ModelName, Variant } from './case.ts';

/** A case over one API in one mode. `key`: short, unlike any other's. */
export type Played = { key: string; one: FaultCase; variant: Variant };

export type Wall = {
  played: Played[];
  /** Everything that was seen of a case, once its tickets have ended. */
  play: (played: Played) => Promise<Sight>;
  scene: Scene;
  system: TestSystem;
  /** Connections to the host that nobody was to talk to. */
  strangerConnections: () => number;
};

export type Sight = {
  tickets: { trace: Trace; received: Received; tookMs: number }[];
  requests: Record<ModelName, ProviderRequest[]>;
  gate: GateStatus;
  /** Between the end of the first model's last call and the end of its quiet time. */
  quietMs: number | null;
};

const modelNames: readonly ModelName[] = ['first', 'twin', 'second', 'wide'];
const price = { inputPerMTok: 1, cachedInputPerMTok: 0.1, outputPerMTok: 2 };
/** So far away that no machine is too slow. */
const farMs = 45_000;

export async function openWall(t: TestContext, world: TestWorld, cases: readonly FaultCase[]): Promise<Wall> {
  const stranger = await listenInSilence(t);
  const played = variantsOf(cases, stranger.url);
  const byKey = new Map(played.map((one) => [one.key, one]));
  const calls = new Map<string, number>();
  const scene = await openScene(t, world, ({ model }): Behaviour => {
    const [name = '', key = ''] = model.split('.');
    if (name !== 'first') return { text: `By the ${name}.` };
    const number = (calls.get(key) ?? 0) + 1;
    calls.set(key, number);
    const { one, variant } = byKey.get(key)!;
    return { text: 'By the first.', ...one.behave(variant, number) };
  });
  const system = await scene.start(configOf(scene, played));
  return {
    played,
    scene,
    system,
    play: (one) => play(scene, system, one),
    strangerConnections: stranger.connections,
  };
}

function variantsOf(cases: readonly FaultCase[], strangerUrl: string): Played[] {
  return cases.flatMap((one, index) =>
    (['openai', 'anthropic'] as const).flatMap((api) =>
      (['streamed', 'whole'] as const)
        .filter((mode) => (one.only?.api ?? api) === api && (one.only?.mode ?? mode) === mode)
        .map((mode) => ({ key: `${index}-${api}-${mode}`, one, variant: { api, mode, strangerUrl } })),
    ),
  );
}

type Json = Record<string, unknown>;

function configOf(scene: Scene, played: Played[]): Json {
  const { url } = scene.provider;
  const providers: Json = { safe: { api: 'openai', baseUrl: `${url}/v1`, apiKey: 'sk-safe' } };
  const models: Json = {};
  const routes: Json[] = [];
  for (const { key, one, variant } of played) {
    const { api, mode } = variant;
    const baseUrl = api === 'openai' ? `${url}/v1` : url;
    providers[`own-${key}`] = { api, baseUrl, apiKey: `sk-${key}`, streams: mode === 'streamed' };
    const common = {
      price,
      breaker: { failures: one.failures ?? 3, windowMs: 600_000, resetMs: 300_000 },
      timeoutMs: farMs,
      firstByteTimeoutMs: farMs,
      idleTimeoutMs: farMs,
    };
    const bound = one.bound?.(variant);
    const cut =
      bound === undefined ? {} : { [bound === 'total' ? 'timeoutMs' : `${bound}TimeoutMs`]: boundMs };
    const own = { ...common, provider: `own-${key}` };
    const safe = { ...common, provider: 'safe' };
    models[`first-${key}`] = { ...own, ...cut, model: `first.${key}` };
    models[`twin-${key}`] = { ...own, model: `twin.${key}` };
    models[`second-${key}`] = { ...safe, model: `second.${key}` };
    models[`wide-${key}`] = { ...safe, model: `wide.${key}`, contextTokens: 400_000 };
    const chain = (one.chain ?? ['first', 'second']).map((name) => `${name}-${key}`);
    routes.push({ when: { tag: [key] }, tier: 'simple', models: chain });
  }
  const anyModel = `second-${played[0]!.key}`;
  const { classifier } = scene.config() as { classifier: Json };
  return {
    providers,
    models,
    routes,
    classifier: { ...classifier, models: [] },
    tiers: {
      simple: { models: [anyModel], concurrency: 200 },
      standard: { models: [anyModel] },
      complex: { models: [anyModel] },
    },
  };
}

async function play(scene: Scene, system: TestSystem, { key, one, variant }: Played): Promise<Sight> {
  const tickets: Sight['tickets'] = [];
  for (let number = 1; number <= (one.tickets ?? 1); number += 1) {
    const postedAt = Date.now();
    const { body } = await system.post({ externalId: `${key}-${number}`, tags: [key] });
    const received = await scene.delivered(body.ticketId);
    tickets.push({ trace: await system.untilEnd(body.ticketId), received, tookMs: received.at - postedAt });
  }
  // A request whose connection we closed is over before its server is.
  const all = scene.provider.requests.filter(({ model }) => model.endsWith(`.${key}`));
  await Promise.all(all.map(({ ended }) => ended));
  const requests = Object.fromEntries(
    modelNames.map((name) => [name, all.filter(({ model }) => model === `${name}.${key}`)]),
  ) as Sight['requests'];
  const gate = await gateOf(scene, key);
  const last = tickets
    .flatMap(({ trace }) => trace.attempts)
    .findLast(({ model }) => model === `first-${key}`);
  assert.ok(last, `${variant.api} was called`);
  const lastAt = Date.parse(last.startedAt) + (last.durationMs ?? 0);
  return {
    tickets,
    requests,
    gate,
    quietMs: gate.quietUntilMs === null ? null : gate.quietUntilMs - lastAt,
  };
}

/** As lib.lua keeps it, read as status pages do, but for one model only. */
async function gateOf({ redis, prefix }: Scene, key: string): Promise<GateStatus> {
  const [model, provider] = [`first-${key}`, `own-${key}`];
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

/** A host that takes connections and counts them. */
async function listenInSilence(t: TestContext): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, connections: () => connections };
}
