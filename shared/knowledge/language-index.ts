/** The search index of one language, and how well an article covers a question. */
import MiniSearch, { type SearchResult } from 'minisearch';
import type { Article } from './article.ts';
import { buildQuestionIndex, type QuestionIndex } from './question-index.ts';
import { termsOf } from './terms.ts';

/** The terms of each field, with spaces between them. */
type Entry = { id: string; title: string; keywords: string; headings: string; text: string };
const indexed = ['title', 'keywords', 'headings', 'text'] as const;

export type LanguageIndex = {
  search: MiniSearch<Entry>;
  /** In how many entries each term occurs. */
  frequencies: ReadonlyMap<string, number>;
  questions: QuestionIndex;
};

export type IndexHit = {
  /** The article's id, the same in all languages. */
  id: string;
  /** From 0 (nothing in common) to about 1 (all that is asked stands in the title); a little more for long matches. */
  confidence: number;
  /** MiniSearch's score, which orders hits of equal confidence. */
  score: number;
};

// The numbers below were chosen on the sample tickets, 63 more questions and 3,000 unrelated newspaper sentences in 20
// languages. They are not sharp: other values near them moved at most 3 of 87 answers.
/** Shorter words are too often the beginning of something else. */
const minPrefixLetters = 4;
/** A term that only the body has says less about what the article is for. */
const bodyShare = 0.5;
const headingShare = 0.65;
/** A term of a title or keyword says at least this much, however common it is in the other articles. */
const minTitleWeight = 0.45;
/** What a term that is missing takes from the confidence at most: names and side remarks must not sink a question. */
const maxMissingWeight = 0.5;
/** Less than this in common is chance, even where it is all of a very short question. */
const minMatched = 0.4;
/** Below 1, a long question needs a smaller part of its terms in the article. */
const lengthExponent = 0.75;
/** How many of MiniSearch's hits are looked at; bounds the work in a large knowledge base. */
const maxHits = 50;

const termsIn = (cut: string): string[] => (cut === '' ? [] : cut.split(' '));

/** All that the index of this language knows about one article; null where that is nothing. */
function entryOf(id: string, versions: readonly Article[], language: string): Entry | null {
  const article = versions.find((version) => version.language === language);
  const keywords = versions.flatMap((version) => version.keywords.get(language) ?? []).join(' ');
  if (article === undefined && keywords === '') return null;
  const passages = article?.passages ?? [];
  const headings = new Set(passages.map(({ heading }) => heading ?? ''));
  const cut = (text: string): string => termsOf(text, language).join(' ');
  return {
    id,
    title: cut(article?.title ?? ''),
    keywords: cut(keywords),
    headings: cut([...headings].join('\n')),
    text: cut(passages.map(({ text }) => text).join('\n')),
  };
}

export function buildIndex(
  versionsById: ReadonlyMap<string, readonly Article[]>,
  language: string,
): LanguageIndex {
  const search = new MiniSearch<Entry>({
    fields: [...indexed],
    tokenize: termsIn,
    processTerm: (term) => term,
  });
  const frequencies = new Map<string, number>();
  for (const [id, versions] of versionsById) {
    const entry = entryOf(id, versions, language);
    if (entry === null) continue;
    search.add(entry);
    for (const term of new Set(indexed.flatMap((field) => termsIn(entry[field])))) {
      frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
    }
  }
  const listed = [...versionsById].flatMap(([articleId, versions]) =>
    versions.flatMap(({ questions }) => questions.get(language) ?? []).map((text) => ({ articleId, text })),
  );
  return { search, frequencies, questions: buildQuestionIndex(listed) };
}

/** From 1 for a term of no article down to nearly 0 for a term of all: one scale however many articles there are. */
function rarity(index: LanguageIndex, term: string): number {
  const count = index.search.documentCount;
  const weight = (frequency: number): number => Math.log(1 + (count - frequency + 0.5) / (frequency + 0.5));
  return weight(index.frequencies.get(term) ?? 0) / weight(0);
}

function fieldWeight(rarityOfTerm: number, fields: string[]): number {
  if (fields.includes('title') || fields.includes('keywords')) return Math.max(rarityOfTerm, minTitleWeight);
  return rarityOfTerm * (fields.includes('headings') ? headingShare : bodyShare);
}

/** What a term of the question, or the weightiest word that begins with it, says in this article; 0: missing. */
function matchedWeight(index: LanguageIndex, term: string, match: SearchResult['match']): number {
  let best = 0;
  for (const [found, fields] of Object.entries(match)) {
    if (found.startsWith(term)) best = Math.max(best, fieldWeight(rarity(index, found), fields));
  }
  return best;
}

function confidenceOf(index: LanguageIndex, terms: string[], match: SearchResult['match']): number {
  let matched = 0;
  let total = 0;
  for (const term of terms) {
    const weight = matchedWeight(index, term, match);
    matched += weight;
    total +=
      weight > 0 ? Math.max(weight, rarity(index, term)) : Math.min(rarity(index, term), maxMissingWeight);
  }
  return (Math.min(1, matched / minMatched) * matched) / total ** lengthExponent;
}

/** The articles that share terms with a question, best first. */
export function searchIndex(index: LanguageIndex, terms: string[]): IndexHit[] {
  if (terms.length === 0) return [];
  return index.search
    .search(terms.join(' '), {
      tokenize: termsIn,
      prefix: (term) => term.length >= minPrefixLetters,
      boost: { title: 3, keywords: 2 },
    })
    .slice(0, maxHits)
    .map(({ id, match, score }) => ({
      id: String(id),
      confidence: confidenceOf(index, terms, match),
      score,
    }))
    .sort((left, right) => right.confidence - left.confidence || right.score - left.score);
}
