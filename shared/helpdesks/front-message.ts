/** A message as Front's webhooks and its API tell of it. */
import { z } from 'zod';
import { staff } from './desk-answers.ts';
import type { DeskMessage } from './desk.ts';
import { textOfHtml } from './html-text.ts';
import type { Attachment } from './incoming.ts';
import { lenient, lenientList, wireId } from './wire.ts';

export const frontMessage = z.object({
  id: wireId,
  is_inbound: z.boolean(),
  is_draft: lenient(z.boolean()),
  subject: lenient(z.string()),
  body: lenient(z.string()),
  text: lenient(z.string()),
  /** Seconds since 1970, with fractions. */
  created_at: z.number().nonnegative().max(1e11),
  author: lenient(z.object({ id: lenient(wireId), type: lenient(z.string()) })),
  recipients: lenientList(
    z.object({ role: z.string(), handle: lenient(z.string()), name: lenient(z.string()) }),
  ),
  attachments: lenientList(
    z.object({ filename: z.string(), content_type: lenient(z.string()), size: lenient(z.number()) }),
  ),
});
export type FrontMessage = z.infer<typeof frontMessage>;

/** Authors that are nobody's answer. */
const machines = new Set(['rule', 'csat', 'smart_csat', 'chat_bot']);

export const frontTime = (seconds: number): string => new Date(seconds * 1000).toISOString();

export function frontMessageOf(message: FrontMessage, userId: string | null): DeskMessage {
  const { author } = message;
  const isMachine = machines.has(author?.type ?? '');
  const byStaff = isMachine
    ? { author: 'system' as const, isOwn: false }
    : staff(userId !== null && author?.id === userId);
  return {
    id: message.id,
    ...(message.is_inbound ? { author: 'customer', isOwn: false } : byStaff),
    isPublic: message.is_draft !== true,
    text: message.body === null ? (message.text ?? '') : textOfHtml(message.body),
    createdAt: frontTime(message.created_at),
    attachments: frontAttachments(message),
  };
}

export function frontAttachments({ attachments }: Pick<FrontMessage, 'attachments'>): Attachment[] {
  return attachments.map(({ filename, content_type: contentType, size }) => ({
    name: filename,
    contentType,
    size,
  }));
}
