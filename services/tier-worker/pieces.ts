/** What replies rest on: context files and retrieved articles, numbered so that a model can say which it used. */
import type { ContextFile } from '../../shared/context-files.ts';
import type { Article, Passage } from '../../shared/knowledge/article.ts';
import type { Knowledge } from '../../shared/knowledge/load-knowledge.ts';
import { retrieve } from '../../shared/knowledge/retrieve.ts';
import type { ChatRequest } from '../../shared/models/chat.ts';
import { estimateTokens } from '../../shared/models/token-estimate.ts';
import { maxArticleTokens } from '../../shared/prompt-limits.ts';
import type { SourceReference } from '../../shared/ticket.ts';

export type Piece = SourceReference & {
  /** Such as `a1` for an article or `c1` for a context file. */
  mark: string;
  text: string;
};

export function contextPieces(files: readonly ContextFile[]): Piece[] {
  return files.map((file, index) => ({ ...file, mark: `c${index + 1}` }));
}

/** The mark in brackets, the title and the file, and below them the text as it is. */
export function pieceText({ mark, title, path, text }: Piece): string {
  return `[${mark}] ${title} (${path})\n${text}`;
}

const maxArticles = 3;
/** Below this an article has hardly more than chance in common with the ticket, and every token of it is paid for. */
const minConfidence = 0.2;
/** And an article that is far behind the best one is about something else. */
const minShareOfBest = 0.5;

type Question = NonNullable<ChatRequest['question']>;

/** The articles to give along with a question, best first; none where none is about it. */
export function articlePieces(knowledge: Knowledge, question: Question): Piece[] {
  const found = retrieve(knowledge, question, maxArticles);
  const enough = Math.max(minConfidence, (found[0]?.confidence ?? 0) * minShareOfBest);
  const pieces: Piece[] = [];
  let room = maxArticleTokens;
  for (const { article, passage, confidence } of found) {
    if (confidence < enough) break;
    const { text, tokens } = excerpt(article, passage, room);
    if (text === '') break;
    room -= tokens;
    pieces.push({ mark: `a${pieces.length + 1}`, title: article.title, path: article.path, text });
  }
  return pieces;
}

/** The whole article where there is room for it; else the passage that was found, and what stands around it. */
function excerpt(article: Article, found: Passage, room: number): { text: string; tokens: number } {
  const { passages } = article;
  const at = passages.findIndex(({ text }) => text === found.text);
  const order = [...passages.slice(at), ...passages.slice(0, at).reverse()];
  const taken = new Set<Passage>();
  let tokens = 0;
  for (const passage of order) {
    const more = estimateTokens(passageText(passage), 'other');
    if (tokens + more > room) break;
    tokens += more;
    taken.add(passage);
  }
  const text = passages.filter((passage) => taken.has(passage)).map(passageText);
  return { text: text.join('\n\n'), tokens };
}

function passageText({ heading, text }: Passage): string {
  return heading === null ? text : `${heading}\n${text}`;
}
