/** Front: application webhooks, replies taken with 202, comments, shared drafts, tags by their ids; ids have prefixes. */
import { createHmac } from 'node:crypto';
import type { DeskAnswer, DeskCall, DeskSimulator, DeskWebhook, ThreadMessage } from './simulator.ts';
import { createThreads } from './threads.ts';
import type { KeptConversation, KeptMessage } from './threads.ts';

const secret = 'front-signing-key';
const token = 'front-token';
const [userId, agentId, channel] = ['tea_9001', 'tea_9002', 'cha_1'];
const company = 'cmp_1';
const companyTags = [
  { id: 'tag_11', name: 'vip' },
  { id: 'tag_12', name: 'ai_replied' },
];

export function frontSimulator(): DeskSimulator {
  const threads = createThreads({ prefix: 'msg_' });
  function write(conversation: KeptConversation, what: string, json: unknown): DeskAnswer {
    const written = json as Record<string, unknown>;
    if (what === 'tags') {
      const ids = written['tag_ids'] as string[];
      if (ids.some((id) => nameOf(id) === undefined)) return { status: 404 };
      conversation.tags.push(...ids.map((id) => nameOf(id)!));
      return { status: 204 };
    }
    const visibility = visibilities[what];
    if (visibility === undefined || typeof written['body'] !== 'string') return { status: 400 };
    if (what === 'drafts' && written['channel_id'] !== channel) return { status: 400 };
    // Seen by its author alone, so it is nobody's draft.
    if (what === 'drafts' && written['mode'] !== 'shared') return { status: 200, json: {} };
    const author = written['author_id'] === userId ? 'own' : 'agent';
    threads.add(conversation.id, { author, visibility, text: written['body'] });
    if (what !== 'messages') return { status: what === 'drafts' ? 200 : 201, json: { id: 'x_1' } };
    const options = written['options'] as { archive?: boolean; tag_ids?: string[] } | undefined;
    if (options?.archive !== false) conversation.status = 'archived';
    if (options?.tag_ids) conversation.tags = options.tag_ids.map((id) => nameOf(id)!);
    return { status: 202, json: { status: 'accepted', message_uid: 'uid1' } };
  }
  return {
    platform: 'front',
    source: { secret, userId, account: company },
    destination: (url) => ({ url, userId, token, channel }),
    hasDrafts: true,
    thread: threads.thread,
    tagsOf: threads.tagsOf,
    answer(call) {
      if (call.headers['authorization'] !== `Bearer ${token}`) return { status: 401 };
      if (call.path === '/tags') return { status: 200, json: { _results: companyTags } };
      const [, id = '', what = ''] = /^\/conversations\/cnv_([^/]+)(?:\/(\w+))?$/.exec(call.path) ?? [];
      const conversation = threads.find(decodeURIComponent(id));
      if (!conversation) return { status: 404 };
      if (call.method === 'POST') return write(conversation, what, call.json);
      return { status: 200, json: readOf(conversation, what, call) };
    },
    customerWrites(id, text) {
      const { conversation, message } = threads.add(id, { author: 'customer', visibility: 'public', text });
      conversation.status = conversation.owner === null ? 'unassigned' : 'assigned';
      return webhook('inbound_received', 'inbound', conversation, messageOf(message));
    },
    agentWrites(id, text, visibility) {
      const { conversation, message } = threads.add(id, { author: 'agent', visibility, text });
      return staffWebhook(conversation, message);
    },
    ownEcho(id) {
      const own = threads.newestOwn(id);
      return own && own.visibility !== 'draft' ? staffWebhook(threads.open(id), own) : null;
    },
    takeOver(id) {
      threads.open(id).owner = agentId;
      return true;
    },
    forged: (sent) => ({ ...sent, headers: signed(sent.raw, 'another secret') }),
  };
}

const visibilities: Record<string, ThreadMessage['visibility']> = {
  messages: 'public',
  drafts: 'draft',
  comments: 'internal',
};
const nameOf = (id: string): string | undefined => companyTags.find((tag) => tag.id === id)?.name;

function staffWebhook(conversation: KeptConversation, message: KeptMessage): DeskWebhook {
  return message.visibility === 'internal'
    ? webhook('new_comment_added', 'comment', conversation, commentOf(message))
    : webhook('outbound_sent', 'outbound', conversation, messageOf(message));
}

function webhook(name: string, type: string, kept: KeptConversation, data: unknown): DeskWebhook {
  const payload = {
    id: `evt_${kept.messages.length}`,
    type,
    emitted_at: Date.now() / 1000,
    conversation: conversationOf(kept),
    source: { _meta: { type: 'inboxes' }, data: [{ id: 'inb_1' }] },
    target: { _meta: { type: type === 'comment' ? 'comment' : 'message' }, data },
  };
  const raw = JSON.stringify({ type: name, authorization: { id: company }, payload });
  return { raw, headers: signed(raw, secret), path: '' };
}

function signed(raw: string, key: string): Record<string, string> {
  const timestamp = String(Date.now());
  const mac = createHmac('sha256', key).update(`${timestamp}:${raw}`).digest('base64');
  return { 'x-front-request-timestamp': timestamp, 'x-front-signature': mac };
}

function readOf(conversation: KeptConversation, what: string, { query }: DeskCall): unknown {
  if (what === '') return conversationOf(conversation);
  const newestFirst = conversation.messages.toReversed();
  if (what === 'comments') {
    return { _results: newestFirst.filter((one) => one.visibility === 'internal').map(commentOf) };
  }
  const messages = newestFirst.filter((one) => one.visibility === 'public');
  return { _results: messages.slice(0, Number(query.get('limit') ?? 50)).map(messageOf) };
}

function conversationOf({ id, tags, status, owner }: KeptConversation): Record<string, unknown> {
  return {
    id: `cnv_${id}`,
    subject: 'A question',
    status,
    assignee: owner === null ? null : { id: owner, email: 'ana@shop.example' },
    recipient: { handle: 'cleo@customer.example', name: 'Cleo Custom', role: 'from' },
    tags: tags.map((name) => ({ id: companyTags.find((tag) => tag.name === name)?.id ?? 'tag_1', name })),
  };
}

function messageOf({ id, author, text, at }: KeptMessage): Record<string, unknown> {
  return {
    id,
    type: 'email',
    is_inbound: author === 'customer',
    is_draft: false,
    subject: 'A question',
    created_at: at.getTime() / 1000,
    body: author === 'customer' ? `<p>${text}</p>` : text,
    text,
    blurb: text.slice(0, 20),
    author: author === 'customer' ? null : { id: author === 'own' ? userId : agentId, type: 'user' },
    recipients: [{ role: 'from', handle: 'cleo@customer.example', name: 'Cleo Custom' }],
    attachments: [],
  };
}

function commentOf({ number, author, text, at }: KeptMessage): Record<string, unknown> {
  const by = { id: author === 'own' ? userId : agentId };
  return { id: `com_${number}`, body: text, author: by, posted_at: at.getTime() / 1000 };
}
