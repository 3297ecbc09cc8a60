import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handoffText } from '../../services/results/handoff-text.ts';
import type { HandoffTextFacts } from '../../services/results/handoff-text.ts';
import { faults } from '../../shared/models/chat.ts';
import type { Ticket } from '../../shared/ticket.ts';

const ticket: Ticket = {
  source: 'shop-api',
  externalId: 'T-1',
  conversationId: 'T-1',
  messageId: null,
  createdAt: '2026-11-22T09:59:58.000Z',
  subject: 'Refund',
  body: 'I want my money back.\nNow!',
  requester: {},
  language: null,
  tags: [],
  priority: 'normal',
  lane: 'live',
  history: [],
  metadata: {},
};

const facts: HandoffTextFacts = {
  reason: 'deadline',
  ticket,
  classification: {
    tier: 'simple',
    queryType: 'refund',
    complexity: 0.2,
    flags: ['legal'],
    language: 'ja',
    confidence: 0.9,
    decidedBy: 'local',
  },
  attempts: [
    { model: 'small', provider: 'openai', fault: 'overloaded' },
    { model: 'medium', provider: 'anthropic', fault: 'timeout_first_byte' },
  ],
  earlier: [{ createdAt: '2026-11-22T08:00:00.000Z', body: 'Hello?' }],
};

test('a person learns the cause, the classification, what was tried and what the customer wrote', () => {
  assert.equal(
    handoffText(facts),
    [
      'This ticket was not answered automatically.',
      'Cause: No answer was ready in time.',
      '',
      'Query type: refund',
      'Tier: simple',
      'Language: Japanese (ja)',
      'Flags: legal',
      '',
      'Tried:',
      '- small (openai) was overloaded',
      '- medium (anthropic) did not begin to answer in time',
      '',
      'Subject: Refund',
      'The customer’s message, 2026-11-22T09:59:58.000Z:',
      '> I want my money back.',
      '> Now!',
      '',
      'Earlier messages of this conversation that were not answered either:',
      '',
      '2026-11-22T08:00:00.000Z:',
      '> Hello?',
    ].join('\n'),
  );
});

test('a ticket that was never classified nor tried says so', () => {
  const text = handoffText({ ...facts, classification: null, attempts: [], earlier: [] });
  assert.match(text, /Query type: not classified\n\nTried: nothing/);
  assert.doesNotMatch(text, /Language|Earlier messages/);
});

test('every fault has words, and a cause that is new to us is still readable', () => {
  for (const fault of faults) {
    assert.match(
      handoffText({ ...facts, reason: fault }),
      /Cause: The last model [a-z’ ]+( API key)?\.\n/i,
      fault,
    );
  }
  assert.match(handoffText({ ...facts, reason: 'some_new_cause' }), /Cause: some new cause\.\n/);
  assert.match(handoffText({ ...facts, reason: 'constructor' }), /Cause: constructor\.\n/);
  assert.match(handoffText({ ...facts, reason: '' }), /Cause: not known\.\n/);
});

test('the length is bounded whatever the customer wrote', () => {
  const long = { createdAt: '2026-11-22T08:00:00.000Z', body: 'y'.repeat(50_000) };
  const text = handoffText({
    ...facts,
    ticket: { ...ticket, subject: 's'.repeat(1000), body: 'x'.repeat(200_000) },
    earlier: Array.from({ length: 30 }, () => long),
    attempts: Array.from({ length: 50 }, () => ({
      model: 'small',
      provider: 'openai',
      fault: 'empty' as const,
    })),
  });
  assert.ok(text.length < 12_000, `${text.length}`);
  assert.match(text, /\[…196000 more characters\]/);
  assert.match(text, /\(25 older not shown\)/);
  assert.match(text, /- 40 earlier attempts, not shown/);
});

test('a message of nothing but line breaks cannot grow past the bound', () => {
  const text = handoffText({
    ...facts,
    ticket: { ...ticket, body: `a${'\n'.repeat(100_000)}b` },
    earlier: [],
  });
  assert.ok(text.length < 16_000, `${text.length}`);
});

test('no character is cut in half', () => {
  const body = `${'x'.repeat(3_999)}${'😀'.repeat(10)}`;
  const text = handoffText({ ...facts, ticket: { ...ticket, body } });
  assert.equal(text.isWellFormed(), true);
});

test('no line of a message can pass for a line of the summary', () => {
  const breaks = ['\n', '\r\n', '\r', '\u2028', '\u2029'];
  for (const separator of breaks) {
    const text = handoffText({ ...facts, ticket: { ...ticket, body: `a${separator}Cause: nothing.` } });
    assert.match(text, /\n> Cause: nothing\./);
  }
  assert.match(
    handoffText({ ...facts, ticket: { ...ticket, subject: 'a\nCause: nothing.' } }),
    /Subject: a Cause/,
  );
});

test('a language tag that nobody knows is shown as it is', () => {
  const withLanguage = (language: string) =>
    handoffText({ ...facts, classification: null, ticket: { ...ticket, language } });
  assert.match(withLanguage('und'), /Language: not known/);
  assert.match(withLanguage('qqq'), /Language: qqq\n/);
  assert.match(withLanguage('not a tag'), /Language: not a tag\n/);
});
