/** A message of a HubSpot thread (HubSpot's public API specification, conversationsInboxMessages). */
import { z } from 'zod';
import { staff } from './desk-answers.ts';
import type { DeskMessage } from './desk.ts';
import { textOfHtml } from './html-text.ts';
import { isoTime, lenient, lenientList, wireId } from './wire.ts';

const text = lenient(z.string());
const hubspotAddress = z.object({ type: z.string(), value: z.string() });

export const hubspotMessage = z.object({
  id: wireId,
  /** MESSAGE and COMMENT are what people write; the others tell of changes. */
  type: z.string(),
  createdAt: z.string(),
  createdBy: text,
  client: lenient(z.object({ clientType: text, integrationAppId: lenient(wireId) })),
  senders: lenientList(z.object({ actorId: text, name: text, deliveryIdentifier: lenient(hubspotAddress) })),
  archived: lenient(z.boolean()),
  text,
  richText: text,
  subject: text,
  direction: text,
  channelId: lenient(wireId),
  channelAccountId: lenient(wireId),
  truncationStatus: text,
  attachments: lenientList(z.object({ type: z.literal('FILE'), name: text })),
});
export type HubspotMessage = z.infer<typeof hubspotMessage>;

/** What tells our own messages: the agent in whose name we write, and the app that writes notes without a name. */
export type HubspotOwn = { actorId: string | null; appId: string | null };

/** `A-` and the user's number; HubSpot shows the number alone in some places. */
export const hubspotActor = (userId: string | null): string | null =>
  userId !== null && /^\d+$/.test(userId) ? `A-${userId}` : userId;

export const isFromCustomer = ({ type, direction }: HubspotMessage): boolean =>
  type === 'MESSAGE' && direction === 'INCOMING';

const isOwnActor = (actor: string | null, appId: string | null, own: HubspotOwn): boolean =>
  (actor !== null && actor === own.actorId) || (appId !== null && appId === own.appId);

/** A chat flow's greeting is nobody's answer. */
const isOfMachine = ({ client }: HubspotMessage, actor: string | null): boolean =>
  client?.clientType === 'SYSTEM' || /^[BS]-/.test(actor ?? '');

/** None for what tells of changes, and for what was taken back. */
export function hubspotMessageOf(message: HubspotMessage, own: HubspotOwn): DeskMessage[] {
  const { id, type, archived, text: plain, richText, attachments } = message;
  const createdAt = isoTime(message.createdAt);
  if ((type !== 'MESSAGE' && type !== 'COMMENT') || archived === true || createdAt === null) return [];
  const actor = message.senders[0]?.actorId ?? message.createdBy;
  const appId = message.client?.integrationAppId ?? null;
  const byStaff = isOfMachine(message, actor)
    ? { author: 'system' as const, isOwn: false }
    : staff(isOwnActor(actor, appId, own));
  return [
    {
      id,
      ...(isFromCustomer(message) ? { author: 'customer', isOwn: false } : byStaff),
      isPublic: type === 'MESSAGE',
      text: richText ? textOfHtml(richText) : (plain ?? ''),
      createdAt,
      attachments: attachments.map(({ name }) => ({ name: name ?? 'file', contentType: null, size: null })),
    },
  ];
}
