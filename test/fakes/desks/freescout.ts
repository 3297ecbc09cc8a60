/** FreeScout: webhooks with all threads (newest first), an API key, notes for drafts, tags replaced as a whole. */
import { createHmac } from 'node:crypto';
import type { DeskSimulator, DeskWebhook, ThreadMessage } from './simulator.ts';
import { asNumber, createThreads } from './threads.ts';
import type { KeptConversation, KeptMessage } from './threads.ts';

const secret = '0f343b0931126a20f133d67c2b018a3b';
const key = 'freescout-key';
const [userId, agentId, customerId] = ['9001', '9002', 5001];

export function freescoutSimulator(): DeskSimulator {
  const threads = createThreads();
  return {
    platform: 'freescout',
    source: { secret, userId },
    destination: (url) => ({ url, userId, token: key }),
    hasDrafts: false,
    thread: threads.thread,
    tagsOf: threads.tagsOf,
    answer({ method, path, query, headers, json }) {
      if (headers['x-freescout-api-key'] !== key) return { status: 401 };
      const [, id = '', what = ''] = /^\/api\/conversations\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
      const conversation = threads.find(decodeURIComponent(id));
      if (!conversation) return { status: 404, json: { message: 'Not Found' } };
      if (method === 'GET') {
        const parts = query.get('embed')?.split(',') ?? [];
        return { status: 200, json: bodyOf(conversation, parts) };
      }
      if (what === 'tags') {
        conversation.tags = (json as { tags: string[] }).tags;
        return { status: 204 };
      }
      const written = json as { type: string; text: string; user: number; status?: string };
      if (written.type !== 'message' && written.type !== 'note') return { status: 400 };
      threads.add(conversation.id, {
        author: String(written.user) === userId ? 'own' : 'agent',
        visibility: written.type === 'message' ? 'public' : 'internal',
        text: written.text,
      });
      conversation.status = written.status ?? conversation.status;
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
      return own ? webhook(agentEvent(own.visibility), threads.open(id)) : null;
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

function webhook(event: string, conversation: KeptConversation): DeskWebhook {
  const raw = JSON.stringify(bodyOf(conversation, ['threads', 'tags']));
  return { raw, headers: { 'x-freescout-event': event, ...signed(raw, secret) }, path: '' };
}

function signed(raw: string, by: string): Record<string, string> {
  return { 'x-freescout-signature': createHmac('sha1', by).update(raw).digest('base64') };
}

const seconds = (at: Date): string => at.toISOString().replace(/\.\d+Z$/, 'Z');

function bodyOf(conversation: KeptConversation, parts: string[]): Record<string, unknown> {
  const { id, messages, tags, status, owner } = conversation;
  return {
    id: asNumber(id),
    number: 12,
    threadsCount: messages.length,
    type: 'email',
    status,
    state: 'published',
    subject: 'A question',
    mailboxId: 1,
    assignee: owner === null ? null : { id: Number(owner), type: 'user', firstName: 'Ana' },
    createdBy: { id: customerId, type: 'customer', email: 'cleo@customer.example' },
    createdAt: seconds(messages[0]!.at),
    customer: {
      id: customerId,
      type: 'customer',
      firstName: 'Cleo',
      lastName: 'Custom',
      email: 'cleo@customer.example',
    },
    _embedded: {
      ...(parts.includes('threads') ? { threads: messages.toReversed().map(threadOf) } : {}),
      ...(parts.includes('tags') ? { tags: tags.map((name, index) => ({ id: index + 1, name })) } : {}),
    },
  };
}

function threadOf({ number, author, visibility, text, at }: KeptMessage): Record<string, unknown> {
  const by = author === 'customer' ? customerId : Number(author === 'own' ? userId : agentId);
  const typeOfStaff = visibility === 'internal' ? 'note' : 'message';
  return {
    id: number,
    type: author === 'customer' ? 'customer' : typeOfStaff,
    status: 'active',
    state: 'published',
    body: author === 'customer' ? `<p>${text}</p>` : text,
    createdBy: { id: by, type: author === 'customer' ? 'customer' : 'user' },
    createdAt: seconds(at),
    _embedded: { attachments: [] },
  };
}
