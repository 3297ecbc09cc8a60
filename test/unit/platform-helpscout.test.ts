import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { helpscout } from '../../services/ingest/platforms/helpscout.ts';
import {
  ignoredAs,
  messageIn,
  needsHeader,
  neverThrows,
  parse,
  refusesForgeries,
  requestOf,
  vectorBody,
  vectorSecret,
} from './platform-request.ts';

const header = 'x-helpscout-signature';
const signature = 'eyjUUV9II7SqrK2UXSIkZwZBkfg=';

const conversation = {
  id: 1234,
  subject: 'Parcel',
  status: 'active',
  mailboxId: 85,
  createdBy: { id: 5001, type: 'customer' },
  createdAt: '2026-11-22T08:00:00Z',
  userUpdatedAt: '2026-11-22T08:20:00Z',
  primaryCustomer: { id: 5001, first: 'Cleo', last: 'Custom', email: 'cleo@customer.example' },
  tags: [{ id: 1, color: 'none', tag: 'ai' }],
  source: { type: 'email', via: 'customer' },
};
const customerThread = {
  id: 7001,
  type: 'customer',
  state: 'published',
  body: '<p>Where is it?</p>',
  createdAt: '2026-11-22T08:20:00Z',
  createdBy: { id: 5001, type: 'customer' },
  _embedded: { attachments: [{ id: 1, filename: 'label.png', mimeType: 'image/png', size: 12 }] },
};
const as = (event: string) => ({ headers: { 'x-helpscout-event': event } });
const created = as('convo.created');
const replied = as('convo.customer.reply.created');

describe('the signature of Help Scout', () => {
  test('fits the test vector, and nothing that differs from it by a bit', () => {
    refusesForgeries(helpscout, requestOf(vectorBody, { [header]: signature }), [vectorSecret]);
  });

  test('must be there, once', () => {
    needsHeader(helpscout, requestOf(vectorBody), { header, secrets: [vectorSecret] });
  });
});

describe('a webhook of Help Scout', () => {
  test('tells of a customer’s message whose text is read afterwards', () => {
    const message = messageIn(parse(helpscout, conversation, created));
    assert.match(message.messageId, /^1234:[0-9a-f]{32}$/);
    assert.deepEqual(
      { ...message, messageId: '' },
      {
        externalId: '1234',
        conversationId: '1234',
        messageId: '',
        createdAt: '2026-11-22T08:00:00Z',
        subject: 'Parcel',
        text: null,
        requester: { email: 'cleo@customer.example', name: 'Cleo Custom' },
        language: null,
        tags: ['ai'],
        priority: 'normal',
        attachments: [],
        history: [],
        metadata: {},
        author: 'customer',
        isPublic: true,
        isOurs: false,
        isBotOwned: null,
        isAutomatic: false,
      },
    );
  });

  test('is the same message whatever its header, which is not signed, calls it; another body is another', () => {
    const id = messageIn(parse(helpscout, conversation, created)).messageId;
    assert.equal(messageIn(parse(helpscout, conversation, replied)).messageId, id);
    const later = { ...conversation, threads: 2 };
    assert.notEqual(messageIn(parse(helpscout, later, replied)).messageId, id);
  });

  test('gives the text at once where it carries the threads', () => {
    const older = { ...customerThread, id: 6999, body: 'Older.', createdAt: '2026-11-22T08:00:00Z' };
    const tied = { ...customerThread, id: 7000, body: 'In the same second, before.' };
    const answer = { ...customerThread, id: 7002, type: 'message', createdBy: { id: 2, type: 'user' } };
    const threads = [answer, customerThread, tied, older];
    const message = messageIn(parse(helpscout, { ...conversation, _embedded: { threads } }, replied));
    assert.equal(message.messageId, '7001');
    assert.deepEqual(message.text, { format: 'html', value: '<p>Where is it?</p>' });
    assert.deepEqual(message.attachments, [{ name: 'label.png', contentType: 'image/png', size: 12 }]);
  });

  test('keeps ids beyond 2^53', () => {
    const raw = JSON.stringify(conversation).replace('1234', '9007199254740993123');
    assert.equal(messageIn(parse(helpscout, raw, created)).externalId, '9007199254740993123');
  });

  test('tells who has the conversation, and who began it', () => {
    const settings = { userId: '9001' };
    const owned = (id: number) =>
      messageIn(parse(helpscout, { ...conversation, assignee: { id } }, { ...replied, settings })).isBotOwned;
    assert.deepEqual([owned(9001), owned(9002)], [true, false]);
    const begun = (id: number) =>
      messageIn(
        parse(helpscout, { ...conversation, createdBy: { id, type: 'user' } }, { ...created, settings }),
      );
    assert.deepEqual([begun(9002).author, begun(9002).isOurs], ['agent', false]);
    assert.equal(begun(9001).isOurs, true);
  });

  test('is left alone where no customer wrote', () => {
    for (const [event, reason] of [
      ['helpscout.test', 'ping'],
      ['convo.agent.reply.created', 'not_customer'],
      ['convo.note.created', 'private'],
      ['convo.tags', 'other_event'],
      ['convo.deleted', 'other_event'],
      ['', 'other_event'],
      ['constructor', 'other_event'],
    ] as const) {
      assert.deepEqual(parse(helpscout, conversation, as(event)), ignoredAs(reason), event);
    }
    assert.deepEqual(
      parse(helpscout, conversation, { ...created, settings: { account: '86' } }),
      ignoredAs('other_account'),
    );
    assert.equal(parse(helpscout, conversation, { ...created, settings: { account: '85' } }).kind, 'events');
  });

  test('tells of solved conversations and of ratings', () => {
    const feedback = (outcome: string, id = '1234') => ({
      kind: 'events',
      events: [{ kind: 'feedback', externalId: id, conversationId: id, outcome }],
    });
    const status = (word: string) => parse(helpscout, { ...conversation, status: word }, as('convo.status'));
    assert.deepEqual(status('closed'), feedback('resolved'));
    assert.deepEqual(status('active'), ignoredAs('other_event'));
    const rated = (rating: string) =>
      parse(helpscout, { id: 1, conversationId: 1234, rating }, as('satisfaction.ratings'));
    assert.deepEqual(rated('great'), feedback('good'));
    assert.deepEqual(rated('not_good'), feedback('bad'));
    assert.deepEqual(rated('okay'), ignoredAs('other_event'));
  });

  test('names the field that is missing, and never quotes the body', () => {
    assert.deepEqual(parse(helpscout, { subject: 'Secret' }, created), {
      kind: 'invalid',
      errors: [{ pointer: '/id', detail: 'is missing, or not of the type that the helpdesk documents' }],
    });
  });

  test('may say anything', () => {
    const body = { ...conversation, assignee: { id: 3 }, _embedded: { threads: [customerThread] } };
    for (const event of [
      'convo.created',
      'convo.customer.reply.created',
      'convo.status',
      'satisfaction.ratings',
    ]) {
      neverThrows(helpscout, body, { 'x-helpscout-event': event });
    }
  });
});
