/**
 * FreeScout's webhooks (module "API & Webhooks"): the conversation with its threads. The kind of event stands only in a header
 * that is not signed, so it is no part of what tells a message again.
 */
import { createHash } from 'node:crypto';
import {
  freescoutConversation,
  freescoutMessage,
  freescoutRequester,
} from '../../../shared/helpdesks/desks/freescout.ts';
import type { FreescoutConversation } from '../../../shared/helpdesks/desks/freescout.ts';
import type { DeskMessage } from '../../../shared/helpdesks/desk.ts';
import type { IncomingMessage } from '../../../shared/helpdesks/incoming.ts';
import type { IgnoredReason } from '../../../shared/helpdesks/loop-guard.ts';
import { headerOf, isSignedBy } from '../../../shared/helpdesks/signatures.ts';
import type { Platform, PlatformSettings, WebhookRequest } from './platform.ts';
import { bySignature, events, ignored, misfit } from './verdicts.ts';

/** Events that are somebody's message, but no customer's. */
const others: Record<string, IgnoredReason> = {
  'convo.agent.reply.created': 'not_customer',
  'convo.note.created': 'private',
};
const known = ['convo.created', 'convo.customer.reply.created', 'convo.status'];

export const freescout: Platform = {
  verify: (request, secrets) =>
    bySignature(request, 'x-freescout-signature', (given) =>
      isSignedBy(secrets, given, { algorithm: 'sha1', encoding: 'base64', parts: [request.raw] }),
    ),
  parse(json, request, settings) {
    const event = headerOf(request.headers, 'x-freescout-event') ?? '';
    const parsed = freescoutConversation.safeParse(json);
    if (json === undefined) return misfit(parsed.error!);
    const other = Object.hasOwn(others, event) ? others[event] : undefined;
    if (other !== undefined) return ignored(other);
    if (!known.includes(event)) return ignored('other_event');
    if (!parsed.success) return misfit(parsed.error);
    const conversation = parsed.data;
    const { id, mailboxId, status } = conversation;
    // The body does not name an account, but the mailbox.
    if (settings.account !== null && mailboxId !== settings.account) return ignored('other_account');
    if (event === 'convo.status') {
      if (status !== 'closed') return ignored('other_event');
      return events({ kind: 'feedback', externalId: id, conversationId: id, outcome: 'resolved' });
    }
    const isNew = event === 'convo.created';
    return events({ kind: 'message', message: messageOf(conversation, { isNew, request, settings }) });
  },
};

function messageOf(
  conversation: FreescoutConversation,
  { isNew, request, settings }: { isNew: boolean; request: WebhookRequest; settings: PlatformSettings },
): IncomingMessage {
  const { id, subject, assignee, createdBy, tags } = conversation;
  const isStarted = isNew && createdBy?.type === 'user';
  return {
    externalId: id,
    conversationId: id,
    ...contentOf(conversation, isNew, request),
    subject: subject ?? '',
    requester: freescoutRequester(conversation),
    language: null,
    tags,
    priority: 'normal',
    metadata: {},
    author: isStarted ? 'agent' : 'customer',
    isPublic: true,
    isOurs: isStarted && createdBy.id !== null && createdBy.id === settings.userId,
    isBotOwned: assignee === null ? null : assignee.id === settings.userId,
    isAutomatic: false,
  };
}

/** The customer's newest message: a webhook that went out late tells of what came meanwhile, too. */
function contentOf(
  { id, createdAt, threads }: FreescoutConversation,
  isNew: boolean,
  { raw }: WebhookRequest,
): Pick<IncomingMessage, 'messageId' | 'createdAt' | 'text' | 'attachments' | 'history'> {
  const messages = (threads ?? [])
    .flatMap((thread) => freescoutMessage(thread, null))
    .filter(({ isPublic }) => isPublic);
  const at = messages.findLastIndex(({ author }) => author === 'customer');
  const message = messages[at];
  if (message === undefined) {
    const digest = createHash('sha256').update(raw).digest('hex').slice(0, 32);
    return {
      messageId: `${id}:${digest}`,
      createdAt: isNew ? createdAt : null,
      text: null,
      attachments: [],
      history: [],
    };
  }
  return {
    messageId: message.id,
    createdAt: message.createdAt,
    text: { format: 'plain', value: message.text },
    attachments: message.attachments,
    history: messages.slice(0, at).filter(hasText).map(historyOf),
  };
}

const hasText = ({ text }: DeskMessage): boolean => text !== '';

function historyOf({ author, text }: DeskMessage): IncomingMessage['history'][number] {
  return { role: author === 'customer' ? 'customer' : 'agent', text };
}
