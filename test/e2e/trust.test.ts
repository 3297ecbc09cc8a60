/** Who lets an answer out: sent, a draft, or people at once. Reply checks and the disclosure line, as customers see them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isClassification, labels, openScene, userMessageOf } from '../fakes/scene.ts';
import type { Behave, Behaviour } from '../fakes/provider.ts';
import type { ProviderRequest } from '../fakes/provider.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const answering =
  (answer: Behaviour, says: Record<string, unknown> = {}): Behave =>
  (request: ProviderRequest) =>
    isClassification(request) ? labels(says) : answer;

describe('trust', { concurrency: 4 }, () => {
  test('hands a ticket to people at once, without paying for an answer, also where its tier holds dead letters', async (t) => {
    const scene = await openScene(t, world, answering({}, { queryType: 'refund' }));
    const system = await scene.start({
      trust: [{ when: { queryType: 'refund' }, mode: 'people' }],
      tiers: {
        simple: { models: ['small'], onDead: 'hold' },
        standard: { models: ['large'] },
        complex: { models: ['large'] },
      },
    });
    const { ticketId } = (await system.post({ externalId: 'T-1', body: 'I want my money back' })).body;
    const { body } = await scene.delivered(ticketId);
    assert.deepEqual([body.type, body.data['reason']], ['ticket.handoff', 'trust']);
    assert.match(body.data.text, /left to people by the configuration/);
    const trace = await system.untilEnd(ticketId);
    assert.equal(trace.state, 'handed_off');
    assert.deepEqual([trace.route?.mode, trace.route?.by], ['people', 'trust[0]']);
    assert.deepEqual(
      trace.attempts.map(({ purpose }) => purpose),
      ['classify'],
    );
  });

  test('leaves the sending to a person where a rule says draft, and says which rule', async (t) => {
    const scene = await openScene(t, world, answering({ text: 'It is on its way.' }));
    const system = await scene.start({
      trust: [{ when: { tier: 'simple', confidenceBelow: 0.95 }, mode: 'draft' }],
    });
    const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
    assert.equal((await scene.delivered(ticketId)).body.type, 'ticket.draft');
    const trace = await system.untilEnd(ticketId);
    assert.deepEqual([trace.route?.mode, trace.route?.by], ['draft', 'trust[0]']);
    assert.ok(trace.timeline.some(({ detail }) => detail?.includes('draft by trust[0]')));
  });

  test('sends where the first matching rule is auto', async (t) => {
    const scene = await openScene(t, world, answering({ text: 'It is on its way.' }));
    const system = await scene.start({
      trust: [
        { when: { language: 'en' }, mode: 'auto' },
        { when: {}, mode: 'draft' },
      ],
    });
    const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
    assert.equal((await scene.delivered(ticketId)).body.type, 'ticket.reply');
  });
});

const disclosed = (scene: { config: () => Record<string, unknown> }): Record<string, unknown> => {
  const { sources } = scene.config() as { sources: Record<string, object> };
  const disclosure = { en: 'Written by our AI assistant.', de: 'Geschrieben von unserer KI.' };
  return { sources: { ...sources, 'shop-api': { ...sources['shop-api'], disclosure } } };
};

describe('reply checks', { concurrency: 4 }, () => {
  test('leave a draft, as it is, of a reply with a link that nobody gave, and say why', async (t) => {
    const text = 'Track it at https://track.example.com/5531.';
    const scene = await openScene(t, world, answering({ text }));
    const system = await scene.start();
    const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
    const { body } = await scene.delivered(ticketId);
    assert.deepEqual([body.type, body.data.mode, body.data.text], ['ticket.draft', 'draft', text]);
    const trace = await system.untilEnd(ticketId);
    assert.deepEqual([trace.state, trace.route?.checks], ['drafted', ['links']]);
    assert.ok(trace.timeline.some(({ detail }) => detail === 'by small; draft by checks.links'));
  });

  test('let nobody see a reply that repeats its instructions: people get the ticket, and the call is paid for', async (t) => {
    const text = 'You write replies for a customer support team. The user message holds one support ticket.';
    const scene = await openScene(t, world, answering({ text }));
    const system = await scene.start();
    const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
    const { body } = await scene.delivered(ticketId);
    assert.deepEqual([body.type, body.data['reason']], ['ticket.handoff', 'check_promptLeak']);
    const trace = await system.untilEnd(ticketId);
    assert.equal(trace.state, 'handed_off');
    assert.ok(!JSON.stringify(trace).includes('You write replies'));
    assert.ok(!JSON.stringify(await scene.record(ticketId)).includes('You write replies'));
    const answer = trace.attempts.find(({ purpose }) => purpose === 'answer');
    assert.ok((answer?.costUsd ?? 0) > 0);
    assert.equal(scene.provider.requests.filter((request) => !isClassification(request)).length, 1);
  });

  test('that are off do not hold a reply back', async (t) => {
    const text = 'Track it at https://track.example.com/5531.';
    const scene = await openScene(t, world, answering({ text }));
    const system = await scene.start({ checks: { links: 'off' } });
    const { ticketId } = (await system.post({ externalId: 'T-1' })).body;
    assert.equal((await scene.delivered(ticketId)).body.type, 'ticket.reply');
  });

  test('know the links of the ticket, of earlier messages of its thread, and of its history', async (t) => {
    const scene = await openScene(
      t,
      world,
      answering({ text: 'See https://a.example.com and b@c.example.com.' }),
    );
    const system = await scene.start();
    const { ticketId } = (
      await system.post({
        externalId: 'T-1',
        body: 'Is https://a.example.com yours?',
        history: [{ role: 'agent', text: 'Write to b@c.example.com' }],
      })
    ).body;
    assert.equal((await scene.delivered(ticketId)).body.type, 'ticket.reply');
  });
});

describe('the disclosure line', { concurrency: 4 }, () => {
  const cases: [string, Record<string, unknown>, string, string][] = [
    [
      'stands below a reply, in its language',
      { language: 'de' },
      'Es kommt bald.',
      'Geschrieben von unserer KI.',
    ],
    [
      'is in English where its language has none',
      { language: 'fr' },
      'Il arrive.',
      'Written by our AI assistant.',
    ],
  ];
  for (const [what, says, text, line] of cases) {
    test(what, async (t) => {
      const scene = await openScene(t, world, answering({ text }, says));
      const system = await scene.start(disclosed(scene));
      const { ticketId } = (await system.post({ externalId: 'T-1', language: says['language'] })).body;
      const { body } = await scene.delivered(ticketId);
      assert.equal(body.data.text, `${text}\n\n${line}`);
      const stored = JSON.parse((await scene.record(ticketId))['rep'] ?? '{}') as typeof body;
      assert.equal(stored.data.text, body.data.text);
    });
  }

  test('stands in drafts too, and in no hand-off', async (t) => {
    const scene = await openScene(t, world, answering({ text: 'It is on its way.' }));
    const system = await scene.start({
      ...disclosed(scene),
      trust: [
        { when: { tag: 'press' }, mode: 'people' },
        { when: {}, mode: 'draft' },
      ],
    });
    const draft = (await system.post({ externalId: 'T-1' })).body.ticketId;
    const { body } = await scene.delivered(draft);
    assert.deepEqual([body.type, body.data.text.endsWith('AI assistant.')], ['ticket.draft', true]);
    const handoff = (await system.post({ externalId: 'T-2', tags: ['press'] })).body.ticketId;
    assert.ok(!(await scene.delivered(handoff)).body.data.text.includes('AI assistant'));
  });
});

test('what a message quotes is kept from the model that classifies, and shown to the one that answers', async (t) => {
  const scene = await openScene(t, world, answering({ text: 'It is on its way.' }));
  const system = await scene.start();
  const body =
    'Where is my parcel?\n\nOn Mon, Nov 16, 2026, Shop <help@shop.example> wrote:\n> Your refund is booked.';
  const { ticketId } = (await system.post({ externalId: 'T-1', body })).body;
  await scene.delivered(ticketId);
  const [classified, answered] = scene.provider.requests.map(userMessageOf);
  assert.ok(classified?.includes('Where is my parcel?'));
  assert.ok(!classified?.includes('refund is booked'));
  assert.ok(answered?.includes('refund is booked'));
});
