/** Helpdesks whose webhooks name no message: what was read before it was answered decides what is written. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { helpscoutSimulator } from '../fakes/desks/helpscout.ts';
import { openDeskServer } from '../fakes/desks/server.ts';
import { isClassification, labels, openScene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;

before(async () => {
  world = await openWorld();
});

after(() => world.close());

test('a person who answered before the customer wrote again is not talked over', async (t) => {
  const simulator = helpscoutSimulator();
  const desk = await openDeskServer(t, simulator);
  const scene = await openScene(t, world, (request) => {
    if (isClassification(request)) return labels();
    simulator.agentWrites('1', 'I am looking into it.', 'public');
    // Its webhook is still on its way.
    simulator.customerWrites('1', 'Thank you!');
    return { text: 'It is on its way.' };
  });
  const system = await scene.start({
    sources: { desk: { platform: 'helpscout', destination: 'desk', ...simulator.source } },
    destinations: {
      desk: {
        type: 'helpscout',
        ...simulator.destination(desk.url),
        allowPrivateNetworks: true,
        requestsPerMinute: 100_000,
        retryMs: [0, 50, 50, 50],
      },
    },
  });
  const { raw, headers } = simulator.customerWrites('1', 'Where is my parcel?');
  const response = await fetch(`${system.ingestUrl}/v1/webhooks/desk`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: raw,
  });
  const { ticketId } = (await response.json()) as { ticketId: string };
  assert.equal((await scene.ended(ticketId))['st'], 'handed_off');
  const own = simulator.thread('1').filter(({ author }) => author === 'own');
  assert.deepEqual(
    own.map(({ visibility }) => visibility),
    ['internal'],
  );
});
