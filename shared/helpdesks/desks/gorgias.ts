/**
 * Gorgias' API (developers.gorgias.com): a ticket with its messages, messages that go out the way the customer's came in,
 * internal notes. There are no drafts.
 */
import { z } from 'zod';
import { byAge, failureOf, impossible, misshapen } from '../desk-answers.ts';
import type { Conversation, Desk, DeskFailure, DeskKind, DeskMessageOut, DeskSettings } from '../desk.ts';
import type { DeskHttp, DeskRequest, DeskResponse } from '../desk-http.ts';
import { gorgiasMessage, gorgiasMessageOf, isGorgiasNote } from '../gorgias-message.ts';
import type { GorgiasMessage } from '../gorgias-message.ts';
import { lenient, lenientList, wireId } from '../wire.ts';

const text = lenient(z.string());

const ticketSchema = z.object({
  subject: text,
  status: text,
  spam: lenient(z.boolean()),
  trashed_datetime: text,
  language: text,
  customer: lenient(z.object({ id: wireId, email: text, name: text })),
  assignee_user: lenient(z.object({ id: wireId })),
  tags: lenientList(z.object({ name: z.string() })),
  messages: z.array(gorgiasMessage).optional(),
});
type GorgiasTicket = z.infer<typeof ticketSchema>;

const listSchema = z.object({ data: z.array(gorgiasMessage) });

export const gorgiasDesk: DeskKind = {
  // Of an API key: 40 in 20 seconds ("Rate limits").
  requestsPerMinute: 120,
  needs: [['subdomain', 'url'], 'email', 'token', 'userId'],
  statuses: ['open', 'closed'],
  open: openGorgias,
};

function openGorgias(settings: DeskSettings, http: DeskHttp): Desk {
  const base = `${settings.url ?? `https://${settings.subdomain}.gorgias.com`}/api`;
  const basic = Buffer.from(`${settings.email}:${settings.token}`).toString('base64');
  const headers = { authorization: `Basic ${basic}` };
  const call = (method: DeskRequest['method'], path: string, signal: AbortSignal, json?: unknown) =>
    http.request({
      method,
      url: `${base}/${path}`,
      headers,
      signal,
      ...(json === undefined ? {} : { json }),
    });

  return {
    async read({ externalId }, signal) {
      const response = await call('GET', `tickets/${encodeURIComponent(externalId)}`, signal);
      if (response.kind !== 'ok') return failureOf(response);
      const found = ticketSchema.safeParse(response.json);
      if (!found.success) return misshapen('GET', response.status);
      let { messages } = found.data;
      if (messages === undefined) {
        const query = new URLSearchParams({
          ticket_id: externalId,
          limit: '100',
          order_by: 'created_datetime:desc',
        });
        const listed = messagesIn(await call('GET', `messages?${query.toString()}`, signal));
        if ('kind' in listed) return listed;
        messages = listed.messages;
      }
      return { kind: 'conversation', conversation: conversationOf(found.data, messages, settings) };
    },

    async write({ externalId }, message, conversation, signal) {
      const path = `tickets/${encodeURIComponent(externalId)}`;
      const out = messageOut(message, conversation, settings);
      if (out.kind === 'failed') return out;
      const response = await call('POST', `${path}/messages`, signal, out.json);
      if (response.kind !== 'ok') return failureOf(response);
      // Calls of their own. The message stands, so a lost tag or status is no failure.
      const names = message.tags.filter((tag) => !conversation.tags.includes(tag));
      if (names.length > 0) await call('POST', `${path}/tags`, signal, { names });
      const { status } = message;
      if (status !== null && message.visibility === 'public') await call('PUT', path, signal, { status });
      return { kind: 'written', status: response.status };
    },
  };
}

function messagesIn(response: DeskResponse): { messages: GorgiasMessage[] } | DeskFailure {
  if (response.kind !== 'ok') return failureOf(response);
  const listed = listSchema.safeParse(response.json);
  return listed.success ? { messages: listed.data.data } : misshapen('GET', response.status);
}

function conversationOf(
  ticket: GorgiasTicket,
  messages: GorgiasMessage[],
  { userId }: DeskSettings,
): Conversation {
  const { subject, status, spam, language, customer, assignee_user: assignee, tags } = ticket;
  const isOther = assignee !== null && assignee.id !== userId;
  // A customer's message opens a closed ticket again, so who closed it did so since.
  const isOver = status === 'closed' || spam === true || ticket.trashed_datetime !== null;
  return {
    subject: subject ?? '',
    requester: {
      ...(customer?.email ? { email: customer.email } : {}),
      ...(customer?.name ? { name: customer.name } : {}),
    },
    language,
    tags: tags.map(({ name }) => name),
    messages: messages.flatMap((message) => gorgiasMessageOf(message, userId)).toSorted(byAge),
    isBotOwned: !isOther && !isOver,
    stamp: null,
    writing: wayBack(ticket, messages),
  };
}

/** How the customer's newest message came, and to whom an answer goes the same way. */
function wayBack({ customer }: GorgiasTicket, messages: GorgiasMessage[]): Record<string, string> {
  const theirs = messages.filter((message) => !message.from_agent && !isGorgiasNote(message));
  const newest = theirs
    .toSorted((one, other) => (one.created_datetime ?? '').localeCompare(other.created_datetime ?? ''))
    .at(-1);
  const { source, sender, channel, subject } = newest ?? {};
  const ours = source?.to[0]?.address;
  const parts = {
    channel,
    type: source?.type,
    from: ours,
    to: source?.from?.address,
    toName: source?.from?.name,
    receiver: sender?.id ?? customer?.id,
    subject,
  };
  const known = Object.entries(parts).filter((part): part is [string, string] => Boolean(part[1]));
  return Object.fromEntries(known);
}

function messageOut(
  { visibility, html, text: body }: DeskMessageOut,
  { writing = {} }: Conversation,
  { userId, channel: ownAddress }: DeskSettings,
): { kind: 'message'; json: Record<string, unknown> } | DeskFailure {
  const content = {
    via: 'api',
    from_agent: true,
    sender: { id: numberOf(userId) },
    body_html: html,
    body_text: body,
  };
  if (visibility !== 'public') {
    const source = { type: 'internal-note' };
    return { kind: 'message', json: { ...content, channel: 'internal-note', public: false, source } };
  }
  const { channel, type, to, toName, receiver, subject } = writing;
  const from = ownAddress ?? writing['from'];
  if (channel === undefined || to === undefined || from === undefined || receiver === undefined) {
    return impossible('the ticket does not say how its customer can be answered');
  }
  const json = {
    ...content,
    channel,
    public: true,
    receiver: { id: numberOf(receiver) },
    source: { type: type ?? channel, from: { address: from }, to: [{ address: to, name: toName ?? '' }] },
    ...(subject === undefined ? {} : { subject }),
  };
  return { kind: 'message', json };
}

const numberOf = (id: string | null): number | string | null =>
  id !== null && /^\d{1,15}$/.test(id) ? Number(id) : id;
