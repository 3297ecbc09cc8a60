/** Webhooks that do not tell what was said: it is read at the helpdesk, with the tags that decide whether it is answered. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { freshdeskSimulator } from '../fakes/desks/freshdesk.ts';
import { openDeskServer } from '../fakes/desks/server.ts';
import { isClassification, labels, openScene, userMessageOf } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;

before(async () => {
  world = await openWorld();
});

after(() => world.close());

const broken = 'Where is my "big" box?';

async function openWith(t: TestContext, source: Record<string, unknown>) {
  const simulator = freshdeskSimulator();
  const desk = await openDeskServer(t, simulator);
  const scene = await openScene(t, world, (request) =>
    isClassification(request) ? labels() : { text: 'It is on its way.' },
  );
  const system = await scene.start({
    sources: { desk: { platform: 'freshdesk', destination: 'desk', ...simulator.source, ...source } },
    destinations: {
      desk: { type: 'freshdesk', ...simulator.destination(desk.url), allowPrivateNetworks: true },
    },
  });
  async function post(path?: string) {
    const { raw, headers, path: own } = simulator.customerWrites('1', broken);
    assert.throws(() => JSON.parse(raw));
    const url = `${system.ingestUrl}/v1/webhooks/desk${path ?? own}`;
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: raw };
    const response = await fetch(url, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  return { simulator, scene, post };
}

test('a template that a quote has broken is answered all the same, by the ticket in the address', async (t) => {
  const { simulator, scene, post } = await openWith(t, {});
  const { status, body } = await post();
  assert.equal(status, 202, JSON.stringify(body));
  assert.equal((await scene.ended(String(body['ticketId'])))['st'], 'delivered');
  const answered = scene.provider.requests.find((request) => !isClassification(request));
  assert.ok(userMessageOf(answered!).includes(JSON.stringify(broken)));
  assert.equal(simulator.thread('1').length, 2);
});

test('without a ticket in the address it is refused, and the refusal quotes nothing', async (t) => {
  const { post } = await openWith(t, {});
  const { status, body } = await post('');
  assert.equal(status, 400);
  assert.ok(!JSON.stringify(body).includes('big'));
});

test('the tags are those that the helpdesk knows', async (t) => {
  const { simulator, scene, post } = await openWith(t, { only: { tags: ['ai'] } });
  const first = await post();
  assert.equal((await scene.ended(String(first.body['ticketId'])))['st'], 'skipped');
  simulator.tagsOf('1').push('ai');
  const second = await post();
  assert.equal((await scene.ended(String(second.body['ticketId'])))['st'], 'delivered');
});
