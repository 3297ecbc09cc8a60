import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { addApiKey } from '../../services/ingest/key-store.ts';
import { platforms } from '../../services/ingest/platforms.ts';
import type { Platform } from '../../services/ingest/platforms/platform.ts';
import { outcomes } from '../../shared/feedback.ts';
import { readIgnored } from '../../shared/helpdesks/ignored-counts.ts';
import { tierline } from '../fakes/command.ts';
import { pointersOf, problemOf } from '../fakes/intake-client.ts';
import { labels, openScene, wasLogged } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;

before(async () => {
  world = await openWorld();
});

after(() => world.close());

const open = async (t: TestContext, overrides: Record<string, unknown> = {}) => {
  const scene = await openScene(t, world, ({ stream }) =>
    stream ? { text: 'It is on its way.' } : labels(),
  );
  const system = await scene.start(overrides);
  return { scene, system };
};

const tell = (
  system: TestSystem,
  ticketId: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> =>
  system.fetch(`/v1/tickets/${ticketId}/feedback`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers,
  });

test('feedback is kept with an answered ticket and shown, and its note stands in no log', async (t) => {
  const { scene, system } = await open(t);
  const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
  assert.deepEqual((await system.trace(ticketId)).feedback, []);
  await system.untilEnd(ticketId);
  const label = { queryType: 'refund', tier: 'standard', language: 'pt_BR' };
  const note = 'Ana Zebedee was promised more.';
  for (const duplicate of [false, true]) {
    const response = await tell(system, ticketId, { outcome: 'edited', label, note: ` ${note}\n` });
    assert.deepEqual(
      [response.status, await response.json()],
      [200, { ticketId, outcome: 'edited', duplicate }],
    );
  }
  assert.equal((await tell(system, ticketId, { outcome: 'good', label: null, note: null })).status, 200);
  const { feedback } = await system.trace(ticketId);
  assert.deepEqual(
    feedback.map((one) => ({ ...one, at: '' })),
    [
      { outcome: 'edited', label: { ...label, language: 'pt-BR' }, note, by: 'api', at: '' },
      { outcome: 'good', label: null, note: null, by: 'api', at: '' },
    ],
  );
  assert.ok(Math.abs(Date.now() - Date.parse(feedback[0]!.at)) < 60_000);
  assert.ok(wasLogged(scene, 'feedback.stored', ticketId, '"outcome":"edited"', '"duplicate":true'));
  assert.equal(scene.log.join('').includes('Zebedee'), false);
  const { stdout } = await tierline(['ticket', ticketId], {
    REDIS_URL: world.redis.url,
    TIERLINE_PREFIX: scene.prefix,
    TIERLINE_CONFIG: system.configFile,
  });
  assert.match(stdout, /^edited +api +refund, standard, pt-BR +Ana Zebedee was promised more\. +\d{4}-/m);
});

test('every outcome is taken, also part of a label, also before the answer', async (t) => {
  const { system } = await open(t);
  await system.app.hints.pause('classify');
  const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
  for (const outcome of outcomes) assert.equal((await tell(system, ticketId, { outcome })).status, 200);
  const part = await tell(system, ticketId, { outcome: 'bad', label: { queryType: 'other' } });
  assert.equal(part.status, 200);
  const { feedback } = await system.trace(ticketId);
  assert.deepEqual(
    feedback.map(({ outcome }) => outcome),
    [...outcomes, 'bad'],
  );
  assert.deepEqual(feedback.at(-1)?.label, { queryType: 'other', tier: null, language: null });
});

test('what does not fit is refused with the field and what is allowed, and never quoted', async (t) => {
  const { scene, system } = await open(t);
  const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
  const wrong: [body: unknown, pointer: string, detail: RegExp][] = [
    [{}, '/outcome', /one of resolved, reopened/],
    [{ outcome: 'splendid' }, '/outcome', /must be one of resolved, reopened, edited, escalated, good, bad/],
    [{ outcome: 'good', text: 'x' }, '/text', /not a known field/],
    [{ outcome: 'good', note: 'x'.repeat(2001) }, '/note', /at most 2000 characters/],
    [{ outcome: 'good', note: 'a\u0000b' }, '/note', /control character/],
    [{ outcome: 'good', note: 7 }, '/note', /must be a string/],
    [{ outcome: 'good', label: 'refund' }, '/label', /must be an object/],
    [{ outcome: 'good', label: { tier: 'splendid' } }, '/label/tier', /one of simple, standard, complex/],
    [{ outcome: 'good', label: { queryType: 'splendid' } }, '/label/queryType', /refund, shipping, .*other/],
    [{ outcome: 'good', label: { language: 'english' } }, '/label/language', /BCP 47/],
    [[], '', /must be an object/],
  ];
  for (const [body, pointer, detail] of wrong) {
    const problem = await problemOf(await tell(system, ticketId, body), 422, 'invalid-input');
    assert.deepEqual(pointersOf(problem), [pointer]);
    assert.match(problem.errors[0]!.detail, detail);
    assert.equal(JSON.stringify(problem).includes('splendid'), false);
  }
  await problemOf(await tell(system, ticketId, '{"outcome":'), 400, 'invalid-json');
  assert.deepEqual((await system.trace(ticketId)).feedback, []);
  assert.equal((await scene.record(ticketId))['fb'], undefined);
});

test('a ticket that a key may not see, or that there is not, gets no feedback; nor one whose content is gone', async (t) => {
  const { scene, system } = await open(t);
  const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
  const facts = { name: 'one', createdAt: new Date().toISOString() };
  const other = await addApiKey(system.app, { ...facts, scopes: ['ingest'], sources: ['shop-webhook'] });
  const reader = await addApiKey(system.app, { ...facts, scopes: ['read'], sources: null });
  const good = { outcome: 'good' };
  const as = (raw: string) => ({ authorization: `Bearer ${raw}` });
  await problemOf(await tell(system, ticketId, good, as(other.raw)), 404, 'unknown-ticket');
  await problemOf(await tell(system, ticketId, good, as(reader.raw)), 403, 'missing-scope');
  await problemOf(await tell(system, ticketId, good, as('tl_unknown_key')), 401, 'unauthorized');
  for (const id of ['t_000000000000000000000000', 'nonsense']) {
    await problemOf(await tell(system, id, good), 404, 'unknown-ticket');
  }
  await system.untilEnd(ticketId);
  await scene.redis.hdel(scene.recordKey(ticketId), 'tk');
  await problemOf(await tell(system, ticketId, good), 409, 'conflict');
  assert.equal((await scene.record(ticketId))['fb'], undefined);
});

test('what a helpdesk tells of a conversation is kept with the ticket that was answered last', async (t) => {
  // A platform that tells what its body says: only what becomes of it is tested here.
  const told: Platform = {
    verify: () => ({ kind: 'verified' }),
    parse: (json) => ({
      kind: 'events',
      events: (json as { conversation: string; outcome: 'resolved' }[]).map(({ conversation, outcome }) => ({
        kind: 'feedback',
        externalId: conversation,
        conversationId: conversation,
        outcome,
      })),
    }),
  };
  const known = platforms as Map<string, Platform>;
  const usual = known.get('helpscout');
  known.set('helpscout', told);
  t.after(() => (usual ? known.set('helpscout', usual) : known.delete('helpscout')));
  const { scene, system } = await open(t, {
    sources: { desk: { platform: 'helpscout', secret: 'made-up-here', destination: 'hook' } },
  });
  const post = async (...events: { conversation: string; outcome: string }[]) => {
    const response = await system.fetch('/v1/webhooks/desk', {
      method: 'POST',
      body: JSON.stringify(events),
    });
    return [response.status, await response.json()];
  };
  const ask = async (messageId: string): Promise<string> => {
    const ticket = { source: 'desk', externalId: 'C-1', messageId };
    const { ticketId } = (await system.post(ticket)).body;
    await system.untilEnd(ticketId);
    return ticketId;
  };
  assert.deepEqual(await post({ conversation: 'C-1', outcome: 'resolved' }), [
    200,
    { ignored: 'other_event' },
  ]);
  const older = await ask('m-1');
  const newest = await ask('m-2');
  assert.deepEqual(await post({ conversation: 'C-1', outcome: 'resolved' }), [200, { feedback: 'resolved' }]);
  assert.deepEqual(
    await post({ conversation: 'C-1', outcome: 'reopened' }, { conversation: 'C-2', outcome: 'resolved' }),
    [200, { results: [{ feedback: 'reopened' }, { ignored: 'other_event' }] }],
  );
  assert.deepEqual((await system.trace(older)).feedback, []);
  assert.deepEqual(
    (await system.trace(newest)).feedback.map(({ outcome, by }) => [outcome, by]),
    [
      ['resolved', 'helpdesk'],
      ['reopened', 'helpdesk'],
    ],
  );
  const ignored = await readIgnored(system.app, 1);
  assert.deepEqual(ignored, [{ source: 'desk', reason: 'other_event', count: 2 }]);
  // Its content is past its retention: nothing is kept, and the event is counted.
  await scene.redis.hdel(scene.recordKey(newest), 'tk');
  assert.deepEqual(await post({ conversation: 'C-1', outcome: 'bad' }), [200, { ignored: 'other_event' }]);
});
