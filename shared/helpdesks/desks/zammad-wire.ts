/** Zammad's tickets and articles, as its webhooks and its API both tell of them. */
import { z } from 'zod';
import { textOfHtml } from '../html-text.ts';
import type { Attachment, Content } from '../incoming.ts';
import { lenient, lenientList, wireId } from '../wire.ts';

const text = lenient(z.string());

/** Sizes come as text. */
const size = z.union([z.number(), z.string().regex(/^\d{1,15}$/)]).transform(Number);

export const zammadArticle = z.object({
  id: wireId,
  body: text,
  content_type: text,
  /** "Customer", "Agent" or "System". */
  sender: z.string(),
  /** The channel: "email", "web", "note", "phone"… */
  type: z.string(),
  internal: z.boolean(),
  from: text,
  created_by_id: lenient(wireId),
  created_at: text,
  preferences: lenient(z.object({ 'is-auto-response': lenient(z.boolean()) })),
  attachments: lenientList(
    z.object({
      filename: z.string(),
      size: lenient(size),
      preferences: lenient(z.object({ 'Content-Type': text, 'Mime-Type': text })),
    }),
  ),
});
export type ZammadArticle = z.infer<typeof zammadArticle>;

/** The user "-", which has what nobody has. */
const nobody = '1';

/** null where the owner is not told. */
export function zammadIsBotOwned(ownerId: string | null, userId: string | null): boolean | null {
  return ownerId === null ? null : ownerId === nobody || ownerId === userId;
}

export function zammadContent({ body, content_type: type }: ZammadArticle): Content {
  return { format: type?.startsWith('text/html') === true ? 'html' : 'plain', value: body ?? '' };
}

export function zammadText(article: ZammadArticle): string {
  const { format, value } = zammadContent(article);
  return format === 'html' ? textOfHtml(value) : value.trim();
}

export function zammadAttachments({ attachments }: ZammadArticle): Attachment[] {
  return attachments.map(({ filename, size: bytes, preferences }) => ({
    name: filename,
    contentType: preferences?.['Mime-Type'] ?? preferences?.['Content-Type'] ?? null,
    size: bytes,
  }));
}

/** Channels that can be answered by mail; on the phone an agent has written down what was said. */
const answerableTypes = new Set(['email', 'web', 'note']);
export const isAnswerable = ({ type }: ZammadArticle): boolean => answerableTypes.has(type);

/** Metadata of a ticket: the customer's address, which the API tells only in pieces. */
export const customerEmailField = 'customerEmail';
