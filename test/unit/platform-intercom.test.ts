import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { whyIgnored } from '../../shared/helpdesks/loop-guard.ts';
import { intercom } from '../../services/ingest/platforms/intercom.ts';
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
const signature = 'sha1=7b28d4515f4823b4aaacad945d222467064191f8';

const user = { type: 'user', id: '5ba682d2', name: 'Ana', email: 'ana@example.com' };
const admin = { type: 'admin', id: '814861', name: 'Eve' };
const source = {
  type: 'conversation',
  id: '403918320',
  delivered_as: 'customer_initiated',
  subject: '<p>My parcel</p>',
  body: '<p>Where is it?</p><ul><li>Order <a href="https://shop.example/5531">5531</a></li></ul>',
  author: user,
  attachments: [{ type: 'upload', name: 'label.png', content_type: 'image/png', filesize: 12 }],
};
const reply = {
  type: 'conversation_part',
  id: '403918349',
  part_type: 'comment',
  body: '<p>Hello?</p>',
  created_at: 1_795_335_600,
  author: user,
  attachments: [],
  redacted: false,
  app_package_code: null,
};
const item = {
  type: 'conversation',
  id: '147',
  title: null,
  created_at: 1_795_335_000,
  state: 'open',
  admin_assignee_id: 0,
  ai_agent_participated: false,
  source,
  tags: { type: 'tag.list', tags: [{ type: 'tag', id: '1', name: 'ai' }] },
  conversation_parts: { type: 'conversation_part.list', conversation_parts: [] as object[] },
};
const notification = (topic: string, changes: object = {}) => ({
  type: 'notification_event',
  app_id: 'a1b2c3',
  id: 'notif_1',
  topic,
  created_at: 1_795_335_601,
  data: { type: 'notification_event_data', item: { ...item, ...changes } },
});
const withParts = (...parts: object[]) => ({
  conversation_parts: { type: 'conversation_part.list', conversation_parts: parts },
});
const created = notification('conversation.user.created');
const replied = (...parts: object[]) => notification('conversation.user.replied', withParts(...parts));

describe('the signature of Intercom', () => {
  const sent = requestOf(vectorBody, { [header]: signature });

  test('fits the test vector, and nothing that differs from it by a bit', () => {
    refusesForgeries(intercom, sent, [vectorSecret]);
  });

  test('must be there, once', () => {
    needsHeader(intercom, sent, { header, secrets: [vectorSecret] });
  });
});

describe('a notification of Intercom', () => {
  test('tells of a new conversation by its source, lists, links and files included', () => {
    assert.deepEqual(messageIn(parse(intercom, created)), {
      externalId: '147',
      conversationId: '147',
      messageId: '403918320',
      createdAt: new Date(1_795_335_000_000).toISOString(),
      subject: 'My parcel',
      text: { format: 'html', value: source.body },
      requester: { email: 'ana@example.com', name: 'Ana' },
      language: null,
      tags: ['ai'],
      priority: 'normal',
      attachments: [{ name: 'label.png', contentType: 'image/png', size: 12 }],
      history: [],
      metadata: {},
      author: 'customer',
      isPublic: true,
      isOurs: false,
      isBotOwned: true,
      isAutomatic: false,
    });
  });

  test('tells of a reply by its newest customer’s part, with what was said before', () => {
    const answer = { ...reply, id: '2', author: admin, body: '<p>We look.</p>' };
    const note = { ...reply, id: '3', author: admin, part_type: 'note', body: '<p>Carrier?</p>' };
    const assigned = { ...reply, id: '4', author: admin, part_type: 'assignment', body: null };
    const bot = { ...reply, id: '9', author: { type: 'bot', id: '5' }, body: '<p>We got it.</p>' };
    const message = messageIn(parse(intercom, replied(answer, note, assigned, reply, bot)));
    assert.equal(message.messageId, '403918349');
    assert.deepEqual(message.text, { format: 'html', value: '<p>Hello?</p>' });
    assert.equal(message.createdAt, new Date(1_795_335_600_000).toISOString());
    assert.deepEqual(
      message.history.map(({ role, text }) => [role, text.split('\n')[0]]),
      [
        ['customer', 'Where is it?'],
        ['agent', 'We look.'],
      ],
    );
  });

  test('takes plain text as it is, as newer versions of the API send it', () => {
    const textOf = (body: string) => messageIn(parse(intercom, replied({ ...reply, body }))).text;
    assert.deepEqual(textOf('1 < 2 and a <p> tag'), { format: 'plain', value: '1 < 2 and a <p> tag' });
    assert.deepEqual(textOf('<3 thanks'), { format: 'plain', value: '<3 thanks' });
    assert.equal(textOf('\n<div>Hi</div>')?.format, 'html');
  });

  test('without any part is a message that is read afterwards, known by the notification’s id', () => {
    const thin = parse(intercom, notification('conversation.user.replied', { source: null }));
    const message = messageIn(thin);
    assert.deepEqual([message.messageId, message.text, message.author], ['notif_1', null, null]);
    const nameless = { ...notification('conversation.user.replied', { source: null }), id: null };
    const parsed = parse(intercom, nameless);
    assert.equal(parsed.kind === 'invalid' ? parsed.errors[0]?.pointer : parsed.kind, '/id');
  });

  test('of teammates, bots and ourselves, and of notes, leads to nothing', () => {
    const why = (topic: string, part: object) => {
      const body = notification(topic, withParts({ ...reply, ...part }));
      return whyIgnored(messageIn(parse(intercom, body, { settings: { userId: '814860' } })));
    };
    assert.equal(why('conversation.user.replied', {}), null);
    // Who bridges another channel writes customers' messages by the API.
    assert.equal(why('conversation.user.replied', { app_package_code: 'whatsapp-bridge' }), null);
    assert.equal(why('conversation.admin.replied', { author: admin }), 'not_customer');
    assert.equal(why('conversation.admin.replied', { author: { ...admin, id: 814_860 } }), 'own_message');
    assert.equal(why('conversation.admin.replied', { author: admin, app_package_code: 'x' }), 'own_message');
    assert.equal(why('conversation.operator.replied', { author: { type: 'bot', id: '5' } }), 'not_customer');
    assert.equal(
      why('conversation.operator.replied', { author: { ...user, from_ai_agent: true } }),
      'not_customer',
    );
    assert.equal(why('conversation.user.replied', { part_type: 'note' }), 'private');
    const machine = { author: { ...user, email: 'mailer-daemon@mail.example' } };
    assert.equal(why('conversation.user.replied', machine), 'automatic');
    const empty = parse(intercom, notification('conversation.admin.noted', { source: null }));
    assert.deepEqual(empty, ignoredAs('not_customer'));
  });

  test('is with others where a teammate is assigned or Fin has taken part', () => {
    const owned = (changes: object, userId: string | null) =>
      messageIn(parse(intercom, notification('conversation.user.created', changes), { settings: { userId } }))
        .isBotOwned;
    assert.equal(owned({ admin_assignee_id: null }, null), true);
    assert.equal(owned({ admin_assignee_id: 814_860 }, '814860'), true);
    assert.equal(owned({ admin_assignee_id: 814_861 }, '814860'), false);
    assert.equal(owned({ admin_assignee_id: 814_861 }, null), null);
    assert.equal(owned({ admin_assignee_id: undefined }, '814860'), null);
    assert.equal(owned({ ai_agent_participated: true }, '814860'), false);
  });

  test('of a ping, of other apps, of what was taken back and of other topics is ignored by its reason', () => {
    const ping = { ...notification('ping'), id: null, data: { item: { type: 'ping', message: 'hello' } } };
    assert.deepEqual(parse(intercom, ping), ignoredAs('ping'));
    assert.deepEqual(parse(intercom, { ...ping, topic: 'x' }), ignoredAs('ping'));
    assert.deepEqual(
      parse(intercom, created, { settings: { account: 'other' } }),
      ignoredAs('other_account'),
    );
    assert.equal(messageIn(parse(intercom, created, { settings: { account: 'a1b2c3' } })).externalId, '147');
    const redacted = replied({ ...reply, body: null, redacted: true });
    assert.deepEqual(parse(intercom, redacted), ignoredAs('edited'));
    assert.deepEqual(parse(intercom, notification('conversation_part.redacted')), ignoredAs('edited'));
    assert.deepEqual(parse(intercom, notification('conversation.deleted')), ignoredAs('edited'));
    assert.deepEqual(parse(intercom, notification('contact.created')), ignoredAs('other_event'));
  });

  test('of closing, opening and rating tells what became of the answer', () => {
    const outcome = (topic: string, changes: object) => {
      const parsed = parse(intercom, notification(topic, changes), { settings: { userId: '814860' } });
      const [event] = parsed.kind === 'events' ? parsed.events : [];
      return event?.kind === 'feedback' ? event.outcome : event?.kind === 'ignored' ? event.reason : null;
    };
    const by = (id: string) =>
      withParts({ ...reply, part_type: 'close', body: null, author: { ...admin, id } });
    assert.equal(outcome('conversation.admin.closed', by('814861')), 'resolved');
    assert.equal(outcome('conversation.admin.closed', by('814860')), 'own_message');
    assert.equal(outcome('conversation.admin.opened', by('814861')), 'reopened');
    const rated = (rating: number) =>
      outcome('conversation.rating.added', { conversation_rating: { rating, remark: 'secret' } });
    assert.deepEqual([1, 2, 3, 4, 5].map(rated), ['bad', 'bad', 'other_event', 'good', 'good']);
    assert.equal(outcome('conversation.rating.added', {}), 'other_event');
  });

  test('may be anything: it is never more than a message with ids, and no error', () => {
    neverThrows(intercom, created);
    neverThrows(intercom, replied(reply));
    neverThrows(intercom, notification('conversation.admin.closed', withParts(reply)));
  });

  test('keeps ids beyond 2^53 that come as numbers', () => {
    const raw = JSON.stringify(created).replace('"403918320"', '9007199254740993');
    assert.equal(messageIn(parse(intercom, raw)).messageId, '9007199254740993');
  });
});
