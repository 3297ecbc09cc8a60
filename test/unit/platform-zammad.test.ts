import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { whyIgnored } from '../../shared/helpdesks/loop-guard.ts';
import { zammad } from '../../services/ingest/platforms/zammad.ts';
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

const header = 'x-hub-signature';
const signedHeaders = { [header]: 'sha1=7b28d4515f4823b4aaacad945d222467064191f8' };

const ticket = {
  id: 81,
  number: '10081',
  title: 'Webhook-Test',
  state: 'open',
  owner: { id: 1, login: '-' },
  owner_id: 1,
  priority: { id: 3, name: '3 high' },
  group: { id: 3, name: 'Service Desk' },
  customer: { id: 8, email: 'emily@example.com', firstname: 'Emily', lastname: 'Adams', note: null },
  customer_id: 8,
};
const article = {
  id: 104,
  ticket_id: 81,
  body: 'This is a test.<div><br></div><ul><li>one</li></ul>',
  content_type: 'text/html',
  sender: 'Customer',
  type: 'email',
  internal: false,
  from: 'Emily Adams <emily@example.com>',
  to: null,
  created_by_id: 8,
  created_at: '2026-11-22T08:20:00.318Z',
  preferences: { 'send-auto-response': true, 'is-auto-response': false },
  attachments: [
    { id: 174, filename: 'box.jpeg', size: '35574', preferences: { 'Mime-Type': 'image/jpeg' }, url: '…' },
  ],
};
const said = (changes: object, of: object = {}, userId: string | null = '9') =>
  messageIn(
    parse(
      zammad,
      { ticket: { ...ticket, ...of }, article: { ...article, ...changes } },
      { settings: { userId } },
    ),
  );

describe('the signature of Zammad', () => {
  const sent = requestOf(vectorBody, signedHeaders);

  test('fits the test vector, and nothing that differs from it by a bit', () => {
    refusesForgeries(zammad, sent, [vectorSecret]);
  });

  test('must be there, once, and name its algorithm', () => {
    needsHeader(zammad, sent, { header, secrets: [vectorSecret] });
    const bare = { [header]: signedHeaders[header].slice('sha1='.length) };
    const settings = { account: null, userId: null, publicUrl: null };
    assert.equal(zammad.verify(requestOf(vectorBody, bare), [vectorSecret], settings).kind, 'rejected');
  });
});

describe('a webhook of Zammad', () => {
  test('tells of a customer’s article with all that is in it', () => {
    assert.deepEqual(said({}), {
      externalId: '81',
      conversationId: '81',
      messageId: '104',
      createdAt: '2026-11-22T08:20:00.318Z',
      subject: 'Webhook-Test',
      text: { format: 'html', value: article.body },
      requester: { email: 'emily@example.com', name: 'Emily Adams' },
      language: null,
      tags: [],
      priority: 'high',
      attachments: [{ name: 'box.jpeg', contentType: 'image/jpeg', size: 35574 }],
      history: [],
      metadata: { customerEmail: 'emily@example.com' },
      author: 'customer',
      isPublic: true,
      isOurs: false,
      isBotOwned: true,
      isAutomatic: false,
    });
  });

  test('takes plain text for what it is, and a customer without an address', () => {
    const message = said({ content_type: 'text/plain', body: 'a < b' }, { customer: { firstname: 'Emily' } });
    assert.deepEqual(message.text, { format: 'plain', value: 'a < b' });
    assert.deepEqual([message.requester, message.metadata], [{ name: 'Emily' }, {}]);
    assert.deepEqual(said({ body: null }, { customer: null }).text, { format: 'html', value: '' });
  });

  test('is left alone where agents, Zammad, machines or we have written it', () => {
    const why = (changes: object, of: object = {}) => whyIgnored(said(changes, of));
    assert.equal(why({}), null);
    assert.equal(why({ type: 'web' }), null);
    assert.equal(why({ type: 'note' }), null);
    assert.equal(why({ created_by_id: 9, sender: 'Agent' }), 'own_message');
    assert.equal(why({ sender: 'Agent' }), 'not_customer');
    assert.equal(why({ sender: 'System' }), 'not_customer');
    assert.equal(why({ sender: 'Robot' }), 'not_customer');
    assert.equal(why({ type: 'phone', created_by_id: 5 }), 'not_customer');
    assert.equal(why({ internal: true }), 'private');
    assert.equal(why({ preferences: { 'is-auto-response': true } }), 'automatic');
    assert.equal(why({}, { owner_id: 5 }), 'with_people');
    assert.equal(why({}, { owner_id: 9 }), null);
    assert.equal(said({}, { owner_id: null }).isBotOwned, null);
    assert.equal(said({}, { owner_id: 9 }, null).isBotOwned, false);
  });

  test('of a chat or a social network is left to people', () => {
    for (const type of ['sms', 'telegram personal-message', 'whatsapp message', 'facebook feed comment'])
      assert.deepEqual(
        parse(zammad, { ticket, article: { ...article, type } }),
        ignoredAs('other_event'),
        type,
      );
  });

  test('without an article tells of a closed ticket, and else nothing', () => {
    const ids = { externalId: '81', conversationId: '81' };
    const closed = { ...ticket, state: 'closed' };
    for (const body of [
      { ticket: closed, article: null },
      { ticket: closed, article: {} },
      { ticket: closed },
    ]) {
      const told = { kind: 'events', events: [{ kind: 'feedback', ...ids, outcome: 'resolved' }] };
      assert.deepEqual(parse(zammad, body), told);
    }
    assert.deepEqual(parse(zammad, { ticket, article: null }), ignoredAs('other_event'));
  });

  test('keeps ids beyond 2^53', () => {
    const raw = JSON.stringify({ ticket, article })
      .replace('"id":104', '"id":9007199254740993')
      .replace('"id":81', '"id":9007199254740995');
    const message = messageIn(parse(zammad, raw));
    assert.deepEqual([message.messageId, message.externalId], ['9007199254740993', '9007199254740995']);
  });

  test('that lacks what matters is refused by the field’s name alone', () => {
    const { id: _id, ...nameless } = article;
    const refused = parse(zammad, { ticket, article: nameless });
    assert.deepEqual(refused.kind === 'invalid' && refused.errors.map(({ pointer }) => pointer), [
      '/article/id',
    ]);
    assert.ok(!JSON.stringify(refused).includes('test'));
  });

  test('never throws and always has ids, whatever becomes of its body', () => {
    neverThrows(zammad, { ticket, article }, signedHeaders);
    neverThrows(zammad, { ticket, article: null }, signedHeaders);
  });
});
