/**
 * HubSpot's Conversations API v3: threads of the inbox and the help desk, messages through the channel that the customer used,
 * comments for people. There are neither drafts nor tags.
 */
import { z } from 'zod';
import { failureOf, impossible, misshapen, oldestFirst } from '../desk-answers.ts';
import type {
  Conversation,
  Desk,
  DeskFailure,
  DeskKind,
  DeskMessageOut,
  DeskSettings,
  DeskTicket,
} from '../desk.ts';
import type { DeskHttp, DeskRequest } from '../desk-http.ts';
import { hubspotActor, hubspotMessageOf, isFromCustomer } from '../hubspot-message.ts';
import type { HubspotMessage, HubspotOwn } from '../hubspot-message.ts';
import { readHubspotMessages } from '../hubspot-messages.ts';
import { lenient } from '../wire.ts';

const threadSchema = z.object({
  status: lenient(z.string()),
  spam: lenient(z.boolean()),
  archived: lenient(z.boolean()),
  assignedTo: lenient(z.string()),
});
type Thread = z.infer<typeof threadSchema>;

export const hubspotDesk: DeskKind = {
  // Of a private app on the smallest plan: 100 in 10 seconds.
  requestsPerMinute: 600,
  needs: ['token', 'userId'],
  statuses: ['OPEN', 'CLOSED'],
  withoutTags: 'HubSpot’s conversations have none; use share',
  open: openHubspot,
};

function openHubspot(settings: DeskSettings, http: DeskHttp): Desk {
  const base = settings.url ?? 'https://api.hubapi.com/conversations/v3/conversations';
  const headers = { authorization: `Bearer ${settings.token}` };
  const actorId = hubspotActor(settings.userId);
  const addressOf = (id: string): string => `${base}/threads/${encodeURIComponent(id)}`;
  const call = (method: DeskRequest['method'], url: string, signal: AbortSignal, json?: unknown) =>
    http.request({ method, url, headers, signal, ...(json === undefined ? {} : { json }) });

  return {
    async read({ externalId, messageId, metadata }, signal) {
      const address = addressOf(externalId);
      const response = await call('GET', address, signal);
      if (response.kind !== 'ok') return failureOf(response);
      const thread = threadSchema.safeParse(response.json);
      if (!thread.success) return misshapen('GET', response.status);
      // Read last, so that what is in it is no older than the rest.
      const listed = await readHubspotMessages((url) => call('GET', url, signal), address, messageId);
      if (listed.kind === 'failed') return listed;
      const own = { actorId, appId: appOf(metadata) };
      return { kind: 'conversation', conversation: conversationOf(thread.data, listed.messages, own) };
    },

    async write({ externalId }, message, conversation, signal) {
      const address = addressOf(externalId);
      const out = messageOut(message, conversation, { actorId, channel: settings.channel });
      if (out.kind === 'failed') return out;
      const response = await call('POST', `${address}/messages`, signal, out.json);
      if (response.kind !== 'ok') return failureOf(response);
      const { status, visibility } = message;
      // A call of its own. The message stands, so a status that gets lost is no failure.
      if (status !== null && visibility === 'public') await call('PATCH', address, signal, { status });
      return { kind: 'written', status: response.status };
    },
  };
}

/** The webhook's own app: it is the one that writes. */
function appOf({ appId }: DeskTicket['metadata']): string | null {
  return typeof appId === 'string' ? appId : null;
}

/** `messages` newest first, as the API lists them. */
function conversationOf(thread: Thread, messages: HubspotMessage[], own: HubspotOwn): Conversation {
  const newest = messages.find(isFromCustomer);
  const sender = newest?.senders[0];
  const address = sender?.deliveryIdentifier;
  return {
    subject: messages.findLast(({ subject }) => Boolean(subject))?.subject ?? '',
    requester: {
      ...(address?.type === 'HS_EMAIL_ADDRESS' ? { email: address.value } : {}),
      ...(sender?.name ? { name: sender.name } : {}),
    },
    language: null,
    tags: [],
    messages: oldestFirst(messages.toReversed().flatMap((message) => hubspotMessageOf(message, own))),
    isBotOwned: isBotOwned(thread, own),
    stamp: null,
    writing: newest === undefined ? {} : wayBack(newest),
  };
}

/** A customer's message opens a closed thread again, so who closed it did so since. */
function isBotOwned({ status, spam, archived, assignedTo }: Thread, { actorId }: HubspotOwn): boolean {
  if (assignedTo !== null && assignedTo !== actorId) return false;
  return status !== 'CLOSED' && spam !== true && archived !== true;
}

/** How the customer's newest message came, and to whom an answer goes the same way. */
function wayBack({ senders, channelId, channelAccountId, subject }: HubspotMessage): Record<string, string> {
  const [sender] = senders;
  const address = sender?.deliveryIdentifier;
  const parts = {
    actorId: sender?.actorId,
    addressType: address?.type,
    address: address?.value,
    channelId,
    channelAccountId,
    subject,
  };
  const known = Object.entries(parts).filter((part): part is [string, string] => Boolean(part[1]));
  return Object.fromEntries(known);
}

function messageOut(
  { visibility, text, html }: DeskMessageOut,
  { writing = {} }: Conversation,
  { actorId: senderActorId, channel }: { actorId: string | null; channel: string | null },
): { kind: 'message'; json: Record<string, unknown> } | DeskFailure {
  const content = { text, richText: html, attachments: [] };
  if (visibility !== 'public') return { kind: 'message', json: { type: 'COMMENT', ...content } };
  const { actorId, addressType: type, address: value, channelId, subject } = writing;
  const channelAccountId = channel ?? writing['channelAccountId'];
  if (
    type === undefined ||
    value === undefined ||
    channelId === undefined ||
    channelAccountId === undefined
  ) {
    return impossible('the thread does not say how its customer can be answered');
  }
  const recipient = {
    ...(actorId === undefined ? {} : { actorId }),
    recipientField: 'TO',
    deliveryIdentifiers: [{ type, value }],
  };
  const json = {
    type: 'MESSAGE',
    ...content,
    senderActorId,
    channelId,
    channelAccountId,
    recipients: [recipient],
    ...(subject === undefined ? {} : { subject }),
  };
  return { kind: 'message', json };
}
