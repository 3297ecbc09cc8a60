/** A conversation's messages as Intercom's API and webhooks write them; both in the same form. */
import { z } from 'zod';
import { textOfHtml } from './html-text.ts';
import type { Attachment, Author, Content } from './incoming.ts';
import { isoTime, lenient, lenientList, wireId } from './wire.ts';

const text = lenient(z.string());

/** `source`, the first message, or one of the `conversation_parts`; those have a `part_type`. */
const intercomMessage = z.object({
  id: wireId,
  part_type: text,
  subject: text,
  body: text,
  created_at: lenient(z.number()),
  redacted: lenient(z.boolean()),
  app_package_code: text,
  author: lenient(
    z.object({
      type: text,
      id: lenient(wireId),
      name: text,
      email: text,
      from_ai_agent: lenient(z.boolean()),
    }),
  ),
  attachments: lenientList(
    z.object({ name: z.string(), content_type: text, filesize: lenient(z.coerce.number()) }),
  ),
});
export type IntercomMessage = z.infer<typeof intercomMessage>;

/** What the API and webhooks tell of a conversation beside its messages. */
export const intercomConversation = z.object({
  id: wireId,
  title: text,
  state: text,
  created_at: lenient(z.number()),
  admin_assignee_id: wireId.nullable().optional().catch(undefined),
  ai_agent_participated: lenient(z.boolean()),
  source: lenient(intercomMessage),
  conversation_parts: lenient(z.object({ conversation_parts: lenientList(intercomMessage) })),
  tags: lenient(z.object({ tags: lenientList(z.object({ name: z.string() })) })),
});
export type IntercomConversation = z.infer<typeof intercomConversation>;

const authors: Readonly<Record<string, Author>> = {
  user: 'customer',
  lead: 'customer',
  contact: 'customer',
  visitor: 'customer',
  admin: 'agent',
  team: 'agent',
  bot: 'bot',
};

export function intercomAuthor({ author }: IntercomMessage): Author {
  if (author?.from_ai_agent === true) return 'bot';
  const type = author?.type ?? '';
  return Object.hasOwn(authors, type) ? authors[type]! : 'system';
}

/** Parts also tell of assignments, ratings and the like; those that say something have words or files. */
export const saysSomething = ({ body, attachments }: IntercomMessage): boolean =>
  (body ?? '').trim() !== '' || attachments.length > 0;

/** `note`, `note_and_reopen`… */
export const isNote = ({ part_type: type }: IntercomMessage): boolean => type?.includes('note') ?? false;

/** HTML below version 2.15 of the API, plain text from there on; a webhook does not say which version it is of. */
export function intercomContent({ body }: IntercomMessage): Content {
  const value = body ?? '';
  const isHtml = /^\s*<(?:p|div|h[1-6]|ul|ol|blockquote|pre|table|img|a|b|i|strong|em|br)[\s/>]/i.test(value);
  return { format: isHtml ? 'html' : 'plain', value };
}

export function intercomText(message: IntercomMessage): string {
  const { format, value } = intercomContent(message);
  return format === 'html' ? textOfHtml(value) : value.trim();
}

export const intercomAttachments = ({ attachments }: IntercomMessage): Attachment[] =>
  attachments.map(({ name, content_type, filesize }) => ({
    name,
    contentType: content_type,
    size: filesize,
  }));

/** The subject of a mail may come as HTML. */
export const intercomSubject = ({ source, title }: IntercomConversation): string =>
  textOfHtml(source?.subject ?? '') || (title ?? '');

/**
 * False where another has the conversation: the teammate that it is assigned to, or Fin, who answers by itself. null where
 * it is assigned to somebody and who we are is not known.
 */
export function isOurs(conversation: IntercomConversation, userId: string | null): boolean | null {
  if (conversation.ai_agent_participated === true) return false;
  const assignee = conversation.admin_assignee_id;
  if (assignee === undefined) return null;
  if (assignee === null || assignee === '0') return true;
  return userId === null ? null : assignee === userId;
}

/** Seconds since 1970, as Intercom has them. */
export const intercomTime = (seconds: number | null): string | null =>
  isoTime(seconds === null ? null : seconds * 1000);
