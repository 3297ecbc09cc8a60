import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { whyIgnored } from '../../shared/helpdesks/loop-guard.ts';
import { zendesk } from '../../services/ingest/platforms/zendesk.ts';
import {
  ignoredAs,
  messageIn,
  needsHeader,
  neverThrows,
  noSettings,
  nowMs,
  parse,
  refusesForgeries,
  requestOf,
  vectorBody,
  vectorSecret,
} from './platform-request.ts';

const signatureHeader = 'x-zendesk-webhook-signature';
const timestampHeader = 'x-zendesk-webhook-signature-timestamp';
const signedHeaders = {
  [signatureHeader]: 'qZGyuOISQCz29+tg3c52eqsI0gPk3IxdJnyUi2ibLkY=',
  [timestampHeader]: '2026-11-22T08:26:40Z',
};

const detail = {
  actor_id: '8447388090494',
  assignee_id: null,
  created_at: '2026-11-22T08:00:00Z',
  description: 'I cannot log in.',
  id: '9007199254740993',
  is_public: true,
  priority: 'HIGH',
  requester_id: '8447388090494',
  status: 'OPEN',
  subject: 'Cannot login to mobile app',
  submitter_id: '8447388090494',
  tags: ['mobile', 'login'],
  updated_at: '2026-11-22T08:20:00Z',
  via: { channel: 'web_service' },
};
const author = { id: '8447388090494', is_staff: false, name: 'Ana' };
const comment = { id: '9007199254740995', body: 'Still not.', is_public: true, author };
const added = {
  account_id: 22129848,
  detail,
  event: { comment },
  id: 'd4f5c389-8f4a-4c2e-a1b9-8e4f39c71d52',
  subject: 'zen:ticket:9007199254740993',
  time: '2026-11-22T08:20:00.123456789Z',
  type: 'zen:event-type:ticket.comment_added',
  zendesk_event_version: '2022-11-06',
};
const created = { ...added, type: 'zen:event-type:ticket.created', event: {} };
const commented = (changes: object) => ({ ...added, event: { comment: { ...comment, ...changes } } });
const detailed = (event: object, changes: object) => ({ ...event, detail: { ...detail, ...changes } });

const trigger = {
  ticket_id: '5158',
  comment_id: '54509363035291',
  is_public: 'true',
  author_id: '8447388090494',
  author_role: 'End-user',
  assignee_id: '',
  subject: 'Cannot login',
  text: 'Still not.',
  email: 'ana@example.com',
  name: 'Ana',
  locale: 'en-US',
  tags: 'mobile login',
  priority: 'Urgent',
  updated_at: '2026-11-22T08:20Z',
};

describe('the signature of Zendesk', () => {
  const sent = requestOf(vectorBody, signedHeaders);

  test('fits the test vector, and nothing that differs from it by a bit', () => {
    refusesForgeries(zendesk, sent, [vectorSecret]);
  });

  test('and its time must be there, once', () => {
    for (const header of [signatureHeader, timestampHeader])
      needsHeader(zendesk, sent, { header, secrets: [vectorSecret] });
  });

  test('covers the time, which may be five minutes away and no more', () => {
    const verdict = (at: number, time?: string) =>
      zendesk.verify(
        requestOf(
          vectorBody,
          { ...signedHeaders, ...(time === undefined ? {} : { [timestampHeader]: time }) },
          at,
        ),
        [vectorSecret],
        noSettings,
      );
    const reasonOf = (found: ReturnType<typeof verdict>) =>
      found.kind === 'rejected' ? found.reason : found.kind;
    assert.equal(reasonOf(verdict(nowMs + 300_000)), 'verified');
    assert.equal(reasonOf(verdict(nowMs - 300_000)), 'verified');
    assert.equal(reasonOf(verdict(nowMs + 300_001)), 'stale');
    assert.equal(reasonOf(verdict(nowMs - 300_001)), 'stale');
    assert.equal(reasonOf(verdict(nowMs, '2026-11-22T08:26:41Z')), 'wrong_signature');
    assert.equal(reasonOf(verdict(nowMs, 'yesterday')), 'bad_timestamp');
    assert.equal(reasonOf(verdict(nowMs, ' '.repeat(50))), 'bad_timestamp');
  });
});

describe('an event of Zendesk', () => {
  test('tells of a customer’s comment with all that is in it', () => {
    assert.deepEqual(messageIn(parse(zendesk, added)), {
      externalId: '9007199254740993',
      conversationId: '9007199254740993',
      messageId: '9007199254740995',
      createdAt: '2026-11-22T08:20:00.123Z',
      subject: 'Cannot login to mobile app',
      text: { format: 'plain', value: 'Still not.' },
      requester: { name: 'Ana' },
      language: null,
      tags: ['mobile', 'login'],
      priority: 'high',
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

  test('tells of a new ticket by its description, where the customer sent it themselves', () => {
    const message = messageIn(parse(zendesk, created));
    assert.equal(message.messageId, 'first:9007199254740993');
    assert.deepEqual(message.text, { format: 'plain', value: 'I cannot log in.' });
    assert.equal(message.author, 'customer');
    const byAgent = messageIn(parse(zendesk, detailed(created, { submitter_id: '77' })));
    assert.deepEqual([byAgent.author, byAgent.text], [null, null]);
    const ours = parse(zendesk, detailed(created, { submitter_id: '77' }), { settings: { userId: '77' } });
    assert.equal(whyIgnored(messageIn(ours)), 'own_message');
    const note = messageIn(parse(zendesk, detailed(created, { is_public: false })));
    assert.equal(whyIgnored(note), 'private');
  });

  test('names a ticket’s first comment alike, whichever of the two events tells of it', () => {
    const first = { ...commented({ body: 'I cannot log in.\n' }), time: '2026-11-22T08:00:01.5Z' };
    assert.equal(messageIn(parse(zendesk, first)).messageId, 'first:9007199254740993');
    // The same words an hour later are another message.
    const later = { ...first, time: '2026-11-22T09:00:00Z' };
    assert.equal(messageIn(parse(zendesk, later)).messageId, '9007199254740995');
  });

  test('leaves alone what agents, Zendesk itself and our user write, and what is private', () => {
    const why = (changes: object, userId: string | null = null) =>
      whyIgnored(messageIn(parse(zendesk, commented(changes), { settings: { userId } })));
    assert.equal(why({}), null);
    assert.equal(why({ author: { ...author, is_staff: true } }), 'not_customer');
    assert.equal(why({ author: { id: '-1', is_staff: false, name: 'System' } }), 'not_customer');
    assert.equal(why({ is_public: false }), 'private');
    assert.equal(why({ author: { id: '77', is_staff: true } }, '77'), 'own_message');
  });

  test('is with people where somebody else than our user is assigned', () => {
    const owned = (assignee: unknown, userId: string | null) =>
      messageIn(parse(zendesk, detailed(added, { assignee_id: assignee }), { settings: { userId } }))
        .isBotOwned;
    assert.equal(owned(null, null), true);
    assert.equal(owned('77', '77'), true);
    assert.equal(owned(9_007_199_254_740_991, '77'), false);
    // Whose id it is will be known once the ticket is read.
    assert.equal(owned('77', null), null);
    assert.equal(owned(undefined, '77'), null);
  });

  test('has its text read where it has none, or does not say who wrote it', () => {
    assert.equal(messageIn(parse(zendesk, commented({ body: ' ' }))).text, null);
    const unknown = messageIn(parse(zendesk, commented({ author: { id: '5' } })));
    assert.deepEqual([unknown.author, unknown.text], [null, null]);
    assert.equal(messageIn(parse(zendesk, commented({ author: { id: author.id } }))).author, 'customer');
  });

  test('keeps ids beyond 2^53 that come as numbers', () => {
    const raw = JSON.stringify(added).replace('"9007199254740995"', '9007199254740995');
    assert.equal(messageIn(parse(zendesk, raw)).messageId, '9007199254740995');
  });

  test('of another account, of changed comments and of other kinds is ignored by its reason', () => {
    const typed = (type: string) => parse(zendesk, { ...added, type: `zen:event-type:ticket.${type}` });
    assert.deepEqual(parse(zendesk, added, { settings: { account: '1' } }), ignoredAs('other_account'));
    assert.equal(messageIn(parse(zendesk, added, { settings: { account: '22129848' } })).author, 'customer');
    assert.deepEqual(typed('comment_redacted'), ignoredAs('edited'));
    assert.deepEqual(typed('comment_made_private'), ignoredAs('edited'));
    assert.deepEqual(typed('tags_changed'), ignoredAs('other_event'));
    assert.deepEqual(typed('status_changed'), ignoredAs('other_event'));
  });

  test('of a changed status tells what became of the answer', () => {
    const outcome = (previous: string, current: string) => {
      const type = 'zen:event-type:ticket.status_changed';
      const parsed = parse(zendesk, { ...added, type, event: { previous, current } });
      const [event] = parsed.kind === 'events' ? parsed.events : [];
      return event?.kind === 'feedback' ? event.outcome : event?.kind;
    };
    assert.equal(outcome('OPEN', 'SOLVED'), 'resolved');
    assert.equal(outcome('SOLVED', 'OPEN'), 'reopened');
    assert.equal(outcome('SOLVED', 'CLOSED'), 'ignored');
    assert.equal(outcome('OPEN', 'PENDING'), 'ignored');
  });

  test('that names two tickets, or lacks an id, says which field does not fit', () => {
    const pointers = (body: unknown) => {
      const parsed = parse(zendesk, body);
      return parsed.kind === 'invalid' ? parsed.errors.map(({ pointer }) => pointer) : parsed.kind;
    };
    assert.deepEqual(pointers({ ...added, subject: 'zen:ticket:2' }), ['/subject']);
    assert.deepEqual(pointers({ ...created, subject: 'zen:ticket:2' }), ['/subject']);
    assert.deepEqual(pointers(commented({ id: null })), ['/event/comment/id']);
    assert.deepEqual(pointers({ ...added, detail: {} }), ['/detail/id']);
  });

  test('may be anything: it is never more than a message with ids, and no error', () => {
    neverThrows(zendesk, added);
    neverThrows(zendesk, created);
    neverThrows(zendesk, trigger);
  });
});

describe('a trigger’s webhook of Zendesk', () => {
  test('tells of a customer’s comment with all that the template asks for', () => {
    assert.deepEqual(messageIn(parse(zendesk, trigger)), {
      externalId: '5158',
      conversationId: '5158',
      messageId: '54509363035291',
      createdAt: '2026-11-22T08:20:00.000Z',
      subject: 'Cannot login',
      text: { format: 'plain', value: 'Still not.' },
      requester: { email: 'ana@example.com', name: 'Ana' },
      language: 'en-US',
      tags: ['mobile', 'login'],
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

  test('without the comment’s id is told from others by its text and time, and the same again is the same', () => {
    const idOf = (changes: object) => {
      const { comment_id: _left, ...rest } = trigger;
      return messageIn(parse(zendesk, { ...rest, comment_id: '', ...changes })).messageId;
    };
    assert.match(idOf({}), /^said:/);
    assert.equal(idOf({}), idOf({ tags: 'others' }));
    assert.notEqual(idOf({}), idOf({ text: 'Hello?' }));
    assert.notEqual(idOf({}), idOf({ updated_at: '2026-11-22T08:21Z' }));
    assert.notEqual(idOf({}), idOf({ ticket_id: '5159' }));
    const nothing = parse(zendesk, { ticket_id: '5158' });
    assert.equal(nothing.kind === 'invalid' ? nothing.errors[0]?.pointer : nothing.kind, '/comment_id');
  });

  test('with ids alone is a message whose text and author are read', () => {
    const message = messageIn(parse(zendesk, { ticket_id: 5158, comment_id: 77 }));
    assert.deepEqual([message.externalId, message.messageId], ['5158', '77']);
    assert.deepEqual([message.text, message.author, message.isBotOwned], [null, null, null]);
  });

  test('of an agent, of our user, of a note or of a ticket with people leads to nothing', () => {
    const why = (changes: object) =>
      whyIgnored(messageIn(parse(zendesk, { ...trigger, ...changes }, { settings: { userId: '77' } })));
    assert.equal(why({}), null);
    assert.equal(why({ author_role: 'end user' }), null);
    for (const role of ['Agent', 'Administrator', 'light_agent'])
      assert.equal(why({ author_role: role }), 'not_customer');
    assert.equal(why({ is_public: 'false' }), 'private');
    assert.equal(why({ author_id: '77' }), 'own_message');
    assert.equal(why({ email: 'MAILER-DAEMON@mail.example' }), 'automatic');
    assert.equal(why({ assignee_id: '78' }), 'with_people');
    assert.equal(why({ assignee_id: '77' }), null);
  });

  test('that does not say who wrote it has its text read, for an agent’s must not be answered', () => {
    assert.equal(messageIn(parse(zendesk, { ...trigger, author_role: '' })).text, null);
  });

  test('of another account is left alone, where the template tells the account', () => {
    const settings = { account: '22129848' };
    assert.deepEqual(parse(zendesk, { ...trigger, account_id: 1 }, { settings }), ignoredAs('other_account'));
    assert.equal(messageIn(parse(zendesk, trigger, { settings })).author, 'customer');
  });
});
