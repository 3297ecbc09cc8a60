/** Damaged webhooks of every helpdesk: never a 5xx, and never a ticket from somebody who could not sign. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { simulators } from '../fakes/desks/all.ts';
import type { DeskWebhook } from '../fakes/desks/simulator.ts';
import { openWorld, startTestSystem, testConfig } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const closed = 'http://127.0.0.1:9';

async function post(system: TestSystem, { raw, headers, path }: DeskWebhook) {
  const response = await fetch(`${system.ingestUrl}/v1/webhooks/desk${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: raw,
  });
  return { status: response.status, text: await response.text() };
}

/** One place of the body is replaced, cut out or doubled. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.integer({ min: 0, max: 40 }),
  instead: fc.oneof(
    fc.constantFrom(
      '',
      'null',
      '"',
      '{',
      ']',
      '\u0000',
      '-1',
      '1e999',
      '"\\ud800"',
      '99999999999999999999',
      '{"a":[]}',
    ),
    fc.string({ maxLength: 20 }),
  ),
});

for (const create of simulators) {
  describe(create().platform, () => {
    test('a damaged body is refused, left alone or taken, and never breaks anything', async (t) => {
      const simulator = create();
      const config = testConfig(
        { providerUrl: closed, receiverUrl: `${closed}/hook` },
        {
          sources: { desk: { platform: simulator.platform, destination: 'desk', ...simulator.source } },
          destinations: {
            desk: { type: simulator.platform, ...simulator.destination(closed), allowPrivateNetworks: true },
          },
        },
      );
      const log: string[] = [];
      const system = await startTestSystem(world, config, {
        roles: ['ingest'],
        log,
        environment: { TIERLINE_PREFIX: `mutations-${simulator.platform}` },
      });
      t.after(() => system.close());
      const webhook = simulator.customerWrites('1', 'Where is my SECRETWORD parcel?');
      const isUnsigned = 'x-webhook-secret' in webhook.headers;
      const property = fc.asyncProperty(damage, async ({ at, length, instead }) => {
        const from = Math.floor(at * webhook.raw.length);
        const raw = webhook.raw.slice(0, from) + instead + webhook.raw.slice(from + length);
        const { status, text } = await post(system, { ...webhook, raw });
        assert.ok(status < 500, `${status}`);
        assert.ok(!text.includes('SECRETWORD'));
        // The signature no longer fits another body, so there is no ticket of it.
        if (!isUnsigned && Buffer.from(raw).compare(Buffer.from(webhook.raw)) !== 0)
          assert.equal(status, 401);
        const forged = await post(system, simulator.forged({ ...webhook, raw }));
        assert.equal(forged.status, 401);
      });
      await fc.assert(property, { numRuns: 60 });
      const unsigned = await post(system, { ...webhook, headers: {} });
      assert.equal(unsigned.status, 401);
      assert.ok(!log.join('').includes('SECRETWORD'));
    });
  });
}
