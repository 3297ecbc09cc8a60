/** A ticket's message as Gorgias' webhooks and its API tell of it (developers.gorgias.com, "The TicketMessage object"). */
import { z } from 'zod';
import { staff } from './desk-answers.ts';
import type { DeskMessage } from './desk.ts';
import { textOfHtml } from './html-text.ts';
import type { Attachment, Content } from './incoming.ts';
import { isoTime, lenient, lenientList, wireId } from './wire.ts';

const text = lenient(z.string());
const address = z.object({ address: text, name: text });

export const gorgiasMessage = z.object({
  id: wireId,
  ticket_id: lenient(wireId),
  from_agent: z.boolean(),
  public: lenient(z.boolean()),
  channel: text,
  subject: text,
  body_html: text,
  body_text: text,
  stripped_html: text,
  stripped_text: text,
  created_datetime: text,
  sender: lenient(z.object({ id: lenient(wireId), email: text, name: text })),
  source: lenient(z.object({ type: text, from: lenient(address), to: lenientList(address) })),
  headers: lenient(z.record(z.string(), z.unknown())),
  attachments: lenientList(z.object({ name: z.string(), content_type: text, size: lenient(z.number()) })),
  rule_id: lenient(wireId),
});
export type GorgiasMessage = z.infer<typeof gorgiasMessage>;

export const isGorgiasNote = ({ channel, public: isShown }: GorgiasMessage): boolean =>
  channel === 'internal-note' || isShown === false;

export const isOfGorgiasUser = (
  { from_agent: isStaff, sender }: GorgiasMessage,
  userId: string | null,
): boolean => isStaff && userId !== null && sender?.id === userId;

/** Without the quoted messages where Gorgias has taken them out; as HTML, so that lists and links stay. */
export function gorgiasContent(message: GorgiasMessage): Content {
  const { stripped_html: ownHtml, stripped_text: ownText, body_html: html, body_text: plain } = message;
  if (ownHtml) return { format: 'html', value: ownHtml };
  if (ownText) return { format: 'plain', value: ownText };
  if (html) return { format: 'html', value: html };
  return { format: 'plain', value: plain ?? '' };
}

/** None where it has no time. */
export function gorgiasMessageOf(message: GorgiasMessage, userId: string | null): DeskMessage[] {
  const createdAt = isoTime(message.created_datetime);
  if (createdAt === null) return [];
  const { format, value } = gorgiasContent(message);
  const isRule = message.from_agent && message.rule_id !== null;
  const byStaff = isRule
    ? { author: 'system' as const, isOwn: false }
    : staff(isOfGorgiasUser(message, userId));
  return [
    {
      id: message.id,
      ...(message.from_agent ? byStaff : { author: 'customer', isOwn: false }),
      isPublic: !isGorgiasNote(message),
      text: format === 'html' ? textOfHtml(value) : value,
      createdAt,
      attachments: gorgiasAttachments(message),
    },
  ];
}

export function gorgiasAttachments({ attachments }: GorgiasMessage): Attachment[] {
  return attachments.map(({ name, content_type: contentType, size }) => ({ name, contentType, size }));
}
