/** One ticket's prompt and the reading of its reply: what went in is what the reply can name. */
import type { ChatAnswer, ChatRequest, ModelSettings } from '../../shared/models/chat.ts';
import type { PromptParts } from '../../shared/prompt-parts.ts';
import { readCitations } from './citations.ts';
import type { CitedReply } from './citations.ts';
import { articlePieces } from './pieces.ts';
import type { Piece } from './pieces.ts';
import { answerPrompt, questionOf } from './prompt.ts';
import type { AnswerInput } from './prompt.ts';
import { tierPromptOf } from './system-prompts.ts';

export type AnswerPrompt = {
  request: (settings: ModelSettings) => ChatRequest;
  /** null where nothing is left of a reply without its marks. */
  read: (answer: ChatAnswer) => CitedReply | null;
};

export function createAnswerPrompt(
  parts: PromptParts,
  tier: string,
  work: Pick<AnswerInput, 'ticket' | 'classification' | 'earlier'>,
): AnswerPrompt {
  const { system, context } = tierPromptOf(parts, tier);
  const question = questionOf(work);
  let found: Piece[] | null = null;
  const articles = (): Piece[] => (found ??= articlePieces(parts.knowledge, question));
  const prompt = answerPrompt({ ...work, system, question, articles });
  return {
    request: prompt,
    read({ text, sources }) {
      // The house names its source itself, and was given no marks.
      if (sources.length > 0) return { text, sources };
      const given = [...context, ...(found ?? [])];
      const reply = readCitations(text, given, question.text);
      return reply.text === '' ? null : reply;
    },
  };
}
