/**
 * Gorgias' HTTP integration: it signs nothing, so a header with a shared secret is required. The body is the trigger's
 * context (`{{context}}`): a message, with or without its ticket around it.
 */
import { z } from 'zod';
import {
  gorgiasAttachments,
  gorgiasContent,
  gorgiasMessage,
  isGorgiasNote,
  isOfGorgiasUser,
} from '../../../shared/helpdesks/gorgias-message.ts';
import type { GorgiasMessage } from '../../../shared/helpdesks/gorgias-message.ts';
import type { IncomingMessage } from '../../../shared/helpdesks/incoming.ts';
import { isoTime, lenient, lenientList, wireId } from '../../../shared/helpdesks/wire.ts';
import { isAutomaticMail } from './automatic-mail.ts';
import type { Platform, PlatformSettings } from './platform.ts';
import { bySharedSecret, events, ignored, misfit } from './verdicts.ts';

const text = lenient(z.string());

const ticketSchema = z.object({
  id: wireId,
  status: text,
  subject: text,
  language: text,
  priority: text,
  tags: lenientList(z.object({ name: z.string() })),
  assignee_user: lenient(z.object({ id: wireId })),
});
type GorgiasTicket = z.infer<typeof ticketSchema>;

const contextSchema = z.object({ message: z.unknown().optional(), ticket: lenient(ticketSchema) });

const priorities: Record<string, IncomingMessage['priority']> = {
  low: 'low',
  high: 'high',
  critical: 'urgent',
};

export const gorgias: Platform = {
  verify: (request, secrets) => bySharedSecret(request, secrets),
  parse(json, _request, settings) {
    const context = contextSchema.safeParse(json);
    if (!context.success) return misfit(context.error);
    const { ticket } = context.data;
    const isBare = typeof json === 'object' && json !== null && 'from_agent' in json;
    const given = isBare ? json : (context.data.message ?? null);
    if (given === null) return ticket === null ? ignored('other_event') : ofTicket(ticket);
    const parsed = gorgiasMessage.safeParse(given);
    if (!parsed.success) return misfit(parsed.error);
    const externalId = parsed.data.ticket_id ?? ticket?.id ?? null;
    if (externalId === null) {
      return misfit(new z.ZodError([{ code: 'custom', path: ['ticket_id'], message: '' }]));
    }
    return events({ kind: 'message', message: messageOf(externalId, parsed.data, ticket, settings) });
  },
};

/** A ticket that changed. */
function ofTicket({ id, status }: GorgiasTicket) {
  if (status !== 'closed') return ignored('other_event');
  return events({ kind: 'feedback', externalId: id, conversationId: id, outcome: 'resolved' });
}

function messageOf(
  externalId: string,
  message: GorgiasMessage,
  ticket: GorgiasTicket | null,
  { userId }: PlatformSettings,
): IncomingMessage {
  const { id, from_agent: isStaff, created_datetime: createdAt, subject } = message;
  return {
    externalId,
    conversationId: externalId,
    messageId: id,
    createdAt: isoTime(createdAt),
    text: gorgiasContent(message),
    attachments: gorgiasAttachments(message),
    history: [],
    metadata: {},
    ...senderOf(message),
    ...factsOfTicket(ticket, subject, userId),
    author: isStaff ? 'agent' : 'customer',
    isPublic: !isGorgiasNote(message),
    isOurs: isOfGorgiasUser(message, userId),
  };
}

function senderOf({ sender, headers }: GorgiasMessage): Pick<IncomingMessage, 'requester' | 'isAutomatic'> {
  return {
    requester: {
      ...(sender?.email ? { email: sender.email } : {}),
      ...(sender?.name ? { name: sender.name } : {}),
    },
    isAutomatic: isAutomaticMail({ from: sender?.email ?? null, headers: headers ?? {} }),
  };
}

function factsOfTicket(
  ticket: GorgiasTicket | null,
  subject: string | null,
  userId: string | null,
): Pick<IncomingMessage, 'subject' | 'language' | 'tags' | 'priority' | 'isBotOwned'> {
  if (ticket === null) {
    return { subject: subject ?? '', language: null, tags: [], priority: 'normal', isBotOwned: null };
  }
  const { assignee_user: assignee, priority } = ticket;
  const named = priority ?? '';
  return {
    subject: ticket.subject || (subject ?? ''),
    language: ticket.language,
    tags: ticket.tags.map(({ name }) => name),
    priority: Object.hasOwn(priorities, named) ? priorities[named]! : 'normal',
    isBotOwned: assignee === null ? null : assignee.id === userId,
  };
}
