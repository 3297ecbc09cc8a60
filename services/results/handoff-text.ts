/** The summary that people get of a ticket that could not be answered. Plain text, English. */
import type { Fault } from '../../shared/models/chat.ts';
import type { Classification, Ticket } from '../../shared/ticket.ts';

const maxSubjectCharacters = 200;
const maxMessageCharacters = 4_000;
const maxEarlierMessages = 5;
const maxEarlierCharacters = 1_000;
const maxAttempts = 10;

/** Causes that are not a model's fault. A cause outside this table and the faults is shown as it is named. */
const causes: Record<string, string> = {
  deadline: 'No answer was ready in time.',
  no_model: 'No model is configured for this kind of ticket.',
  no_destination: 'No destination is configured for this source.',
  attempts: 'Every model was tried as often as is allowed.',
  poison: 'Working on this ticket failed again and again.',
  with_people: 'This conversation is already with people.',
  trust: 'Tickets like this one are left to people by the configuration.',
  check_secrets: 'The answer held a key, a card number or a bank account, and was thrown away.',
  check_promptLeak: 'The answer told what the model was told, and was thrown away.',
  check_empty: 'The answer said nothing.',
  check_language: 'The answer was in another language than the customer’s, and was thrown away.',
  check_placeholders: 'The answer had something of a template in it, and was thrown away.',
  check_links: 'The answer had a link in it that nobody knows, and was thrown away.',
  check_amounts: 'The answer named a price or percentage that nobody knows, and was thrown away.',
  check_promises: 'The answer promised what nothing supports, and was thrown away.',
  unreadable: 'The message could not be read from the helpdesk.',
  newer_message: 'The customer has written again in the meantime.',
  delivery_unknown: 'It is unknown whether the answer reached the customer. Please look before you answer.',
};

const faultTexts: Record<Fault, string> = {
  timeout_total: 'took too long',
  timeout_first_byte: 'did not begin to answer in time',
  timeout_idle: 'stopped in the middle of its answer',
  connection: 'could not be reached',
  rate_limited: 'was over its rate limit',
  overloaded: 'was overloaded',
  server_error: 'failed on its side',
  auth: 'refused the API key',
  quota: 'has no quota left',
  not_found: 'does not exist at its provider',
  bad_request: 'refused the request as malformed',
  too_long: 'cannot take a ticket this long',
  filtered: 'was stopped by the provider’s content filter',
  refused: 'refused to answer',
  bad_response: 'sent something that is not an answer',
  truncated: 'broke off before the end',
  length: 'did not finish within its output limit',
  empty: 'sent an empty answer',
  schema: 'answered in the wrong form',
  no_answer: 'knows no answer',
  aborted: 'was interrupted',
};

export type HandoffAttempt = { model: string; provider: string; fault: Fault | null };

export type HandoffTextFacts = {
  /** A key of the causes above, a fault, or any other name. */
  reason: string;
  ticket: Ticket;
  /** null where the ticket was never classified. */
  classification: Classification | null;
  /** In the order in which they were made. */
  attempts: readonly HandoffAttempt[];
  /** Earlier messages of the conversation that nobody has answered, oldest first. */
  earlier: readonly { createdAt: string; body: string }[];
};

/** Bounded, whatever the customer wrote: about 12,000 characters, or 30,000 where every line is empty. */
export function handoffText(facts: HandoffTextFacts): string {
  const { reason, ticket, classification, attempts, earlier } = facts;
  const parts = [
    ['This ticket was not answered automatically.', `Cause: ${causeOf(reason)}`].join('\n'),
    classificationLines(classification, ticket).join('\n'),
    attemptLines(attempts).join('\n'),
  ];
  const subject = ticket.subject.replace(/\s+/g, ' ').trim();
  const subjectLine = subject === '' ? [] : [`Subject: ${shorten(subject, maxSubjectCharacters)}`];
  parts.push(
    [
      ...subjectLine,
      `The customer’s message, ${ticket.createdAt}:`,
      quote(ticket.body, maxMessageCharacters),
    ].join('\n'),
  );
  const shown = earlier.slice(-maxEarlierMessages);
  const hidden = earlier.length - shown.length;
  if (shown.length > 0) parts.push('Earlier messages of this conversation that were not answered either:');
  if (hidden > 0) parts.push(`(${hidden} older not shown)`);
  for (const message of shown) {
    parts.push(`${message.createdAt}:\n${quote(message.body, maxEarlierCharacters)}`);
  }
  return parts.join('\n\n');
}

function causeOf(reason: string): string {
  const known = Object.hasOwn(causes, reason) ? causes[reason] : undefined;
  if (known !== undefined) return known;
  if (isFault(reason)) return `The last model ${faultTexts[reason]}.`;
  const words = shorten(reason.replace(/[_\s]+/g, ' ').trim(), maxSubjectCharacters);
  return words === '' ? 'not known.' : `${words}.`;
}

function isFault(reason: string): reason is Fault {
  return Object.hasOwn(faultTexts, reason);
}

function classificationLines(classification: Classification | null, ticket: Ticket): string[] {
  if (classification === null) {
    const language = ticket.language === null ? [] : [`Language: ${languageName(ticket.language)}`];
    return ['Query type: not classified', ...language];
  }
  const lines = [
    `Query type: ${classification.queryType}`,
    `Tier: ${classification.tier}`,
    `Language: ${languageName(classification.language)}`,
  ];
  if (classification.flags.length > 0) lines.push(`Flags: ${classification.flags.join(', ')}`);
  return lines;
}

function attemptLines(attempts: readonly HandoffAttempt[]): string[] {
  if (attempts.length === 0) return ['Tried: nothing'];
  const shown = attempts.slice(-maxAttempts);
  const hidden = attempts.length - shown.length;
  return [
    'Tried:',
    ...(hidden > 0 ? [`- ${hidden} earlier attempts, not shown`] : []),
    ...shown.map(({ model, provider, fault }) => {
      const outcome = fault === null ? 'answered' : faultTexts[fault];
      return `- ${model} (${provider}) ${outcome}`;
    }),
  ];
}

const languageNames = new Intl.DisplayNames(['en'], { type: 'language' });

function languageName(tag: string): string {
  if (tag === 'und') return 'not known';
  try {
    const name = languageNames.of(tag);
    return name === undefined || name === tag ? tag : `${name} (${tag})`;
  } catch {
    return tag;
  }
}

/** Every line marked, so that nothing in the message can pass for a line of the summary. */
function quote(text: string, maxCharacters: number): string {
  return shorten(text.trim(), maxCharacters)
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => `> ${line}`)
    .join('\n');
}

/** Never cuts a character that takes two code units in half. */
function shorten(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const cut = text.slice(0, maxCharacters).replace(/[\uD800-\uDBFF]$/, '');
  return `${cut} […${text.length - cut.length} more characters]`;
}
