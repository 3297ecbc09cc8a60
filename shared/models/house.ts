/** The `house` model: answers plain questions by quoting the knowledge base. No provider, no cost, no made-up words. */
import type { Passage } from '../knowledge/article.ts';
import type { Knowledge } from '../knowledge/load-knowledge.ts';
import {
  fallbackLanguage,
  goodConfidence,
  primaryLanguage,
  retrieve,
  type RetrievedPassage,
} from '../knowledge/retrieve.ts';
import type { Usage } from '../ticket.ts';
import type { ChatFailure, ChatModel, ChatOutcome, ChatRequest, ModelSettings } from './chat.ts';
import { phrasesFor } from './house-phrases.ts';

/** A known zero: nothing was asked of any provider. */
const noUsage: Usage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/** Flags of tickets that want a person, whatever they ask: an excerpt would make things worse. */
const forPeople: ReadonlySet<string> = new Set(['legal', 'security', 'angry']);

function failure(fault: ChatFailure['fault'], detail: string): ChatFailure {
  return {
    kind: 'failure',
    fault,
    status: null,
    retryAfterMs: null,
    usage: noUsage,
    possiblyBilled: false,
    detail,
  };
}

/** Several passages keep their headings: what each is about is not plain without them. */
function quotations(quoted: readonly Passage[]): string[] {
  return quoted.map(({ heading, text }) =>
    quoted.length > 1 && heading !== null ? `${heading}\n${text}` : text,
  );
}

/** Nothing of the ticket is in it: only the article and our own phrases in the ticket's language. */
function compose({ article, quoted }: RetrievedPassage, ticketLanguage: string): string {
  const language = ticketLanguage === 'und' ? article.language : ticketLanguage;
  const say = phrasesFor(language);
  const isFallback = article.language !== language && article.language === fallbackLanguage;
  const parts = [say.greeting, say.intro(article.title), ...quotations(quoted)];
  if (isFallback) parts.push(say.englishOnly);
  if (article.url !== null) parts.push(`${say.link} ${article.url}`);
  parts.push(say.closing);
  return parts.join('\n\n');
}

function answer(knowledge: Knowledge, request: ChatRequest, signal: AbortSignal): ChatOutcome {
  if (signal.aborted) return failure('aborted', 'aborted before the search');
  if (request.json !== undefined) return failure('bad_request', 'the house model cannot answer in JSON');
  if (request.question === undefined) return failure('bad_request', 'the house model needs a question');
  const { language, labels } = request.question;
  if (labels?.flags.some((flag) => forPeople.has(flag)) === true) {
    return failure('no_answer', 'an excerpt is no answer to a ticket with these flags');
  }
  const best = retrieve(knowledge, request.question, 1)[0];
  if (best === undefined || best.confidence < goodConfidence) {
    return failure('no_answer', 'no article matches well enough');
  }
  return {
    kind: 'answer',
    text: compose(best, primaryLanguage(language)),
    usage: noUsage,
    servedModel: null,
    requestId: null,
    sources: [{ title: best.article.title, path: best.article.path }],
  };
}

/** Makes the model; a call searches in memory (well under a millisecond) and never throws. */
export function createHouseModel(settings: ModelSettings, knowledge: Knowledge): ChatModel {
  return {
    settings,
    call: async (request, signal) => answer(knowledge, request, signal),
  };
}
