/**
 * From a helpdesk's message to the ticket that is stored. A signed message is a customer's, whatever stands in it: what cannot
 * be stored is left out or cut, and only ids that cannot be used refuse it.
 */
import { textOfHtml } from '../../shared/helpdesks/html-text.ts';
import type { Content, IncomingMessage } from '../../shared/helpdesks/incoming.ts';
import type { Ticket } from '../../shared/ticket.ts';
import type { ProblemError } from './problem.ts';
import { canonicalLanguage, isLanguageTag } from './language-tag.ts';

const maxIdentifierCharacters = 255;
const maxSubjectCharacters = 1000;
const maxBodyCharacters = 200_000;
const maxNameCharacters = 255;
const maxTagCharacters = 100;
const maxEntries = 100;

export type MessageTicket =
  | { kind: 'ok'; ticket: Ticket }
  | { kind: 'empty' }
  | { kind: 'invalid'; errors: ProblemError[] };

/** `nowMs` is its time where the helpdesk says none. `empty`: there is nothing to answer. */
export function messageTicket(message: IncomingMessage, source: string, nowMs: number): MessageTicket {
  const errors = identifierErrors(message);
  if (errors.length > 0) return { kind: 'invalid', errors };
  const body = message.text === null ? null : plainText(message.text).slice(0, maxBodyCharacters).trim();
  if (body === '' && message.attachments.length === 0) return { kind: 'empty' };
  const { language, attachments } = message;
  const at = message.createdAt === null ? Number.NaN : Date.parse(message.createdAt);
  const ticket: Ticket = {
    source,
    externalId: message.externalId,
    conversationId: message.conversationId,
    messageId: message.messageId,
    // A sender's clock that runs ahead would put a message behind those that come after it.
    createdAt: new Date(at >= 0 ? Math.min(at, nowMs) : nowMs).toISOString(),
    subject: clean(message.subject).slice(0, maxSubjectCharacters),
    body: body ?? '',
    requester: requesterOf(message),
    language: language !== null && isLanguageTag(language) ? canonicalLanguage(language) : null,
    tags: message.tags
      .map((tag) => clean(tag).slice(0, maxTagCharacters))
      .filter((tag) => tag !== '')
      .slice(0, maxEntries),
    priority: message.priority,
    lane: 'live',
    history: message.history
      .slice(-maxEntries)
      .map(({ role, text }) => ({ role, text: clean(text).slice(0, maxBodyCharacters) })),
    metadata: message.metadata,
    ...(attachments.length === 0 ? {} : { attachments: attachments.slice(0, maxEntries) }),
    ...(body === null ? { isUnread: true as const } : {}),
  };
  return { kind: 'ok', ticket };
}

function plainText({ format, value }: Content): string {
  return clean(format === 'html' ? textOfHtml(value) : value);
}

// oxlint-disable-next-line no-control-regex -- these are what is left out
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** What stores, mails and helpdesks cannot carry goes; line breaks and tabs stay. */
const clean = (text: string): string => text.toWellFormed().replaceAll('\r\n', '\n').replaceAll(controls, '');

function identifierErrors(message: IncomingMessage): ProblemError[] {
  return (['externalId', 'conversationId', 'messageId'] as const).flatMap((name) => {
    const value = message[name];
    const isUsable = value.trim() !== '' && value.length <= maxIdentifierCharacters && clean(value) === value;
    return isUsable ? [] : [{ pointer: `/${name}`, detail: 'is not an id that can be used' }];
  });
}

function requesterOf({ requester: { email, name } }: IncomingMessage): Ticket['requester'] {
  const isAddress = email !== undefined && email.length <= 320 && /^[^\s@]+@[^\s@]+$/.test(email);
  const shown = clean(name ?? '')
    .slice(0, maxNameCharacters)
    .trim();
  return { ...(isAddress ? { email } : {}), ...(shown === '' ? {} : { name: shown }) };
}
