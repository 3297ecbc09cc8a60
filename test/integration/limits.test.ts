/**
 * Limits, learned limits, the account's breaker and the hand on the breaker, as several processes share them. Time passes
 * by moving what is stored into the past, so nothing here waits for the clock.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createBreaker } from '../../shared/breaker.ts';
import type { Breaker } from '../../shared/breaker.ts';
import { forceBreaker } from '../../shared/models/gate.ts';
import type { CallVerdict, Granted, LimitSettings, Permit } from '../../shared/models/gate.ts';
import { connectRedis } from '../../shared/redis.ts';
import type { Redis } from '../../shared/redis.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
let connections: Redis[];
const breakers: Breaker[] = [];
let accounts = 0;

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
const newAccount = (): string => {
  accounts += 1;
  return `{limits:account-${accounts}}:`;
};

type Given = { limits?: LimitSettings; model?: string; process?: number; key?: string; failures?: number };

function open(base: string, given: Given = {}): Breaker {
  const { limits = {}, model = 'model', key = 'key', failures = 3 } = given;
  const identity = { model, base, accountIdentity: key, modelIdentity: `${key} ${model}` };
  const breaker = createBreaker(
    connections[given.process ?? 0]!,
    identity,
    { breaker: { failures, windowMs: 60_000, resetMs: 20_000 }, limits },
    { now: Date.now, random: () => 0, onError: assert.ifError },
  );
  breakers.push(breaker);
  return breaker;
}

function granted(permit: Permit): Granted {
  if (permit.kind !== 'granted') assert.fail(`the permit is ${permit.kind}`);
  return permit;
}

async function end(breaker: Breaker, permit: Granted, verdict: CallVerdict): Promise<void> {
  await breaker.run(
    permit,
    () => Promise.resolve(null),
    () => verdict,
  );
}

async function call(breaker: Breaker, verdict: CallVerdict, tokens = 0): Promise<void> {
  await end(breaker, granted(await breaker.reserve(leaseMs, tokens)), verdict);
}

const success: CallVerdict = { kind: 'success' };
const failure: CallVerdict = { kind: 'failure' };
const refusedKey: CallVerdict = { kind: 'trip', forMs: 900_000, scope: 'account' };

/** As if `ms` had passed for everything that is shared about the account. */
async function age(base: string, ms: number): Promise<void> {
  const redis = connections[0]!;
  const moments = /^(until|last|probeUntil|quietUntil|since|rt|tt|fAt|capUntil|cutAt|line|mark|open:.*)$/;
  for (const key of await redis.keys(`${base.replace(/[[\]{}]/g, '\\$&')}*`)) {
    if (key.includes(':flight:')) {
      const members = await redis.zrange(key, 0, '-1', 'WITHSCORES');
      for (let i = 0; i < members.length; i += 2) {
        await redis.zadd(key, Number(members[i + 1]) - ms, members[i]!);
      }
      continue;
    }
    for (const [field, value] of Object.entries(await redis.hgetall(key))) {
      if (moments.test(field)) await redis.hset(key, field, Number(value) - ms);
    }
  }
}

/** Asks until it is refused, at most `most` times. */
async function fill(breaker: Breaker, most: number, tokens = 0): Promise<Granted[]> {
  const permits: Granted[] = [];
  while (permits.length < most) {
    const permit = await breaker.reserve(leaseMs, tokens);
    if (permit.kind !== 'granted') break;
    permits.push(permit);
  }
  return permits;
}

describe('requests a minute', () => {
  test('are never more than the limit in any minute, however many processes ask', async () => {
    const base = newAccount();
    const limits = { requestsPerMinute: 60 };
    const asking = [0, 1].map((process) => open(base, { limits, process }));
    const grants: number[] = [];
    // Two minutes in steps of half a second, everybody asking as often as they can.
    for (let at = 0; at < 120_000; at += 500) {
      for (const breaker of asking) {
        for (let got = (await fill(breaker, 1000)).length; got > 0; got -= 1) grants.push(at);
      }
      await age(base, 500);
    }
    for (const from of grants) {
      const within = grants.filter((at) => at >= from && at < from + 60_000).length;
      assert.ok(within <= 60, `${within} in the minute from ${from} ms`);
    }
    assert.ok(grants.length >= 100, `${grants.length} in two minutes: the limit is used`);
  });

  test('a refusal says when, and how far apart those who wait should come', async () => {
    const breaker = open(newAccount(), { limits: { requestsPerMinute: 6 } });
    await fill(breaker, 100);
    const refused = await breaker.reserve(leaseMs, 0);
    assert.ok(refused.kind === 'limited');
    assert.ok(refused.waitMs > 5000 && refused.waitMs <= 12_000, String(refused.waitMs));
    assert.ok(refused.paceMs >= 10_000, String(refused.paceMs));
  });

  test('a call that is not made gives its request back', async () => {
    const breaker = open(newAccount(), { limits: { requestsPerMinute: 1 } });
    const permit = granted(await breaker.reserve(leaseMs, 0));
    assert.equal((await breaker.reserve(leaseMs, 0)).kind, 'limited');
    await breaker.release(permit);
    assert.equal((await breaker.reserve(leaseMs, 0)).kind, 'granted');
  });
});

describe('tokens a minute', () => {
  test('are reserved before the call and corrected by what it used', async () => {
    const base = newAccount();
    const breaker = open(base, { limits: { tokensPerMinute: 100_000 } });
    const permits = await fill(breaker, 100, 3000);
    assert.equal(permits.length, 3, 'a tenth may come at once');
    assert.equal((await breaker.reserve(leaseMs, 3000)).kind, 'limited');
    for (const permit of permits) await end(breaker, permit, { ...success, tokens: 100 });
    await age(base, 0);
    assert.equal((await fill(breaker, 100, 3000)).length, 3, 'the unused are back');
  });

  test('a prompt larger than the burst is let through where nothing is owed', async () => {
    const breaker = open(newAccount(), { limits: { tokensPerMinute: 1000 } });
    granted(await breaker.reserve(leaseMs, 900));
    const refused = await breaker.reserve(leaseMs, 900);
    assert.ok(refused.kind === 'limited' && refused.waitMs > 30_000);
  });
});

describe('calls in flight', () => {
  test('are counted over all processes, and a dead process gives its places back when its leases end', async () => {
    const base = newAccount();
    const [one, two] = [0, 1].map((process) => open(base, { limits: { concurrency: 5 }, process }));
    const permits = [...(await fill(one!, 3)), ...(await fill(two!, 10))];
    assert.equal(permits.length, 5);
    assert.equal((await one!.reserve(leaseMs, 0)).kind, 'limited');
    await end(two!, permits[4]!, success);
    assert.equal((await fill(two!, 10)).length, 1);
    await age(base, leaseMs + 1);
    assert.equal((await fill(one!, 10)).length, 5);
  });

  test('a call that is refused for one limit takes nothing of the others', async () => {
    const base = newAccount();
    const breaker = open(base, {
      limits: { concurrency: 1, requestsPerMinute: 600, tokensPerMinute: 60_000 },
    });
    granted(await breaker.reserve(leaseMs, 10));
    const left = await connections[0]!.hmget(`${base}breaker:model`, 'rt', 'tt');
    assert.equal((await breaker.reserve(leaseMs, 10)).kind, 'limited');
    assert.deepEqual(await connections[0]!.hmget(`${base}breaker:model`, 'rt', 'tt'), left);
  });
});

describe('what 429s teach', () => {
  const tooOften: CallVerdict = { kind: 'neutral', tooOften: true };

  test('lowers the rate once for calls that were in flight together, and it comes back by itself', async () => {
    const base = newAccount();
    const breaker = open(base, { limits: { requestsPerMinute: 6000 } });
    const together = await fill(breaker, 7);
    for (const permit of together) await end(breaker, permit, tooOften);
    const share = async () => Number(await connections[0]!.hget(`${base}breaker:model`, 'f'));
    assert.equal(await share(), 0.7);
    await age(base, 1100);
    await end(breaker, together[0]!, tooOften);
    assert.ok((await share()) < 0.5);
    await age(base, 30 * 60_000);
    await call(breaker, tooOften);
    assert.equal(await share(), 0.7, 'after half an hour the whole rate was there again');
  });

  test('without any configured limit, calls in flight are capped, and grow with every success', async () => {
    const base = newAccount();
    const breaker = open(base);
    assert.equal((await fill(breaker, 50)).length, 50);
    await call(breaker, tooOften);
    const first = await fill(breaker, 50);
    assert.equal(first.length, 8);
    for (const permit of first) await end(breaker, permit, success);
    const second = await fill(breaker, 50);
    assert.equal(second.length, 16);
    await age(base, 1100);
    await end(breaker, second[0]!, tooOften);
    for (const permit of second.slice(1)) await end(breaker, permit, { kind: 'neutral' });
    const third = await fill(breaker, 50);
    assert.equal(third.length, 11, 'seven tenths of 16');
    for (const permit of third) await end(breaker, permit, success);
    for (const permit of await fill(breaker, 50)) await end(breaker, permit, success);
    assert.equal((await fill(breaker, 50)).length, 12, 'and slowly from there');
    await age(base, 20 * 60_000);
    assert.equal((await fill(breaker, 50)).length, 50, 'forgotten when none came for long');
  });
});

test('after an outage calls come back as a ramp, not a wave', async () => {
  const base = newAccount();
  const breaker = open(base, { failures: 1 });
  await call(breaker, failure);
  await age(base, 30_000);
  await call(open(base), success);
  const back = open(base, { process: 1 });
  const sizes: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const permits = await fill(back, 500);
    sizes.push(permits.length);
    for (const permit of permits) await end(back, permit, success);
  }
  assert.deepEqual(sizes, [2, 4, 8, 16]);
  await age(base, 61_000);
  assert.equal((await fill(back, 500)).length, 500);
});

describe('a model that came back, but has room for a few calls only', () => {
  async function cameBack(failures: number): Promise<{ back: Breaker; base: string }> {
    const base = newAccount();
    await call(open(base, { failures: 1 }), failure);
    await age(base, 30_000);
    const breaker = open(base, { failures });
    await call(breaker, success);
    return { back: breaker, base };
  }

  test('is called less by its failures, of which those in flight together are one lesson, and is not opened', async () => {
    const { back } = await cameBack(1);
    for (const permit of await fill(back, 500)) await end(back, permit, success);
    const inFlight = await fill(back, 500);
    assert.equal(inFlight.length, 4);
    for (const permit of inFlight) await end(back, permit, failure);
    const fewer = await fill(back, 500);
    assert.equal(fewer.length, 2, 'seven tenths, in whole calls');
    for (const permit of fewer) await end(back, permit, success);
    for (const permit of await fill(back, 500)) await end(back, permit, success);
    assert.equal((await fill(back, 500)).length, 3, 'and slowly up again');
  });

  test('is opened where nothing succeeds after a lesson', async () => {
    const { back, base } = await cameBack(2);
    for (let i = 0; i < 3; i += 1) {
      await call(back, failure);
      // What was in flight together is told by its millisecond.
      await age(base, 5);
    }
    assert.equal((await back.reserve(leaseMs, 0)).kind, 'open');
  });
});

describe('the account', () => {
  test('two open models open it for its other models too, and one probe of all finds out that it is back', async () => {
    const base = newAccount();
    const models = ['a', 'b', 'c'].map((model) => open(base, { model, failures: 1 }));
    await call(models[0]!, failure);
    assert.equal((await models[2]!.reserve(leaseMs, 0)).kind, 'granted');
    await call(models[1]!, failure);
    assert.equal((await open(base, { model: 'c' }).reserve(leaseMs, 0)).kind, 'open');
    assert.equal((await open(newAccount(), { model: 'c' }).reserve(leaseMs, 0)).kind, 'granted');
    await age(base, 30_000);
    const asked = await Promise.all(
      ['a', 'b', 'c', 'c', 'a'].map(async (model, i) => {
        const breaker = open(base, { model, process: i % 2 });
        return { breaker, permit: await breaker.reserve(leaseMs, 0) };
      }),
    );
    const probes = asked.filter(({ permit }) => permit.kind === 'granted');
    assert.equal(probes.length, 1);
    await end(probes[0]!.breaker, granted(probes[0]!.permit), success);
    for (const model of ['a', 'c']) {
      assert.equal((await open(base, { model }).reserve(leaseMs, 0)).kind, 'granted', model);
    }
  });

  test('a failed probe of it doubles the wait', async () => {
    const base = newAccount();
    for (const model of ['a', 'b']) await call(open(base, { model, failures: 1 }), failure);
    await age(base, 30_000);
    await call(open(base, { model: 'c' }), failure);
    const refused = await open(base, { model: 'd' }).reserve(leaseMs, 0);
    assert.ok(refused.kind === 'open' && refused.waitMs > 35_000 && refused.waitMs <= 40_000);
  });

  test('a refused key stops all its models for long, and a new key is tried at once', async () => {
    const base = newAccount();
    await call(open(base, { model: 'a' }), refusedKey);
    const refused = await open(base, { model: 'b' }).reserve(leaseMs, 0);
    assert.ok(refused.kind === 'open' && refused.waitMs > 800_000);
    assert.equal((await open(base, { model: 'b', key: 'new' }).reserve(leaseMs, 0)).kind, 'granted');
    assert.equal((await open(base, { model: 'a', key: 'new' }).reserve(leaseMs, 0)).kind, 'granted');
  });
});

describe('by hand', () => {
  test('open stops every call, closed lets them through whatever fails, auto gives it back', async () => {
    const base = newAccount();
    const [one, two] = [0, 1].map((process) => open(base, { process, failures: 1 }));
    const force = (state: 'open' | 'closed' | 'auto') =>
      forceBreaker(connections[0]!, { base, model: 'model' }, state);
    await force('open');
    assert.equal((await two!.reserve(leaseMs, 0)).kind, 'open');
    await force('closed');
    const fresh = open(base, { process: 1, failures: 1 });
    for (let i = 0; i < 5; i += 1) await call(fresh, failure);
    await call(fresh, refusedKey);
    assert.equal((await fresh.reserve(leaseMs, 0)).kind, 'granted');
    await force('auto');
    await call(one!, failure);
    assert.equal((await open(base).reserve(leaseMs, 0)).kind, 'open');
  });

  test('a process that knew it as open hears within moments that it was closed', async () => {
    const base = newAccount();
    let now = 1_000_000;
    const identity = { model: 'model', base, accountIdentity: 'key', modelIdentity: 'model' };
    const breaker = createBreaker(
      connections[0]!,
      identity,
      { breaker: { failures: 1, windowMs: 60_000, resetMs: 60_000 }, limits: {} },
      { now: () => now, random: () => 0, onError: assert.ifError },
    );
    breakers.push(breaker);
    await call(breaker, failure);
    await forceBreaker(connections[0]!, { base, model: 'model' }, 'closed');
    assert.equal((await breaker.reserve(leaseMs, 0)).kind, 'open');
    now += 2001;
    assert.equal((await breaker.reserve(leaseMs, 0)).kind, 'granted');
  });
});

describe('tickets that wait for a model', () => {
  test('come back one after the other, none before its time, and never too late', async () => {
    const breaker = open(newAccount());
    const waits: number[] = [];
    const moments: number[] = [];
    for (let i = 0; i < 3000; i += 1) {
      const wait = await breaker.spread({ waitMs: 5000, paceMs: 50 });
      waits.push(wait);
      moments.push(Date.now() + wait);
    }
    assert.ok(waits.every((wait) => wait >= 5000 && wait <= 65_100));
    const perSecond = new Map<number, number>();
    for (const moment of moments) {
      const second = Math.floor(moment / 1000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    // 3,000 tickets at 50 ms need two and a half minutes; the line begins anew after one, so at most three share a place.
    assert.ok(Math.max(...perSecond.values()) <= 3 * 21, JSON.stringify([...perSecond]));
  });
});
