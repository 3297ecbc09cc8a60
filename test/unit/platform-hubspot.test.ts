import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { hubspot } from '../../services/ingest/platforms/hubspot.ts';
import { load, minimal } from './config-file.ts';
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

const [signatureHeader, timestampHeader] = ['x-hubspot-signature-v3', 'x-hubspot-request-timestamp'];
const sentAt = 1_763_800_000_000;
const publicUrl = 'https://in.example.com/hooks/hubspot?t=1';
const settings = { ...noSettings, publicUrl };
const headers = {
  [signatureHeader]: 'Nj5U2i/p7kQK/IFL9U5oNGN1yKI1FRBI+87LNVaVVxg=',
  [timestampHeader]: String(sentAt),
};
const sent = requestOf(vectorBody, headers, sentAt);

const item = {
  eventId: 100,
  subscriptionId: 12_345,
  portalId: 62_515,
  appId: 54_321,
  occurredAt: sentAt,
  subscriptionType: 'conversation.newMessage',
  attemptNumber: 0,
  objectId: 1234,
  messageId: 'a1b2',
  messageType: 'MESSAGE',
  changeFlag: 'NEW_MESSAGE',
};

describe('the signature of HubSpot', () => {
  test('fits the test vector, and nothing that differs from it by a bit', () => {
    refusesForgeries(hubspot, sent, [vectorSecret], settings);
  });

  test('must be there, once', () => {
    needsHeader(hubspot, sent, { header: signatureHeader, secrets: [vectorSecret], settings });
    needsHeader(hubspot, sent, { header: timestampHeader, secrets: [vectorSecret], settings });
  });

  const verdict = (changes: object, at = sentAt, url: string | null = publicUrl) => {
    const request = requestOf(vectorBody, { ...headers, ...changes }, at);
    const found = hubspot.verify(request, [vectorSecret], { ...settings, publicUrl: url });
    return found.kind === 'rejected' ? found.reason : found.kind;
  };

  test('is good for five minutes, before and after', () => {
    assert.equal(verdict({}, sentAt + 300_000), 'verified');
    assert.equal(verdict({}, sentAt + 300_001), 'stale');
    assert.equal(verdict({}, sentAt - 300_001), 'stale');
    assert.equal(verdict({ [timestampHeader]: String(sentAt + 1) }), 'wrong_signature');
    assert.equal(verdict({ [timestampHeader]: '2026-11-22' }), 'bad_timestamp');
  });

  test('is over the public address, whatever the request says of itself', () => {
    assert.equal(verdict({ host: 'elsewhere.example' }), 'verified');
    assert.equal(verdict({}, sentAt, 'https://in.example.com/hooks/hubspot'), 'wrong_signature');
    assert.equal(verdict({}, sentAt, null), 'wrong_signature');
  });

  test('fits as well where HubSpot has taken back the escapes in the address', () => {
    const signed = 'https://in.example.com/h?for=shop:one@two';
    const mac = createHmac('sha256', vectorSecret)
      .update(`POST${signed}${vectorBody}${sentAt}`)
      .digest('base64');
    const escaped = 'https://in.example.com/h?for=shop%3Aone%40two';
    assert.equal(verdict({ [signatureHeader]: mac }, sentAt, escaped), 'verified');
    assert.equal(
      verdict({ [signatureHeader]: mac }, sentAt, escaped.replace('%40', '%25')),
      'wrong_signature',
    );
  });

  test('of the first version, which has no time in it, is not enough', () => {
    // developers.hubspot.com/docs/faq/v1-request-validation: a good signature of that version.
    const body =
      '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]';
    const old = { 'x-hubspot-signature': '232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de' };
    const found = hubspot.verify(
      requestOf(body, old, sentAt),
      ['yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy'],
      settings,
    );
    assert.equal(found.kind === 'rejected' ? found.reason : found.kind, 'missing_header');
    assert.deepEqual(parse(hubspot, body), ignoredAs('other_event'));
  });
});

describe('a webhook of HubSpot', () => {
  test('tells that a message came; all else is read afterwards', () => {
    assert.deepEqual(messageIn(parse(hubspot, [item])), {
      externalId: '1234',
      conversationId: '1234',
      messageId: 'a1b2',
      createdAt: '2025-11-22T08:26:40.000Z',
      subject: '',
      text: null,
      requester: {},
      language: null,
      tags: [],
      priority: 'normal',
      attachments: [],
      history: [],
      metadata: { appId: '54321' },
      author: null,
      isPublic: null,
      isOurs: false,
      isBotOwned: null,
      isAutomatic: false,
    });
  });

  test('carries several, which are put into the order in which they happened', () => {
    const later = { ...item, messageId: 'c3', occurredAt: sentAt + 2 };
    const comment = { ...item, messageType: 'COMMENT', occurredAt: sentAt + 1 };
    const parsed = parse(hubspot, [later, comment, item]);
    assert.ok(parsed.kind === 'events');
    assert.deepEqual(
      parsed.events.map((event) => (event.kind === 'message' ? event.message.messageId : event)),
      ['a1b2', { kind: 'ignored', reason: 'private' }, 'c3'],
    );
    assert.deepEqual(parse(hubspot, []), { kind: 'events', events: [] });
  });

  test('without a message’s id is known by the event’s', () => {
    const { messageId: _messageId, ...without } = item;
    assert.equal(messageIn(parse(hubspot, [without])).messageId, '100:1234');
    assert.deepEqual(parse(hubspot, [{ ...without, eventId: null }]), ignoredAs('other_event'));
  });

  test('keeps ids beyond 2^53', () => {
    const raw = JSON.stringify([item]).replace('1234,', '9007199254740993123,');
    assert.equal(messageIn(parse(hubspot, raw)).externalId, '9007199254740993123');
  });

  test('is left alone where it is no new message of this account', () => {
    for (const [changes, reason] of [
      [{ subscriptionType: 'conversation.creation' }, 'other_event'],
      [{ subscriptionType: 'contact.creation' }, 'other_event'],
      [{ changeSource: 'IMPORT' }, 'other_event'],
      [{ objectId: null }, 'other_event'],
      [{ messageType: 'COMMENT' }, 'private'],
    ] as const) {
      assert.deepEqual(parse(hubspot, [{ ...item, ...changes }]), ignoredAs(reason));
    }
    assert.deepEqual(parse(hubspot, [item], { settings: { account: '1' } }), ignoredAs('other_account'));
    assert.equal(messageIn(parse(hubspot, [item], { settings: { account: '62515' } })).messageId, 'a1b2');
  });

  test('tells of solved conversations', () => {
    const changed = (propertyName: string, propertyValue: string) =>
      parse(hubspot, [
        { ...item, subscriptionType: 'conversation.propertyChange', propertyName, propertyValue },
      ]);
    const feedback = { kind: 'feedback', externalId: '1234', conversationId: '1234', outcome: 'resolved' };
    assert.deepEqual(changed('status', 'CLOSED'), { kind: 'events', events: [feedback] });
    assert.deepEqual(changed('status', 'OPEN'), ignoredAs('other_event'));
    assert.deepEqual(changed('assignedTo', 'CLOSED'), ignoredAs('other_event'));
  });

  test('that is no list, or a list of other things, is told so', () => {
    const pointers = (body: unknown) => {
      const parsed = parse(hubspot, body);
      return parsed.kind === 'invalid' ? parsed.errors.map(({ pointer }) => pointer) : parsed;
    };
    assert.deepEqual(pointers(item), ['']);
    assert.deepEqual(pointers([{ ...item, subscriptionType: 7 }]), ['/0/subscriptionType']);
  });

  test('may say anything', () => {
    neverThrows(hubspot, [item, { ...item, subscriptionType: 'conversation.propertyChange' }]);
  });
});

test('a source of HubSpot without the public address is refused at the start', (t) => {
  const destination = 'desk: { type: hubspot, token: t, userId: "1" }';
  const text = (address: string) =>
    `${minimal}  ${destination}\nsources:\n  desk: { platform: hubspot, destination: desk${address} }\n`;
  const found = load(t, text(''), { env: { OPENAI_API_KEY: 'k' } });
  assert.ok(found.kind === 'invalid');
  assert.ok(found.problems.some(({ message }) => message.startsWith('missing key "publicUrl"')));
  const right = load(t, text(', publicUrl: "https://in.example.com/"'), { env: { OPENAI_API_KEY: 'k' } });
  const problems = right.kind === 'invalid' ? right.problems.map(({ message }) => message) : [];
  assert.ok(!problems.some((message) => message.includes('publicUrl')), problems.join());
  const tags = load(t, text(', publicUrl: "https://in.example.com/", only: { tags: [ai] }'), {
    env: { OPENAI_API_KEY: 'k' },
  });
  assert.ok(tags.kind === 'invalid');
  assert.ok(tags.problems.some(({ message }) => message.startsWith('cannot choose by tags')));
});
