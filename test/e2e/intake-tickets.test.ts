import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addApiKey } from '../../services/ingest/key-store.ts';
import { pointersOf, problemOf } from '../fakes/intake-client.ts';
import { startProvider } from '../fakes/provider.ts';
import type { Provider } from '../fakes/provider.ts';
import { startReceiver } from '../fakes/receiver.ts';
import type { Receiver } from '../fakes/receiver.ts';
import { openWorld, startTestSystem, testConfig } from '../fakes/system.ts';
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
        : { text: 'It is on its way.' },
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

const cancel = (ticketId: string): Promise<Response> =>
  system.fetch(`/v1/tickets/${ticketId}/cancel`, { method: 'POST' });

test('a cancelled ticket is never answered; cancelling twice is no mistake', async () => {
  await system.app.hints.pause('classify');
  const { body } = await system.post({ externalId: 'cancel-1' });
  try {
    for (let round = 0; round < 2; round += 1) {
      const response = await cancel(body.ticketId);
      const answer = await response.json();
      assert.deepEqual([response.status, answer], [200, { ticketId: body.ticketId, state: 'cancelled' }]);
    }
  } finally {
    await system.app.hints.resume('classify');
  }
  // One that was posted later comes through, so the cancelled one has had its turn.
  const later = await system.post({ externalId: 'cancel-2' });
  assert.equal((await system.untilEnd(later.body.ticketId)).state, 'delivered');
  assert.equal((await system.trace(body.ticketId)).state, 'cancelled');
  assert.equal(
    receiver.received.some((one) => one.body.data.externalId === 'cancel-1'),
    false,
  );
  // The same ticket again is still the cancelled one.
  const again = await system.post({ externalId: 'cancel-1' });
  assert.deepEqual([again.status, again.body.state], [200, 'cancelled']);
});

test('a ticket whose answer is being sent, or was sent, cannot be cancelled: 409', async () => {
  const sending = Promise.withResolvers<void>();
  receiver.answer = (delivery) => {
    if (delivery.body.data.externalId !== 'cancel-3') return { status: 200 };
    sending.resolve();
    return { delayMs: 500 };
  };
  const { body } = await system.post({ externalId: 'cancel-3' });
  await sending.promise;
  await problemOf(await cancel(body.ticketId), 409, 'conflict');
  assert.equal((await system.untilEnd(body.ticketId)).state, 'delivered');
  const problem = await problemOf(await cancel(body.ticketId), 409, 'conflict');
  assert.match(problem.detail, /delivered/);
  assert.equal((await system.trace(body.ticketId)).state, 'delivered');
});

test('a ticket of a source that the key does not cover is not there', async () => {
  const { body } = await system.post({ externalId: 'covered' });
  const facts = {
    name: 'test',
    scopes: ['read' as const, 'ingest' as const],
    createdAt: new Date().toISOString(),
  };
  const covering = await addApiKey(system.app, { ...facts, sources: ['shop-api'] });
  const other = await addApiKey(system.app, { ...facts, sources: ['shop-webhook'] });
  const path = `/v1/tickets/${body.ticketId}`;
  const as = (raw: string) => ({ headers: { authorization: `Bearer ${raw}` } });
  await problemOf(await system.fetch(path, as(other.raw)), 404, 'unknown-ticket');
  await problemOf(
    await system.fetch(`${path}/cancel`, { method: 'POST', ...as(other.raw) }),
    404,
    'unknown-ticket',
  );
  const seen = await system.fetch(path, as(covering.raw));
  assert.equal(seen.status, 200);
  assert.equal(seen.headers.get('cache-control'), 'no-store');
  assert.equal(((await seen.json()) as { ticket: { externalId: string } }).ticket.externalId, 'covered');

  // Once its content is gone nothing says whose it was: only keys for all sources still see it.
  await system.untilEnd(body.ticketId);
  await system.app.redis.hdel(system.app.record.keyOf(body.ticketId), 'tk');
  await problemOf(await system.fetch(path, as(covering.raw)), 404, 'unknown-ticket');
  await problemOf(await system.fetch(path, as(other.raw)), 404, 'unknown-ticket');
  assert.equal((await system.trace(body.ticketId)).ticket, null);
});

test('HEAD on a webhook says whether the source is there', async () => {
  const head = (source: string) => fetch(`${system.ingestUrl}/v1/webhooks/${source}`, { method: 'HEAD' });
  assert.equal((await head('shop-webhook')).status, 200);
  assert.equal((await head('shop-api')).status, 200);
  assert.equal((await head('nobody')).status, 404);
  assert.equal((await head('constructor')).status, 404);
});

type Operation = { parameters?: { name: string; in: string }[]; responses: Record<string, unknown> };
type OpenApi = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties?: Record<string, unknown>; required?: string[] }> };
};

const describe = async (): Promise<OpenApi> =>
  (await (await fetch(`${system.ingestUrl}/openapi.json`)).json()) as OpenApi;

test('the OpenAPI document resolves in itself, and its path parameters are declared', async () => {
  const document = await describe();
  assert.match(document.openapi, /^3\.1\./);
  const references: string[] = [];
  JSON.stringify(document, (key, value: unknown) => {
    if (key === '$ref') references.push(String(value));
    return value;
  });
  assert.ok(references.length > 5);
  for (const reference of references) {
    const steps = reference.replace(/^#\//, '').split('/');
    let found: unknown = document;
    for (const step of steps) found = (found as Record<string, unknown> | undefined)?.[step];
    assert.equal(typeof found, 'object', reference);
  }
  for (const [path, operations] of Object.entries(document.paths)) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const { parameters = [], responses } of Object.values(operations)) {
      assert.deepEqual(
        parameters.filter((one) => one.in === 'path').map(({ name }) => name),
        named,
      );
      for (const status of Object.keys(responses)) assert.match(status, /^(?:[1-5]\d\d|default)$/);
    }
  }
});

test('every address of the OpenAPI document is served, and every field of a ticket is described', async () => {
  const document = await describe();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const method of Object.keys(operations)) {
      const filled = path
        .replace('{source}', 'shop-webhook')
        .replace('{ticketId}', 't_0000000000000000000000');
      const response = await system.fetch(filled, { method: method.toUpperCase() });
      const text = await response.text();
      assert.doesNotMatch(text, /"not-found"/, `${method} ${path}`);
    }
  }
  const { properties = {}, required } = document.components.schemas['TicketInput']!;
  assert.deepEqual(required, ['source', 'externalId', 'body']);
  const rejected = await system.fetch('/v1/tickets', {
    method: 'POST',
    body: JSON.stringify(
      Object.fromEntries([...Object.keys(properties), 'other'].map((name) => [name, false])),
    ),
  });
  assert.deepEqual(
    pointersOf(await problemOf(rejected, 422, 'invalid-input')).sort(),
    [...Object.keys(properties), 'other'].map((name) => `/${name}`).sort(),
  );
});
