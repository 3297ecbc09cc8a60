/**
 * HubSpot's webhooks: several events in one body, none with a text. The signature is over the address that HubSpot calls,
 * which only the configuration knows. HubSpot's older signatures have no time in them, so that they are not taken.
 */
import { z } from 'zod';
import type { IncomingMessage } from '../../../shared/helpdesks/incoming.ts';
import { headerOf, isSignedBy } from '../../../shared/helpdesks/signatures.ts';
import { isoTime, lenient, wireId } from '../../../shared/helpdesks/wire.ts';
import type { Platform, PlatformEvent, PlatformSettings } from './platform.ts';
import { bySignature, events, freshTimestamp, misfit } from './verdicts.ts';

const [signatureHeader, timestampHeader] = ['x-hubspot-signature-v3', 'x-hubspot-request-timestamp'];

const itemSchema = z.object({
  subscriptionType: z.string(),
  eventId: lenient(wireId),
  portalId: lenient(wireId),
  appId: lenient(wireId),
  /** Milliseconds since 1970. */
  occurredAt: lenient(z.number().nonnegative().max(1e14)),
  objectId: lenient(wireId),
  messageId: lenient(wireId),
  messageType: lenient(z.string()),
  changeSource: lenient(z.string()),
  propertyName: lenient(z.string()),
  propertyValue: lenient(z.string()),
});
type Item = z.infer<typeof itemSchema>;

const bodySchema = z.array(itemSchema).max(1000);

export const hubspot: Platform = {
  verify(request, secrets, { publicUrl }) {
    if (headerOf(request.headers, signatureHeader) === null) {
      return bySignature(request, signatureHeader, () => false);
    }
    const time = freshTimestamp(request, timestampHeader);
    if (time.kind === 'rejected') return time;
    if (publicUrl === null) {
      const detail = `${signatureHeader} cannot be checked: this source has no publicUrl.`;
      return { kind: 'rejected', reason: 'wrong_signature', detail };
    }
    const isFor = (url: string, mac: string): boolean => {
      const parts = ['POST', url, request.raw, time.text];
      return isSignedBy(secrets, mac, { algorithm: 'sha256', encoding: 'base64', parts });
    };
    return bySignature(request, signatureHeader, (mac) =>
      [publicUrl, decoded(publicUrl)].map((url) => isFor(url, mac)).includes(true),
    );
  },
  parse(json, _request, settings) {
    const parsed = bodySchema.safeParse(json);
    if (!parsed.success) return misfit(parsed.error);
    // They come in any order; a conversation's messages must not.
    const items = parsed.data.toSorted((one, other) => (one.occurredAt ?? 0) - (other.occurredAt ?? 0));
    return events(...items.map((item) => eventOf(item, settings)));
  },
};

/** These escapes are taken back before HubSpot signs ("Validating requests", v3). */
function decoded(url: string): string {
  return url.replaceAll(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, decodeURIComponent);
}

function eventOf(item: Item, { account }: PlatformSettings): PlatformEvent {
  const { subscriptionType, portalId, objectId, messageType, changeSource } = item;
  if (account !== null && portalId !== account) return { kind: 'ignored', reason: 'other_account' };
  if (objectId === null || changeSource === 'IMPORT') return { kind: 'ignored', reason: 'other_event' };
  if (subscriptionType === 'conversation.newMessage') {
    if (messageType === 'COMMENT') return { kind: 'ignored', reason: 'private' };
    const message = messageOf(item, objectId);
    return message === null ? { kind: 'ignored', reason: 'other_event' } : { kind: 'message', message };
  }
  const isStatus = subscriptionType === 'conversation.propertyChange' && item.propertyName === 'status';
  if (!isStatus || item.propertyValue !== 'CLOSED') return { kind: 'ignored', reason: 'other_event' };
  return { kind: 'feedback', externalId: objectId, conversationId: objectId, outcome: 'resolved' };
}

/** null where nothing tells this message from the next one. Who wrote it is only known when it has been read. */
function messageOf(item: Item, thread: string): IncomingMessage | null {
  const { messageId, eventId, appId, occurredAt } = item;
  const known = messageId ?? (eventId === null ? null : `${eventId}:${thread}`);
  if (known === null) return null;
  return {
    externalId: thread,
    conversationId: thread,
    messageId: known,
    createdAt: isoTime(occurredAt),
    subject: '',
    text: null,
    requester: {},
    language: null,
    tags: [],
    priority: 'normal',
    attachments: [],
    history: [],
    metadata: appId === null ? {} : { appId },
    author: null,
    isPublic: null,
    isOurs: false,
    isBotOwned: null,
    isAutomatic: false,
  };
}
