/**
 * Zammad's webhooks with their default body (zammad-admin-documentation, manage/webhook/payload.rst), sent by a trigger. Empty
 * fields are there as null, tags are not told.
 */
import { z } from 'zod';
import {
  customerEmailField,
  isAnswerable,
  zammadArticle,
  zammadAttachments,
  zammadContent,
  zammadIsBotOwned,
} from '../../../shared/helpdesks/desks/zammad-wire.ts';
import type { ZammadArticle } from '../../../shared/helpdesks/desks/zammad-wire.ts';
import type { Author, IncomingMessage } from '../../../shared/helpdesks/incoming.ts';
import { isSignedBy } from '../../../shared/helpdesks/signatures.ts';
import { isoTime, lenient, wireId } from '../../../shared/helpdesks/wire.ts';
import type { Parsed, Platform, PlatformSettings } from './platform.ts';
import { bySignature, events, ignored, misfit } from './verdicts.ts';

const text = lenient(z.string());

const eventSchema = z.object({
  ticket: z.object({
    id: wireId,
    title: text,
    state: text,
    owner_id: lenient(wireId),
    priority: lenient(z.object({ name: text })),
    customer: lenient(z.object({ email: text, firstname: text, lastname: text })),
  }),
  article: zammadArticle.nullable().default(null),
});
type Ticket = z.infer<typeof eventSchema>['ticket'];

export const zammad: Platform = {
  verify: (request, secrets) =>
    bySignature(request, 'x-hub-signature', (given) =>
      isSignedBy(secrets, given, {
        algorithm: 'sha1',
        encoding: 'hex',
        prefix: 'sha1=',
        parts: [request.raw],
      }),
    ),

  parse(json, _request, settings) {
    const parsed = eventSchema.safeParse(withoutEmptyArticle(json));
    if (!parsed.success) return misfit(parsed.error);
    const { ticket, article } = parsed.data;
    if (article === null) return changed(ticket);
    // Chats and social networks take answers of their own kind only.
    if (article.sender === 'Customer' && article.type !== 'phone' && !isAnswerable(article)) {
      return ignored('other_event');
    }
    return events({ kind: 'message', message: messageOf(ticket, article, settings) });
  },
};

/** A trigger on a change of the ticket alone sends the article as null, or as nothing in braces. */
function withoutEmptyArticle(json: unknown): unknown {
  const seen = z.looseObject({ article: z.strictObject({}) }).safeParse(json);
  return seen.success ? { ...seen.data, article: null } : json;
}

function changed({ id, state }: Ticket): Parsed {
  if (state !== 'closed') return ignored('other_event');
  return events({ kind: 'feedback', externalId: id, conversationId: id, outcome: 'resolved' });
}

function messageOf(ticket: Ticket, article: ZammadArticle, { userId }: PlatformSettings): IncomingMessage {
  const { id, title, customer, owner_id: ownerId } = ticket;
  const name = [customer?.firstname, customer?.lastname].filter(Boolean).join(' ');
  const email = customer?.email ?? '';
  return {
    externalId: id,
    conversationId: id,
    messageId: article.id,
    createdAt: isoTime(article.created_at),
    subject: title ?? '',
    text: zammadContent(article),
    requester: { ...(email === '' ? {} : { email }), ...(name === '' ? {} : { name }) },
    language: null,
    tags: [],
    priority: priorityOf(ticket),
    attachments: zammadAttachments(article),
    history: [],
    metadata: email === '' ? {} : { [customerEmailField]: email },
    author: authorOf(article),
    isPublic: !article.internal,
    isOurs: article.created_by_id !== null && article.created_by_id === userId,
    isBotOwned: zammadIsBotOwned(ownerId, userId),
    isAutomatic: article.preferences?.['is-auto-response'] === true,
  };
}

/** What a customer says on the phone is written down by an agent, and answered by then. */
function authorOf({ sender, type }: ZammadArticle): Author {
  if (sender === 'Customer') return type === 'phone' ? 'agent' : 'customer';
  return sender === 'Agent' ? 'agent' : 'system';
}

/** "1 low", "2 normal", "3 high", as shipped. */
function priorityOf({ priority }: Ticket): IncomingMessage['priority'] {
  const words = priority?.name?.toLowerCase() ?? '';
  return (['urgent', 'high', 'low'] as const).find((word) => words.includes(word)) ?? 'normal';
}
