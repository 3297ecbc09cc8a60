/** One run: a world, a storm over it, quiet, late repetitions, and the checks. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultKind } from './faults.ts';
import { roleOf } from './fleet.ts';
import type { Member } from './fleet.ts';
import { startHeldProvider } from './held-provider.ts';
import type { HeldProvider } from './held-provider.ts';
import { violationsOf } from './invariants.ts';
import type { Seen } from './invariants.ts';
import { limitViolations } from './limits.ts';
import type { TimedCall } from './limits.ts';
import { moodyReceiver, postAll } from './load.ts';
import { planMessages } from './messages.ts';
import type { Message } from './messages.ts';
import { ownMarkerOf, startMoodyProvider } from './moods.ts';
import type { MoodyProvider } from './moods.ts';
import { copyProject, projectFolder } from './project-copy.ts';
import type { Change } from './project-copy.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { firstVariant, limits, stormConfig } from './settings.ts';
import type { Variant } from './settings.ts';
import type { Storm } from './storm.ts';
import { strike } from './strike.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

const compareAndSet = 'local ours = f[1] == from and f[2] == token';
const startOfSweeper = 'export function startSweeper(app: App): Running {\n';
/** What is taken out of a copy of the product: the checks must then find what is wrong. */
export const controls = {
  'no-token': { file: 'shared/record/advance.lua', from: compareAndSet, to: 'local ours = f[1] == from' },
  'no-sweeper': {
    file: 'shared/record/sweeper.ts',
    from: startOfSweeper,
    to: `${startOfSweeper}  if (app) return { close: () => Promise.resolve() };\n`,
  },
} satisfies Record<string, Change>;

export type ChaosOptions = {
  seed: number;
  seconds: number;
  kinds: readonly FaultKind[];
  control: keyof typeof controls | null;
  say: (line: string) => void;
};

export type ChaosOutcome = {
  options: ChaosOptions;
  seen: Seen;
  counts: Map<string, number>;
  stormMs: number;
  /** null: it never became quiet. */
  quietMs: number | null;
  /** What is not at its end, for people; only where something is. */
  stuck: string | null;
  violations: string[];
  /** What the processes wrote about the first tickets that something is wrong with. */
  evidence: string[];
};

const leaseMs = 5000;
const perSecond = 8;
const members = ['ingest', 'classifier', 'tier 1', 'tier 2', 'tier 3', 'results'] as const;
/** Nothing happens for so long only where nothing will: the longest wait of a park is shorter. */
const patience = { withinMs: 300_000, idleMs: 75_000 };
/** A product with a part missing need not be waited for: what is lost is lost. */
const controlPatience = { withinMs: 20_000, idleMs: 10_000 };
const repeatedAtTheEnd = 100;
const sayEveryMs = 10_000;
const countsUp = new Set(['calls', 'deliveries']);

export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const { seed, control, say } = options;
  say(`chaos: seed ${seed}, ${options.seconds} s${control === null ? '' : `, control ${control}`}`);
  const copy = control === null ? null : await copyProject(controls[control]);
  const servers = await startServers(options);
  try {
    const world = await openStormWorld(options, servers, copy?.folder ?? projectFolder);
    try {
      return await runIn(options, servers, world);
    } finally {
      await world.close();
    }
  } finally {
    await servers.close();
    await copy?.close();
  }
}

type Servers = {
  alpha: MoodyProvider;
  beta: MoodyProvider;
  gamma: HeldProvider;
  calls: () => TimedCall[];
  known: Map<string, Message>;
  receiver: { failingShare: number };
  close: () => Promise<void>;
};

/** Streams of their own, so that one's draws do not move another's. */
const randomOf = ({ seed }: ChaosOptions, stream: number): Random => createRandom(seed * 7 + stream);

async function startServers(options: ChaosOptions): Promise<Servers> {
  const known = new Map<string, Message>();
  const ownMarker = ownMarkerOf(known);
  const alpha = await startMoodyProvider('alpha', randomOf(options, 1), ownMarker);
  const beta = await startMoodyProvider('beta', randomOf(options, 2), ownMarker);
  const gamma = await startHeldProvider(ownMarker);
  return {
    alpha,
    beta,
    gamma,
    known,
    receiver: { failingShare: 0.03 },
    calls: () => [alpha, beta, gamma].flatMap(({ calls }) => calls),
    close: async () => void (await Promise.all([alpha, beta, gamma].map((one) => one.close()))),
  };
}

const urlsOf = ({ alpha, beta, gamma }: Servers, receiver: string) => ({
  alpha: alpha.url,
  beta: beta.url,
  gamma: gamma.url,
  receiver,
});

function openStormWorld(options: ChaosOptions, servers: Servers, folder: string): Promise<World> {
  return openWorld({
    projectFolder: folder,
    leaseMs,
    providerUrl: servers.alpha.url,
    calls: servers.calls,
    overrides: (receiver) => stormConfig(urlsOf(servers, receiver), firstVariant),
    answer: moodyReceiver(randomOf(options, 3), servers.receiver),
    throughLines: members,
  });
}

async function runIn(options: ChaosOptions, servers: Servers, world: World): Promise<ChaosOutcome> {
  const { say, control } = options;
  const forMs = options.seconds * 1000;
  const storm = await openStorm(options, servers, world);
  const messages = planMessages(options.seconds * perSecond, randomOf(options, 4));
  const startedAt = Date.now();
  const reporter = setInterval(() => say(progressOf(storm, startedAt)), sayEveryMs);
  const broken: string[] = [];
  await Promise.all([
    postAll(storm, messages, { forMs, random: randomOf(options, 5) }),
    strike(storm, options.kinds, { forMs, random: randomOf(options, 7) }),
  ])
    .catch((error: unknown) => broken.push(`the storm broke off: ${String(error)}`))
    .finally(() => clearInterval(reporter));
  servers.gamma.releaseAll();
  const stormMs = Date.now() - startedAt;
  const isQuiet = await becomesQuiet(world, control === null ? patience : controlPatience, say);
  const quietMs = isQuiet ? Date.now() - startedAt - stormMs : null;
  if (isQuiet) await repeat(options, world, storm.intake);
  const seen = await world.see();
  const violations = [
    ...broken,
    ...violationsOf(seen),
    ...limitViolations(servers.calls(), limits, storm.stops),
  ];
  const stuck = isQuiet ? null : await world.stuck();
  return {
    options,
    seen,
    counts: storm.counts,
    stormMs,
    quietMs,
    stuck,
    violations,
    evidence: evidenceFor(world, violations),
  };
}

const ticketsWithEvidence = 3;

/** What was logged about the first tickets; of every kind of violation one, before there is a second of any. */
function evidenceFor({ fleet }: World, violations: string[]): string[] {
  const kinds = [...Map.groupBy(violations, (one) => one.split(':')[0]).values()];
  const firsts = kinds.map(([first = '']) => first);
  const ids = new Set([...firsts, ...violations].flatMap((one) => one.match(/\bt_[0-9a-z]{10,40}/g) ?? []));
  return [...ids].slice(0, Math.max(ticketsWithEvidence, firsts.length)).flatMap((id) => fleet.linesWith(id));
}

function progressOf({ world, counts }: Storm, startedAt: number): string {
  const faults = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  return `chaos: ${seconds} s: ${world.acknowledged.size} tickets, ${faults} faults`;
}

async function openStorm(options: ChaosOptions, servers: Servers, world: World): Promise<Storm> {
  const fleet = members.map((name): Member => world.fleet.add(name, [roleOf({ name })]));
  await Promise.all(fleet.map((member) => member.started()));
  const urls = urlsOf(servers, world.receiver.url);
  return {
    world,
    intake: fleet[0]!,
    members: fleet,
    moody: servers,
    held: servers.gamma,
    receiver: servers.receiver,
    introduce: (message) => void servers.known.set(message.marker, message),
    configure: (next: Variant | 'broken') =>
      world.configure(next === 'broken' ? 'tiers: {' : stormConfig(urls, next)),
    leaseMs,
    asleep: new Set(),
    starting: new Set(),
    isBroken: false,
    isRedisAway: false,
    stops: [],
    counts: new Map(),
  };
}

/** Waits as long as something still happens, however slow the machine is. */
async function becomesQuiet(
  world: World,
  { withinMs, idleMs }: { withinMs: number; idleMs: number },
  say: (line: string) => void,
): Promise<boolean> {
  const startedAt = Date.now();
  let last = '';
  let [changedAt, saidAt] = [startedAt, startedAt];
  while (!(await world.isQuiet())) {
    const standing = await world.standing();
    const now = Date.now();
    if (JSON.stringify(standing) !== last) changedAt = now;
    last = JSON.stringify(standing);
    if (now - saidAt >= sayEveryMs) {
      saidAt = now;
      const left = Object.entries(standing).filter(([what, count]) => count > 0 && !countsUp.has(what));
      say(`chaos: waiting for ${left.map(([what, count]) => `${count} ${what}`).join(', ')}`);
    }
    if (now - startedAt > withinMs || now - changedAt > idleMs) return false;
    await sleep(200);
  }
  return true;
}

/** Messages whose answers are long out come once more: nothing may follow from it. */
async function repeat(options: ChaosOptions, world: World, intake: Member): Promise<void> {
  const random = randomOf(options, 6);
  const messages = Array.from(world.acknowledged.keys());
  for (let i = 0; i < repeatedAtTheEnd && messages.length > 0; i += 10) {
    const some = Array.from({ length: 10 }, () => random.pick(messages));
    await Promise.all(some.map((message) => world.post(intake, message)));
  }
  await becomesQuiet(world, patience, options.say);
}
