/** Chatwoot's messages and conversations, as its webhooks and its API both tell of them. */
import { z } from 'zod';
import type { Attachment } from '../incoming.ts';
import { isoTime, lenient, lenientList, wireId } from '../wire.ts';

const text = lenient(z.string());
const messageTypes = ['incoming', 'outgoing', 'activity', 'template'] as const;
type MessageType = (typeof messageTypes)[number];

/** By name in webhooks, by number in the API. */
const messageType = z.union([
  z.enum(messageTypes),
  z
    .int()
    .min(0)
    .max(3)
    .transform((number): MessageType => messageTypes[number]!),
]);

/** ISO 8601 in webhooks, whole seconds since 1970 in the API. */
const time = lenient(z.union([z.string(), z.number().transform((seconds) => seconds * 1000)])).transform(
  isoTime,
);

const person = z.object({ id: lenient(wireId), name: text, email: text, type: text });

export const chatwootMessage = z.object({
  id: wireId,
  content: text,
  created_at: time,
  message_type: messageType,
  private: lenient(z.boolean()),
  sender: lenient(person),
  content_attributes: lenient(
    z.object({
      deleted: lenient(z.boolean()),
      /** Written by a person in the channel's own app. */
      external_echo: lenient(z.boolean()),
      email: lenient(
        z.object({
          auto_reply: lenient(z.boolean()),
          text_content: lenient(z.object({ reply: text })),
        }),
      ),
    }),
  ),
  attachments: lenientList(z.object({ data_url: text, file_size: lenient(z.number()) })),
});
export type ChatwootMessage = z.infer<typeof chatwootMessage>;

export const chatwootConversation = z.object({
  /** The number that people see, which is what the API's addresses have. */
  id: wireId,
  status: text,
  labels: lenientList(z.string()),
  priority: text,
  can_reply: lenient(z.boolean()),
  meta: lenient(z.object({ sender: lenient(person), assignee: lenient(person), assignee_type: text })),
  additional_attributes: lenient(z.object({ mail_subject: text, conversation_language: text })),
});
export type ChatwootConversation = z.infer<typeof chatwootConversation>;

/** Of a mail without what it quotes, where Chatwoot has told them apart. */
export function chatwootText({ content, content_attributes: attributes }: ChatwootMessage): string {
  const reply = attributes?.email?.text_content?.reply ?? '';
  return (reply.trim() === '' ? (content ?? '') : reply).trim();
}

/** `pending` is Chatwoot's word for "a bot has it"; null where nothing is told. */
export function chatwootIsBotOwned(
  { status, meta }: ChatwootConversation,
  userId: string | null,
): boolean | null {
  if (status === null) return null;
  const isWithPerson =
    meta?.assignee?.id !== undefined &&
    meta.assignee.id !== null &&
    meta.assignee.id !== userId &&
    (meta.assignee_type ?? 'User') === 'User';
  return status === 'pending' && !isWithPerson;
}

export function chatwootRequester(sender: Pick<z.infer<typeof person>, 'name' | 'email'> | null): {
  email?: string;
  name?: string;
} {
  return {
    ...(sender?.email ? { email: sender.email } : {}),
    ...(sender?.name ? { name: sender.name } : {}),
  };
}

/** Chatwoot tells an attachment's address and size; its name is the last part of the address. */
export function chatwootAttachments({ attachments }: ChatwootMessage): Attachment[] {
  return attachments.map(({ data_url: url, file_size: size }) => ({
    name: nameIn(url ?? '') || 'attachment',
    contentType: null,
    size,
  }));
}

function nameIn(url: string): string {
  const last = /([^/?#]*)(?:[?#].*)?$/.exec(url)?.[1] ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
