/** Who is answered at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyIgnored } from '../../shared/helpdesks/loop-guard.ts';
import { isSelected } from '../../shared/helpdesks/selection.ts';

const customer = {
  author: 'customer' as const,
  isPublic: true,
  isOurs: false,
  isBotOwned: true,
  isAutomatic: false,
};

test('a customer’s public message in a conversation of the bot is answered', () => {
  assert.equal(whyIgnored(customer), null);
});

test('what is not known passes, for reading the conversation tells it', () => {
  assert.equal(whyIgnored({ ...customer, author: null, isPublic: null, isBotOwned: null }), null);
});

test('everything else is named by its reason', () => {
  assert.equal(whyIgnored({ ...customer, isOurs: true }), 'own_message');
  for (const author of ['agent', 'bot', 'system'] as const) {
    assert.equal(whyIgnored({ ...customer, author }), 'not_customer');
  }
  assert.equal(whyIgnored({ ...customer, isPublic: false }), 'private');
  assert.equal(whyIgnored({ ...customer, isAutomatic: true }), 'automatic');
  assert.equal(whyIgnored({ ...customer, isBotOwned: false }), 'with_people');
});

const ticketOf = (conversationId: string, tags: string[] = []) => ({ source: 'desk', conversationId, tags });

test('only tickets with one of the wanted tags are taken', () => {
  const source = { only: { tags: ['ai', 'test'] } };
  assert.equal(isSelected(source, ticketOf('1', ['vip', 'ai'])), true);
  assert.equal(isSelected(source, ticketOf('1', ['vip'])), false);
  assert.equal(isSelected({ only: {} }, ticketOf('1')), true);
});

test('a share takes that share of the conversations, and always the same ones', () => {
  const ids = Array.from({ length: 4000 }, (_, i) => `c-${i}`);
  const taken = (share: number) => ids.filter((id) => isSelected({ share }, ticketOf(id)));
  assert.equal(taken(0).length, 0);
  assert.equal(taken(1).length, ids.length);
  const tenth = taken(0.1);
  assert.ok(tenth.length > 320 && tenth.length < 480, String(tenth.length));
  const wider = new Set(taken(0.2));
  assert.ok(tenth.every((id) => wider.has(id)));
});
