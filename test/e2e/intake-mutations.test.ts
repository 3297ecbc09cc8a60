import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as fc from 'fast-check';
import { ticketIdPattern } from '../../shared/record/keys.ts';
import { problemOf, signedHeaders } from '../fakes/intake-client.ts';
import type { ProblemBody } from '../fakes/intake-client.ts';
import { openWorld, startTestSystem, testConfig } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const log: string[] = [];
let world: TestWorld;
let system: TestSystem;

before(async () => {
  world = await openWorld();
  const config = testConfig({ providerUrl: 'http://127.0.0.1:9', receiverUrl: 'http://127.0.0.1:9/hook' });
  system = await startTestSystem(world, config, { roles: ['ingest'], log });
});

after(async () => {
  await system.close();
  await world.close();
});

const marker = 'MARKERWORD';
/** Every field is there, so that every field gets its share of the damage. */
const whole: { [key: string]: Json } = {
  source: 'shop-api',
  externalId: 'T-1001',
  conversationId: 'C-1001',
  messageId: 'm-1',
  createdAt: '2026-01-22T09:59:58.5+01:00',
  subject: `Where is my order? ${marker}`,
  body: `Order 5531 has not arrived. 我的包裹在哪里？ 👩‍👩‍👧 ${marker}`,
  requester: { email: 'ana@example.com', name: 'Ana' },
  language: 'pt_BR',
  tags: ['vip', 'eu'],
  priority: 'normal',
  lane: 'live',
  history: [
    { role: 'customer', text: 'Hello?' },
    { role: 'agent', text: 'Hi' },
  ],
  metadata: { order: { id: 5531, paid: true, items: [1, 2.5, null] } },
};

const nested = (depth: number, inList: boolean): Json => {
  let value: Json = 1;
  for (let i = 0; i < depth; i += 1) value = inList ? [value] : { a: value };
  return value;
};
const oddText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\ud800',
    'a\udfffb',
    '\u202e',
    '\ufeff',
    '\u2028',
    '👩‍👩‍👧',
    '__proto__',
    '1e999',
    '../..',
    '%00',
    '{{x}}',
    'constructor',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.integer({ min: 1, max: 300_000 }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 1, max: 60_000 }).map((length) => '\u0001'.repeat(length)),
);
const oddValue: fc.Arbitrary<Json> = fc.oneof(
  oddText,
  fc.constantFrom<Json>(null, true, false, 0, -0, 1e308, -1, 5, [], {}, [null], [[]], { '': '' }),
  fc
    .record({ depth: fc.integer({ min: 1, max: 60 }), inList: fc.boolean() })
    .map(({ depth, inList }) => nested(depth, inList)),
  fc.integer({ min: 50, max: 3000 }).map((length): Json => Array.from({ length }, (_, i) => i)),
  fc
    .integer({ min: 50, max: 3000 })
    .map((length): Json => Object.fromEntries(Array.from({ length }, (_, i) => [`k${i}`, i]))),
  fc.constantFrom(
    '2026-13-45T99:99:99Z',
    '0000-01-01T00:00:00Z',
    '2026-01-01',
    '+275760-09-13T00:00:00.001Z',
    '9999-12-31T23:59:59-23:59',
  ),
  fc.jsonValue() as fc.Arbitrary<Json>,
);

type Mutation = (ticket: Json) => void;
/** Every object and list of the ticket, so that damage also happens inside. */
function containersOf(value: Json): (Json[] | { [key: string]: Json })[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(containersOf)];
}
const at = fc.record({ container: fc.nat(30), entry: fc.nat(30) });
const change =
  (
    where: { container: number; entry: number },
    edit: (container: { [key: string]: Json }, key: string) => void,
  ): Mutation =>
  (ticket) => {
    const containers = containersOf(ticket);
    const container = containers[where.container % containers.length] as { [key: string]: Json };
    const keys = Object.keys(container);
    edit(container, keys[where.entry % Math.max(1, keys.length)] ?? 'new');
  };
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  at.map((where) => change(where, (container, key) => delete container[key])),
  fc
    .tuple(at, oddValue)
    .map(([where, value]) => change(where, (container, key) => (container[key] = structuredClone(value)))),
  fc
    .tuple(at, oddText, oddValue)
    .map(([where, key, value]) =>
      change(where, (container) => (container[key.slice(0, 2000)] = structuredClone(value))),
    ),
  // Another ticket than the last, so that good ones are stored too.
  fc
    .string({ minLength: 1, maxLength: 8 })
    .map((id) => change({ container: 0, entry: 0 }, (ticket) => (ticket['externalId'] = id))),
);
/** After serialising: bytes flipped, cut, doubled or inserted anywhere. */
const bytesMutation = fc.oneof(
  { weight: 3, arbitrary: fc.constant((bytes: Buffer): Buffer => bytes) },
  fc.tuple(fc.nat(), fc.nat(255)).map(([index, mask]) => (bytes: Buffer): Buffer => {
    const position = index % Math.max(1, bytes.length);
    bytes[position] = (bytes[position] ?? 0) ^ mask;
    return bytes;
  }),
  fc.nat().map(
    (index) =>
      (bytes: Buffer): Buffer =>
        bytes.subarray(0, index % (bytes.length + 1)),
  ),
  fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 12 })).map(([index, inserted]) => (bytes: Buffer): Buffer => {
    const position = index % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, position), inserted, bytes.subarray(position)]);
  }),
  fc.nat().map(
    (index) =>
      (bytes: Buffer): Buffer =>
        Buffer.concat([bytes, bytes.subarray(index % (bytes.length + 1))]),
  ),
);
const mutated = fc
  .tuple(fc.array(mutation, { maxLength: 4 }), bytesMutation)
  .map(([mutations, mutateBytes]) => (base: { [key: string]: Json }): Buffer => {
    const ticket = structuredClone(base);
    for (const mutate of mutations) mutate(ticket);
    return mutateBytes(Buffer.from(JSON.stringify(ticket)));
  });

const { source: _source, ...unsourced } = whole;
const seen = { stored: new Set<string>(), accepted: 0, duplicates: 0, refused: 0 };

async function judge(response: Response): Promise<void> {
  if (response.status >= 400) {
    assert.ok(response.status < 500, `${response.status}`);
    const { code, errors } = (await response.clone().json()) as ProblemBody;
    await problemOf(response, response.status, code);
    for (const { pointer } of errors) assert.match(pointer, /^(?:\/(?:[^~/]|~[01])*)*$/s);
    seen.refused += 1;
    return;
  }
  const answer = (await response.json()) as { ticketId: string; state: string; duplicate: boolean };
  assert.match(answer.ticketId, ticketIdPattern);
  assert.equal(response.status, answer.duplicate ? 200 : 202);
  if (answer.duplicate) seen.duplicates += 1;
  else seen.accepted += 1;
  seen.stored.add(answer.ticketId);
}

test('2,000 damaged bodies at each of two doors: never a 5xx, every refusal is problem details, only what was answered 2xx is stored', async () => {
  await fc.assert(
    fc.asyncProperty(mutated, async (damage) => {
      const posted = damage(whole);
      const hooked = damage(unsourced);
      await Promise.all([
        system.fetch('/v1/tickets', { method: 'POST', body: posted }).then(judge),
        system
          .fetch('/v1/webhooks/shop-webhook', {
            method: 'POST',
            body: hooked,
            headers: signedHeaders(hooked),
          })
          .then(judge),
      ]);
    }),
    { numRuns: 2000 },
  );
  // Otherwise the damage was too small or too great to try anything.
  assert.ok(
    seen.accepted > 100 && seen.refused > 1000 && seen.duplicates > 10,
    JSON.stringify({ ...seen, stored: 0 }),
  );
  assert.equal(seen.stored.size, seen.accepted);
  const superseded = await system.app.record.list('superseded', 10_000);
  assert.equal((await system.app.record.counts()).open + superseded.length, seen.accepted);
  assert.doesNotMatch(log.join(''), /MARKERWORD/);
});
