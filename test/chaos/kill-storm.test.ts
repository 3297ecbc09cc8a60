/**
 * Five hundred messages pass while every kind of process is killed at random moments and Redis once, with every write
 * synced. Models refuse now and then, the receiver fails now and then after it has read a reply. CHAOS_SEED repeats a plan.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProvider } from '../fakes/provider.ts';
import type { Behave, Provider } from '../fakes/provider.ts';
import type { Received, ReceiverAnswer } from '../fakes/receiver.ts';
import type { Member } from './fleet.ts';
import { violationsOf } from './invariants.ts';
import type { Seen, SeenCall } from './invariants.ts';
import { markersIn, planMessages } from './messages.ts';
import type { Message } from './messages.ts';
import { projectFolder } from './project-copy.ts';
import { chaosSeed, createRandom } from './random.ts';
import type { Random } from './random.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

const messageCount = 500;
const postGapMs = 30;
const twiceShare = 0.12;
const killGapMs = [500, 1300] as const;
const killsEach = 4;
const leaseMs = 5000;
/** Long enough for the lease to end, and for somebody else to be at work. */
const stopMs = leaseMs + 2500;
const quietWithinMs = 120_000;

const seed = chaosSeed();
/** Streams of their own, so that one's draws do not move another's. */
const randomOf = (stream: number): Random => createRandom(seed * 7 + stream);

/** Failures open the breaker for a second only: the run is short. */
const model = {
  provider: 'fake',
  timeoutMs: 5000,
  breaker: { failures: 5, windowMs: 10_000, resetMs: 1000 },
};
const overrides = {
  models: {
    small: { ...model, model: 'small-1', price: { inputPerMTok: 0.1, outputPerMTok: 0.5 } },
    large: { ...model, model: 'large-1', price: { inputPerMTok: 2, outputPerMTok: 10 } },
  },
};

test('five hundred tickets survive kill -9 of every process and of Redis: none lost, none answered twice', async (t) => {
  t.diagnostic(`CHAOS_SEED=${seed}`);
  const messages = planMessages(messageCount, randomOf(1));
  const calls: SeenCall[] = [];
  const provider = await startProvider({ behave: moodyModel(messages, calls, randomOf(2)) });
  const world = await openStorm(provider, calls);
  try {
    const intake = world.fleet.add('ingest', ['ingest']);
    const roles = ['classifier', 'tier', 'tier', 'results'].map((role, i) =>
      world.fleet.add(`${role} ${i}`, [role]),
    );
    await Promise.all([intake, ...roles].map((member) => member.started()));

    const startedAt = Date.now();
    await Promise.all([
      postAll(world, intake, messages, randomOf(4)),
      strike(world, [intake, ...roles], randomOf(5)),
    ]);
    const stormMs = Date.now() - startedAt;
    await world.untilQuiet(quietWithinMs);
    const quietMs = Date.now() - startedAt - stormMs;

    const seen = await world.see();
    t.diagnostic(`storm ${stormMs} ms, quiet ${quietMs} ms later; ${summary(seen)}`);
    assert.deepEqual(violationsOf(seen), [], `CHAOS_SEED=${seed}`);
    assert.equal(seen.tickets.length, messageCount);
  } finally {
    await world.close();
    await provider.close();
  }
});

function openStorm(provider: Provider, calls: SeenCall[]): Promise<World> {
  return openWorld({
    projectFolder,
    leaseMs,
    providerUrl: provider.url,
    calls: () => calls,
    overrides,
    answer: moodyReceiver(randomOf(3)),
  });
}

/** Another text for every call, after 50 to 150 ms; a few calls are refused. */
function moodyModel(messages: Message[], calls: SeenCall[], random: Random): Behave {
  const createdAt = new Map(messages.map(({ marker, createdAtMs }) => [marker, createdAtMs]));
  return (request) => {
    const purpose = 'response_format' in request.body ? 'classify' : 'answer';
    const markers = markersIn(JSON.stringify(request.body));
    // The newest message is the ticket's own; it speaks for the others.
    const marker = markers.toSorted((a, b) => createdAt.get(b)! - createdAt.get(a)!)[0]!;
    const isRefused = random.chance(0.03);
    const text = purpose === 'classify' ? labels(random) : `Reply ${request.number}.`;
    calls.push({
      requestId: `req_${request.number}`,
      purpose,
      marker,
      markers,
      text: isRefused ? null : text,
    });
    const delayMs = random.between(50, 150);
    if (isRefused) return { status: 503, delayMs, error: { type: 'server_error', message: 'Try again.' } };
    return { delayMs, text, usage: { input: random.between(100, 900), output: random.between(10, 200) } };
  };
}

function labels(random: Random): string {
  const queryType = random.pick(['refund', 'shipping', 'troubleshooting']);
  return JSON.stringify({ queryType, complexity: Math.round(random.next() * 100) / 100, language: 'en' });
}

/** Fails a few deliveries, some of them after having read them. */
function moodyReceiver(random: Random): (delivery: Received) => ReceiverAnswer {
  return () => {
    if (random.chance(0.03)) return { status: 500 };
    return random.chance(0.02) ? { cut: true } : { status: 200, delayMs: random.between(1, 30) };
  };
}

/** One message after the other, each on its own way; some come a second time, at once or a little later. */
async function postAll(world: World, intake: Member, messages: Message[], random: Random): Promise<void> {
  const posts: Promise<unknown>[] = [];
  for (const message of messages) {
    await sleep(random.between(0, postGapMs * 2));
    posts.push(world.post(intake, message));
    if (random.chance(twiceShare)) {
      const againMs = random.between(0, 2000);
      posts.push(sleep(againMs).then(() => world.post(intake, message)));
    }
  }
  await Promise.all(posts);
}

/**
 * Kills every process so many times, in random order; Redis once, when half is posted. One worker is also stopped beyond
 * its lease, and goes on.
 */
async function strike(world: World, members: Member[], random: Random): Promise<void> {
  const left = members.flatMap((member) => Array<Member>(killsEach).fill(member));
  const sleeper = members.find(({ name }) => name.startsWith('tier'))!;
  let redisKilled: Promise<void> | null = null;
  let stoppedAt: number | null = null;
  let isAwake = false;
  while (left.length > 0 || redisKilled === null || !isAwake) {
    await sleep(random.between(...killGapMs));
    const share = world.acknowledged.size / messageCount;
    if (share >= 0.5) redisKilled ??= world.killRedis(random.between(100, 1500));
    if (share >= 0.2 && stoppedAt === null) {
      await sleeper.started();
      await sleeper.stop();
      stoppedAt = Date.now();
    }
    if (stoppedAt !== null && !isAwake && Date.now() >= stoppedAt + stopMs) {
      sleeper.continue();
      isAwake = true;
    }
    const isAsleep = stoppedAt !== null && !isAwake;
    const mayDie = left.filter((member) => !isAsleep || member !== sleeper);
    if (mayDie.length === 0) continue;
    const victim = random.pick(mayDie);
    left.splice(left.indexOf(victim), 1);
    await victim.kill();
    victim.start();
  }
  await redisKilled;
}

function summary({ tickets, calls, deliveries, costs }: Seen): string {
  const states = Map.groupBy(tickets, ({ record }) => record?.['st'] ?? 'none');
  const again = tickets.filter(({ record }) => record?.['tl']?.includes('lease expired')).length;
  const open = tickets.filter(({ rows }) => rows.some(({ isOpen }) => isOpen));
  return [
    `ends: ${[...states].map(([state, { length }]) => `${state} ${length}`).join(', ')}`,
    `${again} tickets came back from a killed or stopped worker`,
    `${calls.length} model calls, ${deliveries.length} deliveries`,
    `${costs.calls} rows in the roll-ups, open ones of ${open.length} tickets (${open.map(({ record }) => record?.['st']).join(', ')})`,
  ].join('; ');
}
