/** One message as a helpdesk tells of it, in words that are the same for all helpdesks. */
import { z } from 'zod';

/** A file that came with a message; only its description is kept. */
export const attachmentSchema = z.object({
  name: z.string(),
  contentType: z.string().nullable(),
  /** Bytes, null where the helpdesk does not say. */
  size: z.number().nullable(),
});
export type Attachment = z.infer<typeof attachmentSchema>;

export type Author = 'customer' | 'agent' | 'bot' | 'system';

export type IncomingMessage = {
  /** The ticket or conversation as the helpdesk's API names it. Text, for ids go beyond 2^53. */
  externalId: string;
  /** Messages with the same one are one conversation, answered in one voice. */
  conversationId: string;
  /** From the signed body: the same message told again has the same one. */
  messageId: string;
  /** ISO 8601 UTC; null where the helpdesk does not say. */
  createdAt: string | null;
  subject: string;
  /** null where the event does not carry it: it is then read from the helpdesk before the ticket is classified. */
  text: Content | null;
  requester: { email?: string; name?: string };
  /** BCP 47, null where the helpdesk does not say. */
  language: string | null;
  tags: string[];
  priority: 'low' | 'normal' | 'high' | 'urgent';
  attachments: Attachment[];
  /** Earlier public messages, oldest first, where the event carries them. */
  history: { role: 'customer' | 'agent'; text: string }[];
  /** What writing back needs beyond the ids; kept with the ticket as metadata, so nothing secret. */
  metadata: Record<string, string>;
} & LoopFacts;

export type Content = { format: 'plain' | 'html'; value: string };

/** What the loop guard decides on; null where the event does not tell and reading the conversation will. */
export type LoopFacts = {
  author: Author | null;
  isPublic: boolean | null;
  /** Written by our own user or integration there. */
  isOurs: boolean;
  /** False where a person has the conversation. */
  isBotOwned: boolean | null;
  /** An automatic mail: auto-reply, bounce, list. */
  isAutomatic: boolean;
};
