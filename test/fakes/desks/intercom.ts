/** Intercom as its conversations API (version 2.14: bodies in HTML) and an app's notifications behave. */
import { createHmac } from 'node:crypto';
import type { DeskAnswer, DeskSimulator, DeskWebhook, ThreadMessage } from './simulator.ts';

const secret = 's3cr3t-test-key';
const token = 'intercom-token';
const appId = 'a1b2c3';
const ownId = '814860';
const authors = {
  customer: { type: 'user', id: '5ba682d23d7cf92bef87bfd4', name: 'Ana', email: 'ana@example.com' },
  agent: { type: 'admin', id: '814861', name: 'Eve', email: 'eve@acme.example' },
  own: { type: 'admin', id: ownId, name: 'Tierline', email: 'bot@acme.example' },
} as const;
type Person = keyof typeof authors;

type Part = { id: string; part_type: string; body: string | null; by: Person; at: number };
type Thread = { id: string; parts: Part[]; tags: string[]; state: string; assignee: number };

export function intercomSimulator(): DeskSimulator {
  const threads = new Map<string, Thread>();
  const tags = new Map<string, string>();
  let parts = 403_918_000;
  let notifications = 0;
  const clock = Math.floor(Date.now() / 1000) - 3600;

  function say(thread: Thread, by: Person, type: string, body: string | null): Part {
    parts += 1;
    const part = { id: String(parts), part_type: type, body, by, at: clock + parts - 403_918_000 };
    thread.parts.push(part);
    return part;
  }

  function notification(thread: Thread, part: Part, topic: string): DeskWebhook {
    notifications += 1;
    const isFirst = part === thread.parts[0];
    const body = {
      type: 'notification_event',
      app_id: appId,
      id: `notif_${notifications}`,
      topic,
      created_at: part.at,
      delivery_attempts: 1,
      data: { type: 'notification_event_data', item: shown(thread, isFirst ? [] : [part]) },
    };
    return signed(JSON.stringify(body), secret);
  }

  return {
    platform: 'intercom',
    source: { secret, account: appId },
    destination: (url) => ({ url, token, userId: ownId }),
    hasDrafts: false,
    answer(call) {
      if (call.headers['authorization'] !== `Bearer ${token}`)
        return { status: 401, json: errors('unauthorized') };
      const body = (call.json ?? {}) as Record<string, string>;
      if (call.path === '/tags') {
        const id = tags.get(body['name']!) ?? String(tags.size + 1);
        tags.set(body['name']!, id);
        return { status: 200, json: { type: 'tag', id, name: body['name'] } };
      }
      const [, id = '', action = ''] = /^\/conversations\/([^/]+)(?:\/(\w+))?$/.exec(call.path) ?? [];
      const thread = threads.get(id);
      if (thread === undefined) return { status: 404, json: errors('not_found') };
      if (call.method === 'GET') return { status: 200, json: shown(thread, thread.parts.slice(1)) };
      return act(thread, action, body);
    },
    thread: (conversation) =>
      (threads.get(conversation)?.parts ?? []).filter(saidSomething).map(shownMessage),
    tagsOf: (conversation) => threads.get(conversation)?.tags ?? [],
    customerWrites(conversation, text) {
      const thread = threads.get(conversation) ?? newThread(conversation);
      threads.set(conversation, thread);
      thread.state = 'open';
      const part = say(thread, 'customer', 'comment', `<p>${text}</p>`);
      const isFirst = thread.parts.length === 1;
      return notification(thread, part, isFirst ? 'conversation.user.created' : 'conversation.user.replied');
    },
    agentWrites(conversation, text, visibility) {
      const thread = threads.get(conversation)!;
      const isPublic = visibility === 'public';
      const part = say(thread, 'agent', isPublic ? 'comment' : 'note', `<p>${text}</p>`);
      return notification(thread, part, isPublic ? 'conversation.admin.replied' : 'conversation.admin.noted');
    },
    ownEcho(conversation) {
      const thread = threads.get(conversation);
      const own = thread?.parts.findLast((part) => part.by === 'own' && part.part_type === 'comment');
      if (thread === undefined || own === undefined) return null;
      return notification(thread, own, 'conversation.admin.replied');
    },
    takeOver(conversation) {
      const thread = threads.get(conversation)!;
      thread.assignee = Number(authors.agent.id);
      say(thread, 'agent', 'assignment', null);
      return true;
    },
    forged: (webhook) => signed(webhook.raw, 'another-secret'),
  };

  function act(thread: Thread, action: string, body: Record<string, string>): DeskAnswer {
    if (body['admin_id'] !== ownId) return { status: 422, json: errors('admin_not_found') };
    if (action === 'reply') say(thread, 'own', body['message_type']!, body['body'] ?? '');
    else if (action === 'tags') {
      const [name] = [...tags].find(([, id]) => id === body['id']) ?? [];
      if (name === undefined) return { status: 404, json: errors('not_found') };
      thread.tags.push(name);
    } else if (action === 'parts') {
      say(thread, 'own', body['message_type']!, null);
      thread.state = body['message_type'] === 'close' ? 'closed' : 'open';
    } else return { status: 404, json: errors('not_found') };
    return { status: 200, json: shown(thread, thread.parts.slice(1)) };
  }
}

const newThread = (id: string): Thread => ({ id, parts: [], tags: ['vip'], state: 'open', assignee: 0 });

const errors = (code: string): object => ({ type: 'error.list', errors: [{ code, message: code }] });

const saidSomething = ({ body }: Part): boolean => body !== null;

const shownMessage = ({ id, by, part_type, body }: Part): ThreadMessage => ({
  id,
  author: by,
  visibility: part_type === 'note' ? 'internal' : 'public',
  text: body ?? '',
});

/** The first message is the `source`. */
function shown(thread: Thread, parts: readonly Part[]): object {
  const [first] = thread.parts;
  return {
    type: 'conversation',
    id: thread.id,
    created_at: first!.at,
    title: null,
    state: thread.state,
    open: thread.state === 'open',
    admin_assignee_id: thread.assignee,
    team_assignee_id: null,
    ai_agent_participated: false,
    source: {
      type: 'conversation',
      id: first!.id,
      delivered_as: 'customer_initiated',
      subject: '<p>My parcel</p>',
      body: first!.body,
      author: authors[first!.by],
      attachments: [],
    },
    tags: { type: 'tag.list', tags: thread.tags.map((name) => ({ type: 'tag', id: name, name })) },
    conversation_parts: {
      type: 'conversation_part.list',
      conversation_parts: parts.map(({ id, part_type, body, by, at }) => ({
        type: 'conversation_part',
        id,
        part_type,
        body,
        created_at: at,
        author: authors[by],
        attachments: [],
        redacted: false,
        app_package_code: by === 'own' ? 'tierline' : null,
      })),
      total_count: parts.length,
    },
  };
}

function signed(raw: string, key: string): DeskWebhook {
  const signature = createHmac('sha1', key).update(raw).digest('hex');
  return { raw, headers: { 'x-hub-signature': `sha1=${signature}` }, path: '' };
}
