/** What a customer wrote is in the record, the prompts and the delivery, and nowhere else. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { isClassification, labels, openScene, until, userMessageOf, wasLogged } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const marker = 'zanzibar';

/** A ticket with the marker in every text that a customer or helpdesk may fill in, and one word that says what happens. */
const marked = (externalId: string, what: string): Record<string, unknown> => ({
  externalId,
  subject: `${marker} subject`,
  body: `${what}: where is my ${marker} parcel?`,
  requester: { email: `${marker}@example.com`, name: `Ana ${marker}` },
  tags: [`${marker}-tag`],
  history: [{ role: 'customer', text: `${marker} before` }],
  metadata: { note: `${marker} note` },
});

const quoting = { message: `cannot answer "${marker}"`, code: marker, type: marker };

/** Models that fail in every way, and quote the ticket while they do. */
async function misbehavingScene(t: TestContext): Promise<Scene> {
  return openScene(t, world, (request) => {
    const text = userMessageOf(request);
    if (isClassification(request)) {
      if (text.includes('mislabelled')) return { text: `{"queryType":"${marker}"}` };
      return text.includes('unlabelled') ? { status: 500, error: quoting } : labels();
    }
    if (text.includes('server error')) return { status: 500, error: quoting };
    if (text.includes('bad request')) return { status: 400, error: quoting };
    if (text.includes('refused')) return { refusal: `I will not talk of ${marker}.` };
    if (text.includes('broken')) return { text: `About ${marker}…`, cutAfterChunks: 1 };
    if (text.includes('page'))
      return { html: true, body: `<h1>${marker}</h1>`, contentType: `text/html; ${marker}` };
    return { text: `Your ${marker} parcel is on its way.` };
  });
}

test('no log line of any service has the words of a ticket, however it ends; nor has a job, or a breaker', async (t) => {
  const scene = await misbehavingScene(t);
  // Never open: a ticket that fails must not keep the others waiting.
  const breaker = { failures: 1000 };
  const { models } = scene.config() as { models: Record<string, object> };
  const system = await scene.start({
    models: { small: { ...models['small'], breaker }, large: { ...models['large'], breaker } },
    tiers: {
      simple: { models: ['small', 'large'] },
      standard: { models: ['large'] },
      complex: { models: ['large'] },
    },
  });
  scene.receiver.answer = ({ body, number }) => {
    if (body.data.externalId === 'undeliverable') return { status: 500, headers: { 'x-said': marker } };
    return number % 3 === 0 ? { cut: true } : {};
  };
  const kinds = [
    'fine',
    'mislabelled',
    'unlabelled',
    'bad request',
    'refused',
    'broken',
    'page',
    'server error',
  ];
  const ids: string[] = [];
  for (const [i, what] of kinds.entries()) {
    const { body } = await system.post(marked(`T-${i}`, what));
    ids.push(body.ticketId);
  }
  ids.push((await system.post(marked('undeliverable', 'fine'))).body.ticketId);
  const corrupted = (await system.post(marked('corrupted', 'server error'))).body.ticketId;
  await until(async () => ((await scene.record(corrupted))['pu'] === undefined ? null : true));
  await scene.redis.hset(scene.recordKey(corrupted), 'cls', `{"tier":"${marker}"`);
  await until(() => Promise.resolve(wasLogged(scene, 'stage.failed')));
  // Intake refuses what is not a ticket; that is not repeated to the log either.
  await system.fetch('/v1/tickets', { method: 'POST', body: `{"source":"${marker}","body":"${marker}"}` });
  await system.fetch('/v1/tickets', { method: 'POST', body: `{"${marker}` });
  // These are tried again until people get them.
  const lasting = new Set(['broken', 'page', 'server error']);
  for (const ticketId of ids.filter((_, i) => !lasting.has(kinds[i] ?? ''))) await scene.ended(ticketId);

  const events = [
    'ticket.classified',
    'ticket.answered',
    'call.failed',
    'reply.sent',
    'ticket.dead_lettered',
    'ticket.dead',
    'stage.failed',
  ];
  // What happened is logged a moment after it.
  for (const event of events) await until(() => Promise.resolve(wasLogged(scene, event)));
  const log = scene.log.join('\n');
  const faults = ['schema', 'server_error', 'bad_request', 'refused', 'truncated', 'bad_response'];
  const rows = await Promise.all(ids.map((ticketId) => scene.record(ticketId)));
  const seen = rows.flatMap((row) => Object.values(row)).join('');
  for (const fault of faults) assert.ok(seen.includes(`"fault":"${fault}"`), `${fault} did not happen`);
  assert.deepEqual(
    log.split('\n').filter((line) => line.includes(marker)),
    [],
  );

  // The marker is where it belongs, or this test would prove nothing.
  assert.ok(seen.includes(marker));
  assert.ok(scene.receiver.received.some(({ raw }) => raw.includes(marker)));
  for (const key of await scene.redis.keys(`{${scene.prefix}*`)) {
    const isContent = /^\{[^}]*\}:t:t_[0-9a-z]+$/.test(key);
    if (isContent || (await scene.redis.type(key)) !== 'hash') continue;
    const fields = await scene.redis.hgetall(key);
    assert.ok(!`${key} ${JSON.stringify(fields)}`.includes(marker), key);
  }
});
