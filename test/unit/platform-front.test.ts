import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { front } from '../../services/ingest/platforms/front.ts';
import {
  ignoredAs,
  messageIn,
  needsHeader,
  neverThrows,
  noSettings,
  parse,
  refusesForgeries,
  requestOf,
  vectorBody,
  vectorSecret,
} from './platform-request.ts';

const signatureHeader = 'x-front-signature';
const timestampHeader = 'x-front-request-timestamp';
const sentAt = 1_763_800_000_000;
const ofApp = {
  [signatureHeader]: 'oH8bWO9phxBcKJGyDiOvvkVlReX+SNb3mR7tax0PVsc=',
  [timestampHeader]: String(sentAt),
};
const ofRule = { [signatureHeader]: 'eyjUUV9II7SqrK2UXSIkZwZBkfg=' };

const data = {
  id: 'msg_1',
  type: 'email',
  is_inbound: true,
  created_at: 1_763_799_990.5,
  subject: 'Parcel',
  body: '<p>Where is it?</p>',
  text: 'Where is it?',
  author: null,
  recipients: [
    { role: 'to', handle: 'help@shop.example' },
    { role: 'from', handle: 'cleo@customer.example', name: 'Cleo Custom' },
  ],
  attachments: [{ filename: 'label.png', url: 'https://…', content_type: 'image/png', size: 12 }],
};
const event = {
  id: 'evt_1',
  type: 'inbound',
  emitted_at: 1_763_799_991.1,
  conversation: {
    id: 'cnv_1',
    subject: 'Parcel, again',
    status: 'unassigned',
    assignee: null,
    tags: [{ id: 'tag_1', name: 'ai' }],
  },
  source: { _meta: { type: 'inboxes' }, data: [] },
  target: { _meta: { type: 'message' }, data },
};
const webhook = { type: 'inbound_received', authorization: { id: 'cmp_1' }, payload: event };
const withMessage = (changes: object) => ({
  ...webhook,
  payload: { ...event, target: { data: { ...data, ...changes } } },
});
const withEvent = (changes: object) => ({ ...webhook, payload: { ...event, ...changes } });

describe('the signature of Front', () => {
  test('of an application fits the test vector, and nothing that differs from it by a bit', () => {
    refusesForgeries(front, requestOf(vectorBody, ofApp, sentAt), [vectorSecret]);
  });

  test('of a rule fits the test vector, and nothing that differs from it by a bit', () => {
    refusesForgeries(front, requestOf(vectorBody, ofRule), [vectorSecret]);
  });

  test('must be there, once', () => {
    needsHeader(front, requestOf(vectorBody, ofApp, sentAt), {
      header: signatureHeader,
      secrets: [vectorSecret],
    });
  });

  test('of an application is good for five minutes, and not without its time', () => {
    const verdict = (headers: object, at: number) => {
      const found = front.verify(
        requestOf(vectorBody, { ...ofApp, ...headers }, at),
        [vectorSecret],
        noSettings,
      );
      return found.kind === 'rejected' ? found.reason : found.kind;
    };
    assert.equal(verdict({}, sentAt + 300_000), 'verified');
    assert.equal(verdict({}, sentAt + 300_001), 'stale');
    assert.equal(verdict({}, sentAt - 300_001), 'stale');
    assert.equal(verdict({ [timestampHeader]: String(sentAt + 1) }, sentAt), 'wrong_signature');
    assert.equal(verdict({ [timestampHeader]: 'soon' }, sentAt), 'bad_timestamp');
    assert.equal(verdict({ [timestampHeader]: undefined }, sentAt), 'wrong_signature');
  });
});

describe('a webhook of Front', () => {
  const expected = {
    externalId: 'cnv_1',
    conversationId: 'cnv_1',
    messageId: 'msg_1',
    createdAt: '2025-11-22T08:26:30.500Z',
    subject: 'Parcel',
    text: { format: 'html', value: '<p>Where is it?</p>' },
    requester: { email: 'cleo@customer.example', name: 'Cleo Custom' },
    language: null,
    tags: ['ai'],
    priority: 'normal',
    attachments: [{ name: 'label.png', contentType: 'image/png', size: 12 }],
    history: [],
    metadata: {},
    author: 'customer',
    isPublic: true,
    isOurs: false,
    isBotOwned: null,
    isAutomatic: false,
  };

  test('tells of a customer’s message, by an application as by a rule', () => {
    assert.deepEqual(messageIn(parse(front, webhook)), expected);
    assert.deepEqual(messageIn(parse(front, event)), expected);
  });

  test('that is a preview is read afterwards', () => {
    const preview = { id: 'msg_1', _links: { self: 'https://…' } };
    const message = messageIn(parse(front, withEvent({ target: { data: preview } })));
    assert.deepEqual([message.messageId, message.text], ['msg_1', null]);
    assert.equal(message.createdAt, '2025-11-22T08:26:31.100Z');
    const plain = messageIn(parse(front, withMessage({ body: undefined })));
    assert.deepEqual(plain.text, { format: 'plain', value: 'Where is it?' });
  });

  test('that sets it up gets its challenge back', () => {
    const sync = { type: 'sync', authorization: { id: 'cmp_1' } };
    const headers = { 'x-front-challenge': 'a1b2' };
    assert.deepEqual(parse(front, sync, { headers, settings: { account: 'cmp_2' } }), {
      kind: 'challenge',
      contentType: 'text/plain',
      body: 'a1b2',
    });
    assert.deepEqual(parse(front, sync), ignoredAs('ping'));
  });

  test('tells who wrote, and who has the conversation', () => {
    const settings = { userId: 'tea_9' };
    const sent = (id: string) => {
      const payload = {
        ...event,
        type: 'outbound',
        target: { data: { ...data, is_inbound: false, author: { id } } },
      };
      const { author, isOurs } = messageIn(parse(front, { ...webhook, payload }, { settings }));
      return [author, isOurs];
    };
    assert.deepEqual(sent('tea_9'), ['agent', true]);
    assert.deepEqual(sent('tea_1'), ['agent', false]);
    assert.equal(messageIn(parse(front, withMessage({ is_inbound: false }))).author, 'agent');
    assert.equal(messageIn(parse(front, withMessage({ is_draft: true }))).isPublic, false);
    const owned = (id: string) => {
      const conversation = { ...event.conversation, assignee: { id } };
      return messageIn(parse(front, withEvent({ conversation }), { settings })).isBotOwned;
    };
    assert.deepEqual([owned('tea_9'), owned('tea_1')], [true, false]);
  });

  test('that a mail server sent is automatic', () => {
    const recipients = [{ role: 'from', handle: 'MAILER-DAEMON@mx.example' }];
    assert.equal(messageIn(parse(front, withMessage({ recipients }))).isAutomatic, true);
  });

  test('is left alone where it is no message, or of another account', () => {
    for (const [type, reason] of [
      ['comment', 'private'],
      ['mention', 'private'],
      ['assign', 'other_event'],
      ['tag', 'other_event'],
      ['constructor', 'other_event'],
    ] as const) {
      assert.deepEqual(parse(front, withEvent({ type })), ignoredAs(reason), type);
    }
    assert.deepEqual(parse(front, webhook, { settings: { account: 'cmp_2' } }), ignoredAs('other_account'));
    assert.equal(messageIn(parse(front, webhook, { settings: { account: 'cmp_1' } })).messageId, 'msg_1');
    assert.equal(messageIn(parse(front, event, { settings: { account: 'cmp_1' } })).messageId, 'msg_1');
  });

  test('tells of solved and reopened conversations', () => {
    for (const [type, outcome] of [
      ['archive', 'resolved'],
      ['reopen', 'reopened'],
    ]) {
      const feedback = { kind: 'feedback', externalId: 'cnv_1', conversationId: 'cnv_1', outcome };
      assert.deepEqual(parse(front, withEvent({ type })), { kind: 'events', events: [feedback] });
    }
  });

  test('names the field that is missing', () => {
    const pointers = (body: unknown) => {
      const parsed = parse(front, body);
      return parsed.kind === 'invalid' ? parsed.errors.map(({ pointer }) => pointer) : parsed;
    };
    assert.deepEqual(pointers({ type: 'inbound' }), ['/id']);
    assert.deepEqual(pointers(withEvent({ conversation: null })), ['/conversation']);
    assert.deepEqual(pointers(withMessage({ id: undefined })), ['/id']);
    assert.deepEqual(pointers([]), ['']);
  });

  test('may say anything', () => {
    neverThrows(front, webhook);
    neverThrows(front, event);
    neverThrows(front, { type: 'sync' }, { 'x-front-challenge': 'a1b2' });
  });
});
