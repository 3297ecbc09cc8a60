/** What travels between the services: the ticket as accepted, its classification, its reply. */
import { z } from 'zod';
import { attachmentSchema } from './helpdesks/incoming.ts';

/** The modes of an answer: `auto` is sent to the customer, `draft` waits for a person to send it. */
export const modes = ['auto', 'draft'] as const;
export type Mode = (typeof modes)[number];
/** Who may let an answer out: `people` get the ticket itself, before anything is paid for an answer. */
export const trustModes = [...modes, 'people'] as const;
export type TrustMode = (typeof trustModes)[number];

export const lanes = ['live', 'backlog'] as const;
/** The backlog lane uses only the slots that live work leaves idle. */
export type Lane = (typeof lanes)[number];

export const classificationSchema = z.object({
  queryType: z.string(),
  /** 0 (trivial) to 1 (needs the strongest model). */
  complexity: z.number().min(0).max(1),
  tier: z.string(),
  /** BCP 47 primary tag, or `und` when nothing can be known. */
  language: z.string(),
  flags: z.array(z.string()),
  /** 0 to 1: how likely queryType is right, as the decider can honestly say. */
  confidence: z.number().min(0).max(1),
  decidedBy: z.enum(['field', 'rule', 'local', 'model']),
});
export type Classification = z.infer<typeof classificationSchema>;

/** Token counts of one call. `inputTokens` includes cached and cache-write tokens; `outputTokens` includes reasoning. */
export const usageSchema = z.object({
  inputTokens: z.number().int().nonnegative(),
  cachedInputTokens: z.number().int().nonnegative(),
  cacheWriteTokens: z.number().int().nonnegative(),
  /** Those of the cacheWriteTokens that are kept for an hour, which costs more. */
  cacheWrite1hTokens: z.number().int().nonnegative().exactOptional(),
  outputTokens: z.number().int().nonnegative(),
  reasoningTokens: z.number().int().nonnegative(),
});
export type Usage = z.infer<typeof usageSchema>;

/** A knowledge article or catalogue that a reply rests on. */
export type SourceReference = { title: string; path: string };

export const historyEntrySchema = z.object({ role: z.enum(['customer', 'agent']), text: z.string() });

/** A ticket as it is stored: every default filled in, nothing left to interpret. */
export const ticketSchema = z.object({
  source: z.string(),
  externalId: z.string(),
  conversationId: z.string(),
  messageId: z.string().nullable(),
  /** The message's own time, ISO 8601 UTC. */
  createdAt: z.string(),
  subject: z.string(),
  body: z.string(),
  requester: z.object({ email: z.string().optional(), name: z.string().optional() }),
  /** What the sender says the language is; a hint that outranks detection. */
  language: z.string().nullable(),
  tags: z.array(z.string()),
  priority: z.enum(['low', 'normal', 'high', 'urgent']),
  lane: z.enum(lanes),
  history: z.array(historyEntrySchema),
  metadata: z.record(z.string(), z.unknown()),
  /** Files that came with the message: what they are, not what is in them. */
  attachments: z.array(attachmentSchema).exactOptional(),
  /** Its helpdesk told only that it came: the text is read there before it is classified. */
  isUnread: z.literal(true).exactOptional(),
});
export type Ticket = z.infer<typeof ticketSchema>;

/** The ends of a ticket; every accepted ticket reaches exactly one. */
export const ends = [
  'delivered',
  'drafted',
  'handed_off',
  'superseded',
  'skipped',
  'cancelled',
  'dead',
  'purged',
] as const;
export type End = (typeof ends)[number];
