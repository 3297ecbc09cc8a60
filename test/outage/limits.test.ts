/**
 * Limits of an account, as its server sees them, with three processes. Every bound here follows from the limit alone: a slow
 * machine only makes the calls rarer. With OUTAGE_SECONDS=60 the calls go on for more than a minute.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';
import type { Attempt } from './metered-provider.ts';
import { endsOf, openStage, postTicket } from './stage.ts';
import type { Stage } from './stage.ts';

const isLong = Number(process.env['OUTAGE_SECONDS'] ?? '6') >= 60;
const processes = 3;
const leaseSlackMs = 5000;

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const postMany = (stage: Stage, count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => postTicket(stage, i)));

/** The most that came within any minute. */
function mostPerMinute(attempts: Attempt[]): number {
  return Math.max(
    ...attempts.map(({ at }) => attempts.filter((one) => one.at >= at && one.at < at + 60_000).length),
  );
}

/** No more than a tenth of a minute's worth at once, and the rest evenly: so many took at least so long. */
const shortestMs = (count: number, perMinute: number): number =>
  ((count - perMinute / 10) / perMinute) * 60_000;

test('requests a minute and calls in flight are never more than the limits, over all processes', async (t) => {
  const [requestsPerMinute, concurrency] = [120, 3];
  const count = isLong ? 180 : 40;
  const stage = await openStage(t, world, {
    workers: processes,
    chain: ['first'],
    model: { limits: { requestsPerMinute, concurrency } },
  });
  stage.first.setPace({ answerMs: 400 });
  const startedAt = Date.now();
  const ends = await endsOf(stage, await postMany(stage, count));
  const { attempts } = stage.first;
  const tookMs = attempts.at(-1)!.at - startedAt;
  const most = Math.max(...attempts.map(({ inFlight }) => inFlight));
  t.diagnostic(`${count} calls in ${tookMs} ms, ${mostPerMinute(attempts)} in a minute, ${most} in flight`);
  assert.deepEqual(new Set(ends), new Set(['first']));
  assert.equal(attempts.length, count);
  assert.equal(most, concurrency, 'the room there is was used, and no more');
  assert.ok(tookMs >= shortestMs(count, requestsPerMinute), `${tookMs} ms`);
  assert.ok(mostPerMinute(attempts) <= requestsPerMinute);
  assert.deepEqual(stage.misbehaviour, []);
});

test('tokens a minute are never more than the limit, as the provider counts them', async (t) => {
  const tokensPerMinute = 9000;
  // What the fake provider says that every call used.
  const tokensEach = 37;
  const count = isLong ? 300 : 60;
  const stage = await openStage(t, world, {
    workers: processes,
    chain: ['first'],
    model: { limits: { tokensPerMinute }, maxOutputTokens: 50 },
  });
  const startedAt = Date.now();
  const ends = await endsOf(stage, await postMany(stage, count));
  const { attempts } = stage.first;
  const tookMs = attempts.at(-1)!.at - startedAt;
  t.diagnostic(`${count * tokensEach} tokens in ${tookMs} ms`);
  assert.deepEqual(new Set(ends), new Set(['first']));
  assert.ok(tookMs >= shortestMs((count - 1) * tokensEach, tokensPerMinute), `${tookMs} ms`);
  assert.ok(mostPerMinute(attempts) * tokensEach <= tokensPerMinute);
});

test('kill -9 of a process frees its places in flight when their leases end, not before, and its tickets are answered', async (t) => {
  const [concurrency, timeoutMs] = [3, 4000];
  const stage = await openStage(t, world, {
    workers: 1,
    chain: ['first'],
    model: { limits: { concurrency }, timeoutMs, firstByteTimeoutMs: timeoutMs },
  });
  await stage.first.die('hangs');
  const startedAt = Date.now();
  const ticketIds = await postMany(stage, 9);
  await until(() => Promise.resolve(stage.first.inFlight() === concurrency ? true : null));
  await stage.workers[0]!.kill();
  await until(() => Promise.resolve(stage.first.inFlight() === 0 ? true : null));
  await stage.first.comeBack();
  await Promise.all(Array.from({ length: processes - 1 }, () => stage.addWorker()));

  const ends = await endsOf(stage, ticketIds);
  const { attempts } = stage.first;
  assert.deepEqual(new Set(ends), new Set(['first']));
  assert.equal(attempts.length, 9 + concurrency);
  const freeAfterMs = attempts[concurrency]!.at - startedAt;
  t.diagnostic(`places of ${timeoutMs + leaseSlackMs} ms were free again after ${freeAfterMs} ms`);
  assert.ok(freeAfterMs >= timeoutMs + leaseSlackMs, `${freeAfterMs} ms`);
  assert.equal(Math.max(...attempts.map(({ inFlight }) => inFlight)), concurrency);
  const traces = await Promise.all(ticketIds.map((ticketId) => stage.intake.untilEnd(ticketId)));
  const killed = traces.flatMap((trace) => trace.attempts.slice(0, -1));
  assert.equal(killed.length, concurrency);
  for (const { costUsd, possiblyBilled } of killed) assert.deepEqual([costUsd, possiblyBilled], [null, true]);
  assert.deepEqual(stage.misbehaviour, []);
});
