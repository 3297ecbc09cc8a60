import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gorgias } from '../../services/ingest/platforms/gorgias.ts';
import {
  ignoredAs,
  messageIn,
  needsHeader,
  neverThrows,
  noSettings,
  parse,
  requestOf,
} from './platform-request.ts';

const header = 'x-webhook-secret';

const message = {
  id: 208841467,
  ticket_id: 86538298,
  from_agent: false,
  public: true,
  channel: 'email',
  via: 'email',
  subject: 'Re: Parcel',
  body_html: '<div>Where is it?</div><blockquote>We look.</blockquote>',
  body_text: 'Where is it?\n\n> We look.',
  stripped_html: '<div>Where is it?</div>',
  stripped_text: 'Where is it?',
  stripped_signature: null,
  created_datetime: '2026-11-22T08:20:40.308988+00:00',
  sender: { id: 387654483, email: 'cleo@customer.example', name: 'Cleo Custom' },
  source: {
    type: 'email',
    from: { address: 'cleo@customer.example' },
    to: [{ address: 'help@shop.example' }],
  },
  headers: { 'Message-Id': '<1@customer.example>' },
  attachments: [{ name: 'label.png', content_type: 'image/png', size: 12, url: 'https://…' }],
  rule_id: null,
};
const ticket = {
  id: 86538298,
  status: 'open',
  subject: 'Parcel',
  language: 'de',
  priority: 'critical',
  tags: [{ id: 1, name: 'ai' }],
  assignee_user: null,
};
const messageWith = (changes: object) => messageIn(parse(gorgias, { ...message, ...changes }));

describe('the secret of Gorgias’ webhooks', () => {
  test('is one of the source’s, and nothing else', () => {
    const verdict = (given: string, secrets: string[]) => {
      const found = gorgias.verify(requestOf('{}', { [header]: given }), secrets, noSettings);
      return found.kind === 'rejected' ? found.reason : found.kind;
    };
    assert.equal(verdict('made-up-secret', ['made-up-secret']), 'verified');
    assert.equal(verdict('made-up-secret', ['newer', 'made-up-secret']), 'verified');
    for (const wrong of ['made-up-secre', 'made-up-secret ', 'MADE-UP-SECRET']) {
      assert.equal(verdict(wrong, ['made-up-secret']), 'wrong_signature');
    }
    assert.equal(verdict('made-up-secret', []), 'wrong_signature');
  });

  test('must be there, once', () => {
    needsHeader(gorgias, requestOf('{}'), { header, secrets: ['made-up-secret'] });
  });
});

describe('a webhook of Gorgias', () => {
  const expected = {
    externalId: '86538298',
    conversationId: '86538298',
    messageId: '208841467',
    createdAt: '2026-11-22T08:20:40.308Z',
    text: { format: 'html', value: '<div>Where is it?</div>' },
    attachments: [{ name: 'label.png', contentType: 'image/png', size: 12 }],
    history: [],
    metadata: {},
    requester: { email: 'cleo@customer.example', name: 'Cleo Custom' },
    isAutomatic: false,
    subject: 'Re: Parcel',
    language: null,
    tags: [],
    priority: 'normal',
    isBotOwned: null,
    author: 'customer',
    isPublic: true,
    isOurs: false,
  };

  test('tells of a customer’s message without what it quotes', () => {
    assert.deepEqual(messageIn(parse(gorgias, message)), expected);
  });

  test('tells of the ticket as well where its context carries it', () => {
    assert.deepEqual(messageIn(parse(gorgias, { ticket, message })), {
      ...expected,
      subject: 'Parcel',
      language: 'de',
      tags: ['ai'],
      priority: 'urgent',
    });
    const { ticket_id: _ticketId, ...alone } = message;
    assert.equal(messageIn(parse(gorgias, { ticket, message: alone })).externalId, '86538298');
  });

  test('falls back to the whole text where Gorgias has stripped all of it, or nothing', () => {
    const none = { stripped_html: null, stripped_text: null };
    assert.deepEqual(messageWith({ stripped_html: '' }).text, { format: 'plain', value: 'Where is it?' });
    assert.deepEqual(messageWith(none).text, { format: 'html', value: message.body_html });
    assert.deepEqual(messageWith({ ...none, body_html: null }).text, {
      format: 'plain',
      value: message.body_text,
    });
  });

  test('keeps ids beyond 2^53', () => {
    const raw = JSON.stringify(message).replace('208841467', '9007199254740993123');
    assert.equal(messageIn(parse(gorgias, raw)).messageId, '9007199254740993123');
  });

  test('tells who wrote, for whom, and who has the ticket', () => {
    const settings = { userId: '9001' };
    const byStaff = (id: number) => {
      const sent = messageIn(parse(gorgias, { ...message, from_agent: true, sender: { id } }, { settings }));
      return [sent.author, sent.isOurs];
    };
    assert.deepEqual(byStaff(9001), ['agent', true]);
    assert.deepEqual(byStaff(9002), ['agent', false]);
    // A customer's id and a user's may be the same number.
    assert.equal(messageIn(parse(gorgias, { ...message, sender: { id: 9001 } }, { settings })).isOurs, false);
    assert.equal(messageWith({ channel: 'internal-note' }).isPublic, false);
    assert.equal(messageWith({ public: false }).isPublic, false);
    const owned = (id: number) =>
      messageIn(parse(gorgias, { ticket: { ...ticket, assignee_user: { id } }, message }, { settings }))
        .isBotOwned;
    assert.deepEqual([owned(9001), owned(9002)], [true, false]);
  });

  test('knows automatic mails by what they say of themselves', () => {
    for (const headers of [
      { 'Auto-Submitted': 'auto-replied' },
      { precedence: 'bulk' },
      { 'List-Id': '<news.example>' },
    ]) {
      assert.equal(messageWith({ headers }).isAutomatic, true, JSON.stringify(headers));
    }
    assert.equal(messageWith({ headers: { 'auto-submitted': 'no' } }).isAutomatic, false);
    assert.equal(messageWith({ headers: { precedence: 'first-class' } }).isAutomatic, false);
    assert.equal(messageWith({ sender: { email: 'postmaster@mx.example' } }).isAutomatic, true);
  });

  test('without a message tells at most that a ticket was solved', () => {
    const feedback = {
      kind: 'feedback',
      externalId: '86538298',
      conversationId: '86538298',
      outcome: 'resolved',
    };
    const closed = { ticket: { ...ticket, status: 'closed' } };
    assert.deepEqual(parse(gorgias, closed), { kind: 'events', events: [feedback] });
    assert.deepEqual(parse(gorgias, { ticket }), ignoredAs('other_event'));
    assert.deepEqual(parse(gorgias, {}), ignoredAs('other_event'));
  });

  test('names the field that is missing', () => {
    const pointers = (body: unknown) => {
      const parsed = parse(gorgias, body);
      return parsed.kind === 'invalid' ? parsed.errors.map(({ pointer }) => pointer) : parsed;
    };
    assert.deepEqual(pointers({ ...message, id: null }), ['/id']);
    assert.deepEqual(pointers({ ...message, ticket_id: null }), ['/ticket_id']);
    assert.deepEqual(pointers({ message: '{{message}}' }), ['']);
  });

  test('may say anything', () => {
    neverThrows(gorgias, message);
    neverThrows(gorgias, { ticket, message });
  });
});
