/**
 * Freshdesk's API v2 (developers.freshdesk.com/api): a ticket with its conversations, public replies, private notes. A reply
 * takes neither tags nor a status, and there are no drafts.
 */
import { z } from 'zod';
import { beforeMessage, failureOf, impossible, misshapen } from '../desk-answers.ts';
import type { Conversation, Desk, DeskFailure, DeskKind, DeskMessageOut, DeskSettings } from '../desk.ts';
import type { DeskHttp, DeskRequest, DeskResponse } from '../desk-http.ts';
import { wireId } from '../wire.ts';
import { freshdeskConversation, freshdeskEntry, freshdeskTicket } from './freshdesk-conversation.ts';
import type { FreshdeskEntry } from './freshdesk-conversation.ts';

const writtenSchema = z.object({ id: wireId });

/** With the ticket come ten conversations at most; the documentation does not say which. */
const includedConversations = 10;
const perPage = 100;
const maxPages = 20;

export const freshdeskDesk: DeskKind = {
  // A trial's; from 100 or 200 on with the paid plans ("Rate limit").
  requestsPerMinute: 50,
  needs: [['subdomain', 'url'], 'userId'],
  open: openFreshdesk,
};

type Send = (request: Omit<DeskRequest, 'headers'>) => Promise<DeskResponse>;

function openFreshdesk(settings: DeskSettings, http: DeskHttp): Desk {
  const base = `${settings.url ?? `https://${settings.subdomain}.freshdesk.com`}/api/v2/tickets`;
  const authorization = `Basic ${Buffer.from(`${settings.token}:X`).toString('base64')}`;
  const send: Send = (request) => http.request({ ...request, headers: { authorization } });
  const addressOf = (id: string): string => `${base}/${encodeURIComponent(id)}`;

  return {
    async read({ externalId }, signal) {
      const address = addressOf(externalId);
      const response = await send({
        method: 'GET',
        url: `${address}?include=requester,conversations`,
        signal,
      });
      if (response.kind !== 'ok') return failureOf(response);
      const parsed = freshdeskTicket.safeParse(response.json);
      if (!parsed.success) return misshapen('GET', response.status);
      const ticket = parsed.data;
      const isWhole = ticket.conversations.length < includedConversations;
      const entries = isWhole ? ticket.conversations : await listConversations(send, address, signal);
      if ('kind' in entries) return entries;
      return { kind: 'conversation', conversation: freshdeskConversation(ticket, entries, settings) };
    },

    async write({ externalId }, message, conversation, signal) {
      const address = addressOf(externalId);
      const status = statusOf(message.status);
      if (status === undefined) {
        return impossible('status must be open, pending, resolved, closed or the number of one of your own');
      }
      const missing = missingTags(message, conversation);
      if (missing.length > 0) {
        // All tags are replaced at once. Before the message, so that no tag is lost where the account's limit is used up.
        const tags = [...conversation.tags, ...missing];
        const tagged = await send({ method: 'PUT', url: address, json: { tags }, signal });
        if (tagged.kind !== 'ok') return beforeMessage(tagged);
      }
      const isReply = message.visibility === 'public';
      const sender = settings.channel === null ? {} : { from_email: settings.channel };
      const written = await send({
        method: 'POST',
        url: `${address}/${isReply ? 'reply' : 'notes'}`,
        json: { body: message.html, ...(isReply ? sender : { private: true }) },
        signal,
      });
      if (written.kind !== 'ok') return failureOf(written);
      if (!writtenSchema.safeParse(written.json).success) return misshapen('POST', written.status);
      // After it: a ticket that waits for the customer without an answer would be overlooked, the other way round harms nobody.
      if (status !== null) await send({ method: 'PUT', url: address, json: { status }, signal });
      return { kind: 'written', status: written.status };
    },
  };
}

/** All of them, oldest first. */
async function listConversations(
  send: Send,
  address: string,
  signal: AbortSignal,
): Promise<FreshdeskEntry[] | DeskFailure> {
  const all: FreshdeskEntry[] = [];
  for (let page = 1; page <= maxPages; page += 1) {
    const url = `${address}/conversations?per_page=${perPage}&page=${page}`;
    const response = await send({ method: 'GET', url, signal });
    if (response.kind !== 'ok') return failureOf(response);
    const parsed = z.array(freshdeskEntry).safeParse(response.json);
    if (!parsed.success) return misshapen('GET', response.status);
    all.push(...parsed.data);
    if (parsed.data.length < perPage) return all;
  }
  return impossible(`the ticket has more than ${perPage * maxPages} messages`);
}

const statuses: Record<string, number> = { open: 2, pending: 3, resolved: 4, closed: 5 };

/** undefined for what is no status. */
function statusOf(word: string | null): number | null | undefined {
  if (word === null) return null;
  return /^\d{1,9}$/.test(word) ? Number(word) : statuses[word.toLowerCase()];
}

function missingTags({ tags }: DeskMessageOut, conversation: Conversation): string[] {
  const known = new Set(conversation.tags.map((tag) => tag.toLowerCase()));
  return tags.filter((tag) => !known.has(tag.toLowerCase()));
}
