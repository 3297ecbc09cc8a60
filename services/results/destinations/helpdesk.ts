/**
 * Answers into a helpdesk's thread, through any desk. No helpdesk's API recognises a repeated reply, so the conversation is
 * read first, every time: what is there already is not written again, a person who has taken over is not talked over, and a
 * write whose end is unknown is never repeated.
 */
import { z } from 'zod';
import { contentMark } from '../../../shared/helpdesks/content-mark.ts';
import type {
  Conversation,
  Desk,
  DeskFailure,
  DeskMessageOut,
  DeskTicket,
} from '../../../shared/helpdesks/desk.ts';
import { simpleHtml } from '../../../shared/helpdesks/simple-html.ts';
import type { Delivery, DeliveryOutcome, Destination } from './destination.ts';

export type HelpdeskSettings = {
  name: string;
  type: string;
  /** Put on tickets that got something of ours. */
  tags: readonly string[];
  /** The helpdesk's word for the status after a public reply; null leaves it. */
  status: string | null;
  /** What the customer is told when people take over, by language; `en` where theirs is missing. Empty: nothing. */
  handoffMessage: Readonly<Record<string, string>>;
};

/** The parts of the stored body that a helpdesk needs. */
const payloadSchema = z.object({
  type: z.enum(['ticket.reply', 'ticket.draft', 'ticket.handoff']),
  data: z.object({
    externalId: z.string(),
    conversationId: z.string(),
    messageId: z.string().nullable(),
    text: z.string(),
    language: z.string(),
    metadata: z.record(z.string(), z.unknown()),
  }),
});
const readMessageSchema = z.object({ readMessageId: z.string().nullable().default(null).catch(null) });
type Payload = z.infer<typeof payloadSchema>;

/** A newer message mostly reaches us a moment later by its webhook, and then speaks for this one. */
const waitsForNewer = 3;

export function createHelpdeskDestination(
  settings: HelpdeskSettings,
  desk: Desk,
  close: () => Promise<void>,
): Destination {
  const { name, type } = settings;
  async function deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    const payload = payloadSchema.parse(JSON.parse(delivery.body));
    const { externalId, conversationId, metadata } = payload.data;
    // Where the webhook named no message, the one that was read before it was answered.
    const messageId = readMessageSchema.parse(metadata).readMessageId ?? payload.data.messageId;
    payload.data.messageId = messageId;
    const ticket: DeskTicket = { externalId, conversationId, messageId, metadata };
    const read = await desk.read(ticket, signal);
    if (read.kind === 'failed') return beforeWriting(read);
    const missing = missingParts(payload, settings, read.conversation);
    if (missing.length === 0) return { kind: 'delivered', status: null };
    const instead = whyNotWrite(payload, read.conversation, delivery);
    if (instead !== null) return instead;
    if (!(await delivery.isStillOurs())) return lostLease;
    let status: number | null = null;
    let { conversation } = read;
    for (const [index, part] of missing.entries()) {
      const written = await desk.write(ticket, part, conversation, signal);
      if (written.kind === 'conflict') return changedMeanwhile;
      if (written.kind === 'failed') {
        return written.provablyUnsent && index === 0 ? beforeWriting(written) : inTheMiddle(written);
      }
      status = written.status;
      // Our own write is no change that the next part must stop at.
      conversation = { ...conversation, ...written.since };
    }
    return { kind: 'delivered', status };
  }
  return { name, type, deliver, close };
}

const changedMeanwhile: DeliveryOutcome = {
  kind: 'retry',
  status: 409,
  retryAfterMs: null,
  provablyUnsent: true,
  reason: 'the ticket changed while it was answered',
};
const lostLease: DeliveryOutcome = {
  kind: 'retry',
  status: null,
  retryAfterMs: null,
  provablyUnsent: true,
  receiverIsWell: true,
  reason: 'another worker has taken over',
};

/** Nothing of this attempt can have been written. */
function beforeWriting(failure: DeskFailure): DeliveryOutcome {
  const { status, retryAfterMs, reason, isWaiting, isRetryable } = failure;
  if (!isRetryable) return { kind: 'rejected', status, reason };
  return {
    kind: 'retry',
    status,
    retryAfterMs,
    provablyUnsent: true,
    reason,
    ...(isWaiting ? { isWaiting: true as const } : {}),
  };
}

function inTheMiddle({ status, retryAfterMs, reason, provablyUnsent }: DeskFailure): DeliveryOutcome {
  return { kind: 'retry', status, retryAfterMs, provablyUnsent, reason };
}

/** What is to be written and does not stand in the conversation yet. */
function missingParts(
  payload: Payload,
  settings: HelpdeskSettings,
  conversation: Conversation,
): DeskMessageOut[] {
  return partsOf(payload, settings, conversation).filter(
    (part) => !stands(conversation, payload.data.messageId, part.text),
  );
}

/** True where this text of ours stands in the conversation, after the message that it answers. */
function stands(conversation: Conversation, messageId: string | null, text: string): boolean {
  const mark = contentMark(text);
  return messagesSince(conversation, messageId).some(
    (message) => message.isOwn && contentMark(message.text) === mark,
  );
}

function partsOf(
  { type, data }: Payload,
  { tags, status, handoffMessage }: HelpdeskSettings,
  conversation: Conversation,
): DeskMessageOut[] {
  const partOf = (visibility: DeskMessageOut['visibility'], text: string): DeskMessageOut => ({
    text,
    html: simpleHtml(text),
    visibility,
    tags,
    status: visibility === 'public' && type === 'ticket.reply' ? status : null,
  });
  if (type === 'ticket.reply') return [partOf('public', data.text)];
  if (type === 'ticket.draft') return [partOf('draft', data.text)];
  const said = handoffMessage[data.language] ?? handoffMessage['en'] ?? '';
  // Some helpdesks give the conversation to people with our note: that is no reason to tell the customer nothing.
  const isTaken = conversation.isBotOwned === false && !stands(conversation, data.messageId, data.text);
  const isWithPeople = personAnswered(conversation, data.messageId) || isTaken;
  // The note first: where only one of the two gets through, people know.
  return [partOf('internal', data.text), ...(said === '' || isWithPeople ? [] : [partOf('public', said)])];
}

/** A hand-off is for people, so it is written whoever has the conversation. */
function whyNotWrite(
  { type, data }: Payload,
  conversation: Conversation,
  delivery: Delivery,
): DeliveryOutcome | null {
  if (delivery.mayHaveArrived) {
    return {
      kind: 'unsure',
      reason: 'an earlier attempt may have arrived, and does not stand in the conversation',
    };
  }
  if (type === 'ticket.handoff') return null;
  if (conversation.isBotOwned === false || personAnswered(conversation, data.messageId)) {
    return { kind: 'overtaken', cause: 'with_people', reason: 'a person has the conversation' };
  }
  const hasNewer =
    data.messageId !== null &&
    conversation.messages.some((message) => message.id === data.messageId) &&
    messagesSince(conversation, data.messageId).some(
      (message) => message.author === 'customer' && message.isPublic,
    );
  if (!hasNewer) return null;
  const reason = 'the customer has written again';
  if (delivery.attempt >= waitsForNewer) return { kind: 'overtaken', cause: 'newer_message', reason };
  const nothingSent = { status: null, retryAfterMs: null, provablyUnsent: true } as const;
  return { kind: 'retry', ...nothingSent, receiverIsWell: true, reason };
}

/** Since the customer's message, and in public. */
function personAnswered(conversation: Conversation, messageId: string | null): boolean {
  return messagesSince(conversation, messageId).some(
    (message) => message.author === 'agent' && !message.isOwn && message.isPublic,
  );
}

/** Those after the answered message; where it is not among those that the helpdesk shows, after the customer's newest. */
function messagesSince({ messages }: Conversation, messageId: string | null) {
  const known = messages.findLastIndex((message) => message.id === messageId);
  const from =
    known === -1
      ? messages.findLastIndex(({ author, isPublic }) => author === 'customer' && isPublic)
      : known;
  return messages.slice(from + 1);
}
