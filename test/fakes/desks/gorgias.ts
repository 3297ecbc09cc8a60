/** Gorgias: unsigned webhooks with a secret header, a ticket with its messages, replies that need the way back. */
import type { DeskAnswer, DeskSimulator, DeskWebhook } from './simulator.ts';
import { asNumber, createThreads } from './threads.ts';
import type { KeptConversation, KeptMessage } from './threads.ts';

const secret = 'gorgias-secret';
const [email, token] = ['bot@shop.example', 'gorgias-key'];
const [userId, agentId, customerId] = ['9001', '9002', 5001];
const [ours, theirs] = ['help@shop.example', 'cleo@customer.example'];

type Written = {
  channel: string;
  via: string;
  from_agent: boolean;
  sender?: { id: number };
  receiver?: { id: number };
  source?: { type: string; from?: { address: string }; to?: { address: string }[] };
  body_html: string;
};

export function gorgiasSimulator(): DeskSimulator {
  const threads = createThreads();
  function addMessage(conversation: KeptConversation, written: Written): DeskAnswer {
    const isNote = written.channel === 'internal-note';
    const { source } = written;
    const isRouted =
      source?.type === 'email' && source.from?.address === ours && source.to?.[0]?.address === theirs;
    if (!written.from_agent || !source) return { status: 400 };
    if (!isNote && (!isRouted || written.receiver?.id !== customerId)) return { status: 400 };
    const { message } = threads.add(conversation.id, {
      author: String(written.sender?.id) === userId ? 'own' : 'agent',
      visibility: isNote ? 'internal' : 'public',
      text: written.body_html,
    });
    return { status: 201, json: messageOf(conversation, message) };
  }
  return {
    platform: 'gorgias',
    source: { secret, userId },
    destination: (url) => ({ url, email, token, userId }),
    hasDrafts: false,
    thread: threads.thread,
    tagsOf: threads.tagsOf,
    answer({ method, path, headers, json }) {
      const basic = Buffer.from(`${email}:${token}`).toString('base64');
      if (headers['authorization'] !== `Basic ${basic}`) return { status: 401 };
      const [, id = '', what = ''] = /^\/api\/tickets\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
      const conversation = threads.find(decodeURIComponent(id));
      if (!conversation) return { status: 404 };
      if (method === 'GET') return { status: 200, json: ticketOf(conversation, true) };
      if (what === 'messages') return addMessage(conversation, json as Written);
      if (what === 'tags') conversation.tags.push(...(json as { names: string[] }).names);
      else conversation.status = (json as { status: string }).status;
      return { status: what === 'tags' ? 204 : 202, ...(what === 'tags' ? {} : { json: {} }) };
    },
    customerWrites(id, text) {
      const { conversation, message } = threads.add(id, { author: 'customer', visibility: 'public', text });
      conversation.status = 'open';
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
    forged: (sent) => ({ ...sent, headers: { 'x-webhook-secret': 'another secret' } }),
  };
}

function webhook(conversation: KeptConversation, message: KeptMessage): DeskWebhook {
  const context = { ticket: ticketOf(conversation, false), message: messageOf(conversation, message) };
  return { raw: JSON.stringify(context), headers: { 'x-webhook-secret': secret }, path: '' };
}

function ticketOf(conversation: KeptConversation, isWhole: boolean): Record<string, unknown> {
  const { id, messages, tags, status, owner } = conversation;
  return {
    id: asNumber(id),
    subject: 'A question',
    status,
    spam: false,
    trashed_datetime: null,
    language: 'en',
    priority: 'normal',
    customer: { id: customerId, email: theirs, name: 'Cleo Custom' },
    assignee_user: owner === null ? null : { id: Number(owner), name: 'Ana' },
    tags: tags.map((name, index) => ({ id: index + 1, name })),
    ...(isWhole ? { messages: messages.map((message) => messageOf(conversation, message)) } : {}),
  };
}

function messageOf({ id: ticketId }: KeptConversation, message: KeptMessage): Record<string, unknown> {
  const { number, author, visibility, text, at } = message;
  const isTheirs = author === 'customer';
  const [from, to] = isTheirs ? [theirs, ours] : [ours, theirs];
  const staffId = Number(author === 'own' ? userId : agentId);
  return {
    id: number,
    ticket_id: asNumber(ticketId),
    from_agent: !isTheirs,
    public: visibility === 'public',
    channel: visibility === 'public' ? 'email' : 'internal-note',
    via: isTheirs ? 'email' : 'api',
    subject: 'A question',
    body_html: isTheirs ? `<p>${text}</p>` : text,
    body_text: text,
    stripped_html: isTheirs ? `<p>${text}</p>` : null,
    stripped_text: isTheirs ? text : null,
    created_datetime: at.toISOString().replace('Z', '+00:00'),
    sender: isTheirs ? { id: customerId, email: theirs, name: 'Cleo Custom' } : { id: staffId },
    receiver: null,
    source: { type: 'email', from: { address: from, name: '' }, to: [{ address: to, name: '' }] },
    headers: {},
    attachments: [],
    rule_id: null,
  };
}
