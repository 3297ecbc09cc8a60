/**
 * One provider is dead under steady load, with eight processes: next to nothing is sent to it until it is back, every
 * ticket is answered by the next model, and it is used again as soon as a probe can know. OUTAGE_SECONDS=60 makes the outage
 * as long as it says; the breaker's reset time is always a third of it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until as untilWithin } from '../chaos/until.ts';
import { until } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';
import type { Death } from './metered-provider.ts';
import { endsOf, openStage, steadyLoad } from './stage.ts';

const outageMs = Number(process.env['OUTAGE_SECONDS'] ?? '6') * 1000;
const resetMs = outageMs / 3;
const processes = 8;
const slotsEach = 3;
const failures = 2;
/** Long enough for every call that was in flight at the opening to have arrived and ended. */
const settledMs = 1500;
const firstByteTimeoutMs = 1000;
/** What a busy machine may need on top of any wait. */
const slackMs = 20_000;

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

describe('a provider that is dead for a while, with eight processes', () => {
  for (const how of ['answers 503', 'hangs', 'refuses connections'] satisfies Death[]) {
    test(`and ${how}: at most four attempts reach it, and no ticket notices`, async (t) => {
      const stage = await openStage(t, world, {
        workers: processes,
        chain: ['first', 'second'],
        model: { breaker: { failures, resetMs }, firstByteTimeoutMs },
        tier: { concurrency: slotsEach },
      });
      // A refused connection does not reach the server, so the workers' own word counts there.
      const failed = (): number =>
        stage.wrote(/"call\.failed".*"model":"first"|"model":"first".*"call\.failed"/);
      const attempts = (): number => (how === 'refuses connections' ? failed() : stage.first.attempts.length);
      const load = steadyLoad(stage, 100);
      await until(() => Promise.resolve(stage.first.attempts.length >= 10 ? true : null));
      await stage.first.die(how);
      const diedAt = Date.now();
      const healthy = attempts();
      await until(async () => ((await stage.gate('first')).state === 'open' ? true : null));
      await sleep(settledMs);
      const afterOpening = attempts();
      await sleep(Math.max(0, diedAt + outageMs - Date.now()));
      const during = attempts();
      // Not in the middle of a probe: what fails then doubles the interval.
      const { sinceMs, untilMs } = await until(async () => {
        const gate = await stage.gate('first');
        return gate.state === 'open' ? gate : null;
      });
      await stage.first.comeBack();
      const backAt = Date.now();
      const soFar = stage.first.attempts.length;
      const isUsed = (): boolean =>
        stage.first.attempts.slice(soFar).some(({ outcome }) => outcome === 'answered');
      // The interval doubles with every probe that fails, and this may be the longest of them.
      await untilWithin('it is used again', isUsed, { withinMs: untilMs! - sinceMs! + slackMs });
      const usedAfterMs = Date.now() - backAt;
      await until(async () => ((await stage.gate('first')).scope === null ? true : null));
      const ticketIds = await load.stop();
      const ends = await endsOf(stage, ticketIds);

      t.diagnostic(
        `${how}: ${ticketIds.length} tickets, ${afterOpening - healthy} attempts until it was open everywhere, ` +
          `${during - afterOpening} after that, used again after ${usedAfterMs} ms of ${untilMs! - sinceMs!} ms`,
      );
      // Two failures open it; whoever else was in flight then had one slot each.
      assert.ok(afterOpening - healthy <= failures + processes * slotsEach);
      assert.ok(during - afterOpening <= 4, `${during - afterOpening} attempts`);
      assert.ok(usedAfterMs <= untilMs! - sinceMs! + slackMs);
      assert.deepEqual(
        ends.filter((end) => end !== 'first' && end !== 'second'),
        [],
      );
      assert.ok(ends.includes('second'));
      assert.deepEqual(stage.misbehaviour, []);
    });
  }
});
