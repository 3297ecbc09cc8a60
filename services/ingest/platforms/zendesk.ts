/**
 * Zendesk (developer.zendesk.com, "Verifying webhook authenticity" and "Ticket events"): webhooks of events, whose JSON is
 * Zendesk's, and webhooks of triggers, whose JSON is the template in zendesk-trigger.ts. A webhook is one or the other.
 */
import { z } from 'zod';
import type { Author, IncomingMessage } from '../../../shared/helpdesks/incoming.ts';
import { headerOf, isFresh, isSignedBy } from '../../../shared/helpdesks/signatures.ts';
import { isoTime, lenient, lenientList, wireId } from '../../../shared/helpdesks/wire.ts';
import { firstMessageId } from '../../../shared/helpdesks/zendesk-ids.ts';
import type { Parsed, Platform, PlatformSettings, Verification } from './platform.ts';
import { bySignature, events, ignored, misfit } from './verdicts.ts';
import { isTrigger, parseTrigger } from './zendesk-trigger.ts';

const signatureHeader = 'x-zendesk-webhook-signature';
const timestampHeader = 'x-zendesk-webhook-signature-timestamp';

const text = lenient(z.string());
const eventSchema = z.object({
  type: z.string(),
  account_id: lenient(wireId),
  subject: text,
  time: text,
  detail: z.object({
    id: wireId,
    subject: text,
    description: text,
    requester_id: lenient(wireId),
    submitter_id: lenient(wireId),
    /** null where nobody is assigned. */
    assignee_id: wireId.nullable().optional().catch(undefined),
    is_public: lenient(z.boolean()),
    priority: text,
    tags: lenientList(z.string()),
    created_at: text,
  }),
  event: lenient(z.looseObject({})),
});
type Event = z.infer<typeof eventSchema>;

const commentSchema = z.object({
  event: z.object({
    comment: z.object({
      id: wireId,
      body: text,
      is_public: lenient(z.boolean()),
      author: lenient(z.object({ id: lenient(wireId), is_staff: lenient(z.boolean()), name: text })),
    }),
  }),
});
type Comment = z.infer<typeof commentSchema>['event']['comment'];

const statusSchema = z.object({ current: text, previous: text });

export const zendesk: Platform = {
  verify(request, secrets) {
    const { headers, raw, nowMs } = request;
    const signedAt = headerOf(headers, timestampHeader);
    if (signedAt === null) return rejected('missing_header', `The header ${timestampHeader} is missing.`);
    const atMs = signedAt.length > 40 ? Number.NaN : Date.parse(signedAt);
    if (Number.isNaN(atMs))
      return rejected('bad_timestamp', `${timestampHeader} must be a time as ISO 8601 has it.`);
    if (!isFresh(atMs, nowMs)) {
      return rejected('stale', `${timestampHeader} is more than five minutes away from the time here.`);
    }
    return bySignature(request, signatureHeader, (given) =>
      isSignedBy(secrets, given, { algorithm: 'sha256', encoding: 'base64', parts: [signedAt, raw] }),
    );
  },

  parse(json, _request, settings) {
    if (isTrigger(json)) return parseTrigger(json, settings);
    const parsed = eventSchema.safeParse(json);
    if (!parsed.success) return misfit(parsed.error);
    const { data } = parsed;
    if (settings.account !== null && data.account_id !== null && data.account_id !== settings.account) {
      return ignored('other_account');
    }
    switch (data.type) {
      case 'zen:event-type:ticket.created':
        return isOfSubject(data) ? events({ kind: 'message', message: opened(data, settings) }) : astray;
      case 'zen:event-type:ticket.comment_added':
        return commented(json, data, settings);
      case 'zen:event-type:ticket.status_changed':
        return changedStatus(data);
      case 'zen:event-type:ticket.comment_redacted':
      case 'zen:event-type:ticket.comment_made_private':
      case 'zen:event-type:ticket.description_changed':
        return ignored('edited');
      default:
        return ignored('other_event');
    }
  },
};

function rejected(reason: 'missing_header' | 'bad_timestamp' | 'stale', detail: string): Verification {
  return { kind: 'rejected', reason, detail };
}

const astray: Parsed = {
  kind: 'invalid',
  errors: [{ pointer: '/subject', detail: 'does not name the ticket of /detail/id' }],
};
const isOfSubject = ({ subject, detail }: Event): boolean =>
  subject === null || subject === `zen:ticket:${detail.id}`;

/** A new ticket. Its event does not tell whose words it begins with: surely the customer's only where they sent it themselves. */
function opened(event: Event, settings: PlatformSettings): IncomingMessage {
  const { id, submitter_id, requester_id, description, is_public } = event.detail;
  const isCustomers = submitter_id !== null && submitter_id === requester_id;
  return {
    ...whatBothTell(event, settings),
    messageId: firstMessageId(id),
    text: isCustomers ? contentOf(description) : null,
    requester: {},
    author: isCustomers ? 'customer' : null,
    isPublic: is_public,
    isOurs: submitter_id !== null && submitter_id === settings.userId,
  };
}

function commented(json: unknown, event: Event, settings: PlatformSettings): Parsed {
  const parsed = commentSchema.safeParse(json);
  if (!parsed.success) return misfit(parsed.error);
  if (!isOfSubject(event)) return astray;
  const { comment } = parsed.data.event;
  const { detail } = event;
  const { id: authorId = null, name = null } = comment.author ?? {};
  const author = authorOf(comment, detail.requester_id);
  const message: IncomingMessage = {
    ...whatBothTell(event, settings),
    messageId: isFirst(event, comment) ? firstMessageId(detail.id) : comment.id,
    // Who wrote it must be known before it is answered: what the event does not tell, reading the conversation does.
    text: author === null ? null : contentOf(comment.body),
    requester: name !== null && authorId === detail.requester_id ? { name } : {},
    author,
    isPublic: comment.is_public,
    isOurs: authorId !== null && authorId === settings.userId,
  };
  return events({ kind: 'message', message });
}

function authorOf({ author }: Comment, requesterId: string | null): Author | null {
  if (author === null) return null;
  // "-1" is Zendesk itself.
  if (author.id !== null && author.id.startsWith('-')) return 'system';
  if (author.is_staff !== null) return author.is_staff ? 'agent' : 'customer';
  return author.id !== null && author.id === requesterId ? 'customer' : null;
}

/** Zendesk may tell of a new ticket's first comment by both events; they must be known as one message. */
function isFirst({ time, detail }: Event, { body }: Comment): boolean {
  if (time === null || detail.created_at === null || body === null || detail.description === null)
    return false;
  const apartMs = Math.abs(Date.parse(time) - Date.parse(detail.created_at));
  return apartMs <= 60_000 && body.trim() === detail.description.trim();
}

/** Nothing but files, or nothing that the event tells: the conversation is read for it. */
const contentOf = (body: string | null): IncomingMessage['text'] =>
  body === null || body.trim() === '' ? null : { format: 'plain', value: body };

const priorities = ['low', 'normal', 'high', 'urgent'] as const;

function whatBothTell({ time, detail }: Event, { userId }: PlatformSettings) {
  const { id, subject, tags, priority, assignee_id: assignee } = detail;
  const isKnown = assignee !== undefined && (assignee === null || userId !== null);
  return {
    externalId: id,
    conversationId: id,
    createdAt: isoTime(time),
    subject: subject ?? '',
    language: null,
    tags,
    priority: priorities.find((one) => one === priority?.toLowerCase()) ?? 'normal',
    attachments: [],
    history: [],
    metadata: {},
    isBotOwned: isKnown ? assignee === null || assignee === userId : null,
    isAutomatic: false,
  };
}

function changedStatus({ detail: { id }, event }: Event): Parsed {
  const parsed = statusSchema.safeParse(event);
  if (!parsed.success) return ignored('other_event');
  const [current, previous] = [parsed.data.current?.toLowerCase(), parsed.data.previous?.toLowerCase()];
  const ids = { externalId: id, conversationId: id };
  if (current === 'solved') return events({ kind: 'feedback', ...ids, outcome: 'resolved' });
  const isReopened = previous === 'solved' && current !== undefined && current !== 'closed';
  return isReopened ? events({ kind: 'feedback', ...ids, outcome: 'reopened' }) : ignored('other_event');
}
