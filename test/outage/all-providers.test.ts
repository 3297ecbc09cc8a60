/**
 * Every provider is dead at once: tickets wait without a slot, none is lost, and when one provider is back, with room for a
 * few calls only, they come back as a ramp that does not break it again.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until as untilWithin } from '../chaos/until.ts';
import { until } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';
import { endsOf, openStage, postTicket } from './stage.ts';
import type { Stage } from './stage.ts';

const outageMs = Number(process.env['OUTAGE_SECONDS'] ?? '6') * 1000;
const resetMs = outageMs / 3;
const patientTickets = 300;
const hurriedTickets = 10;
const capacity = 8;
/** What a busy machine may need on top of any wait. */
const slackMs = 20_000;

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const isOpen = (stage: Stage, model: 'first' | 'second') => async (): Promise<true | null> =>
  (await stage.gate(model)).state === 'open' ? true : null;

test('all providers are dead: every ticket waits, people get those whose deadline passes, the rest is answered by a ramp', async (t) => {
  const stage = await openStage(t, world, {
    workers: 4,
    chain: ['first', 'second'],
    model: { breaker: { failures: 2, resetMs }, timeoutMs: 2000 },
    tier: { concurrency: 20, deadlineMs: 3_600_000 },
    hurried: { deadlineMs: 3000 },
  });
  await Promise.all([stage.first.die('answers 503'), stage.second.die('answers 503')]);
  const opening = await postTicket(stage, 0);
  await until(isOpen(stage, 'first'));
  await until(isOpen(stage, 'second'));
  const patient = await Promise.all(
    Array.from({ length: patientTickets - 1 }, (_, i) => postTicket(stage, i + 1)),
  );
  const hurried = await Promise.all(
    Array.from({ length: hurriedTickets }, (_, i) => postTicket(stage, -1 - i, { tags: ['hurried'] })),
  );
  // None is answered, none is lost: all wait, and no slot is taken by it.
  assert.deepEqual(
    await endsOf(stage, hurried),
    hurried.map(() => 'people: deadline'),
  );
  const { app } = stage.intake;
  await until(async () => ((await app.record.counts()).parked === patientTickets ? true : null));
  await sleep(outageMs);
  assert.equal(stage.scene.receiver.received.length, hurriedTickets);
  const attempts = stage.first.attempts.length + stage.second.attempts.length;

  stage.first.setPace({ answerMs: 300, capacity });
  // Not in the middle of a probe: what fails then doubles the interval.
  await until(isOpen(stage, 'first'));
  const { untilMs, sinceMs } = await stage.gate('first');
  const openedBefore = stage.wrote(/"model":"first".*"breaker\.opened"/);
  const soFar = stage.first.attempts.length;
  await stage.first.comeBack();
  const backAt = Date.now();
  // The interval doubles with every probe that fails, and this may be the longest of them.
  const withinMs = untilMs! - sinceMs! + slackMs;
  await untilWithin('there is a probe', () => stage.first.attempts.length > soFar, { withinMs });
  const probeAt = Date.now();
  const ends = await endsOf(stage, [opening, ...patient]);
  const tookMs = Date.now() - probeAt;

  const returned = stage.first.attempts.slice(soFar);
  const refused = returned.filter(({ outcome }) => outcome === 'failed').length;
  t.diagnostic(
    `${attempts} attempts of ${patientTickets} tickets during the outage; the probe ${probeAt - backAt} ms after the return, ` +
      `of ${untilMs! - sinceMs!} ms between probes, ` +
      `${patientTickets} answers ${tookMs} ms after that; at most ${Math.max(...returned.map((one) => one.inFlight))} in flight, ` +
      `${refused} over the capacity of ${capacity}`,
  );
  assert.deepEqual(
    ends.filter((end) => end !== 'first'),
    [],
  );
  // One probe alone, then two at a time, and one more for every answer: doubling with every round.
  for (const { inFlight, answersBefore } of returned) {
    const given = answersBefore - returned[0]!.answersBefore;
    assert.ok(inFlight <= 1 + given, `${inFlight} in flight after ${given} answers`);
  }
  assert.equal(stage.wrote(/"model":"first".*"breaker\.opened"/), openedBefore, 'it was not failed again');
  // Finding out how many there is room for costs some.
  assert.ok(refused <= returned.length / 10, `${refused} of ${returned.length} calls were too much at once`);
  // The receiver has an answer a moment before the record knows.
  await until(async () => {
    const { open, parked } = await app.record.counts();
    return open + parked === 0 ? true : null;
  });
  assert.deepEqual(stage.misbehaviour, []);
});
