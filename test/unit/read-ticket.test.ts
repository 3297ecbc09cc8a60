/** What a ticket becomes when its conversation has been read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Conversation, Desk, DeskMessage } from '../../shared/helpdesks/desk.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { readTicket } from '../../services/classifier/read-ticket.ts';
import type { Ticket } from '../../shared/ticket.ts';

const message = (id: string, changes: Partial<DeskMessage> = {}): DeskMessage => ({
  id,
  author: 'customer',
  isOwn: false,
  isPublic: true,
  text: `text of ${id}`,
  createdAt: '2026-11-22T10:00:00.000Z',
  attachments: [],
  ...changes,
});
const ownReply = message('reply', { author: 'agent', isOwn: true });
const note = message('note', { author: 'agent', isPublic: false });

const ticket: Ticket = {
  source: 'desk',
  externalId: '1',
  conversationId: '1',
  messageId: 'm1',
  createdAt: '2026-11-22T10:00:00.000Z',
  subject: '',
  body: '',
  requester: {},
  language: null,
  tags: [],
  priority: 'normal',
  lane: 'live',
  history: [],
  metadata: {},
  isUnread: true,
};
const runtime = { config: { sources: { desk: {} } } } as unknown as Runtime;

async function read(
  messages: DeskMessage[],
  changes: { messageId?: string; speaksForOthers?: boolean } = {},
) {
  const { messageId = 'm1', speaksForOthers = false } = changes;
  const conversation: Conversation = {
    subject: 'A parcel',
    requester: { email: 'ana@example.com' },
    language: 'es',
    tags: ['vip'],
    messages,
    isBotOwned: true,
    stamp: null,
  };
  const desk: Pick<Desk, 'read'> = { read: () => Promise.resolve({ kind: 'conversation', conversation }) };
  const asked = { ticket: { ...ticket, messageId }, speaksForOthers };
  return readTicket(desk as Desk, runtime, asked, AbortSignal.timeout(60_000));
}

test('its text, subject, requester, language, tags and history come from the conversation', async () => {
  const outcome = await read([message('m0'), note, message('m1')]);
  assert.ok(outcome.kind === 'read');
  const { body, subject, requester, language, tags, history, isUnread } = outcome.ticket;
  assert.deepEqual(
    [body, subject, language, tags, isUnread],
    ['text of m1', 'A parcel', 'es', ['vip'], undefined],
  );
  assert.deepEqual(requester, { email: 'ana@example.com' });
  assert.deepEqual(history, [{ role: 'customer', text: 'text of m0' }]);
});

test('a message that is not shown is the customer’s newest, unless that has been answered', async () => {
  const open = await read([message('m0')], { messageId: 'unknown' });
  assert.ok(open.kind === 'read' && open.ticket.body === 'text of m0');
  const answered = await read([message('m0'), ownReply], { messageId: 'unknown' });
  assert.deepEqual(answered, { kind: 'ignored', reason: 'not_customer' });
});

test('what an agent or we ourselves wrote is nobody’s question', async () => {
  assert.deepEqual(await read([message('m0'), note], { messageId: 'note' }), {
    kind: 'ignored',
    reason: 'not_customer',
  });
  assert.deepEqual(await read([message('m0'), ownReply], { messageId: 'reply' }), {
    kind: 'ignored',
    reason: 'own_message',
  });
});

test('a question that waits for such a ticket’s answer is not dropped with it', async () => {
  const spoken = await read([message('m0'), note], { messageId: 'note', speaksForOthers: true });
  assert.ok(spoken.kind === 'read' && spoken.ticket.body === 'text of m0');
  const answered = await read([message('m0'), ownReply], { messageId: 'reply', speaksForOthers: true });
  assert.equal(answered.kind, 'ignored');
});
