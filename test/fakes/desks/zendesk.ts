/** Zendesk as its tickets API and its two kinds of webhook behave; ids beyond 2^53, times in whole seconds. */
import type { DeskAnswer, DeskCall, DeskSimulator, DeskWebhook, ThreadMessage } from './simulator.ts';
import { accountId, eventOf, people, secret, signed, triggerOf } from './zendesk-webhooks.ts';
import type { Comment, Person, Ticket } from './zendesk-webhooks.ts';

const email = people.own.email;
const token = 'zendesk-token';

type Change = {
  comment?: { html_body?: string; body?: string; public?: boolean; author_id?: string };
  tags?: string[];
  status?: string;
  safe_update?: boolean;
  updated_stamp?: string;
};

/** `by`: whether its webhooks are of events or of a trigger with the template of the guide. */
export function zendeskSimulator(by: 'event' | 'trigger' = 'event'): DeskSimulator {
  const tickets = new Map<string, Ticket>();
  let comments = 0;
  // Each change a second later than the one before, as updated_at is in seconds.
  let clock = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
  const tick = (): string => new Date((clock += 1000)).toISOString().replace('.000Z', 'Z');

  function say(
    ticket: Ticket,
    person: Person,
    text: { html: string; plain: string },
    isPublic: boolean,
  ): void {
    comments += 1;
    ticket.updatedAt = tick();
    const id = String(9007199254741000n + BigInt(comments));
    ticket.comments.push({ id, by: person, public: isPublic, ...text, at: ticket.updatedAt });
  }

  const webhookOf = (ticket: Ticket, comment: Comment): DeskWebhook =>
    by === 'event' ? eventOf(ticket, comment) : triggerOf(ticket, comment);

  return {
    platform: 'zendesk',
    source: { secret, account: String(accountId) },
    destination: (url) => ({ subdomain: 'acme', url, email, token }),
    hasDrafts: false,
    answer(call) {
      const expected = `Basic ${Buffer.from(`${email}/token:${token}`).toString('base64')}`;
      if (call.headers['authorization'] !== expected) return { status: 401, json: { error: 'Unauthorized' } };
      const [, id = '', rest = ''] =
        /^\/api\/v2\/tickets\/([^/.]+)(\/comments)?\.json$/.exec(call.path) ?? [];
      const ticket = tickets.get(id);
      if (ticket === undefined) return { status: 404, json: { error: 'RecordNotFound' } };
      if (call.method === 'GET') return rest === '' ? shownTicket(ticket) : shownComments(ticket, call);
      return call.method === 'PUT'
        ? change(ticket, (call.json as { ticket: Change }).ticket)
        : { status: 405 };
    },
    thread: (conversation) => (tickets.get(conversation)?.comments ?? []).map(shownMessage),
    tagsOf: (conversation) => tickets.get(conversation)?.tags ?? [],
    customerWrites(conversation, text) {
      const known = tickets.get(conversation);
      const ticket = known ?? { ...newTicket(conversation), createdAt: tick() };
      if (known === undefined) tickets.set(conversation, ticket);
      say(ticket, 'customer', { html: htmlOf(text), plain: text }, true);
      ticket.status = known === undefined ? 'new' : 'open';
      return webhookOf(ticket, ticket.comments.at(-1)!);
    },
    agentWrites(conversation, text, visibility) {
      const ticket = tickets.get(conversation)!;
      say(ticket, 'agent', { html: htmlOf(text), plain: text }, visibility === 'public');
      return webhookOf(ticket, ticket.comments.at(-1)!);
    },
    ownEcho(conversation) {
      const ticket = tickets.get(conversation);
      const own = ticket?.comments.findLast((comment) => comment.by === 'own');
      return ticket === undefined || own === undefined ? null : webhookOf(ticket, own);
    },
    takeOver(conversation) {
      const ticket = tickets.get(conversation)!;
      ticket.assignee = 'agent';
      ticket.updatedAt = tick();
      return true;
    },
    forged: (webhook) => signed(webhook.raw, 'another-secret'),
  };

  /** The comments only where nothing has changed; `additional_tags` is for updates of many tickets. */
  function change(ticket: Ticket, asked: Change): DeskAnswer {
    if (ticket.status === 'closed') return { status: 422, json: { error: 'RecordInvalid' } };
    if (asked.safe_update === true && asked.updated_stamp !== ticket.updatedAt) {
      return { status: 409, json: { error: 'UpdateConflict' } };
    }
    const { comment } = asked;
    if (comment !== undefined) {
      const html = comment.html_body ?? htmlOf(comment.body ?? '');
      say(ticket, 'own', { html, plain: html.replaceAll(/<[^>]+>/g, ' ') }, comment.public ?? true);
    }
    if (asked.tags !== undefined) ticket.tags = asked.tags;
    if (asked.status !== undefined) ticket.status = asked.status;
    return shownTicket(ticket);
  }
}

const newTicket = (id: string): Omit<Ticket, 'createdAt'> => ({
  id,
  comments: [],
  tags: ['web'],
  status: 'new',
  assignee: null,
  updatedAt: '',
});

const htmlOf = (text: string): string => `<div class="zd-comment" dir="auto"><p>${text}</p></div>`;
const shownMessage = ({ id, by, public: isPublic, html }: Comment): ThreadMessage => ({
  id,
  author: by,
  visibility: isPublic ? 'public' : 'internal',
  text: html,
});

/** A number in JSON, whatever its length (ECMAScript's JSON.rawJSON, which the types do not know yet). */
const number = (id: string): unknown =>
  (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON(id);
const sideloaded = Object.values(people).map((person) => ({ ...person, id: number(person.id) }));

function shownTicket(ticket: Ticket): DeskAnswer {
  const json = {
    ticket: {
      id: number(ticket.id),
      subject: 'My parcel',
      status: ticket.status,
      tags: ticket.tags,
      requester_id: number(people.customer.id),
      submitter_id: number(people.customer.id),
      assignee_id: ticket.assignee === null ? null : number(people[ticket.assignee].id),
      created_at: ticket.createdAt,
      updated_at: ticket.updatedAt,
    },
    users: sideloaded,
  };
  return { status: 200, json };
}

function shownComments({ comments }: Ticket, { query }: DeskCall): DeskAnswer {
  const ordered = query.get('sort_order') === 'desc' ? comments.toReversed() : comments;
  const shown = ordered.slice(0, Number(query.get('per_page') ?? 100)).map((comment) => ({
    id: number(comment.id),
    type: 'Comment',
    author_id: number(people[comment.by].id),
    public: comment.public,
    body: comment.plain,
    html_body: comment.html,
    plain_body: comment.plain,
    created_at: comment.at,
    attachments: [],
  }));
  return {
    status: 200,
    json: {
      comments: shown,
      users: query.get('include') === 'users' ? sideloaded : undefined,
      next_page: null,
    },
  };
}
