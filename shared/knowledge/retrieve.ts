/** Finds the passages that answer a question: in its own language first, else in English. */
import type { Article, Passage } from './article.ts';
import { searchIndex, type IndexHit, type LanguageIndex } from './language-index.ts';
import type { Knowledge } from './load-knowledge.ts';
import { termsOf } from './terms.ts';

export type RetrievedPassage = {
  article: Article;
  /** The passage of the article that shares most with the question. */
  passage: Passage;
  /** 0 (nothing in common) to about 1 (all that is asked stands in the title); see goodConfidence. */
  confidence: number;
};

/** At or above this a passage may answer a question alone; below it, it is at best something for a model to read. */
export const goodConfidence = 0.42;
/** Questions without an article in their own language fall back to this one. */
export const fallbackLanguage = 'en';
/** Only the beginning counts: what is asked comes before signatures and quoted mail. Also bounds the work. */
const maxQuestionCharacters = 4000;
const maxQuestionTerms = 40;

/** `zh-Hans` is `zh`; what is not a language tag is `und`. */
export function primaryLanguage(tag: string): string {
  const primary = /^[a-z]{2,3}(?=$|[-_])/.exec(tag.toLowerCase());
  return primary?.[0] ?? 'und';
}

type Candidate = IndexHit & { foundIn: string };

function candidatesIn(index: LanguageIndex | undefined, terms: string[], language: string): Candidate[] {
  if (index === undefined) return [];
  return searchIndex(index, terms).map((hit) => ({ ...hit, foundIn: language }));
}

/** The version in the question's language, else in the one where it was found, else in English. */
function versionFor(knowledge: Knowledge, candidate: Candidate, language: string): Article | undefined {
  const versions = knowledge.versions.get(candidate.id) ?? [];
  return [language, candidate.foundIn, fallbackLanguage]
    .map((wanted) => versions.find((version) => version.language === wanted))
    .find((version) => version !== undefined);
}

/** The passage with the most terms of the question, headings twice; the first of equals. */
function bestPassage(article: Article, terms: string[]): Passage | undefined {
  const overlaps = article.passages.map(
    ({ headingTerms, textTerms }) =>
      terms.filter((term) => headingTerms.has(term)).length * 2 +
      terms.filter((term) => textTerms.has(term)).length,
  );
  return article.passages[overlaps.indexOf(Math.max(...overlaps))];
}

/**
 * The best passage of each of the best articles, best first, at most `limit`. `language` is the question's BCP 47 tag, or
 * `und`. An article is given in that language where it exists in it, else in English. The text is only searched with.
 */
export function retrieve(
  knowledge: Knowledge,
  text: string,
  language: string,
  limit: number,
): RetrievedPassage[] {
  const primary = primaryLanguage(language);
  const terms = [...new Set(termsOf(text.slice(0, maxQuestionCharacters), primary))].slice(
    0,
    maxQuestionTerms,
  );
  const searched =
    primary === 'und' ? [...knowledge.indexes.keys()] : [...new Set([primary, fallbackLanguage])];
  const candidates = searched
    .flatMap((name) => candidatesIn(knowledge.indexes.get(name), terms, name))
    .sort((left, right) => right.confidence - left.confidence || right.score - left.score);
  const found = new Map<string, RetrievedPassage>();
  for (const candidate of candidates) {
    if (found.size >= limit) break;
    if (found.has(candidate.id)) continue;
    const article = versionFor(knowledge, candidate, primary);
    const passage = article === undefined ? undefined : bestPassage(article, terms);
    if (article === undefined || passage === undefined) continue;
    found.set(candidate.id, { article, passage, confidence: candidate.confidence });
  }
  return [...found.values()];
}
