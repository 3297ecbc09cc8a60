/** One ticket's prompt and the reading of its reply: what went in is what the reply can name. */
import type { Knowledge } from '../../shared/knowledge/load-knowledge.ts';
import type { ChatAnswer, ChatRequest, ModelSettings } from '../../shared/models/chat.ts';
import type { PromptParts } from '../../shared/prompt-parts.ts';
import { readCitations } from './citations.ts';
import type { CitedReply } from './citations.ts';
import { articlePieces } from './pieces.ts';
import type { Piece } from './pieces.ts';
import { articleAsText } from './reply-checks/reply.ts';
import type { Reply, Text } from './reply-checks/reply.ts';
import { answerPrompt, questionOf } from './prompt.ts';
import type { AnswerInput } from './prompt.ts';
import { tierPromptOf } from './system-prompts.ts';

/** `checked`: what it is checked against before it leaves. */
export type AnswerRead = CitedReply & { checked: Reply };

export type AnswerPrompt = {
  request: (settings: ModelSettings) => ChatRequest;
  /** null where nothing is left of a reply without its marks. */
  read: (answer: ChatAnswer) => AnswerRead | null;
};

export function createAnswerPrompt(
  parts: PromptParts,
  tier: string,
  work: Pick<AnswerInput, 'ticket' | 'classification' | 'earlier'>,
): AnswerPrompt {
  const { system, context, material } = tierPromptOf(parts, tier);
  const question = questionOf(work);
  const ticket: Text = { text: threadText(work) };
  let found: Piece[] | null = null;
  const articles = (): Piece[] => (found ??= articlePieces(parts.knowledge, question));
  const prompt = answerPrompt({ ...work, system, question, articles });
  return {
    request: prompt,
    read({ text, sources }) {
      // The house names its source itself, and was given no marks.
      if (sources.length > 0) {
        const quoted = sources.flatMap(({ path }) => articleText(parts.knowledge, path));
        // It says itself where an article exists in another language only.
        return { text, sources, checked: { text, language: 'und', ticket, material: quoted } };
      }
      const pieces = found ?? [];
      const reply = readCitations(text, [...context, ...pieces], question.text);
      if (reply.text === '') return null;
      const { language } = work.classification;
      const given = [
        ...material,
        ...pieces.map(({ title, text: shown }) => articleAsText(`${title}\n${shown}`)),
      ];
      return { ...reply, checked: { text: reply.text, language, ticket, material: given } };
    },
  };
}

/** Everything of the thread that a reply may speak of. The message itself first: its language counts. */
function threadText({ ticket, earlier }: Pick<AnswerInput, 'ticket' | 'earlier'>): string {
  const { subject, body, requester, history } = ticket;
  const before = [...earlier, ...history].map((message) => ('text' in message ? message.text : message.body));
  return [body, subject, ...before, requester.name ?? '', requester.email ?? ''].join('\n\n');
}

function articleText({ versions }: Knowledge, path: string): Text[] {
  const article = [...versions.values()].flat().find((one) => one.path === path);
  if (article === undefined) return [];
  const parts = article.passages.map(({ heading, text }) => `${heading ?? ''}\n${text}`);
  return [articleAsText([article.title, article.url ?? '', ...parts].join('\n'))];
}
