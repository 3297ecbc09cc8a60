/** The breaker as several processes share it: two instances of it, each with a connection of its own, on one Redis. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createBreaker } from '../../shared/breaker.ts';
import type { Breaker, BreakerEvents } from '../../shared/breaker.ts';
import { forceBreaker } from '../../shared/models/gate.ts';
import type { BreakerSettings, CallVerdict, Granted, Permit } from '../../shared/models/gate.ts';
import { connectRedis } from '../../shared/redis.ts';
import type { Redis } from '../../shared/redis.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
let connections: Redis[];
const breakers: Breaker[] = [];
let keys = 0;
let random = 0;

before(async () => {
  world = await openWorld();
  connections = [1, 2].map(() => connectRedis(world.redis.url, 'patient', () => undefined));
});

after(async () => {
  for (const breaker of breakers) breaker.close();
  for (const redis of connections) await redis.quit();
  await world.close();
});

const leaseMs = 60_000;
const usual: BreakerSettings = { failures: 3, windowMs: 60_000, resetMs: 60_000 };

type Heard = { opened: number[]; closed: number };

/** Two processes' breakers of one model, what their logs heard, and the key that they share. */
function pair(settings: Partial<BreakerSettings> = {}) {
  keys += 1;
  const key = `{tierline:fake-${keys}}:breaker:model`;
  const heard: Heard = { opened: [], closed: 0 };
  const events = {
    onOpen: (_: string, waitMs: number) => heard.opened.push(waitMs),
    onClose: () => (heard.closed += 1),
  };
  const [one, two] = connections.map((redis) => createOn(redis, key, settings, events));
  return { one: one!, two: two!, key, heard };
}

/** A permit from before, whatever became of it. */
function late(token = 'long.ago'): Granted {
  return {
    kind: 'granted',
    isProbe: false,
    token,
    tokens: 0,
    mustReport: false,
    failures: 0,
    grantedAtMs: 0,
  };
}

function granted(permit: Permit): Granted {
  if (permit.kind !== 'granted') assert.fail(`the permit is ${permit.kind}`);
  return permit;
}

const verdicts: Record<string, CallVerdict> = {
  success: { kind: 'success' },
  failure: { kind: 'failure' },
  neutral: { kind: 'neutral' },
};

/** One whole call that ends in `verdict`. */
async function call(breaker: Breaker, verdict: CallVerdict | keyof typeof verdicts): Promise<Granted> {
  const permit = granted(await breaker.reserve(leaseMs, 0));
  await end(breaker, permit, verdict);
  return permit;
}

async function end(
  breaker: Breaker,
  permit: Granted,
  verdict: CallVerdict | keyof typeof verdicts,
): Promise<void> {
  const told = typeof verdict === 'string' ? verdicts[verdict]! : verdict;
  assert.equal(
    await breaker.run(
      permit,
      () => Promise.resolve('value'),
      () => told,
    ),
    'value',
  );
}

async function waitOf(breaker: Breaker): Promise<number> {
  const permit = await breaker.reserve(leaseMs, 0);
  assert.equal(permit.kind, 'open');
  return permit.kind === 'open' ? permit.waitMs : 0;
}

/** As if `ms` had passed for the shared breaker: every moment it holds is moved back. */
async function age(key: string, ms: number): Promise<void> {
  const redis = connections[0]!;
  for (const field of ['until', 'last', 'probeUntil', 'quietUntil']) {
    const value = await redis.hget(key, field);
    if (value !== null) await redis.hset(key, field, Number(value) - ms);
  }
}

/** A further process, which knows nothing but what is shared. */
function fresh(key: string, settings: Partial<BreakerSettings> = {}): Breaker {
  return createOn(connections[0]!, key, settings);
}

function createOn(
  redis: Redis,
  key: string,
  settings: Partial<BreakerSettings> = {},
  events: Partial<BreakerEvents> = {},
): Breaker {
  const options = { now: Date.now, random: () => random, onError: assert.ifError, ...events };
  const base = key.slice(0, key.indexOf(':breaker:') + 1);
  const identity = { model: 'model', base, accountIdentity: 'account', modelIdentity: 'model' };
  const breaker = createBreaker(redis, identity, { breaker: { ...usual, ...settings }, limits: {} }, options);
  breakers.push(breaker);
  return breaker;
}

test('failures are counted over all processes, and all stop calling at once', async () => {
  const { one, two, heard } = pair();
  await call(one, 'failure');
  await call(two, 'failure');
  assert.equal((await two.reserve(leaseMs, 0)).kind, 'granted');
  await call(one, 'failure');
  assert.ok((await waitOf(one)) > 50_000);
  assert.ok((await waitOf(two)) > 50_000);
  assert.equal(one.isOpen() && two.isOpen(), true);
  assert.equal(heard.opened.length, 2);
});

test('a process that knows of the opening asks nobody; its calls end without a round trip', async () => {
  const { one, key } = pair({ failures: 1 });
  await call(one, 'failure');
  await connections[0]!.del(key);
  assert.equal((await one.reserve(leaseMs, 0)).kind, 'open');
  assert.equal((await fresh(key).reserve(leaseMs, 0)).kind, 'granted');
});

test('a success takes one failure back, so that a share of errors does not open it', async () => {
  const { one, two } = pair();
  for (let round = 0; round < 6; round += 1) {
    await call(one, 'failure');
    await call(two, 'failure');
    await call(two, 'success');
    await call(one, 'success');
  }
  await call(one, 'failure');
  await call(two, 'failure');
  await call(one, 'success');
  await call(two, 'failure');
  assert.equal((await one.reserve(leaseMs, 0)).kind, 'granted');
  await call(one, 'failure');
  assert.equal((await one.reserve(leaseMs, 0)).kind, 'open');
});

test('calls that were permitted before the first failure take failures back too', async () => {
  const { one } = pair();
  const early: Granted[] = [];
  for (let i = 0; i < 20; i += 1) early.push(granted(await one.reserve(leaseMs, 0)));
  for (const [i, permit] of early.entries()) await end(one, permit, i % 4 === 0 ? 'failure' : 'success');
  assert.equal((await one.reserve(leaseMs, 0)).kind, 'granted');
});

test('a healthy model costs one round trip per call: a success is not reported where there is no failure', async () => {
  const { one, key } = pair();
  await call(one, 'success');
  assert.equal(await connections[0]!.exists(key), 0);
  const permit = granted(await one.reserve(leaseMs, 0));
  // If the success below were reported, this would be counted down.
  await connections[0]!.hset(key, 'failures', 2, 'last', Date.now());
  await end(one, permit, 'success');
  assert.equal(await connections[0]!.hget(key, 'failures'), '2');
});

test('failures are forgotten when none came for a window', async () => {
  const { one, two, key } = pair({ windowMs: 1000 });
  await call(one, 'failure');
  await call(two, 'failure');
  await age(key, 1100);
  await call(one, 'failure');
  await call(two, 'failure');
  assert.equal((await one.reserve(leaseMs, 0)).kind, 'granted');
  await call(one, 'failure');
  assert.equal((await two.reserve(leaseMs, 0)).kind, 'open');
});

test('the hash of a model without trouble disappears by itself', async () => {
  const { one, key } = pair({ windowMs: 20_000 });
  await call(one, 'failure');
  const leftMs = await connections[0]!.pttl(key);
  assert.ok(leftMs > 0 && leftMs <= 40_000, String(leftMs));
});

test('after the reset time 50 concurrent askers in two processes get exactly one probe', async () => {
  const { one, key } = pair({ failures: 1 });
  await call(one, 'failure');
  await age(key, 70_000);
  const askers = [fresh(key), createOn(connections[1]!, key)];
  const permits = await Promise.all(Array.from({ length: 50 }, (_, i) => askers[i % 2]!.reserve(leaseMs, 0)));
  assert.equal(permits.filter((permit) => permit.kind === 'granted').length, 1);
  for (const permit of permits) if (permit.kind !== 'granted') assert.ok(permit.waitMs <= 1000);
});

test('a probe is no recovery: only its success closes the breaker, for all', async () => {
  const { one, two, key, heard } = pair({ failures: 1 });
  await call(one, 'failure');
  await waitOf(two);
  await age(key, 70_000);
  const third = fresh(key);
  const probe = granted(await third.reserve(leaseMs, 0));
  assert.ok(probe.isProbe);
  assert.equal((await fresh(key).reserve(leaseMs, 0)).kind, 'open');
  assert.equal(heard.closed, 0);
  await end(third, probe, 'success');
  assert.equal((await fresh(key).reserve(leaseMs, 0)).kind, 'granted');
  assert.deepEqual(await connections[0]!.hmget(key, 'until', 'probe', 'trips', 'failures'), [
    null,
    null,
    null,
    null,
  ]);
});

test('the process that probes says that it is closed once, after the success', async () => {
  const { one, heard } = pair({ failures: 1, resetMs: 20 });
  await call(one, 'failure');
  await pause(40);
  const probe = granted(await one.reserve(leaseMs, 0));
  assert.deepEqual([heard.opened.length, heard.closed], [1, 0]);
  await end(one, probe, 'success');
  assert.deepEqual([heard.opened.length, heard.closed], [1, 1]);
  await call(one, 'success');
  assert.equal(heard.closed, 1);
});

test('every failed probe doubles the wait, up to 5 minutes, and jitter only lengthens it', async () => {
  const { one, key } = pair({ failures: 1, resetMs: 40_000 });
  await call(one, 'failure');
  const waits: number[] = [];
  for (let trips = 0; trips < 6; trips += 1) {
    const asker = fresh(key, { failures: 1, resetMs: 40_000 });
    waits.push(await waitOf(asker));
    await age(key, 1_000_000);
    await call(fresh(key, { failures: 1, resetMs: 40_000 }), 'failure');
  }
  const expected = [40_000, 80_000, 160_000, 300_000, 300_000, 300_000];
  for (const [i, wait] of waits.entries()) {
    assert.ok(wait <= expected[i]! && wait > expected[i]! - 2000, `${wait} of ${expected[i]}`);
  }
  random = 1;
  await age(key, 1_000_000);
  await call(fresh(key, { failures: 1, resetMs: 40_000 }), 'failure');
  const jittered = await waitOf(fresh(key));
  random = 0;
  assert.ok(jittered > 355_000 && jittered <= 360_000, String(jittered));
});

test('a probe that says nothing, or whose call is not made, makes room for the next one', async () => {
  const { key, one } = pair({ failures: 1 });
  await call(one, 'failure');
  await age(key, 70_000);
  const first = fresh(key);
  await call(first, 'neutral');
  const second = fresh(key);
  const probe = granted(await second.reserve(leaseMs, 0));
  assert.ok(probe.isProbe);
  await second.release(probe);
  assert.ok(granted(await fresh(key).reserve(leaseMs, 0)).isProbe);
});

test('a probe whose process died is replaced after its lease', async () => {
  const { key, one } = pair({ failures: 1 });
  await call(one, 'failure');
  await age(key, 70_000);
  granted(await fresh(key).reserve(5000, 0));
  assert.equal((await fresh(key).reserve(5000, 0)).kind, 'open');
  await age(key, 5001);
  assert.ok(granted(await fresh(key).reserve(5000, 0)).isProbe);
});

test('a call that throws gives its probe back and throws on', async () => {
  const { key, one } = pair({ failures: 1 });
  await call(one, 'failure');
  await age(key, 70_000);
  const thrower = fresh(key);
  const probe = granted(await thrower.reserve(leaseMs, 0));
  const thrown = thrower.run(
    probe,
    () => Promise.reject(new RangeError('ours')),
    () => ({ kind: 'success' }),
  );
  await assert.rejects(thrown, RangeError);
  assert.equal((await fresh(key).reserve(leaseMs, 0)).kind, 'granted');
});

test('what a call brought stays where its report fails, a probe’s too', async () => {
  const { key, one } = pair({ failures: 1 });
  await call(one, 'failure');
  await age(key, 70_000);
  const heard: string[] = [];
  const prober = createOn(connections[0]!, key, {}, { onError: (error) => heard.push(error.message) });
  const probe = granted(await prober.reserve(leaseMs, 0));
  assert.ok(probe.isProbe);
  const value = await prober.run(
    probe,
    async () => {
      // From here on every script about this model fails.
      await connections[0]!.multi().del(key).set(key, 'no hash').exec();
      return 'paid for';
    },
    () => ({ kind: 'success' }),
  );
  assert.equal(value, 'paid for');
  assert.equal(heard.length, 1);
  await connections[0]!.del(key);
});

test('late ends of calls from before the opening change nothing', async () => {
  const { one, two, key } = pair({ failures: 1 });
  const early = [
    granted(await two.reserve(leaseMs, 0)),
    granted(await two.reserve(leaseMs, 0)),
    granted(await two.reserve(leaseMs, 0)),
  ];
  await call(one, 'failure');
  const shared = await connections[0]!.hgetall(key);
  await end(two, early[0]!, 'success');
  await end(two, early[1]!, 'failure');
  await end(two, early[2]!, 'neutral');
  assert.deepEqual(await connections[0]!.hgetall(key), shared);
  // And while a probe is out, they cannot pass for it.
  await age(key, 70_000);
  const prober = fresh(key);
  const probe = granted(await prober.reserve(leaseMs, 0));
  await end(two, late(), 'failure');
  await end(two, late('somebody.else'), 'success');
  assert.equal((await fresh(key).reserve(leaseMs, 0)).kind, 'open');
  await end(prober, probe, 'success');
  assert.equal((await fresh(key).reserve(leaseMs, 0)).kind, 'granted');
});

test('a refused key opens it at once and for long, whatever was counted before', async () => {
  const { one, two, key } = pair();
  await call(one, { kind: 'trip', forMs: 900_000, scope: 'model' });
  const wait = await waitOf(two);
  assert.ok(wait > 890_000 && wait <= 900_000, String(wait));
  // A later, shorter trip does not shorten it; a longer one lengthens it.
  await end(one, late(), { kind: 'trip', forMs: 1000, scope: 'model' });
  assert.ok((await waitOf(fresh(key))) > 890_000);
  await end(one, late(), { kind: 'trip', forMs: 1_800_000, scope: 'model' });
  assert.ok((await waitOf(fresh(key))) > 1_790_000);
});

test('a quiet time holds for all processes, is no failure, and outlives a success', async () => {
  const { one, two, key, heard } = pair({ failures: 1 });
  const early = granted(await two.reserve(leaseMs, 0));
  await call(one, { kind: 'neutral', quietMs: 20_000 });
  const permit = await two.reserve(leaseMs, 0);
  assert.equal(permit.kind, 'quiet');
  assert.ok(permit.kind === 'quiet' && permit.waitMs > 15_000 && permit.waitMs <= 20_000);
  await end(two, early, 'success');
  assert.equal((await one.reserve(leaseMs, 0)).kind, 'quiet');
  // A shorter wish does not shorten it.
  await end(two, late(), { kind: 'neutral', quietMs: 5 });
  assert.equal((await one.reserve(leaseMs, 0)).kind, 'quiet');
  assert.deepEqual(heard, { opened: [], closed: 0 });
  await age(key, 20_001);
  assert.equal((await one.reserve(leaseMs, 0)).kind, 'granted');
});

test('an opened breaker that was also asked to be quiet waits for the later of both', async () => {
  const { one, key } = pair({ failures: 1, resetMs: 1000 });
  await call(one, { kind: 'failure', quietMs: 30_000 });
  assert.ok((await waitOf(fresh(key))) > 25_000);
  await age(key, 2000);
  assert.equal((await fresh(key).reserve(leaseMs, 0)).kind, 'quiet');
  await age(key, 30_000);
  assert.ok(granted(await fresh(key).reserve(leaseMs, 0)).isProbe);
});

test('a permit is honoured although the circuit of the process shut meanwhile', async () => {
  const { one } = pair({ failures: 1 });
  const permits = [granted(await one.reserve(leaseMs, 0)), granted(await one.reserve(leaseMs, 0))];
  await end(one, permits[0]!, 'failure');
  assert.equal(one.isOpen(), true);
  let called = 0;
  await one.run(
    permits[1]!,
    () => Promise.resolve((called += 1)),
    () => ({ kind: 'success' }),
  );
  assert.equal(called, 1);
});

test('what was closed by hand is tried at once when it is left to itself again, by one probe', async () => {
  const { key } = pair();
  const base = key.slice(0, key.indexOf('breaker:'));
  const trip: CallVerdict = { kind: 'trip', forMs: 900_000, scope: 'account', why: 'quota' };
  await call(fresh(key), trip);
  assert.ok((await waitOf(fresh(key))) > 800_000);
  // Somebody has topped up the account, and does not want to wait for the probe.
  const force = (state: 'closed' | 'auto' | 'open') =>
    forceBreaker(connections[0]!, { base, model: 'model' }, state);
  await force('closed');
  await call(fresh(key), 'success');
  await force('auto');
  const probe = granted(await fresh(key).reserve(leaseMs, 0));
  assert.ok(probe.isProbe);
  assert.equal((await fresh(key).reserve(leaseMs, 0)).kind, 'open', 'one probe');
  await end(fresh(key), probe, 'success');
  assert.equal(granted(await fresh(key).reserve(leaseMs, 0)).isProbe, false);
});

test('what was opened by hand, or not touched at all, keeps its own opening when it is left to itself', async () => {
  const { key } = pair();
  const base = key.slice(0, key.indexOf('breaker:'));
  for (let i = 0; i < 3; i += 1) await call(fresh(key), 'failure');
  for (const state of ['auto', 'open', 'auto'] as const) {
    await forceBreaker(connections[0]!, { base, model: 'model' }, state);
    assert.ok((await waitOf(fresh(key))) > 50_000);
  }
});
