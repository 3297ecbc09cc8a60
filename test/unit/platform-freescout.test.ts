import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { freescout } from '../../services/ingest/platforms/freescout.ts';
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

const header = 'x-freescout-signature';

const thread = {
  id: 7002,
  type: 'customer',
  state: 'published',
  body: '<p>Where is it?</p>',
  createdAt: '2026-11-22T08:20:00Z',
  createdBy: { id: 5001, type: 'customer' },
  _embedded: { attachments: [{ id: 1, fileName: 'label.png', mimeType: 'image/png', size: 12 }] },
};
const before = [
  { ...thread, id: 7001, type: 'lineitem', body: 'Cleo opened it' },
  { ...thread, id: 7000, type: 'note', body: 'A note.', createdBy: { id: 2, type: 'user' } },
  { ...thread, id: 6999, type: 'message', body: 'We look.', createdBy: { id: 2, type: 'user' } },
  { ...thread, id: 998, body: 'Hello.', createdAt: '2026-11-22T08:20:00Z' },
];
const conversation = {
  id: 1234,
  subject: 'Parcel',
  status: 'active',
  mailboxId: 1,
  assignee: null,
  createdBy: { id: 5001, type: 'customer' },
  createdAt: '2026-11-22T08:00:00Z',
  customer: { id: 5001, firstName: 'Cleo', lastName: 'Custom', email: 'cleo@customer.example' },
  _embedded: { threads: [thread, ...before], tags: [{ id: 1, name: 'ai' }] },
};
const as = (event: string) => ({ headers: { 'x-freescout-event': event } });
const replied = as('convo.customer.reply.created');

describe('the signature of FreeScout', () => {
  test('fits the test vector, and nothing that differs from it by a bit', () => {
    const headers = { [header]: 'eyjUUV9II7SqrK2UXSIkZwZBkfg=' };
    refusesForgeries(freescout, requestOf(vectorBody, headers), [vectorSecret]);
  });

  test('is made with the secret that the guide’s command computes from the application’s key', () => {
    const secret = createHash('md5').update('base64:c2VjcmV0webhook_key').digest('hex');
    const mac = createHmac('sha1', secret).update(vectorBody).digest('base64');
    const sent = requestOf(vectorBody, { [header]: mac });
    assert.equal(
      freescout.verify(sent, [secret], { account: null, userId: null, publicUrl: null }).kind,
      'verified',
    );
  });

  test('must be there, once', () => {
    needsHeader(freescout, requestOf(vectorBody), { header, secrets: [vectorSecret] });
  });
});

describe('a webhook of FreeScout', () => {
  test('tells of the customer’s newest message and what was said in public before', () => {
    assert.deepEqual(messageIn(parse(freescout, conversation, replied)), {
      externalId: '1234',
      conversationId: '1234',
      messageId: '7002',
      createdAt: '2026-11-22T08:20:00.000Z',
      text: { format: 'plain', value: 'Where is it?' },
      attachments: [{ name: 'label.png', contentType: 'image/png', size: 12 }],
      history: [
        { role: 'customer', text: 'Hello.' },
        { role: 'agent', text: 'We look.' },
      ],
      subject: 'Parcel',
      requester: { email: 'cleo@customer.example', name: 'Cleo Custom' },
      language: null,
      tags: ['ai'],
      priority: 'normal',
      metadata: {},
      author: 'customer',
      isPublic: true,
      isOurs: false,
      isBotOwned: null,
      isAutomatic: false,
    });
  });

  test('is read afterwards where it carries no threads; another body is then another message', () => {
    const thin = { ...conversation, _embedded: {} };
    const message = messageIn(parse(freescout, thin, replied));
    assert.equal(message.text, null);
    assert.match(message.messageId, /^1234:[0-9a-f]{32}$/);
    assert.equal(messageIn(parse(freescout, thin, as('convo.created'))).messageId, message.messageId);
    assert.notEqual(
      messageIn(parse(freescout, { ...thin, number: 2 }, replied)).messageId,
      message.messageId,
    );
  });

  test('keeps ids beyond 2^53', () => {
    const raw = JSON.stringify(conversation).replace('7002', '9007199254740993123');
    assert.equal(messageIn(parse(freescout, raw, replied)).messageId, '9007199254740993123');
  });

  test('tells who has the conversation, and who began it', () => {
    const settings = { userId: '9001' };
    const owned = (id: number) =>
      messageIn(parse(freescout, { ...conversation, assignee: { id } }, { ...replied, settings })).isBotOwned;
    assert.deepEqual([owned(9001), owned(9002)], [true, false]);
    const begun = { ...conversation, createdBy: { id: 9001, type: 'user' } };
    const message = messageIn(parse(freescout, begun, { ...as('convo.created'), settings }));
    assert.deepEqual([message.author, message.isOurs], ['agent', true]);
  });

  test('is left alone where no customer wrote', () => {
    for (const [event, reason] of [
      ['convo.agent.reply.created', 'not_customer'],
      ['convo.note.created', 'private'],
      ['convo.assigned', 'other_event'],
      ['customer.created', 'other_event'],
      ['', 'other_event'],
    ] as const) {
      assert.deepEqual(parse(freescout, conversation, as(event)), ignoredAs(reason), event);
    }
    const elsewhere = { ...replied, settings: { account: '2' } };
    assert.deepEqual(parse(freescout, conversation, elsewhere), ignoredAs('other_account'));
  });

  test('tells of solved conversations', () => {
    const event = { kind: 'feedback', externalId: '1234', conversationId: '1234', outcome: 'resolved' };
    const status = (word: string) => parse(freescout, { ...conversation, status: word }, as('convo.status'));
    assert.deepEqual(status('closed'), { kind: 'events', events: [event] });
    assert.deepEqual(status('pending'), ignoredAs('other_event'));
  });

  test('names the field that is missing, and never quotes the body', () => {
    const parsed = parse(freescout, { subject: 'Secret' }, replied);
    assert.ok(parsed.kind === 'invalid' && !JSON.stringify(parsed).includes('Secret'));
    assert.deepEqual(
      parsed.errors.map(({ pointer }) => pointer),
      ['/id'],
    );
  });

  test('may say anything', () => {
    for (const event of ['convo.created', 'convo.customer.reply.created', 'convo.status']) {
      neverThrows(freescout, conversation, { 'x-freescout-event': event });
    }
  });
});
