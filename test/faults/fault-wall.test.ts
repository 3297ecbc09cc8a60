/**
 * Every way in which a provider can fail, over both APIs, streamed and whole, through a whole system: what the customer
 * gets, how long it takes, who is called how often, what breaker and ledger say. FAULT_REPEATS plays each case that often.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readCosts } from '../../shared/ledger/costs.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';
import { answerCases } from './answer-cases.ts';
import { expectCase } from './expect.ts';
import { statusCases } from './status-cases.ts';
import { openWall } from './wall.ts';
import { wireCases } from './wire-cases.ts';

const repeats = Number(process.env['FAULT_REPEATS'] ?? '1');
const cases = [...statusCases, ...wireCases, ...answerCases];

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

for (let repeat = 1; repeat <= repeats; repeat += 1) {
  test(
    `the fault wall${repeats === 1 ? '' : `, ${repeat} of ${repeats}`}`,
    { concurrency: 16 },
    async (t) => {
      const startedAt = Date.now();
      const wall = await openWall(t, world, cases);
      await Promise.all(
        wall.played.map((played) => {
          const { api, mode } = played.variant;
          return t.test(`${played.one.name} (${api}, ${mode})`, async () => {
            expectCase(played, await wall.play(played));
          });
        }),
      );
      await t.test('nothing was sent where a redirect pointed', () => {
        assert.equal(wall.strangerConnections(), 0);
      });
      await t.test('no ticket was delivered twice, whatever came late', () => {
        const { received } = wall.scene.receiver;
        assert.equal(new Set(received.map(({ body }) => body.data.ticketId)).size, received.length);
      });
      await t.test('the ledger has exactly the calls that the providers saw', async () => {
        const costs = await readCosts(wall.system.app, { sinceMs: startedAt, untilMs: Date.now(), by: [] });
        assert.equal(costs.calls, wall.scene.provider.requests.length);
      });
      await t.test('no key is in the log, and nothing of a ticket', () => {
        const lines = wall.scene.log.filter((line) => /sk-|parcel/.test(line));
        assert.deepEqual(lines, []);
      });
    },
  );
}
