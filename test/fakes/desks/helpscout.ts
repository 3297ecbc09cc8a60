/** Help Scout: webhooks without threads, OAuth, replies that can be drafts, all tags replaced at once, times in seconds. */
import { createHmac } from 'node:crypto';
import type { DeskAnswer, DeskCall, DeskSimulator, DeskWebhook, ThreadMessage } from './simulator.ts';
import { asNumber, createThreads } from './threads.ts';
import type { KeptConversation, KeptMessage } from './threads.ts';

const secret = 'helpscout-secret';
const [clientId, clientSecret, bearer] = ['app-id', 'app-secret', 'bearer-of-the-app'];
const [userId, agentId, customerId] = ['9001', '9002', 5001];

export function helpscoutSimulator(): DeskSimulator {
  const threads = createThreads();
  return {
    platform: 'helpscout',
    source: { secret, userId },
    destination: (url) => ({ url, userId, token: `${clientId}:${clientSecret}` }),
    hasDrafts: true,
    isWrite: ({ method, path }) => method !== 'GET' && !path.includes('/oauth2/'),
    thread: threads.thread,
    tagsOf: threads.tagsOf,
    answer(call) {
      if (call.path === '/v2/oauth2/token') return grant(call);
      if (call.headers['authorization'] !== `Bearer ${bearer}`) return { status: 401 };
      const [, id = '', what = ''] = /^\/v2\/conversations\/([^/]+)(?:\/(\w+))?$/.exec(call.path) ?? [];
      const conversation = threads.find(decodeURIComponent(id));
      if (!conversation) return { status: 404, json: { message: 'Not Found' } };
      if (call.method === 'GET' && what === '') return { status: 200, json: bodyOf(conversation) };
      if (call.method === 'GET') return { status: 200, json: threadsOf(conversation) };
      if (what === 'tags') {
        conversation.tags = (call.json as { tags: string[] }).tags;
        return { status: 204 };
      }
      const written = call.json as {
        text: string;
        user?: number;
        customer?: { id: number };
        draft?: boolean;
        status?: string;
      };
      if (what === 'reply' && written.customer?.id !== customerId) return { status: 400 };
      const visibility = what === 'notes' ? 'internal' : written.draft === true ? 'draft' : 'public';
      threads.add(conversation.id, {
        author: String(written.user) === userId ? 'own' : 'agent',
        visibility,
        text: written.text,
      });
      if (visibility === 'public') conversation.status = written.status ?? 'active';
      return { status: 201, headers: { 'resource-id': '1' } };
    },
    customerWrites(id, text) {
      const isNew = threads.find(id) === undefined;
      const { conversation } = threads.add(id, { author: 'customer', visibility: 'public', text });
      conversation.status = 'active';
      return webhook(isNew ? 'convo.created' : 'convo.customer.reply.created', conversation);
    },
    agentWrites(id, text, visibility) {
      const { conversation } = threads.add(id, { author: 'agent', visibility, text });
      return webhook(agentEvent(visibility), conversation);
    },
    ownEcho(id) {
      const own = threads.newestOwn(id);
      if (!own || own.visibility === 'draft') return null;
      return webhook(agentEvent(own.visibility), threads.open(id));
    },
    takeOver(id) {
      threads.open(id).owner = agentId;
      return true;
    },
    forged: (sent) => ({ ...sent, headers: { ...sent.headers, ...signed(sent.raw, 'another secret') } }),
  };
}

const agentEvent = (visibility: ThreadMessage['visibility']): string =>
  visibility === 'internal' ? 'convo.note.created' : 'convo.agent.reply.created';

function grant({ json }: DeskCall): DeskAnswer {
  const asked = json as Record<string, unknown>;
  const isKnown = asked['client_id'] === clientId && asked['client_secret'] === clientSecret;
  if (!isKnown || asked['grant_type'] !== 'client_credentials') return { status: 401 };
  return { status: 200, json: { token_type: 'bearer', access_token: bearer, expires_in: 172_800 } };
}

function webhook(event: string, conversation: KeptConversation): DeskWebhook {
  const raw = JSON.stringify(bodyOf(conversation));
  return { raw, headers: { 'x-helpscout-event': event, ...signed(raw, secret) }, path: '' };
}

function signed(raw: string, key: string): Record<string, string> {
  return { 'x-helpscout-signature': createHmac('sha1', key).update(raw).digest('base64') };
}

const seconds = (at: Date): string => at.toISOString().replace(/\.\d+Z$/, 'Z');

function bodyOf({ id, messages, tags, status, owner }: KeptConversation): Record<string, unknown> {
  return {
    id: asNumber(id),
    number: 12,
    threads: messages.length,
    type: 'email',
    status,
    state: 'published',
    subject: 'A question',
    mailboxId: 85,
    ...(owner === null ? {} : { assignee: { id: Number(owner), first: 'Ana', email: 'ana@shop.example' } }),
    createdBy: { id: customerId, type: 'customer', email: 'cleo@customer.example' },
    createdAt: seconds(messages[0]!.at),
    primaryCustomer: { id: customerId, first: 'Cleo', last: 'Custom', email: 'cleo@customer.example' },
    tags: tags.map((tag, index) => ({ id: index + 1, color: 'none', tag })),
    source: { type: 'email', via: 'customer' },
  };
}

function threadsOf({ messages }: KeptConversation): Record<string, unknown> {
  const list = messages.toReversed().map(threadOf);
  return { _embedded: { threads: list }, page: { size: 25, totalElements: list.length, totalPages: 1 } };
}

function threadOf({ number, author, visibility, text, at }: KeptMessage): Record<string, unknown> {
  const by = author === 'customer' ? customerId : Number(author === 'own' ? userId : agentId);
  const typeOfStaff = visibility === 'internal' ? 'note' : 'message';
  return {
    id: number,
    type: author === 'customer' ? 'customer' : typeOfStaff,
    status: 'active',
    state: visibility === 'draft' ? 'draft' : 'published',
    body: author === 'customer' ? `<p>${text}</p>` : text,
    createdBy: { id: by, type: author === 'customer' ? 'customer' : 'user' },
    createdAt: seconds(at),
    _embedded: { attachments: [] },
  };
}
