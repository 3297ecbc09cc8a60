/**
 * Intercom (developers.intercom.com, "Webhook models"): notifications of an app, signed with its client secret. They carry the
 * conversation with the part that they are about.
 */
import { z } from 'zod';
import type { IncomingMessage } from '../../../shared/helpdesks/incoming.ts';
import {
  intercomAttachments,
  intercomAuthor,
  intercomContent,
  intercomConversation,
  intercomSubject,
  intercomText,
  intercomTime,
  isNote,
  isOurs,
  saysSomething,
} from '../../../shared/helpdesks/intercom-message.ts';
import type { IntercomConversation, IntercomMessage } from '../../../shared/helpdesks/intercom-message.ts';
import { isSignedBy } from '../../../shared/helpdesks/signatures.ts';
import { lenient, wireId } from '../../../shared/helpdesks/wire.ts';
import { isAutomaticMail } from './automatic-mail.ts';
import type { Parsed, Platform, PlatformSettings } from './platform.ts';
import { bySignature, events, ignored, misfit } from './verdicts.ts';

const signatureHeader = 'x-hub-signature';

const envelopeSchema = z.object({
  topic: z.string(),
  app_id: lenient(wireId),
  /** null in a ping. */
  id: lenient(wireId),
  data: lenient(z.object({ item: lenient(z.object({ type: lenient(z.string()) })) })),
});

const itemSchema = z.object({ data: z.object({ item: intercomConversation }) });
const ratedSchema = z.object({
  data: z.object({
    item: z.object({ id: wireId, conversation_rating: z.object({ rating: z.number() }) }),
  }),
});

export const intercom: Platform = {
  verify(request, secrets) {
    return bySignature(request, signatureHeader, (given) =>
      isSignedBy(secrets, given, {
        algorithm: 'sha1',
        encoding: 'hex',
        prefix: 'sha1=',
        parts: [request.raw],
      }),
    );
  },

  parse(json, _request, settings) {
    const parsed = envelopeSchema.safeParse(json);
    if (!parsed.success) return misfit(parsed.error);
    const { topic, app_id, id, data } = parsed.data;
    if (topic === 'ping' || data?.item?.type === 'ping') return ignored('ping');
    if (settings.account !== null && app_id !== null && app_id !== settings.account)
      return ignored('other_account');
    return topics.get(topic)?.({ json, topic, notificationId: id }, settings) ?? ignored('other_event');
  },
};

type Told = { json: unknown; topic: string; notificationId: string | null };

const edited = (): Parsed => ignored('edited');
const topics: ReadonlyMap<string, (told: Told, settings: PlatformSettings) => Parsed> = new Map([
  ['conversation.user.created', spoken],
  ['conversation.user.replied', spoken],
  ['conversation.admin.replied', spoken],
  ['conversation.admin.noted', spoken],
  ['conversation.operator.replied', spoken],
  ['conversation.admin.closed', changedState],
  ['conversation.admin.opened', changedState],
  ['conversation.rating.added', rated],
  ['conversation_part.redacted', edited],
  ['conversation.deleted', edited],
]);

function spoken({ json, topic, notificationId }: Told, settings: PlatformSettings): Parsed {
  const parsed = itemSchema.safeParse(json);
  if (!parsed.success) return misfit(parsed.error);
  const { item } = parsed.data.data;
  const isByCustomer = topic.startsWith('conversation.user.');
  const all = messagesOf(item);
  const message = isByCustomer
    ? (all.findLast((one) => intercomAuthor(one) === 'customer') ?? all.at(-1))
    : all.at(-1);
  if (message?.redacted === true) return ignored('edited');
  if (message !== undefined) {
    return events({ kind: 'message', message: messageWith(item, { message, all, settings }) });
  }
  if (!isByCustomer) return ignored('not_customer');
  if (notificationId === null) {
    const detail = 'is missing: nothing tells this message from others';
    return { kind: 'invalid', errors: [{ pointer: '/id', detail }] };
  }
  return events({ kind: 'message', message: { ...whatItTells(item, settings), messageId: notificationId } });
}

/** Oldest first; what only tells of assignments and the like left out, what was taken back left in. */
function messagesOf({ source, conversation_parts: parts }: IntercomConversation): IntercomMessage[] {
  const all = [...(source === null ? [] : [source]), ...(parts?.conversation_parts ?? [])];
  return all.filter((one) => saysSomething(one) || one.redacted === true);
}

function messageWith(
  item: IntercomConversation,
  {
    message,
    all,
    settings,
  }: { message: IntercomMessage; all: IntercomMessage[]; settings: PlatformSettings },
): IncomingMessage {
  const author = intercomAuthor(message);
  const isAdmins = message.author?.type === 'admin';
  const told = whatItTells(item, settings);
  return {
    ...told,
    messageId: message.id,
    createdAt: intercomTime(message.created_at ?? (message === item.source ? item.created_at : null)),
    text: intercomContent(message),
    requester: author === 'customer' ? requesterOf(message) : {},
    attachments: intercomAttachments(message),
    isAutomatic: isAutomaticMail({ from: message.author?.email ?? null }),
    history: historyOf(all.slice(0, all.indexOf(message))),
    author,
    isPublic: !isNote(message),
    // A bridge from another channel writes customers' messages by the API too; those are customers' all the same.
    isOurs:
      (isAdmins && settings.userId !== null && message.author?.id === settings.userId) ||
      (author !== 'customer' && message.app_package_code !== null),
  };
}

function requesterOf({ author }: IntercomMessage): IncomingMessage['requester'] {
  const { name = null, email = null } = author ?? {};
  return { ...(email === null ? {} : { email }), ...(name === null ? {} : { name }) };
}

function historyOf(before: readonly IntercomMessage[]): IncomingMessage['history'] {
  return before
    .filter((one) => !isNote(one) && one.redacted !== true)
    .map((one) => ({
      role: intercomAuthor(one) === 'customer' ? ('customer' as const) : ('agent' as const),
      text: intercomText(one),
    }))
    .filter(({ text }) => text !== '');
}

function whatItTells(
  item: IntercomConversation,
  { userId }: PlatformSettings,
): Omit<IncomingMessage, 'messageId'> {
  return {
    externalId: item.id,
    conversationId: item.id,
    createdAt: null,
    subject: intercomSubject(item),
    text: null,
    requester: {},
    language: null,
    tags: (item.tags?.tags ?? []).map(({ name }) => name),
    priority: 'normal',
    attachments: [],
    history: [],
    metadata: {},
    author: null,
    isPublic: null,
    isOurs: false,
    isBotOwned: isOurs(item, userId),
    isAutomatic: false,
  };
}

/** Closing and opening by us says nothing about the answer. */
function changedState({ json, topic }: Told, { userId }: PlatformSettings): Parsed {
  const parsed = itemSchema.safeParse(json);
  if (!parsed.success) return misfit(parsed.error);
  const { id, conversation_parts: parts } = parsed.data.data.item;
  const by = parts?.conversation_parts.at(-1)?.author?.id ?? null;
  if (by !== null && by === userId) return ignored('own_message');
  const outcome = topic === 'conversation.admin.closed' ? 'resolved' : 'reopened';
  return events({ kind: 'feedback', externalId: id, conversationId: id, outcome });
}

/** From 1 to 5 ("Conversation rating"); the middle says nothing. */
function rated({ json }: Told): Parsed {
  const parsed = ratedSchema.safeParse(json);
  if (!parsed.success) return ignored('other_event');
  const {
    id,
    conversation_rating: { rating },
  } = parsed.data.data.item;
  if (rating === 3) return ignored('other_event');
  const outcome = rating > 3 ? 'good' : 'bad';
  return events({ kind: 'feedback', externalId: id, conversationId: id, outcome });
}
