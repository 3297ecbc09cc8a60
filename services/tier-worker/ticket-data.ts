/** What a model is shown of a ticket, within bounds: nobody's message decides how much a prompt costs. */
import { cutToTokens, estimateTokens } from '../../shared/models/token-estimate.ts';
import type { TokenFamily } from '../../shared/models/token-weights.ts';
import { maxBodyTokens, maxEarlierTokens, maxHistoryTokens } from '../../shared/prompt-limits.ts';
import type { Ticket } from '../../shared/ticket.ts';

export type EarlierMessage = { createdAt: string; subject: string; body: string };

const maxEarlierMessages = 12;
const maxHistoryEntries = 12;
/** No tokenizer is asked to look at more than this. */
const maxBodyCharacters = 40_000;
const maxEntryCharacters = 4000;
const maxSubjectCharacters = 300;
const maxEarlierSubjectCharacters = 60;
const maxNameCharacters = 100;
const maxAttachments = 10;
const maxFileNameCharacters = 60;
/** Less room than this is not worth an entry. */
const leastTokens = 20;

/** Everything of the ticket that a model may see, in the order in which it is shown. What is cut or left out is said. */
export function ticketData(
  ticket: Ticket,
  { earlier, queryType }: { earlier: readonly EarlierMessage[]; queryType: string },
  family: TokenFamily,
): Record<string, unknown> {
  const shownEarlier = newestWithin(earlier.slice(-maxEarlierMessages), {
    textOf: ({ body }) => body,
    room: maxEarlierTokens,
    family,
  });
  const shownHistory = newestWithin(ticket.history.slice(-maxHistoryEntries), {
    textOf: ({ text }) => text,
    room: maxHistoryTokens,
    family,
  });
  return {
    subject: cutCharacters(ticket.subject, maxSubjectCharacters),
    body: cut(ticket.body, { characters: maxBodyCharacters, tokens: maxBodyTokens, family }),
    earlierMessages: shownEarlier.map(({ entry, text }) => ({
      createdAt: entry.createdAt,
      subject: cutCharacters(entry.subject, maxEarlierSubjectCharacters),
      body: text,
    })),
    history: shownHistory.map(({ entry, text }) => ({ role: entry.role, text })),
    customerName: cutCharacters(ticket.requester.name ?? '', maxNameCharacters) || null,
    queryType,
    ...attachmentNames(ticket),
  };
}

/** What is in a file is not known here; that there is one often is what the message is about. */
function attachmentNames({ attachments = [] }: Ticket): { attachments?: string[] } {
  if (attachments.length === 0) return {};
  const names = attachments.slice(0, maxAttachments);
  return { attachments: names.map(({ name }) => cutCharacters(name, maxFileNameCharacters)) };
}

type Within<T> = { textOf: (entry: T) => string; room: number; family: TokenFamily };

/** The newest say most: they get the room, and the oldest that finds none is only mentioned. In the given order. */
function newestWithin<T>(entries: readonly T[], within: Within<T>): { entry: T; text: string }[] {
  let { room } = within;
  return entries
    .toReversed()
    .map((entry) => {
      const text = within.textOf(entry);
      if (room < leastTokens) return { entry, text: text === '' ? '' : '[left out]' };
      const { family } = within;
      const shown = cut(text, { characters: maxEntryCharacters, tokens: room, family });
      room -= estimateTokens(shown, family);
      return { entry, text: shown };
    })
    .toReversed();
}

function cut(text: string, max: { characters: number; tokens: number; family: TokenFamily }): string {
  const short = cutToTokens(text.slice(0, max.characters), max.family, max.tokens);
  return short.length === text.length ? text : `${withoutHalf(short)} [cut]`;
}

function cutCharacters(text: string, characters: number): string {
  return text.length <= characters ? text : `${withoutHalf(text.slice(0, characters))} [cut]`;
}

/** Without the first half of a character that was cut in two. */
function withoutHalf(text: string): string {
  return text.replace(/[\uD800-\uDBFF]$/, '');
}
