/** What every helpdesk's API is to the rest of the system: a conversation to read, a message to write. One file each. */
import type { Attachment, Author } from './incoming.ts';
import type { DeskHttp } from './desk-http.ts';

/** Where a ticket stands at its helpdesk: the ids of the ticket, and what its webhook said beyond them. */
export type DeskTicket = {
  externalId: string;
  conversationId: string;
  messageId: string | null;
  metadata: Record<string, unknown>;
};

export type DeskMessage = {
  id: string;
  author: Author;
  /** By our own user or integration there. */
  isOwn: boolean;
  isPublic: boolean;
  /** Plain text. */
  text: string;
  /** ISO 8601 UTC. */
  createdAt: string;
  attachments: Attachment[];
};

/** A conversation as it stands at the helpdesk at this moment. */
export type Conversation = {
  subject: string;
  requester: { email?: string; name?: string };
  language: string | null;
  tags: string[];
  /** Oldest first; at least the newest twenty, drafts of ours included where the API shows them. */
  messages: DeskMessage[];
  /** False where a person has taken it or it is closed for good; null where the helpdesk knows no owner. */
  isBotOwned: boolean | null;
  /** For desks that refuse a write if anything has changed since this was read. */
  stamp: string | null;
  /** What the desk itself needs to write into it as it stands now; nobody else looks at it. */
  writing?: Record<string, string>;
};

export type DeskFailure = {
  kind: 'failed';
  status: number | null;
  /** True only where the helpdesk cannot have acted on it. */
  provablyUnsent: boolean;
  retryAfterMs: number | null;
  /** False where repeating it can never help: a wrong token, a ticket that is gone, a text that is refused. */
  isRetryable: boolean;
  /** True where the account's limit was used up before anything was sent: no attempt was made. */
  isWaiting: boolean;
  /** For people and logs: never the text, never what the helpdesk answered. */
  reason: string;
};

type DeskRead = { kind: 'conversation'; conversation: Conversation } | DeskFailure;

export type DeskMessageOut = {
  text: string;
  /** The same text as simple, escaped HTML paragraphs with links. */
  html: string;
  /** `draft` where the helpdesk has drafts, else it is written as an internal note. */
  visibility: 'public' | 'internal' | 'draft';
  /** Added to the ticket with the same call where the API can. */
  tags: readonly string[];
  /** The helpdesk's own word for the status after the reply, null to leave it. */
  status: string | null;
};

type DeskWritten =
  /** `since`: what the conversation has become by it, where the answer tells. */
  | { kind: 'written'; status: number; since?: Pick<Conversation, 'stamp' | 'tags'> }
  | /** Something changed since it was read; nothing was written. */ { kind: 'conflict' }
  | DeskFailure;

export type Desk = {
  read: (ticket: DeskTicket, signal: AbortSignal) => Promise<DeskRead>;
  /** One call where the API can do it in one. `conversation` is what was read just before. */
  write: (
    ticket: DeskTicket,
    message: DeskMessageOut,
    conversation: Conversation,
    signal: AbortSignal,
  ) => Promise<DeskWritten>;
};

/** Of a destination in tierline.yaml, parsed. */
export type DeskSettings = {
  subdomain: string | null;
  /** Base address without a slash at the end; null for the platform's own. */
  url: string | null;
  /** The user in whose name answers are written, where the API names users by e-mail. */
  email: string | null;
  token: string;
  /** The same user's id; its messages are our own. */
  userId: string | null;
  /** The account's id, where the API's addresses contain it. */
  account: string | null;
  /** The channel or mailbox that drafts and replies go out by, where the API asks. */
  channel: string | null;
};

export type DeskKind = {
  /** The lowest limit that the platform documents, for accounts that say nothing else. */
  requestsPerMinute: number;
  /** Which settings it cannot do without; told at the start. Of a list, one is enough. */
  needs: readonly (keyof DeskSettings | readonly (keyof DeskSettings)[])[];
  /** What `status` of a destination may say; anything, where it is not given. */
  statuses?: readonly string[];
  /** Why `only` cannot choose by tags there, and what can, in the middle of a sentence; absent where it can. */
  withoutTags?: string;
  open: (settings: DeskSettings, http: DeskHttp) => Desk;
};
