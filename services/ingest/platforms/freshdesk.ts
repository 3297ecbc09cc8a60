/**
 * Freshdesk's automation rules ("Using Webhooks in automation rules"): what they post is the "Simple" content, or a template of
 * the same names. All values are text, nothing is signed, no message has an id, and a quote in a customer's text can break the
 * JSON: the ticket is then known by the address. Who wrote a text is told only by the name before it. Wherever that is not
 * surely the customer's, nothing of it is trusted and the conversation is read.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { freshdeskMessageId } from '../../../shared/helpdesks/freshdesk-ids.ts';
import { textOfHtml } from '../../../shared/helpdesks/html-text.ts';
import type { Author, IncomingMessage } from '../../../shared/helpdesks/incoming.ts';
import { lenient } from '../../../shared/helpdesks/wire.ts';
import type { Parsed, Platform, PlatformSettings, WebhookRequest } from './platform.ts';
import { bySharedSecret, events, ignored } from './verdicts.ts';

const field = lenient(z.union([z.string(), z.int().transform(String)]));
const toldSchema = z.object({
  ticket_id: field,
  ticket_subject: field,
  ticket_description: field,
  ticket_latest_public_comment: field,
  ticket_tags: field,
  ticket_priority: field,
  ticket_source: field,
  ticket_requester_name: field,
  ticket_requester_email: field,
  ticket_agent_id: field,
  ticket_agent_name: field,
  ticket_agent_email: field,
  /** Words that a rule's template says itself. */
  account: field,
  outcome: field,
});
type Told = z.infer<typeof toldSchema>;
const bodySchema = z.object({ freshdesk_webhook: toldSchema });

/** Of a body that says nothing. */
const nothing = toldSchema.parse({});

export const freshdesk: Platform = {
  verify: bySharedSecret,
  parse(json, request, settings) {
    const told = bodySchema.safeParse(json).data?.freshdesk_webhook ?? nothing;
    const { account, outcome } = told;
    // The rule's own preview sends its template as it stands.
    if (told.ticket_id?.includes('{{') === true) return ignored('ping');
    const id = ticketIdOf(told.ticket_id) ?? ticketIdOf(ticketInUrl(request.url));
    if (id === null) return withoutTicket;
    if (settings.account !== null && account !== null && account !== settings.account) {
      return ignored('other_account');
    }
    if (outcome !== null) return feedback(id, outcome);
    return events({ kind: 'message', message: messageOf(id, told, { request, settings }) });
  },
};

const withoutTicket: Parsed = {
  kind: 'invalid',
  errors: [
    {
      pointer: '/freshdesk_webhook/ticket_id',
      detail: 'is missing, and the address ends in no ticket id either',
    },
  ],
};

/** Some accounts show ids as `#12` or `INC-12`. */
function ticketIdOf(text: string | null): string | null {
  return /^\s*#?(?:[A-Za-z]{1,10}-)?(\d{1,20})\s*$/.exec(text ?? '')?.[1] ?? null;
}

/** The last part of `/v1/webhooks/<source>/<ticketId>`. */
function ticketInUrl(url: string): string | null {
  return /^\/v1\/webhooks\/[^/?#]+\/([^/?#]+)/.exec(url)?.[1] ?? null;
}

const outcomes = {
  resolved: 'resolved',
  closed: 'resolved',
  reopened: 'reopened',
  good: 'good',
  bad: 'bad',
} as const;

function feedback(id: string, said: string): Parsed {
  const key = said.trim().toLowerCase();
  const outcome = Object.hasOwn(outcomes, key) ? outcomes[key as keyof typeof outcomes] : null;
  if (outcome === null) return ignored('other_event');
  return events({ kind: 'feedback', externalId: id, conversationId: id, outcome });
}

function messageOf(
  id: string,
  told: Told,
  { request, settings }: { request: WebhookRequest; settings: PlatformSettings },
): IncomingMessage {
  const { text, author } = whatIsSaid(told);
  const isBotOwned = ownerOf(told, settings);
  const isCertain = author === 'customer' && text !== '' && isBotOwned !== null;
  return {
    externalId: id,
    conversationId: id,
    messageId: text === '' ? `${id}-${digestOf(request.raw)}` : freshdeskMessageId(id, text),
    createdAt: null,
    subject: told.ticket_subject ?? '',
    text: isCertain ? { format: 'plain', value: text } : null,
    requester: {
      ...(told.ticket_requester_email === null ? {} : { email: told.ticket_requester_email }),
      ...(told.ticket_requester_name === null ? {} : { name: told.ticket_requester_name }),
    },
    language: null,
    tags: (told.ticket_tags ?? '')
      .split(',')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
    priority: priorityOf(told.ticket_priority),
    attachments: [],
    history: [],
    metadata: {},
    author,
    isPublic: author === null ? null : true,
    isOurs: false,
    isBotOwned,
    isAutomatic: false,
  };
}

const digestOf = (raw: Buffer): string => createHash('sha256').update(raw).digest('base64url').slice(0, 22);

/** How tickets come in that the customer has written; an agent has written those of a call or an outbound mail. */
const customerSources = new Set([
  'email',
  'portal',
  'feedback widget',
  'chat',
  'mobihelp',
  '1',
  '2',
  '7',
  '9',
]);
const agentSources = new Set(['phone', 'outbound email', '3', '10']);

/** The newest public comment, or what the ticket begins with, and whose words they are; null where nothing tells. */
function whatIsSaid(told: Told): { text: string; author: Author | null } {
  const comment = plain(told.ticket_latest_public_comment);
  if (comment === '') {
    const source = told.ticket_source?.trim().toLowerCase() ?? '';
    const byAgent = agentSources.has(source) ? ('agent' as const) : null;
    return {
      text: plain(told.ticket_description),
      author: customerSources.has(source) ? 'customer' : byAgent,
    };
  }
  // "Ana Example : It has not come."
  const [whole, name] = /^([^\n:]{1,200}?) :\s+/.exec(comment) ?? ['', null];
  const text = comment.slice(whole.length).trim();
  const isAgent = isName(name, told.ticket_agent_name);
  if (isName(name, told.ticket_requester_name)) return { text, author: isAgent ? null : 'customer' };
  return { text, author: isAgent ? 'agent' : null };
}

function isName(name: string | null | undefined, known: string | null): boolean {
  const [one, other] = [name?.trim().toLowerCase() ?? '', known?.trim().toLowerCase() ?? ''];
  return one !== '' && one === other;
}

function plain(text: string | null): string {
  if (text === null) return '';
  return /<\/?[a-z][^<>]*>/i.test(text) ? textOfHtml(text) : text.trim();
}

/** null where only an agent's mail address is told: it may be our own user's. */
function ownerOf(told: Told, { userId }: PlatformSettings): boolean | null {
  const { ticket_agent_id: agent, ticket_agent_email: email } = told;
  if (agent === null) return email === '' ? true : null;
  return agent === '' || agent === userId;
}

function priorityOf(text: string | null): IncomingMessage['priority'] {
  const word = text?.trim().toLowerCase();
  if (word === 'low' || word === '1') return 'low';
  if (word === 'high' || word === '3') return 'high';
  return word === 'urgent' || word === '4' ? 'urgent' : 'normal';
}
