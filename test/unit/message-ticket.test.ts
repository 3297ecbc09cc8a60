/** From a helpdesk's message to the ticket, and what of its files a model is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageTicket } from '../../services/ingest/message-ticket.ts';
import { ticketData } from '../../services/tier-worker/ticket-data.ts';
import type { IncomingMessage } from '../../shared/helpdesks/incoming.ts';

const nowMs = Date.parse('2026-11-22T10:00:00Z');
const message: IncomingMessage = {
  externalId: '12345678901234567890',
  conversationId: '12345678901234567890',
  messageId: 'm1',
  createdAt: '2026-11-22T09:00:00.5+01:00',
  subject: 'A \u0000parcel',
  text: { format: 'html', value: '<p>Where <b>is</b> it?\ud800</p>' },
  requester: { email: 'no address', name: 'Ana' },
  language: 'pt_BR',
  tags: ['vip', ''],
  priority: 'normal',
  attachments: [{ name: 'photo.jpg', contentType: 'image/jpeg', size: 1200 }],
  history: [],
  metadata: {},
  author: 'customer',
  isPublic: true,
  isOurs: false,
  isBotOwned: null,
  isAutomatic: false,
};

function ticketOf(changes: Partial<IncomingMessage>) {
  const made = messageTicket({ ...message, ...changes }, 'desk', nowMs);
  assert.ok(made.kind === 'ok', made.kind);
  return made.ticket;
}

test('a helpdesk’s message loses what cannot be stored, and nothing else', () => {
  const ticket = ticketOf({});
  assert.equal(ticket.body, 'Where is it?\ufffd');
  assert.equal(ticket.subject, 'A parcel');
  assert.deepEqual(ticket.requester, { name: 'Ana' });
  assert.deepEqual([ticket.language, ticket.tags, ticket.externalId], ['pt-BR', ['vip'], message.externalId]);
  assert.equal(ticket.createdAt, '2026-11-22T08:00:00.500Z');
  assert.equal(ticketOf({ createdAt: '2026-11-23T10:00:00Z' }).createdAt, '2026-11-22T10:00:00.000Z');
  assert.equal(ticketOf({ createdAt: 'soon' }).createdAt, '2026-11-22T10:00:00.000Z');
});

test('a message without text is read later, one without words or files is nobody’s question', () => {
  assert.equal(ticketOf({ text: null }).isUnread, true);
  const empty = { format: 'plain' as const, value: ' \n' };
  assert.equal(ticketOf({ text: empty }).body, '');
  assert.equal(messageTicket({ ...message, text: empty, attachments: [] }, 'desk', nowMs).kind, 'empty');
});

test('only an id that cannot be used refuses it, by its name', () => {
  const made = messageTicket({ ...message, externalId: 'x'.repeat(256), messageId: '' }, 'desk', nowMs);
  assert.ok(made.kind === 'invalid');
  assert.deepEqual(
    made.errors.map(({ pointer }) => pointer),
    ['/externalId', '/messageId'],
  );
});

test('a model is told that there are files, by their names', () => {
  const shown = (ticket: ReturnType<typeof ticketOf>) =>
    ticketData(ticket, { earlier: [], queryType: 'other' }, 'openai')['attachments'];
  assert.deepEqual(shown(ticketOf({})), ['photo.jpg']);
  assert.equal(shown(ticketOf({ attachments: [] })), undefined);
  const many = Array.from({ length: 30 }, () => ({ name: 'n'.repeat(500), contentType: null, size: null }));
  assert.ok(JSON.stringify(shown(ticketOf({ attachments: many }))).length < 1000);
});
