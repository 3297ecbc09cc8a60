/** The faults: what can go wrong with a process, its way to Redis, Redis itself, the models, the receiver, the configuration. */
import { setTimeout as sleep } from 'node:timers/promises';
import { moods } from './moods.ts';
import type { MoodName } from './moods.ts';
import { roleOf } from './fleet.ts';
import type { Member } from './fleet.ts';
import type { Line } from './proxy.ts';
import type { Random } from './random.ts';
import type { Storm } from './storm.ts';
import { moodFor, noteFault } from './storm.ts';
import { stopBeyondLease } from './zombie.ts';

/**
 * `weight`: how many of them are in the deck. `begin` draws from numbers of its own, so that a seed repeats it whatever goes
 * on beside it; it resolves when the fault is over, and counts it where it happened.
 */
type Fault = { weight: number; begin: (storm: Storm, random: Random) => Promise<void> };

const normalShare = 0.03;
/** Above what a silent connection is found out by (10 s), and below. */
const silentMs = [2000, 13_000] as const;
const patienceMs = 8000;

export const strikes = {
  kill: { weight: 8, begin: kill },
  terminate: { weight: 2, begin: terminate },
  redis: { weight: 2, begin: killRedis },
  reset: { weight: 4, begin: reset },
  partition: { weight: 3, begin: partition },
  replies: { weight: 4, begin: loseReplies },
  latency: { weight: 3, begin: slowLines },
  stop: { weight: 2, begin: stopBeyondLease },
  flush: { weight: 2, begin: flushScripts },
  provider: { weight: 8, begin: troubleProvider },
  receiver: { weight: 3, begin: troubleReceiver },
  reload: { weight: 3, begin: reload },
} satisfies Record<string, Fault>;
export type FaultKind = keyof typeof strikes;
export const faultKinds = Object.keys(strikes) as FaultKind[];

/** Over at once, or with the connections they are about: nothing is waited for afterwards. */
export const quickKinds: ReadonlySet<FaultKind> = new Set(['flush', 'provider', 'receiver', 'reload']);

async function kill(storm: Storm, random: Random): Promise<void> {
  await replace(storm, random, { what: 'kill -9', end: (victim) => victim.kill() });
}

async function terminate(storm: Storm, random: Random): Promise<void> {
  await replace(storm, random, { what: 'SIGTERM', end: (victim) => victim.terminate(patienceMs) });
}

/** Ends a process and starts it again. It may be one that is only just starting. */
async function replace(
  storm: Storm,
  random: Random,
  { what, end }: { what: string; end: (victim: Member) => Promise<void> },
): Promise<void> {
  const { asleep, starting } = storm;
  await untilUsable(storm);
  const victims = storm.members.filter((member) => !asleep.has(member));
  if (victims.length === 0) return;
  const victim = random.pick(victims);
  // Nobody else may stop or end it while it is gone.
  asleep.add(victim);
  await end(victim);
  noteFault(storm, `${what} of ${roleOf(victim)}`);
  await untilUsable(storm);
  starting.add(victim);
  victim.start();
  asleep.delete(victim);
  await victim.started().finally(() => starting.delete(victim));
}

/** A process that starts with a broken file refuses to, rightly. */
async function untilUsable(storm: Storm): Promise<void> {
  while (storm.isBroken) await sleep(50);
}

async function killRedis(storm: Storm, random: Random): Promise<void> {
  if (storm.isRedisAway) return;
  storm.isRedisAway = true;
  await storm.world.killRedis(random.between(100, 1500));
  noteFault(storm, 'Redis kill -9');
  storm.isRedisAway = false;
}

/** One line mostly, sometimes all: with Redis itself, or a switch in between. */
function somebodysLines({ world }: Storm, random: Random, allShare: number): Line[] {
  const lines = [...world.lines.values()];
  return random.chance(allShare) ? lines : [random.pick(lines)];
}

async function reset(storm: Storm, random: Random): Promise<void> {
  for (const line of somebodysLines(storm, random, 0.4)) line.reset();
  noteFault(storm, 'connections reset');
}

async function partition(storm: Storm, random: Random): Promise<void> {
  const silent = somebodysLines(storm, random, 0.15).map((line) => line.silence(random.chance(0.4)));
  await sleep(random.between(...silentMs));
  const isHealed = random.chance(0.6);
  for (const { heal, cut } of silent) (isHealed ? heal : cut)();
  noteFault(storm, isHealed ? 'silent partition, healed' : 'silent partition, cut');
}

async function loseReplies(storm: Storm, random: Random): Promise<void> {
  const forMs = random.between(20, 800);
  await Promise.all(somebodysLines(storm, random, 0.3).map((line) => line.loseReplies(forMs)));
  noteFault(storm, 'replies lost');
}

async function slowLines(storm: Storm, random: Random): Promise<void> {
  const lines = somebodysLines(storm, random, 0.4);
  const mostMs = random.between(50, 500);
  for (const line of lines) line.delay(() => (25 + random.next() * (mostMs - 25)) / 2);
  await sleep(random.between(1000, 4000));
  for (const line of lines) line.delay(null);
  noteFault(storm, 'slow connections');
}

async function flushScripts(storm: Storm): Promise<void> {
  const isDone = await storm.world.app.redis.script('FLUSH').then(
    () => true,
    () => false,
  );
  if (isDone) noteFault(storm, 'SCRIPT FLUSH');
}

const moodNames = Object.keys(moods) as MoodName[];

async function troubleProvider(storm: Storm, random: Random): Promise<void> {
  const { moody } = storm;
  const name = random.pick(['alpha', 'beta'] as const);
  // Each has its turn: what was drawn least often so far.
  const drawn = (mood: MoodName): number => storm.counts.get(`provider: ${mood}`) ?? 0;
  const mood = leastOften(moodNames, drawn, random);
  noteFault(storm, `provider: ${mood}`);
  await moodFor(moody[name], mood, random.between(1500, mood === 'outage' ? 6000 : 3500));
}

function leastOften<T>(from: readonly T[], count: (one: T) => number, random: Random): T {
  const least = Math.min(...from.map(count));
  return random.pick(from.filter((one) => count(one) === least));
}

async function troubleReceiver(storm: Storm, random: Random): Promise<void> {
  storm.receiver.failingShare = 0.7;
  await sleep(random.between(1000, 3000));
  storm.receiver.failingShare = normalShare;
  noteFault(storm, 'receiver: 5xx and lost replies');
}

/** Another configuration, or for a moment one that cannot be used; processes see it by themselves or are told. */
async function reload(storm: Storm, random: Random): Promise<void> {
  if (storm.isBroken) return;
  if (random.chance(0.3) && storm.starting.size === 0) {
    storm.isBroken = true;
    await storm.configure('broken');
    await sleep(3000);
    noteFault(storm, 'reload: a broken file');
  }
  const variant = { concurrency: random.between(5, 40), hasExtra: random.chance(0.5) };
  await storm.configure(variant);
  storm.isBroken = false;
  // One that is only just starting would end by the signal.
  const listening = storm.members.filter((one) => !storm.starting.has(one) && !storm.asleep.has(one));
  for (const member of listening) if (random.chance(0.3)) member.hangUp();
  noteFault(storm, 'reload: concurrency, models');
}
