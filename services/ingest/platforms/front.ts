/**
 * Front's webhooks: of an application (signed with the time, the event inside `payload`) and of a rule (signed without, the
 * event itself). Either may be a preview, whose text is read afterwards.
 */
import { z } from 'zod';
import { frontAttachments, frontMessage, frontTime } from '../../../shared/helpdesks/front-message.ts';
import type { IncomingMessage } from '../../../shared/helpdesks/incoming.ts';
import type { Outcome } from '../../../shared/feedback.ts';
import { headerOf, isSignedBy } from '../../../shared/helpdesks/signatures.ts';
import { lenient, lenientList, wireId } from '../../../shared/helpdesks/wire.ts';
import { isAutomaticMail } from './automatic-mail.ts';
import type { Parsed, Platform, PlatformSettings } from './platform.ts';
import { bySignature, events, freshTimestamp, ignored, misfit } from './verdicts.ts';

const [signatureHeader, timestampHeader] = ['x-front-signature', 'x-front-request-timestamp'];

const eventSchema = z.object({
  id: wireId,
  type: z.string(),
  conversation: lenient(
    z.object({
      id: wireId,
      subject: lenient(z.string()),
      status: lenient(z.string()),
      assignee: lenient(z.object({ id: wireId })),
      tags: lenientList(z.object({ name: z.string() })),
    }),
  ),
  target: lenient(z.object({ data: z.unknown() })),
  emitted_at: lenient(z.number().nonnegative().max(1e11)),
});
type Event = z.infer<typeof eventSchema>;

const envelopeSchema = z.object({
  type: lenient(z.string()),
  authorization: lenient(z.object({ id: wireId })),
  payload: z.unknown().optional(),
});

/** Of a message: what a preview leaves out is null, and read afterwards. */
const previewSchema = frontMessage.partial().required({ id: true });
type Preview = z.infer<typeof previewSchema>;

const outcomes: Record<string, Outcome> = { archive: 'resolved', reopen: 'reopened' };

export const front: Platform = {
  verify(request, secrets) {
    const given = headerOf(request.headers, signatureHeader);
    if (given === null || headerOf(request.headers, timestampHeader) === null) {
      return bySignature(request, signatureHeader, (mac) =>
        isSignedBy(secrets, mac, { algorithm: 'sha1', encoding: 'base64', parts: [request.raw] }),
      );
    }
    const time = freshTimestamp(request, timestampHeader);
    if (time.kind === 'rejected') return time;
    const parts = [time.text, ':', request.raw];
    return bySignature(request, signatureHeader, (mac) =>
      isSignedBy(secrets, mac, { algorithm: 'sha256', encoding: 'base64', parts }),
    );
  },
  parse(json, request, settings) {
    const envelope = envelopeSchema.safeParse(json);
    if (!envelope.success) return misfit(envelope.error);
    const { type, authorization, payload } = envelope.data;
    if (type === 'sync') {
      const challenge = headerOf(request.headers, 'x-front-challenge');
      if (challenge === null) return ignored('ping');
      return { kind: 'challenge', contentType: 'text/plain', body: challenge };
    }
    // A rule's webhook names no account; its secret is the account's own.
    const isElsewhere = authorization !== null && authorization.id !== settings.account;
    if (settings.account !== null && isElsewhere) return ignored('other_account');
    const parsed = eventSchema.safeParse(payload ?? json);
    if (!parsed.success) return misfit(parsed.error);
    return eventOf(parsed.data, settings);
  },
};

function eventOf(event: Event, settings: PlatformSettings): Parsed {
  const { type, conversation, target } = event;
  if (type === 'comment' || type === 'mention') return ignored('private');
  const outcome = Object.hasOwn(outcomes, type) ? outcomes[type] : undefined;
  if (outcome !== undefined && conversation !== null) {
    const { id } = conversation;
    return events({ kind: 'feedback', externalId: id, conversationId: id, outcome });
  }
  if (type !== 'inbound' && type !== 'outbound' && type !== 'out_reply') return ignored('other_event');
  if (conversation === null) {
    return misfit(new z.ZodError([{ code: 'custom', path: ['conversation'], message: '' }]));
  }
  const message = previewSchema.safeParse(target?.data);
  if (!message.success) return misfit(message.error);
  return events({ kind: 'message', message: messageOf(event, conversation, message.data, settings) });
}

function messageOf(
  { type, emitted_at: emittedAt }: Event,
  { id, subject, assignee, tags }: NonNullable<Event['conversation']>,
  message: Preview,
  { userId }: PlatformSettings,
): IncomingMessage {
  const isCustomer = type === 'inbound' && message.is_inbound !== false;
  const seconds = message.created_at ?? emittedAt;
  return {
    externalId: id,
    conversationId: id,
    messageId: message.id,
    createdAt: seconds === null ? null : frontTime(seconds),
    subject: message.subject ?? subject ?? '',
    text: contentOf(message),
    ...senderOf(message),
    language: null,
    tags: tags.map(({ name }) => name),
    priority: 'normal',
    attachments: frontAttachments({ attachments: message.attachments ?? [] }),
    history: [],
    metadata: {},
    author: isCustomer ? 'customer' : 'agent',
    isPublic: message.is_draft !== true,
    isOurs: userId !== null && message.author?.id === userId,
    isBotOwned: assignee === null ? null : assignee.id === userId,
  };
}

function senderOf({ recipients }: Preview): Pick<IncomingMessage, 'requester' | 'isAutomatic'> {
  const sender = recipients?.find(({ role }) => role === 'from');
  return {
    requester: {
      ...(sender?.handle ? { email: sender.handle } : {}),
      ...(sender?.name ? { name: sender.name } : {}),
    },
    isAutomatic: isAutomaticMail({ from: sender?.handle ?? null }),
  };
}

function contentOf({ body, text }: Preview): IncomingMessage['text'] {
  if (typeof body === 'string') return { format: 'html', value: body };
  return typeof text === 'string' ? { format: 'plain', value: text } : null;
}
