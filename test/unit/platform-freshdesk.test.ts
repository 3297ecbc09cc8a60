import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freshdeskMessageId } from '../../shared/helpdesks/freshdesk-ids.ts';
import { whyIgnored } from '../../shared/helpdesks/loop-guard.ts';
import { freshdesk } from '../../services/ingest/platforms/freshdesk.ts';
import {
  ignoredAs,
  messageIn,
  needsHeader,
  neverThrows,
  noSettings,
  parse,
  requestOf,
} from './platform-request.ts';

const secret = 'made-up-by-the-admin';
const headers = { 'x-webhook-secret': secret };

/** All values are text, as Freshdesk sends them. */
const created = {
  ticket_id: '12',
  ticket_subject: 'My parcel',
  ticket_description: 'Where is my parcel?',
  ticket_latest_public_comment: '',
  ticket_tags: 'ai, vip',
  ticket_priority: 'Urgent',
  ticket_source: 'Email',
  ticket_requester_name: 'Cleo Custom',
  ticket_requester_email: 'cleo@customer.example',
  ticket_agent_id: '',
};
const commented = {
  ...created,
  ticket_description: '',
  ticket_latest_public_comment: 'Cleo Custom : <div>It is <b>still</b> not here.</div>',
};
const told = (changes: object, base: object = commented) => ({ freshdesk_webhook: { ...base, ...changes } });
const messageOf = (changes: object, base?: object) => messageIn(parse(freshdesk, told(changes, base)));

describe('the secret of Freshdesk’s webhooks', () => {
  const sent = requestOf(JSON.stringify(told({})), headers);
  const verdict = (secrets: string[]) => freshdesk.verify(sent, secrets, noSettings);

  test('must be in the header, whole', () => {
    assert.deepEqual(verdict([secret]), { kind: 'verified' });
    assert.deepEqual(verdict(['an older one', secret]), { kind: 'verified' });
    for (const secrets of [[], ['another'], [`${secret}!`], [secret.slice(1)]]) {
      const found = verdict(secrets);
      assert.equal(found.kind === 'rejected' ? found.reason : found.kind, 'wrong_signature');
      assert.ok(!JSON.stringify(found).includes(secret));
    }
  });

  test('must be there, once', () => {
    needsHeader(freshdesk, sent, { header: 'x-webhook-secret', secrets: [secret] });
  });
});

describe('a rule’s webhook of Freshdesk', () => {
  test('tells of a customer’s reply by the name before it, with all that is in it', () => {
    assert.deepEqual(messageOf({}), {
      externalId: '12',
      conversationId: '12',
      messageId: freshdeskMessageId('12', 'It is still not here.'),
      createdAt: null,
      subject: 'My parcel',
      text: { format: 'plain', value: 'It is still not here.' },
      requester: { email: 'cleo@customer.example', name: 'Cleo Custom' },
      language: null,
      tags: ['ai', 'vip'],
      priority: 'urgent',
      attachments: [],
      history: [],
      metadata: {},
      author: 'customer',
      isPublic: true,
      isOurs: false,
      isBotOwned: true,
      isAutomatic: false,
    });
  });

  test('tells of a new ticket by its description, where a customer opened it', () => {
    const message = messageOf({}, created);
    assert.deepEqual(message.text, { format: 'plain', value: 'Where is my parcel?' });
    assert.equal(message.messageId, freshdeskMessageId('12', 'Where is my parcel?'));
    assert.equal(whyIgnored(messageOf({ ticket_source: 'Outbound Email' }, created)), 'not_customer');
    assert.equal(whyIgnored(messageOf({ ticket_source: 'Phone' }, created)), 'not_customer');
  });

  test('is read at the helpdesk wherever it does not surely tell whose words they are', () => {
    const comments = ['Ana Agent : I shall look.', 'I shall look.', 'Order : 55', 'Cleo Custom: no space'];
    for (const comment of comments) {
      const message = messageOf({ ticket_latest_public_comment: comment });
      assert.deepEqual([message.text, message.author, message.isPublic], [null, null, null], comment);
    }
    assert.equal(messageOf({ ticket_requester_name: '' }).text, null);
    assert.equal(messageOf({ ticket_source: 'E-Mail-Eingang' }, created).text, null);
    assert.equal(messageOf({ ticket_latest_public_comment: 'Cleo Custom : <img src=x>' }).text, null);
    // A person whose name is the customer's.
    assert.equal(messageOf({ ticket_agent_name: 'cleo custom' }).text, null);
  });

  test('leaves an agent’s reply alone where the name says so', () => {
    const comment = 'Ana Agent : <p>I shall look.</p>';
    const byAgent = { ticket_latest_public_comment: comment, ticket_agent_name: 'Ana Agent' };
    assert.equal(whyIgnored(messageOf(byAgent)), 'not_customer');
  });

  test('names a message by its ticket and its words, so that a repetition is known', () => {
    const again = messageOf({ ticket_latest_public_comment: 'Cleo Custom : It is  STILL not here!' });
    assert.equal(again.messageId, messageOf({}).messageId);
    assert.notEqual(messageOf({ ticket_id: '13' }).messageId, messageOf({}).messageId);
    // Where nobody says whose they are, the name in front is not part of the words either.
    const unknown = messageOf({ ticket_requester_name: '' });
    assert.equal(unknown.messageId, messageOf({}).messageId);
  });

  test('tells who has the ticket', () => {
    const ownerOf = (changes: object, userId: string | null = '9001') =>
      messageIn(parse(freshdesk, told(changes), { settings: { userId } })).isBotOwned;
    assert.equal(ownerOf({ ticket_agent_id: '9001' }), true);
    assert.equal(ownerOf({ ticket_agent_id: '77' }), false);
    assert.equal(ownerOf({ ticket_agent_id: '77' }, null), false);
    assert.equal(ownerOf({ ticket_agent_id: null, ticket_agent_email: '' }), true);
    const byMail = messageOf({ ticket_agent_id: null, ticket_agent_email: 'ana@shop.example' });
    assert.deepEqual([byMail.isBotOwned, byMail.text], [null, null]);
  });

  test('reads ids as numbers, as text, and beyond 2^53', () => {
    assert.equal(messageOf({ ticket_id: 12 }).externalId, '12');
    assert.equal(messageOf({ ticket_id: ' #12 ' }).externalId, '12');
    assert.equal(messageOf({ ticket_id: 'INC-12' }).externalId, '12');
    assert.equal(messageOf({ ticket_id: '9007199254740993' }).externalId, '9007199254740993');
    const raw = JSON.stringify(told({})).replace('"12"', '9007199254740993');
    assert.equal(messageIn(parse(freshdesk, raw)).externalId, '9007199254740993');
  });

  test('is known by its address where a quote in the text has broken the JSON', () => {
    const raw = '{"freshdesk_webhook":{"ticket_latest_public_comment":"Cleo : a "big" box"}}';
    const at = (url: string, body = raw) =>
      freshdesk.parse(undefined, { ...requestOf(body, headers), url }, noSettings);
    const message = messageIn(at('/v1/webhooks/desk/12?x=1'));
    assert.deepEqual(
      [message.externalId, message.text, message.author, message.tags],
      ['12', null, null, []],
    );
    assert.equal(messageIn(at('/v1/webhooks/desk/12')).messageId, message.messageId);
    assert.notEqual(messageIn(at('/v1/webhooks/desk/12', `${raw} `)).messageId, message.messageId);
    assert.ok(!JSON.stringify(message).includes('big'));
    for (const url of ['/v1/webhooks/desk', '/v1/webhooks/desk/', '/v1/webhooks/desk/1%2F2'])
      assert.equal(at(url).kind, 'invalid', url);
  });

  test('of another account, or of the rule’s preview, makes no ticket', () => {
    const of = (changes: object, account: string | null) =>
      parse(freshdesk, told(changes), { settings: { account } });
    assert.deepEqual(of({ account: 'shop-b' }, 'shop-a'), ignoredAs('other_account'));
    assert.equal(of({ account: 'shop-a' }, 'shop-a').kind, 'events');
    assert.equal(messageIn(of({}, 'shop-a')).externalId, '12');
    assert.deepEqual(of({ ticket_id: '{{ticket.id}}' }, null), ignoredAs('ping'));
  });

  test('tells what became of an answer, where a rule says so', () => {
    const said = (outcome: string) => parse(freshdesk, told({ outcome }));
    for (const [word, outcome] of [
      ['resolved', 'resolved'],
      ['Closed', 'resolved'],
      ['reopened', 'reopened'],
      ['bad', 'bad'],
    ]) {
      const ids = { externalId: '12', conversationId: '12' };
      assert.deepEqual(said(word!), { kind: 'events', events: [{ kind: 'feedback', ...ids, outcome }] });
    }
    assert.deepEqual(said('toString'), ignoredAs('other_event'));
  });

  test('never throws and always has ids, whatever becomes of its body', () => {
    neverThrows(freshdesk, told({}), headers);
    neverThrows(freshdesk, told({}, created), headers);
  });
});
