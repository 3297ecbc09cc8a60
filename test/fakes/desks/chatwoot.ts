/**
 * Chatwoot: signed webhooks of everything that is written, the newest twenty messages, conversations that are pending while a
 * bot has them, and given to the agent who opens them. Labels and status in calls of their own.
 */
import { createHmac } from 'node:crypto';
import type { DeskAnswer, DeskCall, DeskSimulator, DeskWebhook } from './simulator.ts';
import { asNumber, createThreads } from './threads.ts';
import type { KeptConversation, KeptMessage } from './threads.ts';

const secret = 'chatwoot-secret';
const token = 'chatwoot-token';
const account = '3';
const [userId, agentId, customerId] = ['91', '92', 5001];
const users = { own: userId, agent: agentId };
const people: Record<string, object> = {
  own: { id: Number(userId), name: 'Tierline', email: 'tierline@shop.example', type: 'user' },
  agent: { id: Number(agentId), name: 'Ana Agent', email: 'ana@shop.example', type: 'user' },
};
const customer = { id: customerId, name: 'Cleo Custom', email: 'cleo@customer.example' };

export function chatwootSimulator(): DeskSimulator {
  const threads = createThreads();
  return {
    platform: 'chatwoot',
    source: { secret, userId, account },
    destination: (url) => ({ url, userId, account, token }),
    hasDrafts: false,
    isWrite: ({ method, path }) => method === 'POST' && path.endsWith('/messages'),
    thread: threads.thread,
    tagsOf: threads.tagsOf,
    answer(call) {
      if (call.headers['api_access_token'] !== token) return { status: 401, json: { error: 'Invalid' } };
      const [, of, id = '', what = ''] =
        /^\/api\/v1\/accounts\/(\d+)\/conversations\/([^/]+)(?:\/(\w+))?$/.exec(call.path) ?? [];
      const conversation = threads.find(id);
      if (of !== account || !conversation) return { status: 404, json: { error: 'Resource not found' } };
      if (call.method === 'GET') return found(conversation, what);
      if (what !== 'messages') return change(call, conversation, what);
      const { content, message_type, private: isPrivate } = call.json as Record<string, unknown>;
      if (message_type !== 'outgoing' || typeof content !== 'string') return { status: 422 };
      const visibility = isPrivate === true ? 'internal' : 'public';
      const { message } = threads.add(id, { author: 'own', visibility, text: content });
      return { status: 200, json: messageOf(message, conversation) };
    },
    customerWrites(id, text) {
      const isNew = threads.find(id) === undefined;
      const { conversation, message } = threads.add(id, { author: 'customer', visibility: 'public', text });
      if (isNew || conversation.status === 'resolved') conversation.status = 'pending';
      return webhook(conversation, message);
    },
    agentWrites(id, text, visibility) {
      const { conversation, message } = threads.add(id, { author: 'agent', visibility, text });
      return webhook(conversation, message);
    },
    ownEcho(id) {
      const own = threads.newestOwn(id);
      return own ? webhook(threads.open(id), own) : null;
    },
    takeOver(id) {
      const conversation = threads.open(id);
      Object.assign(conversation, { status: 'open', owner: agentId });
      return true;
    },
    forged: (sent) => ({ ...sent, headers: signed(sent.raw, 'another secret') }),
  };
}

function found(conversation: KeptConversation, what: string): DeskAnswer {
  if (what === '') return { status: 200, json: conversationOf(conversation) };
  const newest = conversation.messages.slice(-20).map((message) => messageOf(message, conversation));
  return { status: 200, json: { meta: { labels: conversation.tags, contact: customer }, payload: newest } };
}

function change({ json }: DeskCall, conversation: KeptConversation, what: string): DeskAnswer {
  const asked = json as { labels?: string[]; status?: string; assignee_id?: number | null };
  if (what === 'labels') {
    conversation.tags = asked.labels ?? [];
    return { status: 200, json: { payload: conversation.tags } };
  }
  if (what === 'assignments') {
    conversation.owner = asked.assignee_id ? String(asked.assignee_id) : null;
    return { status: 200, json: null };
  }
  if (what !== 'toggle_status') return { status: 404 };
  conversation.status = asked.status ?? 'open';
  if (conversation.status === 'open') conversation.owner = userId;
  return { status: 200, json: { meta: {}, payload: { success: true, current_status: conversation.status } } };
}

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);

/** As the API tells of it. */
function messageOf({ number, author, visibility, text, at }: KeptMessage, { id }: KeptConversation): object {
  return {
    id: number,
    content: text,
    inbox_id: 7,
    conversation_id: asNumber(id),
    message_type: author === 'customer' ? 0 : 1,
    content_type: 'text',
    content_attributes: {},
    private: visibility === 'internal',
    status: 'sent',
    created_at: seconds(at),
    sender: author === 'customer' ? { ...customer, type: 'contact' } : people[author],
  };
}

function conversationOf(conversation: KeptConversation): object {
  const { id, status, tags, owner, messages } = conversation;
  const assigned = Object.entries(users).find(([, of]) => of === owner)?.[0];
  return {
    id: asNumber(id),
    inbox_id: 7,
    status,
    labels: tags,
    channel: 'Channel::WebWidget',
    can_reply: true,
    priority: null,
    meta: {
      sender: customer,
      ...(assigned === undefined ? {} : { assignee: people[assigned], assignee_type: 'User' }),
    },
    additional_attributes: {},
    messages: messages.slice(-1).map((message) => messageOf(message, conversation)),
  };
}

function webhook(conversation: KeptConversation, message: KeptMessage): DeskWebhook {
  const { author, at } = message;
  const raw = JSON.stringify({
    ...messageOf(message, conversation),
    event: 'message_created',
    message_type: author === 'customer' ? 'incoming' : 'outgoing',
    created_at: at.toISOString(),
    sender: author === 'customer' ? customer : people[author],
    account: { id: Number(account), name: 'Shop' },
    inbox: { id: 7, name: 'Website' },
    conversation: conversationOf(conversation),
  });
  return { raw, headers: signed(raw, secret), path: '' };
}

function signed(raw: string, key: string): Record<string, string> {
  const at = String(Math.floor(Date.now() / 1000));
  const mac = createHmac('sha256', key).update(`${at}.${raw}`).digest('hex');
  return { 'x-chatwoot-signature': `sha256=${mac}`, 'x-chatwoot-timestamp': at };
}
