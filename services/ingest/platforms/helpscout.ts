/**
 * Help Scout's webhooks, version V2: the conversation, mostly without its threads, so that the text is read afterwards. The
 * kind of event stands only in a header that is not signed, so it is no part of what tells a message again.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { byAge } from '../../../shared/helpdesks/desk-answers.ts';
import {
  helpscoutAttachments,
  helpscoutRequester,
  helpscoutThread,
} from '../../../shared/helpdesks/desks/helpscout.ts';
import type { HelpscoutThread } from '../../../shared/helpdesks/desks/helpscout.ts';
import type { IncomingMessage } from '../../../shared/helpdesks/incoming.ts';
import type { IgnoredReason } from '../../../shared/helpdesks/loop-guard.ts';
import { headerOf, isSignedBy } from '../../../shared/helpdesks/signatures.ts';
import { lenient, lenientList, wireId } from '../../../shared/helpdesks/wire.ts';
import type { Parsed, Platform, PlatformSettings, WebhookRequest } from './platform.ts';
import { bySignature, events, ignored, misfit } from './verdicts.ts';

const person = z.object({ id: lenient(wireId), type: lenient(z.string()) });

const conversationSchema = z
  .object({
    id: wireId,
    mailboxId: lenient(wireId),
    subject: lenient(z.string()),
    status: lenient(z.string()),
    assignee: lenient(z.object({ id: wireId })),
    createdBy: lenient(person),
    createdAt: lenient(z.string()),
    primaryCustomer: lenient(
      z.object({ email: lenient(z.string()), first: lenient(z.string()), last: lenient(z.string()) }),
    ),
    tags: lenientList(z.object({ tag: z.string() })),
    _embedded: lenient(z.object({ threads: lenientList(helpscoutThread) })),
  })
  .transform(({ _embedded: embedded, ...conversation }) => ({
    ...conversation,
    threads: embedded?.threads ?? [],
  }));
type Conversation = z.infer<typeof conversationSchema>;

const ratingSchema = z.object({ conversationId: wireId, rating: z.string() });

/** Events that are somebody's message, but no customer's. */
const others: Record<string, IgnoredReason> = {
  'helpscout.test': 'ping',
  'convo.agent.reply.created': 'not_customer',
  'convo.note.created': 'private',
};

export const helpscout: Platform = {
  verify: (request, secrets) =>
    bySignature(request, 'x-helpscout-signature', (given) =>
      isSignedBy(secrets, given, { algorithm: 'sha1', encoding: 'base64', parts: [request.raw] }),
    ),
  parse(json, request, settings) {
    const event = headerOf(request.headers, 'x-helpscout-event') ?? '';
    const other = Object.hasOwn(others, event) ? others[event] : undefined;
    if (other !== undefined) return ignored(other);
    if (event === 'satisfaction.ratings') return rating(json);
    const isNew = event === 'convo.created';
    if (!isNew && event !== 'convo.customer.reply.created' && event !== 'convo.status') {
      return json === undefined ? misfit(conversationSchema.safeParse(json).error!) : ignored('other_event');
    }
    const parsed = conversationSchema.safeParse(json);
    if (!parsed.success) return misfit(parsed.error);
    const conversation = parsed.data;
    const { id: externalId, mailboxId } = conversation;
    // The body does not name the account, but the inbox.
    if (settings.account !== null && mailboxId !== settings.account) return ignored('other_account');
    if (event === 'convo.status') {
      if (conversation.status !== 'closed') return ignored('other_event');
      return events({ kind: 'feedback', externalId, conversationId: externalId, outcome: 'resolved' });
    }
    return events({ kind: 'message', message: messageOf(conversation, { isNew, request, settings }) });
  },
};

function messageOf(
  conversation: Conversation,
  { isNew, request, settings }: { isNew: boolean; request: WebhookRequest; settings: PlatformSettings },
): IncomingMessage {
  const { id, subject, assignee, createdBy, primaryCustomer, tags } = conversation;
  const isStarted = isNew && createdBy?.type === 'user';
  return {
    externalId: id,
    conversationId: id,
    ...contentOf(conversation, isNew, request),
    subject: subject ?? '',
    requester: helpscoutRequester(primaryCustomer),
    language: null,
    tags: tags.map(({ tag }) => tag),
    priority: 'normal',
    history: [],
    metadata: {},
    author: isStarted ? 'agent' : 'customer',
    isPublic: true,
    isOurs: isStarted && createdBy.id !== null && createdBy.id === settings.userId,
    isBotOwned: assignee === null ? null : assignee.id === settings.userId,
    isAutomatic: false,
  };
}

function contentOf(
  { id, createdAt, threads }: Conversation,
  isNew: boolean,
  { raw }: WebhookRequest,
): Pick<IncomingMessage, 'messageId' | 'createdAt' | 'text' | 'attachments'> {
  const thread = newestOfCustomer(threads);
  if (thread === null) {
    const digest = createHash('sha256').update(raw).digest('hex').slice(0, 32);
    return {
      messageId: `${id}:${digest}`,
      createdAt: isNew ? createdAt : null,
      text: null,
      attachments: [],
    };
  }
  return {
    messageId: thread.id,
    createdAt: thread.createdAt,
    text: { format: 'html', value: thread.body ?? '' },
    attachments: helpscoutAttachments(thread),
  };
}

/** Some accounts' webhooks carry the threads. */
function newestOfCustomer(threads: HelpscoutThread[]): HelpscoutThread | null {
  const theirs = threads.filter(
    ({ type, state }) => type === 'customer' && (state ?? 'published') === 'published',
  );
  return theirs.toSorted(byAge).at(-1) ?? null;
}

/** "Great", "Okay" or "Not good", however it is spelt; what lies between says nothing. */
function rating(json: unknown): Parsed {
  const parsed = ratingSchema.safeParse(json);
  if (!parsed.success) return json === undefined ? misfit(parsed.error) : ignored('other_event');
  const { conversationId } = parsed.data;
  const word = parsed.data.rating.toLowerCase().replaceAll(/[^a-z]/g, '');
  const outcome = word === 'great' ? 'good' : word === 'notgood' ? 'bad' : null;
  if (outcome === null) return ignored('other_event');
  return events({ kind: 'feedback', externalId: conversationId, conversationId, outcome });
}
