/** A question that people were handed, put back afterwards: it is answered only where nobody has answered it meanwhile. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { replayDeadLetters } from '../../shared/replay.ts';
import { openDeskServer } from '../fakes/desks/server.ts';
import { zendeskSimulator } from '../fakes/desks/zendesk.ts';
import { isClassification, labels, openScene, until } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

for (const hasAnswered of [true, false]) {
  test(`a replay after a hand-off ${hasAnswered ? 'does not talk over the person who has answered' : 'answers where nobody has'}`, async (t) => {
    const simulator = zendeskSimulator();
    const desk = await openDeskServer(t, simulator);
    let refuses = true;
    const scene = await openScene(t, world, (request) => {
      if (isClassification(request)) return labels();
      return refuses ? { refusal: 'no' } : { text: 'It is on its way.' };
    });
    const system = await scene.start({
      sources: { desk: { platform: 'zendesk', destination: 'desk', ...simulator.source } },
      destinations: {
        desk: { type: 'zendesk', ...simulator.destination(desk.url), allowPrivateNetworks: true },
      },
    });
    const { raw, headers, path } = simulator.customerWrites('1', 'Where is my parcel?');
    const response = await fetch(`${system.ingestUrl}/v1/webhooks/desk${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: raw,
    });
    const { ticketId } = (await response.json()) as { ticketId: string };
    assert.equal((await scene.ended(ticketId))['st'], 'handed_off');
    const ownPublic = () =>
      simulator.thread('1').filter((one) => one.author === 'own' && one.visibility === 'public').length;
    if (hasAnswered) simulator.agentWrites('1', 'I have sent it again.', 'public');
    refuses = false;
    const notes = simulator.thread('1').length;
    const { counts } = await replayDeadLetters(
      system.app,
      { ids: [ticketId] },
      { dry: false, afterHandoff: true, perSecond: 100 },
    );
    assert.equal(counts['replayed'], 1, JSON.stringify(counts));
    await until(() => Promise.resolve(simulator.thread('1').length > notes ? true : null));
    const end = await until(async () => {
      const state = (await scene.record(ticketId))['st'] ?? '';
      return ['delivered', 'handed_off'].includes(state) ? state : null;
    });
    assert.deepEqual([end, ownPublic()], hasAnswered ? ['handed_off', 0] : ['delivered', 1]);
  });
}
