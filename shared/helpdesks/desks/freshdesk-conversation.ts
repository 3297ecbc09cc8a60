/** Freshdesk's ticket with its conversations, as what is said in it. */
import { z } from 'zod';
import { oldestFirst, staff } from '../desk-answers.ts';
import type { Conversation, DeskMessage, DeskSettings } from '../desk.ts';
import { freshdeskMessageId } from '../freshdesk-ids.ts';
import { textOfHtml } from '../html-text.ts';
import { isoTime, lenient, lenientList, wireId } from '../wire.ts';

const text = lenient(z.string());
const attachments = lenientList(
  z.object({ name: z.string(), content_type: text, size: lenient(z.number()) }),
);

export const freshdeskEntry = z.object({
  id: wireId,
  body: text,
  body_text: text,
  incoming: z.boolean(),
  private: z.boolean(),
  user_id: lenient(wireId),
  source: lenient(z.int()),
  created_at: z.string(),
  attachments,
});
export type FreshdeskEntry = z.infer<typeof freshdeskEntry>;

export const freshdeskTicket = z.object({
  id: wireId,
  subject: text,
  description: text,
  description_text: text,
  source: lenient(z.int()),
  tags: lenientList(z.string()),
  responder_id: lenient(wireId),
  spam: lenient(z.boolean()),
  deleted: lenient(z.boolean()),
  created_at: z.string(),
  attachments,
  requester: lenient(z.object({ name: text, email: text })),
  conversations: z.array(freshdeskEntry),
});
type Ticket = z.infer<typeof freshdeskTicket>;

/** Of a ticket: a call or an outbound mail, whose first text is an agent's. Of a conversation: a mail to somebody else. */
const agentSources = new Set([3, 10]);
const forwardedMail = 8;

export function freshdeskConversation(
  ticket: Ticket,
  entries: FreshdeskEntry[],
  { userId }: DeskSettings,
): Conversation {
  const { requester, responder_id: responder } = ticket;
  const isGone = ticket.spam === true || ticket.deleted === true;
  return {
    subject: ticket.subject ?? '',
    requester: {
      ...(requester?.email ? { email: requester.email } : {}),
      ...(requester?.name ? { name: requester.name } : {}),
    },
    language: null,
    tags: ticket.tags,
    messages: named(ticket.id, [firstMessage(ticket), ...entries.map((entry) => messageOf(entry, userId))]),
    // A status says nothing about who has it: a customer's reply may open it again a moment after its webhook.
    isBotOwned: !isGone && (responder === null || responder === userId),
    stamp: null,
  };
}

/**
 * Named by their words, as in the webhook. Where somebody of ours has written the same as the customer, the name is the
 * customer's alone, so that no question is taken for an answer.
 */
function named(ticketId: string, messages: DeskMessage[]): DeskMessage[] {
  const nameOf = ({ text: said }: DeskMessage): string => freshdeskMessageId(ticketId, said);
  const taken = new Set(messages.filter(({ author }) => author === 'customer').map(nameOf));
  const isNamed = (message: DeskMessage): boolean =>
    message.text !== '' && message.isPublic && (message.author === 'customer' || !taken.has(nameOf(message)));
  return oldestFirst(
    messages.map((message) => (isNamed(message) ? { ...message, id: nameOf(message) } : message)),
  );
}

function firstMessage(ticket: Ticket): DeskMessage {
  return {
    id: `${ticket.id}-first`,
    author: ticket.source !== null && agentSources.has(ticket.source) ? 'agent' : 'customer',
    isOwn: false,
    isPublic: true,
    ...toldOf(ticket, textOf(ticket.description, ticket.description_text)),
  };
}

function messageOf(entry: FreshdeskEntry, userId: string | null): DeskMessage {
  const isOwn = entry.user_id !== null && entry.user_id === userId;
  return {
    id: entry.id,
    ...(entry.incoming ? { author: 'customer', isOwn: false } : staff(isOwn)),
    isPublic: !entry.private && entry.source !== forwardedMail,
    ...toldOf(entry, textOf(entry.body, entry.body_text)),
  };
}

function toldOf(from: Pick<FreshdeskEntry, 'created_at' | 'attachments'>, said: string) {
  return {
    text: said,
    createdAt: isoTime(from.created_at) ?? from.created_at,
    attachments: from.attachments.map(({ name, content_type: contentType, size }) => ({
      name,
      contentType,
      size,
    })),
  };
}

/** From the HTML, as it is in the webhook, so that a message has the same words in both. */
const textOf = (html: string | null, plain: string | null): string =>
  html === null ? (plain ?? '').trim() : textOfHtml(html);
