/** Finds the passages that answer a question: in its own language first, else in English. */
import type { Article, Passage } from './article.ts';
import { choosePassages } from './choose-passages.ts';
import { searchIndex, type IndexHit, type LanguageIndex } from './language-index.ts';
import type { Knowledge } from './load-knowledge.ts';
import { likenessToQuestions } from './question-index.ts';
import { termsOf } from './terms.ts';

export type RetrievedPassage = {
  article: Article;
  /** The passage of the article that says most about the question. */
  passage: Passage;
  /** What to quote in a reply, in the order of the article. */
  quoted: readonly Passage[];
  /** 0 (nothing in common) to above 1 (all that is asked stands in the title and in a listed question); see goodConfidence. */
  confidence: number;
};

export type SearchedQuestion = {
  /** Only searched with; its beginning counts. */
  text: string;
  /** A BCP 47 tag, or `und`. */
  language: string;
  /** What a classifier made of it: only for who wants an answer from articles or none. */
  labels?: QuestionLabels;
};
type QuestionLabels = { queryType: string; confidence: number };

/** At or above this a passage may answer a question alone; below it, it is at best something for a model to read. */
export const goodConfidence = 0.44;
/** Questions without an article in their own language fall back to this one. */
export const fallbackLanguage = 'en';
/** Only the beginning counts: what is asked comes before signatures and quoted mail. Also bounds the work. */
const maxQuestionCharacters = 4000;
const maxQuestionTerms = 40;

// Chosen on the sample tickets and most of the 491 questions of test/fixtures/house-questions.jsonl; others near them give
// nearly the same.
/** What being like an article's listed questions counts, and what its text covering the question's terms counts beside it. */
const likenessShare = 1.1;
const coverageShare = 0.4;
/** A query type that is less sure than this is not looked at. */
const minLabelConfidence = 0.35;
/** How far a sure query type raises the one article that answers that type and nothing else. */
const onlyAnswerBonus = 0.2;
/** And what it takes from an article that does not name it. */
const otherTypeLoss = 0.3;

/** `zh-Hans` is `zh`; what is not a language tag is `und`. */
export function primaryLanguage(tag: string): string {
  const primary = /^[a-z]{2,3}(?=$|[-_])/.exec(tag.toLowerCase());
  return primary?.[0] ?? 'und';
}

type Candidate = IndexHit & { foundIn: string };

function candidatesIn(index: LanguageIndex, text: string, terms: string[], language: string): Candidate[] {
  const likeness = likenessToQuestions(index.questions, text);
  const listed = new Set(index.questions.articleIds);
  const hits = new Map(searchIndex(index, terms).map((hit) => [hit.id, hit]));
  return [...new Set([...hits.keys(), ...likeness.keys()])].map((id) => {
    const hit = hits.get(id) ?? { id, confidence: 0, score: 0 };
    const confidence = listed.has(id)
      ? likenessShare * (likeness.get(id) ?? 0) + coverageShare * Math.min(1, hit.confidence)
      : hit.confidence;
    return { ...hit, confidence, foundIn: language };
  });
}

/**
 * A type that no article names is none to be answered from articles: a complaint stays one, whatever words are in it. An
 * article that does not name the type is less likely; one that names nothing else is more so.
 */
function withLabels(candidate: Candidate, knowledge: Knowledge, labels: QuestionLabels): Candidate {
  const { queryType, confidence: sure } = labels;
  if (sure < minLabelConfidence || knowledge.answersTo.size === 0) return candidate;
  const only = knowledge.answersTo.get(queryType);
  const { id, confidence } = candidate;
  if (only === undefined) return { ...candidate, confidence: confidence * (1 - sure) };
  if (only === id) return { ...candidate, confidence: confidence + onlyAnswerBonus * sure };
  const namesIt = knowledge.versions.get(id)?.some(({ queryTypes }) => queryTypes.includes(queryType));
  return namesIt === true ? candidate : { ...candidate, confidence: confidence * (1 - otherTypeLoss * sure) };
}

/** The version in the question's language, else in the one where it was found, else in English. */
function versionFor(knowledge: Knowledge, candidate: Candidate, language: string): Article | undefined {
  const versions = knowledge.versions.get(candidate.id) ?? [];
  return [language, candidate.foundIn, fallbackLanguage]
    .map((wanted) => versions.find((version) => version.language === wanted))
    .find((version) => version !== undefined);
}

/**
 * The best passage of each of the best articles, best first, at most `limit`. An article is given in the question's language
 * where it exists in it, else in English.
 */
export function retrieve(
  knowledge: Knowledge,
  { text, language, labels }: SearchedQuestion,
  limit: number,
): RetrievedPassage[] {
  if (knowledge.indexes.size === 0) return [];
  const primary = primaryLanguage(language);
  const beginning = text.slice(0, maxQuestionCharacters);
  const terms = [...new Set(termsOf(beginning, primary))].slice(0, maxQuestionTerms);
  const searched =
    primary === 'und' ? [...knowledge.indexes.keys()] : [...new Set([primary, fallbackLanguage])];
  const candidates = searched
    .flatMap((name) => {
      const index = knowledge.indexes.get(name);
      return index === undefined ? [] : candidatesIn(index, beginning, terms, name);
    })
    .map((candidate) => (labels === undefined ? candidate : withLabels(candidate, knowledge, labels)))
    .sort((left, right) => right.confidence - left.confidence || right.score - left.score);
  const found = new Map<string, RetrievedPassage>();
  for (const candidate of candidates) {
    if (found.size >= limit) break;
    if (found.has(candidate.id)) continue;
    const article = versionFor(knowledge, candidate, primary);
    if (article === undefined) continue;
    const isForeign = primary !== 'und' && article.language !== primary;
    const { best, quoted } = choosePassages(article, terms, isForeign);
    if (best === undefined) continue;
    found.set(candidate.id, { article, passage: best, quoted, confidence: candidate.confidence });
  }
  return [...found.values()];
}
