import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { whyIgnored } from '../../shared/helpdesks/loop-guard.ts';
import { chatwoot } from '../../services/ingest/platforms/chatwoot.ts';
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

const signatureHeader = 'x-chatwoot-signature';
const timestampHeader = 'x-chatwoot-timestamp';
const signedAtMs = 1_763_800_000_000;
const signedHeaders = {
  [signatureHeader]: 'sha256=abe853dece42b1cd3ce0e5073c0df28c74a10fce879d7c5a51dd67737e8de637',
  [timestampHeader]: '1763800000',
};

const contact = { id: 5, name: 'Cleo Custom', email: 'cleo@customer.example', phone_number: null };
const conversation = {
  id: 12,
  inbox_id: 7,
  status: 'pending',
  labels: ['ai', 'vip'],
  channel: 'Channel::Email',
  can_reply: true,
  priority: 'high',
  meta: { sender: contact, assignee: null, assignee_type: null, team: null },
  additional_attributes: { mail_subject: 'My parcel', conversation_language: 'pt_BR' },
};
const created = {
  event: 'message_created',
  id: 1001,
  content: 'Where is my parcel?',
  created_at: '2026-11-22T08:20:00.000Z',
  message_type: 'incoming',
  content_type: 'text',
  private: false,
  content_attributes: {},
  sender: contact,
  inbox: { id: 7, name: 'Website' },
  conversation,
  account: { id: 3, name: 'Shop' },
  attachments: [
    {
      id: 1,
      file_type: 'image',
      data_url: 'https://chat.example/blobs/ab12/my%20box.png?x=1',
      file_size: 2048,
    },
  ],
};
const said = (changes: object, settings = {}) =>
  messageIn(parse(chatwoot, { ...created, ...changes }, { settings }));
const within = (changes: object) => said({ conversation: { ...conversation, ...changes } });
const user = { id: 91, name: 'Ana', email: 'ana@shop.example', type: 'user' };

describe('the signature of Chatwoot', () => {
  const sent = requestOf(vectorBody, signedHeaders, signedAtMs);

  test('fits the test vector, and nothing that differs from it by a bit', () => {
    refusesForgeries(chatwoot, sent, [vectorSecret]);
  });

  test('and its time must be there, once', () => {
    for (const header of [signatureHeader, timestampHeader])
      needsHeader(chatwoot, sent, { header, secrets: [vectorSecret] });
  });

  test('covers the time, which may be five minutes away and no more', () => {
    const verdict = (atMs: number, time = '1763800000') => {
      const headers = { ...signedHeaders, [timestampHeader]: time };
      const found = chatwoot.verify(requestOf(vectorBody, headers, atMs), [vectorSecret], noSettings);
      return found.kind === 'rejected' ? found.reason : found.kind;
    };
    assert.equal(verdict(signedAtMs + 300_000), 'verified');
    assert.equal(verdict(signedAtMs - 300_000), 'verified');
    assert.equal(verdict(signedAtMs + 300_001), 'stale');
    assert.equal(verdict(signedAtMs - 300_001), 'stale');
    assert.equal(verdict(signedAtMs, '1763800001'), 'wrong_signature');
    for (const time of ['now', '-1', '1763800000.5', ' 1763800000', '9'.repeat(20)])
      assert.equal(verdict(signedAtMs, time), 'bad_timestamp', time);
  });

  test('must name its algorithm', () => {
    const bare = signedHeaders[signatureHeader].slice('sha256='.length);
    const headers = { ...signedHeaders, [signatureHeader]: bare };
    const found = chatwoot.verify(requestOf(vectorBody, headers, signedAtMs), [vectorSecret], noSettings);
    assert.equal(found.kind, 'rejected');
  });
});

describe('an event of Chatwoot', () => {
  test('tells of a customer’s message with all that is in it', () => {
    assert.deepEqual(said({}), {
      externalId: '12',
      conversationId: '12',
      messageId: '1001',
      createdAt: '2026-11-22T08:20:00.000Z',
      subject: 'My parcel',
      text: { format: 'plain', value: 'Where is my parcel?' },
      requester: { email: 'cleo@customer.example', name: 'Cleo Custom' },
      language: 'pt_BR',
      tags: ['ai', 'vip'],
      priority: 'high',
      attachments: [{ name: 'my box.png', contentType: null, size: 2048 }],
      history: [],
      metadata: {},
      author: 'customer',
      isPublic: true,
      isOurs: false,
      isBotOwned: true,
      isAutomatic: false,
    });
  });

  test('tells of a mail by what was written anew in it, and of an automatic one as such', () => {
    const email = { auto_reply: false, text_content: { reply: 'Still not.', full: 'Still not.\n> Hello' } };
    const mail = {
      content: 'Still not.\n> Hello',
      content_type: 'incoming_email',
      content_attributes: { email },
    };
    assert.deepEqual(said(mail).text, { format: 'plain', value: 'Still not.' });
    assert.equal(whyIgnored(said(mail)), null);
    const automatic = { content_attributes: { email: { ...email, auto_reply: true } } };
    assert.equal(whyIgnored(said(automatic)), 'automatic');
    const empty = { content_attributes: { email: { text_content: { reply: ' ' } } } };
    assert.deepEqual(said(empty).text, { format: 'plain', value: 'Where is my parcel?' });
  });

  test('is left alone where people, bots, Chatwoot or we have written it', () => {
    const why = (changes: object) => whyIgnored(said(changes, { userId: '91' }));
    assert.equal(why({ message_type: 'outgoing', sender: user }), 'own_message');
    assert.equal(why({ message_type: 'outgoing', sender: { ...user, id: 92 } }), 'not_customer');
    assert.equal(why({ message_type: 'outgoing', sender: { id: 91, type: 'agent_bot' } }), 'not_customer');
    assert.equal(why({ message_type: 'outgoing', sender: null }), 'not_customer');
    assert.equal(why({ message_type: 'activity', sender: null }), 'not_customer');
    assert.equal(why({ message_type: 'template', sender: null }), 'not_customer');
    assert.equal(
      why({ message_type: 'outgoing', sender: { ...user, id: 92 }, private: true }),
      'not_customer',
    );
    assert.equal(why({ private: true }), 'private');
    // A customer may have the number of our user.
    assert.equal(why({ sender: { ...contact, id: 91 } }), null);
  });

  test('is the bot’s only while its conversation is pending and nobody has it', () => {
    assert.equal(within({}).isBotOwned, true);
    for (const status of ['open', 'resolved', 'snoozed']) assert.equal(within({ status }).isBotOwned, false);
    assert.equal(within({ status: null }).isBotOwned, null);
    const assigned = (assignee: object | null, type?: string | null) =>
      messageIn(
        parse(
          chatwoot,
          { ...created, conversation: { ...conversation, meta: { assignee, assignee_type: type } } },
          { settings: { userId: '91' } },
        ),
      ).isBotOwned;
    assert.equal(assigned({ id: 92, type: 'user' }, 'User'), false);
    assert.equal(assigned({ id: 92 }), false);
    assert.equal(assigned({ id: 91 }, 'User'), true);
    assert.equal(assigned({ id: 92 }, 'AgentBot'), true);
    assert.equal(assigned(null), true);
  });

  test('keeps ids beyond 2^53 and takes the API’s numbers for types', () => {
    const raw = JSON.stringify({ ...created, message_type: 0 }).replace('1001', '9007199254740993');
    const message = messageIn(parse(chatwoot, raw));
    assert.deepEqual([message.messageId, message.author], ['9007199254740993', 'customer']);
    assert.equal(parse(chatwoot, { ...created, message_type: 9 }).kind, 'invalid');
  });

  test('makes no ticket where it is of another account, a change, or of another kind', () => {
    const other = parse(chatwoot, created, { settings: { account: '4' } });
    assert.deepEqual(other, ignoredAs('other_account'));
    assert.equal(said({}, { account: '3' }).externalId, '12');
    assert.deepEqual(parse(chatwoot, { ...created, event: 'message_updated' }), ignoredAs('edited'));
    for (const event of ['conversation_created', 'webwidget_triggered', 'toString'])
      assert.deepEqual(parse(chatwoot, { ...created, event }), ignoredAs('other_event'));
  });

  test('tells what became of an answer: solved, opened again, rated', () => {
    const ids = { externalId: '12', conversationId: '12' };
    const changed = (previous_value: string, current_value: string) =>
      parse(chatwoot, {
        ...conversation,
        event: 'conversation_status_changed',
        changed_attributes: [{ updated_at: {} }, { status: { previous_value, current_value } }],
      });
    const feedback = (outcome: string) => ({
      kind: 'events',
      events: [{ kind: 'feedback', ...ids, outcome }],
    });
    assert.deepEqual(changed('pending', 'resolved'), feedback('resolved'));
    assert.deepEqual(changed('resolved', 'open'), feedback('reopened'));
    assert.deepEqual(changed('pending', 'open'), ignoredAs('other_event'));
    const rated = (rating: number) =>
      parse(chatwoot, {
        ...created,
        event: 'message_updated',
        message_type: 'template',
        content_type: 'input_csat',
        content_attributes: { submitted_values: { csat_survey_response: { rating } } },
      });
    assert.deepEqual(rated(5), feedback('good'));
    assert.deepEqual(rated(1), feedback('bad'));
    assert.deepEqual(rated(3), ignoredAs('other_event'));
  });

  test('never throws and always has ids, whatever becomes of its body', () => {
    neverThrows(chatwoot, created, signedHeaders);
    const status = { previous_value: 'pending', current_value: 'resolved' };
    neverThrows(chatwoot, {
      ...conversation,
      event: 'conversation_status_changed',
      changed_attributes: [{ status }],
    });
  });
});
