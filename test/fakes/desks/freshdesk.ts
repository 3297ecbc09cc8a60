/**
 * Freshdesk: rules whose templates are filled in without any care for JSON, a ticket whose first message is its description,
 * ten conversations with it and the rest by pages, replies without tags or status. The rule here tells of everybody's
 * comments, as one that was set up with too little care does.
 */
import type { DeskAnswer, DeskCall, DeskSimulator, DeskWebhook } from './simulator.ts';
import { asNumber, createThreads } from './threads.ts';
import type { KeptConversation, KeptMessage } from './threads.ts';

const secret = 'freshdesk-secret';
const apiKey = 'freshdesk-key';
const [userId, agentId, customerId] = ['43009001', '43009002', 43005001];
const names = { customer: 'Cleo Custom', agent: 'Ana Agent', own: 'Tierline' };

export function freshdeskSimulator(): DeskSimulator {
  const threads = createThreads();
  return {
    platform: 'freshdesk',
    source: { secret, userId },
    destination: (url) => ({ url, userId, token: apiKey }),
    hasDrafts: false,
    isWrite: ({ method }) => method === 'POST',
    thread: threads.thread,
    tagsOf: threads.tagsOf,
    answer(call) {
      const given = Buffer.from(call.headers['authorization']?.replace('Basic ', '') ?? '', 'base64');
      if (given.toString() !== `${apiKey}:X`) return { status: 401, json: { code: 'invalid_credentials' } };
      const [, id = '', what = ''] = /^\/api\/v2\/tickets\/([^/]+)(?:\/(\w+))?$/.exec(call.path) ?? [];
      const conversation = threads.find(id);
      if (!conversation) return { status: 404 };
      if (call.method === 'GET') return what === '' ? ticket(call, conversation) : page(call, conversation);
      if (call.method === 'PUT') return change(call, conversation);
      const { body, private: isPrivate } = call.json as { body?: string; private?: boolean };
      if (body === undefined) return { status: 400, json: { description: 'Validation failed' } };
      const visibility = what === 'notes' && isPrivate === true ? 'internal' : 'public';
      const { message } = threads.add(id, { author: 'own', visibility, text: body });
      return { status: 201, json: entryOf(message) };
    },
    customerWrites(id, text) {
      const { conversation, message } = threads.add(id, { author: 'customer', visibility: 'public', text });
      return webhook(conversation, message);
    },
    agentWrites(id, text, visibility) {
      const { conversation, message } = threads.add(id, { author: 'agent', visibility, text });
      return visibility === 'internal' ? null : webhook(conversation, message);
    },
    ownEcho(id) {
      const own = threads.newestOwn(id);
      return own?.visibility === 'public' ? webhook(threads.open(id), own) : null;
    },
    takeOver(id) {
      threads.open(id).owner = agentId;
      return true;
    },
    forged: (sent) => ({ ...sent, headers: { 'x-webhook-secret': 'another secret' } }),
  };
}

const htmlOf = ({ author, text }: KeptMessage): string =>
  author === 'own' ? text : `<div>${text.replaceAll('\n', '<br>')}</div>`;

/** The values are put between the quotes as they are. */
function webhook({ id, tags, owner, messages }: KeptConversation, message: KeptMessage): DeskWebhook {
  const isFirst = message === messages[0];
  const comment = isFirst ? '' : `${names[message.author]} : ${htmlOf(message)}`;
  const raw = `{"freshdesk_webhook":{
 "ticket_id":"${id}","ticket_subject":"A question","ticket_source":"Email","ticket_priority":"Low",
 "ticket_tags":"${tags.join(', ')}","ticket_agent_id":"${owner ?? ''}",
 "ticket_requester_name":"${names.customer}","ticket_requester_email":"cleo@customer.example",
 "ticket_description":"${isFirst ? htmlOf(message) : ''}","ticket_latest_public_comment":"${comment}"}}`;
  return { raw, headers: { 'x-webhook-secret': secret }, path: `/${id}` };
}

function ticket({ query }: DeskCall, conversation: KeptConversation): DeskAnswer {
  const { id, tags, owner, status, messages } = conversation;
  const [first, ...rest] = messages;
  const includes = query.get('include')?.split(',') ?? [];
  return {
    status: 200,
    json: {
      id: asNumber(id),
      subject: 'A question',
      description: htmlOf(first!),
      description_text: first!.text,
      source: 1,
      status: Number(status ?? '2'),
      priority: 1,
      tags,
      requester_id: customerId,
      responder_id: owner === null ? null : Number(owner),
      spam: false,
      created_at: first!.at.toISOString(),
      attachments: [],
      ...(includes.includes('requester')
        ? { requester: { id: customerId, name: names.customer, email: 'cleo@customer.example' } }
        : {}),
      ...(includes.includes('conversations') ? { conversations: rest.slice(0, 10).map(entryOf) } : {}),
    },
  };
}

function page({ query }: DeskCall, { messages }: KeptConversation): DeskAnswer {
  const size = Math.min(100, Number(query.get('per_page') ?? '30'));
  const from = (Number(query.get('page') ?? '1') - 1) * size + 1;
  return { status: 200, json: messages.slice(from, from + size).map(entryOf) };
}

function change({ json }: DeskCall, conversation: KeptConversation): DeskAnswer {
  const { tags, status } = json as { tags?: string[]; status?: number };
  if (status !== undefined && typeof status !== 'number') return { status: 400 };
  if (tags !== undefined) conversation.tags = tags;
  if (status !== undefined) conversation.status = String(status);
  return { status: 200, json: { id: asNumber(conversation.id), tags: conversation.tags } };
}

function entryOf(message: KeptMessage): Record<string, unknown> {
  const { number, author, visibility, text, at } = message;
  const users = { customer: customerId, agent: Number(agentId), own: Number(userId) };
  return {
    id: number,
    body: htmlOf(message),
    body_text: text,
    incoming: author === 'customer',
    private: visibility === 'internal',
    user_id: users[author],
    source: visibility === 'internal' ? 2 : 0,
    created_at: at.toISOString(),
    attachments: [],
  };
}
