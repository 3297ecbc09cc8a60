import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startReceiver } from '../fakes/receiver.ts';
import type { Received, Receiver } from '../fakes/receiver.ts';
import { openWorld, startTestSystem, testConfig, webhookSecret } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';
import { questionsIn, startConversationModel } from './conversation-model.ts';
import type { ConversationModel } from './conversation-model.ts';

let world: TestWorld;
let model: ConversationModel;
let receiver: Receiver;
let system: TestSystem;
const log: string[] = [];

before(async () => {
  world = await openWorld();
  model = await startConversationModel();
  receiver = await startReceiver();
  const urls = { providerUrl: model.url, receiverUrl: receiver.url };
  const base = testConfig(urls) as { providers: object; models: object; tiers: object };
  const config = testConfig(urls, {
    // The complex tier has nobody who could answer, so its tickets go to people at once.
    providers: {
      ...base.providers,
      away: { api: 'openai', baseUrl: 'http://127.0.0.1:9/v1', apiKey: '${env:NOT_GIVEN}' },
    },
    models: {
      ...base.models,
      nobody: { provider: 'away', model: 'nobody-1', price: { inputPerMTok: 1, outputPerMTok: 1 } },
    },
    tiers: { ...base.tiers, complex: { models: ['nobody'] } },
    destinations: {
      hook: {
        type: 'webhook',
        url: receiver.url,
        secret: webhookSecret,
        allowPrivateNetworks: true,
        retryMs: [0, ...Array.from({ length: 50 }, () => 20)],
      },
    },
  });
  system = await startTestSystem(world, config, { log });
});

after(async () => {
  await system.close();
  await receiver.close();
  await model.close();
  await world.close();
});

let conversationId = '';
let number = 0;
beforeEach(() => {
  number += 1;
  conversationId = `conversation-${number}`;
  model.release();
  receiver.answer = () => ({ status: 200 });
});

const minute = (count: number): string => new Date(Date.UTC(2026, 0, 1, 0, count)).toISOString();
let questions = 0;

/** Says something in this test's conversation at a minute; returns its question's word and its ticket. */
async function say(
  at: number,
  more: Record<string, unknown> = {},
): Promise<{ word: string; ticketId: string; state: string }> {
  questions += 1;
  const word = `Q${questions}`;
  const posted = await system.post({
    externalId: `T-${word}`,
    conversationId,
    createdAt: minute(at),
    body: `${word} of ${conversationId}: where is my parcel?`,
    ...more,
  });
  assert.equal(posted.status, 202);
  return { word, ticketId: posted.body.ticketId, state: posted.body.state };
}

const options = { timeout: 60_000 };

type Said = Awaited<ReturnType<typeof say>>;

/** What was delivered of these tickets, in order. */
const deliveriesOf = (said: Said[]): Received[] =>
  receiver.received.filter(({ body }) => said.some(({ ticketId }) => ticketId === body.data.ticketId));
const wordsOf = (said: Said[]): string[] => said.map(({ word }) => word).sort();
const answered = (delivery: Received | undefined): string[] =>
  questionsIn(delivery?.body.data.text ?? '').sort();

/** The ends of tickets, in their order. */
async function endsOf(said: Said[]): Promise<string[]> {
  const traces = await Promise.all(said.map(({ ticketId }) => system.untilEnd(ticketId)));
  return traces.map(({ state }) => state);
}

/** A worker that lost its ticket has noticed it. */
async function untilLost({ ticketId }: Said): Promise<void> {
  const isIt = (line: string): boolean => line.includes('"lease.lost"') && line.includes(ticketId);
  while (!log.some(isIt)) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('a burst of five messages gets one answer, whose prompt holds all five', options, async () => {
  model.hold(conversationId);
  const said: Said[] = [];
  for (let at = 1; at <= 5; at += 1) said.push(await say(at));
  model.release();
  assert.deepEqual(await endsOf(said), ['superseded', 'superseded', 'superseded', 'superseded', 'delivered']);
  for (const [i, { ticketId }] of said.slice(0, -1).entries()) {
    assert.equal((await system.trace(ticketId)).supersededBy, said[i + 1]!.ticketId);
  }
  const deliveries = deliveriesOf(said);
  assert.equal(deliveries.length, 1);
  assert.deepEqual(answered(deliveries[0]), wordsOf(said));
});

test(
  'a message that arrives while the answer is being written takes its place and holds its question',
  options,
  async () => {
    model.hold(conversationId);
    const first = await say(1);
    await model.isWriting([first.word]);
    const second = await say(2);
    await model.isWriting([second.word, first.word]);
    model.release();
    assert.deepEqual(await endsOf([first, second]), ['superseded', 'delivered']);
    await untilLost(first);
    const deliveries = deliveriesOf([first, second]);
    assert.equal(deliveries.length, 1, 'the answer that was being written is never delivered');
    assert.deepEqual(answered(deliveries[0]), wordsOf([first, second]));
  },
);

test(
  'a message that arrives while the reply is being sent waits, and is answered after it',
  options,
  async () => {
    const { promise: isSending, resolve } = Promise.withResolvers<void>();
    receiver.answer = () => {
      resolve();
      return { status: 503 };
    };
    const first = await say(1);
    await isSending;
    const second = await say(2);
    assert.equal((await system.trace(second.ticketId)).state, 'queued');
    receiver.answer = () => ({ status: 200 });
    assert.deepEqual(await endsOf([first, second]), ['delivered', 'delivered']);
    const deliveries = deliveriesOf([first, second]);
    const tickets = deliveries.map(({ body }) => body.data.ticketId);
    assert.deepEqual(tickets.slice(-1), [second.ticketId]);
    assert.deepEqual(
      new Set(tickets.slice(0, -1)),
      new Set([first.ticketId]),
      'the second one only after all of the first',
    );
    assert.equal(
      new Set(deliveries.map(({ raw }) => raw)).size,
      2,
      'the same bytes, however often they were sent',
    );
    assert.deepEqual(answered(deliveries[0]), [first.word]);
    assert.deepEqual(answered(deliveries.at(-1)), [second.word]);
  },
);

test(
  'an older message that arrives late is answered by the newer one, which starts again',
  options,
  async () => {
    model.hold(conversationId);
    const newer = await say(5);
    await model.isWriting([newer.word]);
    const older = await say(1);
    assert.equal(older.state, 'superseded');
    await model.isWriting([newer.word, older.word]);
    model.release();
    assert.deepEqual(await endsOf([older, newer]), ['superseded', 'delivered']);
    assert.equal((await system.trace(older.ticketId)).supersededBy, newer.ticketId);
    await untilLost(newer);
    const deliveries = deliveriesOf([older, newer]);
    assert.equal(deliveries.length, 1);
    assert.deepEqual(answered(deliveries[0]), wordsOf([older, newer]));
  },
);

test('messages of the same time go by arrival', options, async () => {
  model.hold(conversationId);
  const first = await say(3);
  await model.isWriting([first.word]);
  const second = await say(3);
  model.release();
  assert.deepEqual(await endsOf([first, second]), ['superseded', 'delivered']);
  assert.deepEqual(answered(deliveriesOf([first, second])[0]), wordsOf([first, second]));
});

test('a cancelled message lets the next one be answered by itself', options, async () => {
  model.hold(conversationId);
  const first = await say(1);
  await model.isWriting([first.word]);
  const cancelled = await system.fetch(`/v1/tickets/${first.ticketId}/cancel`, { method: 'POST' });
  assert.equal(cancelled.status, 200);
  const second = await say(2);
  model.release();
  assert.deepEqual(await endsOf([first, second]), ['cancelled', 'delivered']);
  await untilLost(first);
  assert.equal(deliveriesOf([first, second]).length, 1);
  assert.deepEqual(answered(deliveriesOf([second])[0]), [second.word]);
});

test(
  'after a hand-off no model answers in that conversation any more; people get what comes',
  options,
  async () => {
    const hard = await say(1, { body: 'HARD: the lamp explodes' });
    assert.deepEqual(await endsOf([hard]), ['handed_off']);
    assert.equal(deliveriesOf([hard])[0]?.body.type, 'ticket.handoff');
    const easy = await say(2);
    assert.deepEqual(await endsOf([easy]), ['handed_off']);
    const [delivery, ...more] = deliveriesOf([easy]);
    assert.deepEqual(
      [delivery?.body.type, delivery?.body.data.reason, more.length],
      ['ticket.handoff', 'with_people', 0],
    );
    assert.deepEqual(
      (await system.trace(easy.ticketId)).attempts,
      [],
      'not even a classification was paid for',
    );
  },
);

test(
  'forty messages in four conversations at once, in any order: each is in exactly one answer',
  options,
  async () => {
    const name = conversationId;
    const said: Promise<Said>[] = [];
    // Neither the order of times nor that of arrival is that of the posts.
    for (let count = 0; count < 40; count += 1) {
      conversationId = `${name}-${count % 4}`;
      said.push(say((count * 17) % 40));
    }
    const all = await Promise.all(said);
    const ends = await endsOf(all);
    assert.deepEqual(new Set(ends), new Set(['delivered', 'superseded']));
    const deliveries = deliveriesOf(all);
    const delivered = all.filter((_, i) => ends[i] === 'delivered').map(({ ticketId }) => ticketId);
    assert.deepEqual(
      deliveries.map(({ body }) => body.data.ticketId).sort(),
      delivered.sort(),
      'one delivery for each',
    );
    assert.deepEqual(deliveries.flatMap(answered).sort(), wordsOf(all), 'every question once');
  },
);

test('all of this went without the last net, and without a word of a customer in the log', () => {
  const lines = log.join('');
  assert.ok(!lines.includes('"audit.hinted"'), 'a hint was lost, and the audit had to send it again');
  assert.ok(!lines.includes('parcel'));
  assert.ok(lines.includes('"reply.sent"'));
});
