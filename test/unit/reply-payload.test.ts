import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildReplyPayload, webhookIdOf } from '../../shared/reply-payload.ts';
import type { AnswerFacts, HandoffFacts } from '../../shared/reply-payload.ts';
import type { Ticket } from '../../shared/ticket.ts';

const ticket: Ticket = {
  source: 'shop-api',
  externalId: 'T-1001',
  conversationId: 'T-1001',
  messageId: 'm-1',
  createdAt: '2026-11-22T09:59:58.000Z',
  subject: 'Where is my order?',
  body: 'Order 5531 has not arrived.',
  requester: { email: 'ana@example.com' },
  language: null,
  tags: [],
  priority: 'normal',
  lane: 'live',
  history: [],
  metadata: {},
};

const common = {
  ticketId: 't_0123456789abcdef',
  generation: 1,
  ticket,
  atMs: Date.parse('2026-11-22T10:00:00Z'),
  text: 'It ships today.',
  language: 'en',
  mode: 'auto' as const,
  failovers: 0,
};

const answer: AnswerFacts = {
  ...common,
  kind: 'answer',
  // In another order than the contract's, as other code may build it.
  classification: {
    decidedBy: 'local',
    confidence: 0.97,
    language: 'en',
    flags: [],
    complexity: 0.1,
    queryType: 'order_status',
    tier: 'simple',
  },
  model: 'small',
  provider: 'openai',
  usage: {
    reasoningTokens: 0,
    outputTokens: 120,
    cacheWriteTokens: 0,
    cachedInputTokens: 0,
    inputTokens: 512,
  },
  costUsd: 0.0001112,
  sources: [{ path: 'shipping.md', title: 'Shipping times' }],
};

const handoff: HandoffFacts = {
  ...common,
  kind: 'handoff',
  reason: 'deadline',
  classification: null,
  model: null,
  provider: null,
  usage: null,
  costUsd: null,
  sources: [],
};

test('a reply has exactly the names of the contract, in its order', () => {
  const expected =
    '{"type":"ticket.reply","timestamp":"2026-11-22T10:00:00.000Z","data":{"ticketId":"t_0123456789abcdef","generation":1,' +
    '"source":"shop-api","externalId":"T-1001","conversationId":"T-1001","messageId":"m-1","text":"It ships today.",' +
    '"language":"en","mode":"auto","classification":{"tier":"simple","queryType":"order_status","complexity":0.1,' +
    '"flags":[],"language":"en","confidence":0.97,"decidedBy":"local"},"model":"small","provider":"openai","failovers":0,' +
    '"usage":{"inputTokens":512,"cachedInputTokens":0,"cacheWriteTokens":0,"outputTokens":120,"reasoningTokens":0},' +
    '"costUsd":0.0001112,"sources":[{"title":"Shipping times","path":"shipping.md"}],"metadata":{}}}';
  assert.equal(JSON.stringify(buildReplyPayload(answer)), expected);
});

test('the type follows from the mode', () => {
  assert.equal(buildReplyPayload(answer).type, 'ticket.reply');
  assert.equal(buildReplyPayload({ ...answer, mode: 'draft' }).type, 'ticket.draft');
  assert.equal(buildReplyPayload({ ...answer, mode: 'draft' }).data.mode, 'draft');
  assert.equal(buildReplyPayload({ ...handoff, mode: 'draft' }).type, 'ticket.handoff');
});

test('a hand-off says why, and null for what was never known', () => {
  const { data } = buildReplyPayload(handoff);
  assert.equal(data.reason, 'deadline');
  assert.deepEqual(
    [data.classification, data.model, data.provider, data.usage, data.costUsd],
    [null, null, null, null, null],
  );
});

test('only hand-offs carry a reason', () => {
  assert.equal(Object.hasOwn(buildReplyPayload(answer).data, 'reason'), false);
});

test('an unknown cost stays null and never becomes zero', () => {
  const { data } = buildReplyPayload({ ...answer, usage: null, costUsd: null });
  assert.equal(data.costUsd, null);
  assert.equal(data.usage, null);
});

test('metadata travels back as it came', () => {
  const metadata = { orderId: 5531, nested: { list: [1, null, 'é'] } };
  assert.deepEqual(buildReplyPayload({ ...answer, ticket: { ...ticket, metadata } }).data.metadata, metadata);
});

test('the webhook id names ticket and generation, and can be signed', () => {
  assert.equal(webhookIdOf('t_0123456789abcdef', 2), 'msg_t_0123456789abcdef_2');
});
