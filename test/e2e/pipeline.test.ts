import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { startProvider } from '../fakes/provider.ts';
import type { Provider } from '../fakes/provider.ts';
import { startReceiver } from '../fakes/receiver.ts';
import type { Receiver } from '../fakes/receiver.ts';
import { openWorld, startTestSystem, testConfig, webhookSecret } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;
let provider: Provider;
let receiver: Receiver;
let system: TestSystem;

before(async () => {
  world = await openWorld();
  provider = await startProvider({
    behave: (request) =>
      'response_format' in request.body
        ? { text: JSON.stringify({ queryType: 'shipping', complexity: 0.2, language: 'en' }) }
        : { text: 'It is on its way.', usage: { input: 512, output: 120 } },
  });
  receiver = await startReceiver();
  system = await startTestSystem(world, testConfig({ providerUrl: provider.url, receiverUrl: receiver.url }));
});

after(async () => {
  await system.close();
  await receiver.close();
  await provider.close();
  await world.close();
});

test('a posted ticket is classified, answered and delivered, and the reference library verifies the delivery', async () => {
  const posted = await system.post({ externalId: 'T-1001', subject: 'Parcel' });
  assert.equal(posted.status, 202);
  const trace = await system.untilEnd(posted.body.ticketId);
  assert.equal(trace.state, 'delivered');
  assert.equal(trace.classification?.decidedBy, 'model');
  const delivery = receiver.received.find((one) => one.body.data.ticketId === posted.body.ticketId);
  assert.ok(delivery);
  const headers = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
      name,
      String(delivery.headers[name]),
    ]),
  );
  assert.doesNotThrow(() => new Webhook(webhookSecret).verify(delivery.raw, headers));
  assert.equal(delivery.headers['webhook-id'], `msg_${posted.body.ticketId}_1`);
  assert.equal(delivery.body.data.costUsd, 0.0001112);
});
