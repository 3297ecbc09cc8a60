/**
 * Chatwoot's webhooks, of a bot, an account or an API inbox: the same body for all (chatwoot/chatwoot, lib/webhooks/trigger.rb,
 * app/models/message.rb, app/presenters/conversations/event_data_presenter.rb). Signed since version 4.13.
 */
import { z } from 'zod';
import {
  chatwootAttachments,
  chatwootConversation,
  chatwootIsBotOwned,
  chatwootMessage,
  chatwootRequester,
  chatwootText,
} from '../../../shared/helpdesks/desks/chatwoot-wire.ts';
import type { Author, IncomingMessage } from '../../../shared/helpdesks/incoming.ts';
import { headerOf, isFresh, isSignedBy } from '../../../shared/helpdesks/signatures.ts';
import { lenient, lenientList, wireId } from '../../../shared/helpdesks/wire.ts';
import type { Parsed, Platform, PlatformSettings, Verification } from './platform.ts';
import { bySignature, events, ignored, misfit } from './verdicts.ts';

const signatureHeader = 'x-chatwoot-signature';
const timestampHeader = 'x-chatwoot-timestamp';

const eventSchema = z.object({ event: z.string(), account: lenient(z.object({ id: wireId })) });

/** What the event of a message tells beyond what the API does. */
const messageSchema = chatwootMessage.extend({ conversation: chatwootConversation });
type Told = z.infer<typeof messageSchema>;

const change = lenient(z.object({ previous_value: z.unknown(), current_value: z.unknown() }));
const statusSchema = z.object({
  id: wireId,
  changed_attributes: lenientList(z.object({ status: change })),
});

const ratingSchema = z.object({
  conversation: z.object({ id: wireId }),
  content_type: z.literal('input_csat'),
  content_attributes: z.object({
    submitted_values: z.object({ csat_survey_response: z.object({ rating: z.number() }) }),
  }),
});

export const chatwoot: Platform = {
  verify(request, secrets) {
    const { headers, raw, nowMs } = request;
    const signedAt = headerOf(headers, timestampHeader);
    if (signedAt === null) return rejected('missing_header', `The header ${timestampHeader} is missing.`);
    if (!/^\d{1,12}$/.test(signedAt)) {
      return rejected('bad_timestamp', `${timestampHeader} must be in whole seconds since 1970.`);
    }
    if (!isFresh(Number(signedAt) * 1000, nowMs)) {
      return rejected('stale', `${timestampHeader} is more than five minutes away from the time here.`);
    }
    const parts = [signedAt, '.', raw];
    return bySignature(request, signatureHeader, (given) =>
      isSignedBy(secrets, given, { algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=', parts }),
    );
  },

  parse(json, _request, settings) {
    const parsed = eventSchema.safeParse(json);
    if (!parsed.success) return misfit(parsed.error);
    const { event, account } = parsed.data;
    if (settings.account !== null && account !== null && account.id !== settings.account) {
      return ignored('other_account');
    }
    switch (event) {
      case 'message_created':
        return created(json, settings);
      case 'message_updated':
        return updated(json);
      case 'conversation_status_changed':
        return changedStatus(json);
      default:
        return ignored('other_event');
    }
  },
};

function rejected(reason: 'missing_header' | 'bad_timestamp' | 'stale', detail: string): Verification {
  return { kind: 'rejected', reason, detail };
}

function created(json: unknown, settings: PlatformSettings): Parsed {
  const parsed = messageSchema.safeParse(json);
  if (!parsed.success) return misfit(parsed.error);
  return events({ kind: 'message', message: messageOf(parsed.data, settings) });
}

function messageOf(told: Told, { userId }: PlatformSettings): IncomingMessage {
  const { conversation, sender } = told;
  const { additional_attributes: attributes, meta } = conversation;
  return {
    externalId: conversation.id,
    conversationId: conversation.id,
    messageId: told.id,
    createdAt: told.created_at,
    subject: attributes?.mail_subject ?? '',
    text: { format: 'plain', value: chatwootText(told) },
    requester: chatwootRequester(meta?.sender ?? sender),
    // What the browser is set to says little about what is written, so only what was recognised counts.
    language: attributes?.conversation_language ?? null,
    tags: conversation.labels,
    priority: priorities.find((one) => one === conversation.priority) ?? 'normal',
    attachments: chatwootAttachments(told),
    history: [],
    metadata: {},
    author: authorOf(told),
    isPublic: told.private === null ? null : !told.private,
    isOurs: isOurs(told, userId),
    isBotOwned: chatwootIsBotOwned(conversation, userId),
    isAutomatic: told.content_attributes?.email?.auto_reply === true,
  };
}

const priorities = ['low', 'high', 'urgent'] as const;

/** Customers, bots and users are numbered each for themselves. */
function isOurs({ message_type: type, sender }: Told, userId: string | null): boolean {
  if (type === 'incoming' || sender === null || sender.type === 'agent_bot') return false;
  return sender.id !== null && sender.id === userId;
}

function authorOf({ message_type: type, sender }: Told): Author {
  if (type === 'incoming') return 'customer';
  if (type !== 'outgoing') return 'system';
  return sender?.type === 'user' ? 'agent' : 'bot';
}

/** An answered survey is told as a change of the message that asked. */
function updated(json: unknown): Parsed {
  const parsed = ratingSchema.safeParse(json);
  if (!parsed.success) return ignored('edited');
  const { conversation, content_attributes: given } = parsed.data;
  const { rating } = given.submitted_values.csat_survey_response;
  // One to five; the middle says neither.
  if (rating === 3) return ignored('other_event');
  const ids = { externalId: conversation.id, conversationId: conversation.id };
  return events({ kind: 'feedback', ...ids, outcome: rating > 3 ? 'good' : 'bad' });
}

function changedStatus(json: unknown): Parsed {
  const parsed = statusSchema.safeParse(json);
  if (!parsed.success) return misfit(parsed.error);
  const { id, changed_attributes: changes } = parsed.data;
  const status = changes.find((one) => one.status !== null)?.status;
  const ids = { externalId: id, conversationId: id };
  if (status?.current_value === 'resolved') return events({ kind: 'feedback', ...ids, outcome: 'resolved' });
  if (status?.previous_value === 'resolved') return events({ kind: 'feedback', ...ids, outcome: 'reopened' });
  return ignored('other_event');
}
