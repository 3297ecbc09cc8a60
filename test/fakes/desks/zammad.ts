/**
 * Zammad: webhooks with ticket and article, null where a thing is empty, tags one by one, an article with the ticket's state in
 * one call, and mail that goes out even where it is marked internal.
 */
import { createHmac } from 'node:crypto';
import type { DeskAnswer, DeskCall, DeskSimulator, DeskWebhook } from './simulator.ts';
import { asNumber, createThreads } from './threads.ts';
import type { KeptConversation, KeptMessage, Threads } from './threads.ts';

const secret = 'zammad-secret';
const token = 'zammad-token';
const [userId, agentId, customerId] = ['9', '5', 8];
const email = 'cleo@customer.example';
const writers = { customer: customerId, agent: Number(agentId), own: Number(userId) };

export function zammadSimulator(): DeskSimulator {
  const threads = createThreads();
  return {
    platform: 'zammad',
    source: { secret, userId },
    destination: (url) => ({ url, userId, token }),
    hasDrafts: false,
    isWrite: ({ method, path }) => method !== 'GET' && !path.endsWith('/tags/add'),
    thread: threads.thread,
    tagsOf: threads.tagsOf,
    answer(call) {
      if (call.headers['authorization'] !== `Token token=${token}`) return { status: 401 };
      const asked = call.json as Record<string, unknown> | null;
      const inPath = /\/(?:tickets|by_ticket)\/([^/]+)$/.exec(call.path)?.[1];
      const conversation = threads.find(inPath ?? String(asked?.['o_id'] ?? asked?.['ticket_id']));
      if (!conversation) return { status: 404, json: { error: 'Couldn’t find Ticket' } };
      if (call.method === 'GET') return found(call, conversation);
      if (call.path === '/api/v1/tags/add') {
        const item = String(asked?.['item']);
        if (!conversation.tags.includes(item)) conversation.tags.push(item);
        return { status: 201, json: true };
      }
      if (call.method === 'POST') return write(threads, conversation, asked!);
      const { state, article } = asked as { state: string; article: Record<string, unknown> };
      const written = write(threads, conversation, article);
      if (written.status === 201) conversation.status = state;
      return written.status === 201 ? { status: 200, json: ticketOf(conversation) } : written;
    },
    customerWrites(id, text) {
      const { conversation, message } = threads.add(id, { author: 'customer', visibility: 'public', text });
      conversation.status ??= 'new';
      if (conversation.status === 'closed') conversation.status = 'open';
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
      threads.open(id).owner = agentId;
      return true;
    },
    forged: (sent) => ({ ...sent, headers: signed(sent.raw, 'another secret') }),
  };
}

function write(
  threads: Threads,
  conversation: KeptConversation,
  article: Record<string, unknown>,
): DeskAnswer {
  const { body, type, internal, to } = article;
  if (typeof body !== 'string' || (type === 'email' && to !== email)) return { status: 422 };
  const visibility = internal === true && type !== 'email' ? 'internal' : 'public';
  const { message } = threads.add(conversation.id, { author: 'own', visibility, text: body });
  return { status: 201, json: articleOf(message, conversation) };
}

function found({ path, query }: DeskCall, conversation: KeptConversation): DeskAnswer {
  if (query.get('expand') !== 'true') return { status: 400 };
  if (!path.includes('/by_ticket/')) return { status: 200, json: ticketOf(conversation) };
  return {
    status: 200,
    json: conversation.messages.map((message) => articleOf(message, conversation)),
  };
}

/** As the API tells of it with names. */
function ticketOf({ id, status, owner }: KeptConversation): Record<string, unknown> {
  return {
    id: asNumber(id),
    number: '10081',
    title: 'A question',
    state: status,
    owner_id: Number(owner ?? '1'),
    owner: owner === null ? '-' : 'ana@shop.example',
    customer_id: customerId,
    customer: email,
    note: null,
  };
}

function articleOf(
  { number, author, visibility, text, at }: KeptMessage,
  { id }: KeptConversation,
): Record<string, unknown> {
  const isCustomers = author === 'customer';
  return {
    id: number,
    ticket_id: asNumber(id),
    body: author === 'own' ? text : `${text}<div><br></div>`,
    content_type: 'text/html',
    sender: isCustomers ? 'Customer' : 'Agent',
    type: visibility === 'internal' ? 'note' : 'email',
    internal: visibility === 'internal',
    from: isCustomers ? `Cleo Custom <${email}>` : 'Service Desk',
    to: null,
    created_by_id: writers[author],
    created_at: at.toISOString(),
    preferences: {},
    attachments: [],
  };
}

function webhook(conversation: KeptConversation, message: KeptMessage): DeskWebhook {
  const raw = JSON.stringify({
    ticket: {
      ...ticketOf(conversation),
      priority: { id: 2, name: '2 normal' },
      group: { id: 3, name: 'Service Desk' },
      customer: { id: customerId, email, firstname: 'Cleo', lastname: 'Custom', login: email },
    },
    article: articleOf(message, conversation),
  });
  return { raw, headers: { 'x-zammad-trigger': 'Tierline', ...signed(raw, secret) }, path: '' };
}

function signed(raw: string, key: string): Record<string, string> {
  return { 'x-hub-signature': `sha1=${createHmac('sha1', key).update(raw).digest('hex')}` };
}
