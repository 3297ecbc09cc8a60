/** Zendesk's two kinds of webhook, signed; and whose tickets and comments they tell of. */
import { createHmac } from 'node:crypto';
import type { DeskWebhook } from './simulator.ts';

export const secret = 's3cr3t-test-key';
export const accountId = 22129848;
export const people = {
  customer: {
    id: '9007199254740993',
    role: 'end-user',
    email: 'ana@example.com',
    name: 'Ana',
    locale: 'en-US',
  },
  agent: { id: '9007199254740995', role: 'agent', email: 'eve@acme.example', name: 'Eve', locale: 'en-US' },
  own: {
    id: '9007199254740997',
    role: 'agent',
    email: 'bot@acme.example',
    name: 'Tierline',
    locale: 'en-US',
  },
} as const;
export type Person = keyof typeof people;

export type Comment = { id: string; by: Person; public: boolean; html: string; plain: string; at: string };
export type Ticket = {
  id: string;
  comments: Comment[];
  tags: string[];
  status: string;
  assignee: Person | null;
  createdAt: string;
  updatedAt: string;
};

export function eventOf(ticket: Ticket, comment: Comment): DeskWebhook {
  const isFirst = comment === ticket.comments[0];
  const author = people[comment.by];
  const said = {
    id: comment.id,
    body: comment.plain,
    is_public: comment.public,
    author: { id: author.id, is_staff: author.role !== 'end-user', name: author.name },
  };
  const event = {
    account_id: accountId,
    detail: {
      actor_id: author.id,
      assignee_id: ticket.assignee === null ? null : people[ticket.assignee].id,
      created_at: ticket.createdAt,
      description: ticket.comments[0]!.plain,
      id: ticket.id,
      is_public: true,
      priority: 'NORMAL',
      requester_id: people.customer.id,
      status: ticket.status.toUpperCase(),
      subject: 'My parcel',
      submitter_id: people.customer.id,
      tags: ticket.tags,
      updated_at: ticket.updatedAt,
      via: { channel: 'web_service' },
    },
    event: isFirst ? {} : { comment: said },
    id: `d4f5c389-8f4a-4c2e-a1b9-${comment.id.slice(-12)}`,
    subject: `zen:ticket:${ticket.id}`,
    time: comment.at.replace('Z', '.123456789Z'),
    type: `zen:event-type:ticket.${isFirst ? 'created' : 'comment_added'}`,
    zendesk_event_version: '2022-11-06',
  };
  return signed(JSON.stringify(event), secret);
}

export function triggerOf(ticket: Ticket, comment: Comment): DeskWebhook {
  const author = people[comment.by];
  const body = {
    ticket_id: ticket.id,
    comment_id: comment.id,
    is_public: String(comment.public),
    author_id: author.id,
    author_role: author.role === 'end-user' ? 'End-user' : 'Agent',
    assignee_id: ticket.assignee === null ? '' : people[ticket.assignee].id,
    subject: 'My parcel',
    text: comment.plain,
    email: people.customer.email,
    name: people.customer.name,
    locale: people.customer.locale,
    tags: ticket.tags.join(' '),
    updated_at: ticket.updatedAt,
  };
  return signed(JSON.stringify(body), secret);
}

export function signed(raw: string, key: string): DeskWebhook {
  const at = new Date().toISOString();
  const signature = createHmac('sha256', key).update(at).update(raw).digest('base64');
  const headers = {
    'x-zendesk-webhook-signature': signature,
    'x-zendesk-webhook-signature-timestamp': at,
    'x-zendesk-account-id': String(accountId),
  };
  return { raw, headers, path: '' };
}
