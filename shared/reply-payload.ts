/** The body that destinations of type `webhook` and `log` receive. Its names and their order are part of the contract. */
import type { Classification, Mode, SourceReference, Ticket, Usage } from './ticket.ts';

type ReplyData = {
  ticketId: string;
  generation: number;
  source: string;
  externalId: string;
  conversationId: string;
  messageId: string | null;
  /** Only in hand-offs: why people are asked. */
  reason?: string;
  text: string;
  /** The language of `text`, BCP 47. */
  language: string;
  mode: Mode;
  /** null in hand-offs of tickets that were never classified. */
  classification: Classification | null;
  /** null in hand-offs that no model had a part in; so is `provider`. */
  model: string | null;
  provider: string | null;
  failovers: number;
  /** null when it is not known; so is `costUsd`. */
  usage: Usage | null;
  costUsd: number | null;
  sources: SourceReference[];
  metadata: Record<string, unknown>;
};

export type ReplyPayload = {
  type: 'ticket.reply' | 'ticket.draft' | 'ticket.handoff';
  timestamp: string;
  data: ReplyData;
};

type Common = {
  ticketId: string;
  generation: number;
  ticket: Ticket;
  /** When the reply was made, milliseconds since 1970. */
  atMs: number;
  text: string;
  language: string;
  mode: Mode;
  failovers: number;
  usage: Usage | null;
  costUsd: number | null;
  sources: SourceReference[];
};

export type AnswerFacts = Common & {
  kind: 'answer';
  classification: Classification;
  model: string;
  provider: string;
};

export type HandoffFacts = Common & {
  kind: 'handoff';
  reason: string;
  classification: Classification | null;
  model: string | null;
  provider: string | null;
};

/** Stable for one reply over all its attempts: receivers recognise a repetition by it. */
export function webhookIdOf(ticketId: string, generation: number): string {
  return `msg_${ticketId}_${generation}`;
}

/** `JSON.stringify` of the result is what is stored, and only those bytes are ever sent. */
export function buildReplyPayload(facts: AnswerFacts | HandoffFacts): ReplyPayload {
  const { ticket } = facts;
  return {
    type: typeOf(facts),
    timestamp: new Date(facts.atMs).toISOString(),
    data: {
      ticketId: facts.ticketId,
      generation: facts.generation,
      source: ticket.source,
      externalId: ticket.externalId,
      conversationId: ticket.conversationId,
      messageId: ticket.messageId,
      ...(facts.kind === 'handoff' ? { reason: facts.reason } : {}),
      text: facts.text,
      language: facts.language,
      mode: facts.mode,
      classification: facts.classification === null ? null : inOrder(facts.classification),
      model: facts.model,
      provider: facts.provider,
      failovers: facts.failovers,
      usage: facts.usage === null ? null : usageInOrder(facts.usage),
      costUsd: facts.costUsd,
      sources: facts.sources.map(({ title, path }) => ({ title, path })),
      metadata: ticket.metadata,
    },
  };
}

function typeOf(facts: AnswerFacts | HandoffFacts): ReplyPayload['type'] {
  if (facts.kind === 'handoff') return 'ticket.handoff';
  return facts.mode === 'draft' ? 'ticket.draft' : 'ticket.reply';
}

// Copied name by name: nothing internal can leak out by being added to these types' values.
function inOrder(classification: Classification): Classification {
  const { tier, queryType, complexity, flags, language, confidence, decidedBy } = classification;
  return { tier, queryType, complexity, flags, language, confidence, decidedBy };
}

function usageInOrder(usage: Usage): Usage {
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens, reasoningTokens } = usage;
  return { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens, reasoningTokens };
}
