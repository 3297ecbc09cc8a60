/**
 * Zammad's API (docs.zammad.org, "Ticket", "Articles", "Tags"): articles of a ticket, with its state in the same call. A mail
 * goes out even where it is marked internal, so a note is of its own type. Shared drafts are not used: a ticket has one, and a
 * person's would be overwritten.
 */
import { z } from 'zod';
import { beforeMessage, failureOf, misshapen, oldestFirst, staff } from '../desk-answers.ts';
import type {
  Conversation,
  Desk,
  DeskKind,
  DeskMessage,
  DeskMessageOut,
  DeskSettings,
  DeskTicket,
} from '../desk.ts';
import type { DeskHttp, DeskRequest, DeskResponse } from '../desk-http.ts';
import { isoTime, lenient, wireId } from '../wire.ts';
import {
  customerEmailField,
  isAnswerable,
  zammadArticle,
  zammadAttachments,
  zammadIsBotOwned,
  zammadText,
} from './zammad-wire.ts';
import type { ZammadArticle } from './zammad-wire.ts';

const text = lenient(z.string());
/** With `expand`, where names stand beside the ids. */
const ticketSchema = z.object({ title: text, state: text, owner_id: lenient(wireId), customer: text });
type Ticket = z.infer<typeof ticketSchema>;
const writtenSchema = z.object({ id: wireId });

export const zammadDesk: DeskKind = {
  // None is documented; a Zammad of one's own stands on one machine.
  requestsPerMinute: 300,
  needs: ['url', 'userId'],
  withoutTags: 'Zammad’s webhooks do not tell them; let the trigger in Zammad choose the tickets',
  open: openZammad,
};

function openZammad(settings: DeskSettings, http: DeskHttp): Desk {
  const base = `${settings.url}/api/v1`;
  const authorization = `Token token=${settings.token}`;
  const send = (request: Omit<DeskRequest, 'headers'>): Promise<DeskResponse> =>
    http.request({ ...request, headers: { authorization } });

  return {
    async read({ externalId }, signal) {
      const id = encodeURIComponent(externalId);
      const articlesUrl = `${base}/ticket_articles/by_ticket/${id}?expand=true`;
      const listed = await send({ method: 'GET', url: articlesUrl, signal });
      if (listed.kind !== 'ok') return failureOf(listed);
      const articles = z.array(zammadArticle).safeParse(listed.json);
      // Last, for whoever takes it becomes its owner.
      const shown = await send({ method: 'GET', url: `${base}/tickets/${id}?expand=true`, signal });
      if (shown.kind !== 'ok') return failureOf(shown);
      const ticket = ticketSchema.safeParse(shown.json);
      if (!articles.success || !ticket.success) return misshapen('GET', shown.status);
      return {
        kind: 'conversation',
        conversation: conversationOf(ticket.data, articles.data, settings),
      };
    },

    async write(ticket, message, conversation, signal) {
      const { externalId } = ticket;
      // What we have written before has the tags already. Adding one again changes nothing.
      const isFirst = !conversation.messages.some(({ isOwn }) => isOwn);
      for (const item of isFirst ? message.tags : []) {
        const json = { object: 'Ticket', o_id: numberOf(externalId), item };
        const tagged = await send({ method: 'POST', url: `${base}/tags/add`, json, signal });
        if (tagged.kind !== 'ok') return beforeMessage(tagged);
      }
      const article = articleOf(message, { ticket, conversation });
      const { status: state } = message;
      const request =
        state === null
          ? {
              method: 'POST' as const,
              url: `${base}/ticket_articles`,
              json: { ticket_id: numberOf(externalId), ...article },
            }
          : {
              method: 'PUT' as const,
              url: `${base}/tickets/${encodeURIComponent(externalId)}`,
              json: { state, article },
            };
      const written = await send({ ...request, signal });
      if (written.kind !== 'ok') return failureOf(written);
      if (!writtenSchema.safeParse(written.json).success) return misshapen(request.method, written.status);
      return { kind: 'written', status: written.status };
    },
  };
}

/** The API takes numbers; its ids are far below 2^53. */
const numberOf = (id: string): number | string => (/^\d{1,15}$/.test(id) ? Number(id) : id);

function articleOf(
  { visibility, html }: DeskMessageOut,
  { ticket, conversation }: { ticket: DeskTicket; conversation: Conversation },
): Record<string, unknown> {
  const article = {
    subject: conversation.subject,
    body: html,
    content_type: 'text/html',
    sender: 'Agent',
  };
  if (visibility !== 'public') return { ...article, type: 'note', internal: true };
  const told = ticket.metadata[customerEmailField];
  const to = typeof told === 'string' ? told : conversation.requester.email;
  // Somebody without an address reads it where they wrote, in the customer portal.
  if (to === undefined) return { ...article, type: 'note', internal: false };
  return { ...article, type: 'email', to, internal: false };
}

/** No ticket to answer any more, whoever has it. */
const goneStates = new Set(['merged', 'removed']);

function conversationOf(ticket: Ticket, articles: ZammadArticle[], { userId }: DeskSettings): Conversation {
  const { title, state, customer, owner_id: ownerId } = ticket;
  const isGone = state !== null && goneStates.has(state);
  return {
    subject: title ?? '',
    // The login, which for most customers is their address.
    requester: customer?.includes('@') === true ? { email: customer } : {},
    language: null,
    tags: [],
    messages: oldestFirst(articles.map((article) => messageOf(article, userId))),
    isBotOwned: isGone ? false : zammadIsBotOwned(ownerId, userId),
    stamp: null,
  };
}

function messageOf(article: ZammadArticle, userId: string | null): DeskMessage {
  const isOwn = article.created_by_id !== null && article.created_by_id === userId;
  const isCustomers = article.sender === 'Customer' && isAnswerable(article);
  const byStaff = article.sender === 'System' ? { author: 'system' as const, isOwn: false } : staff(isOwn);
  return {
    id: article.id,
    ...(isCustomers ? { author: 'customer', isOwn: false } : byStaff),
    isPublic: !article.internal,
    text: zammadText(article),
    createdAt: isoTime(article.created_at) ?? '',
    attachments: zammadAttachments(article),
  };
}
