/** The text of a ticket whose helpdesk told only that it came, read from there before it is classified. */
import type { App } from '../../shared/app.ts';
import type { Conversation, Desk, DeskFailure, DeskMessage } from '../../shared/helpdesks/desk.ts';
import { whyIgnored } from '../../shared/helpdesks/loop-guard.ts';
import type { IgnoredReason } from '../../shared/helpdesks/loop-guard.ts';
import { openDesk } from '../../shared/helpdesks/open-desk.ts';
import type { OpenDesk } from '../../shared/helpdesks/open-desk.ts';
import { isSelected } from '../../shared/helpdesks/selection.ts';
import type { Runtime } from '../../shared/runtime.ts';
import type { Ticket } from '../../shared/ticket.ts';

/** null where the source's destination is no helpdesk that can be read. */
export type DeskOf = (runtime: Runtime, source: string) => Desk | null;

export type ReadTicket =
  | { kind: 'read'; ticket: Ticket }
  /** There is nothing here for us to answer. */
  | { kind: 'ignored'; reason: IgnoredReason }
  | { kind: 'failed'; failure: Pick<DeskFailure, 'retryAfterMs' | 'isRetryable' | 'reason'> };

const maxBodyCharacters = 200_000;
const maxHistory = 20;

/** Opened as the first ticket needs them, closed with their configuration. */
export function desksByRuntime({ redis, prefix, now }: App): DeskOf {
  const opened = new WeakMap<Runtime, Map<string, OpenDesk | null>>();
  return (runtime, source) => {
    const name = runtime.config.sources[source]?.destination ?? '';
    const destination = runtime.config.destinations[name];
    if (destination === undefined || destination.type === 'email') return null;
    if (destination.type === 'webhook' || destination.type === 'log') return null;
    let desks = opened.get(runtime);
    if (!desks) {
      desks = new Map();
      opened.set(runtime, desks);
    }
    let open = desks.get(name);
    if (open === undefined) {
      open = openDesk(destination, { redis, prefix, now });
      desks.set(name, open);
      if (open !== null) runtime.onClose(open.close);
    }
    return open?.desk ?? null;
  };
}

/**
 * `speaksForOthers`: earlier messages of the conversation wait for this ticket's answer, so that where it turns out to be
 * nobody's question, theirs still is.
 */
export async function readTicket(
  desk: Desk | null,
  runtime: Runtime,
  { ticket, speaksForOthers }: { ticket: Ticket; speaksForOthers: boolean },
  signal: AbortSignal,
): Promise<ReadTicket> {
  if (desk === null) {
    const reason = 'its source has no helpdesk to read it from';
    return { kind: 'failed', failure: { retryAfterMs: null, isRetryable: false, reason } };
  }
  const read = await desk.read(ticket, signal);
  if (read.kind === 'failed') return { kind: 'failed', failure: read };
  const { conversation } = read;
  const told = conversation.messages.find(({ id }) => id === ticket.messageId);
  const waiting = waitingMessage(conversation);
  const isQuestion = told?.author === 'customer' && told.isPublic;
  const message = isQuestion ? told : told === undefined || speaksForOthers ? waiting : told;
  if (message === null) return { kind: 'ignored', reason: 'not_customer' };
  const reason = whyIgnored({
    author: message.author,
    isPublic: message.isPublic,
    isOurs: message.isOwn,
    isBotOwned: conversation.isBotOwned,
    isAutomatic: false,
  });
  if (reason !== null) return { kind: 'ignored', reason };
  const whole = withText(ticket, message, conversation);
  if (whole.body === '' && message.attachments.length === 0) return { kind: 'ignored', reason: 'empty' };
  const source = runtime.config.sources[ticket.source];
  if (source !== undefined && !isSelected(source, whole)) return { kind: 'ignored', reason: 'not_selected' };
  return { kind: 'read', ticket: whole };
}

/**
 * The customer's newest message, null where somebody has answered it in public: an event of which the helpdesk shows no
 * message may well be about our own answer.
 */
function waitingMessage({ messages }: Conversation): DeskMessage | null {
  const newest = messages.findLast(({ isPublic }) => isPublic);
  return newest?.author === 'customer' ? newest : null;
}

function withText(ticket: Ticket, message: DeskMessage, conversation: Conversation): Ticket {
  const { isUnread: _told, ...known } = ticket;
  const { attachments } = message;
  const before = conversation.messages.slice(0, conversation.messages.indexOf(message));
  return {
    ...known,
    body: message.text.slice(0, maxBodyCharacters).trim(),
    subject: ticket.subject === '' ? conversation.subject.slice(0, 1000) : ticket.subject,
    requester: { ...conversation.requester, ...ticket.requester },
    language: ticket.language ?? conversation.language,
    tags: ticket.tags.length > 0 ? ticket.tags : conversation.tags.slice(0, 100),
    history: before
      .filter(({ isPublic, text }) => isPublic && text !== '')
      .slice(-maxHistory)
      .map(({ author, text }) => ({
        role: author === 'customer' ? ('customer' as const) : ('agent' as const),
        text,
      })),
    // Where the webhook named no message, the writing needs to know which one was answered.
    ...(message.id === ticket.messageId
      ? {}
      : { metadata: { ...ticket.metadata, readMessageId: message.id } }),
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}
