/**
 * How near a text is to what customers ask, as the articles' front matter lists it: cosine over words and pieces of words,
 * so that inflections, compounds and typos still count.
 */

/** The questions of one article stand together. */
export type ListedQuestion = { articleId: string; text: string };

type Posting = { questions: number[]; weights: number[]; articles: number; lastArticle: number };

export type QuestionIndex = {
  articleIds: readonly string[];
  /** The article of each question, as a place in `articleIds`. */
  articleOf: readonly number[];
  postings: ReadonlyMap<string, Posting>;
  /** By article: the length of the sum of its questions' vectors. */
  lengths: Float64Array;
};

/** What is asked stands in one sentence among others. Also bounds the work. */
const maxCharacters = 2000;
const maxSentences = 12;
const pieceLetters = 4;
const pieceWeight = 0.5;
const maxWordLetters = 24;

const addresses = /https?:\/\/[\x21-\x7e]{0,300}|[\w.+-]{1,64}@[\w.-]{1,190}/gu;
const accents = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f]/gu;
const eastAsian = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const sentenceEnds = /[.!?。！？؟;；\n]/u;

/** Feature → how often it occurs, pieces counting half. Numbers and ids say nothing. */
function featuresOf(text: string): Map<string, number> {
  const features = new Map<string, number>();
  const add = (feature: string, weight: number): void => {
    features.set(feature, (features.get(feature) ?? 0) + weight);
  };
  const addPieces = (characters: string[], length: number, weight: number): void => {
    for (let from = 0; from + length <= characters.length; from += 1) {
      add(`${length}${characters.slice(from, from + length).join('')}`, weight);
    }
  };
  const plain = text.normalize('NFKC').toLowerCase().replace(addresses, ' ');
  const words = plain.normalize('NFD').replace(accents, '').normalize('NFC').replaceAll('ß', 'ss');
  for (const word of words.match(/[\p{L}\p{M}\p{N}]{1,200}/gu) ?? []) {
    if (/^\p{N}/u.test(word)) continue;
    if (eastAsian.test(word)) {
      addPieces(Array.from(word), 1, pieceWeight);
      addPieces(Array.from(word), 2, 1);
    } else {
      add(word, 1);
      addPieces(Array.from(`_${word.slice(0, maxWordLetters)}_`), pieceLetters, pieceWeight);
    }
  }
  return features;
}

type Sizes = { questions: number; articles: number };

/** How rare a feature is among questions, and among articles. */
function rarity({ questions, articles }: Sizes, posting: Posting | undefined): number {
  const inQuestions = Math.log((questions + 1) / ((posting?.questions.length ?? 0) + 0.5));
  return inQuestions + 0.5 * Math.log(articles / (posting?.articles ?? 1));
}

const sizesOf = ({ articleIds, articleOf }: Pick<QuestionIndex, 'articleIds' | 'articleOf'>): Sizes => ({
  questions: articleOf.length,
  articles: articleIds.length,
});

export function buildQuestionIndex(listed: readonly ListedQuestion[]): QuestionIndex {
  const articleIds = [...new Set(listed.map(({ articleId }) => articleId))];
  const places = new Map(articleIds.map((id, place) => [id, place]));
  const articleOf = listed.map(({ articleId }) => places.get(articleId) ?? 0);
  const postings = new Map<string, Posting>();
  for (const [question, { text }] of listed.entries()) {
    for (const [feature, count] of featuresOf(text)) {
      let posting = postings.get(feature);
      if (posting === undefined) {
        posting = { questions: [], weights: [], articles: 0, lastArticle: -1 };
        postings.set(feature, posting);
      }
      posting.questions.push(question);
      posting.weights.push(Math.sqrt(count));
      const article = articleOf[question] ?? 0;
      if (article !== posting.lastArticle) posting.articles += 1;
      posting.lastArticle = article;
    }
  }
  toUnitVectors(postings, sizesOf({ articleIds, articleOf }));
  return { articleIds, articleOf, postings, lengths: lengthsOf(postings, articleIds, articleOf) };
}

function toUnitVectors(postings: ReadonlyMap<string, Posting>, sizes: Sizes): void {
  const squares = new Float64Array(sizes.questions);
  for (const posting of postings.values()) {
    const rare = rarity(sizes, posting);
    posting.weights = posting.weights.map((weight) => weight * rare);
    for (const [place, question] of posting.questions.entries()) {
      squares[question] = (squares[question] ?? 0) + (posting.weights[place] ?? 0) ** 2;
    }
  }
  for (const posting of postings.values()) {
    posting.weights = posting.weights.map(
      (weight, place) => weight / Math.sqrt(squares[posting.questions[place] ?? 0] || 1),
    );
  }
}

function lengthsOf(
  postings: ReadonlyMap<string, Posting>,
  articleIds: readonly string[],
  articleOf: readonly number[],
): Float64Array {
  const squares = new Float64Array(articleIds.length);
  for (const { questions, weights } of postings.values()) {
    const sums = new Map<number, number>();
    for (const [place, question] of questions.entries()) {
      const article = articleOf[question] ?? 0;
      sums.set(article, (sums.get(article) ?? 0) + (weights[place] ?? 0));
    }
    for (const [article, sum] of sums) squares[article] = (squares[article] ?? 0) + sum * sum;
  }
  return squares.map((square) => Math.sqrt(square) || 1);
}

/** The cosine of one text to every question. */
function cosines(index: QuestionIndex, text: string): Float64Array {
  const sizes = sizesOf(index);
  const dots = new Float64Array(sizes.questions);
  let square = 0;
  for (const [feature, count] of featuresOf(text)) {
    const posting = index.postings.get(feature);
    const weight = Math.sqrt(count) * rarity(sizes, posting);
    square += weight * weight;
    if (posting === undefined) continue;
    const { questions, weights } = posting;
    for (let place = 0; place < questions.length; place += 1) {
      const question = questions[place] ?? 0;
      dots[question] = (dots[question] ?? 0) + weight * (weights[place] ?? 0);
    }
  }
  const length = Math.sqrt(square) || 1;
  for (let question = 0; question < dots.length; question += 1)
    dots[question] = (dots[question] ?? 0) / length;
  return dots;
}

/** Of being like one question, and like all the questions of an article taken together: both say something. */
const nearestShare = 0.45;

/** Raises each article's best cosines so far to those of one part of the text. */
function compare(
  index: QuestionIndex,
  part: string,
  best: { nearest: Float64Array; all: Float64Array },
): void {
  const sums = new Float64Array(index.articleIds.length);
  const near = cosines(index, part);
  for (let question = 0; question < near.length; question += 1) {
    const article = index.articleOf[question] ?? 0;
    const cosine = near[question] ?? 0;
    sums[article] = (sums[article] ?? 0) + cosine;
    if (cosine > (best.nearest[article] ?? 0)) best.nearest[article] = cosine;
  }
  for (let article = 0; article < sums.length; article += 1) {
    // The sum of the questions' unit vectors stands for the article.
    const cosine = (sums[article] ?? 0) / (index.lengths[article] ?? 1);
    if (cosine > (best.all[article] ?? 0)) best.all[article] = cosine;
  }
}

/** By article, from 0 (nothing in common) to 1: how like its questions the most similar sentence is, or the whole text. */
export function likenessToQuestions(index: QuestionIndex, text: string): Map<string, number> {
  const count = index.articleIds.length;
  if (count === 0) return new Map();
  const beginning = text.slice(0, maxCharacters);
  const sentences = beginning.split(sentenceEnds).filter((sentence) => sentence.trim().length > 1);
  const best = { nearest: new Float64Array(count), all: new Float64Array(count) };
  for (const part of new Set([beginning, ...sentences.slice(0, maxSentences)])) compare(index, part, best);
  return new Map(
    index.articleIds.flatMap((id, article) => {
      const likeness =
        nearestShare * (best.nearest[article] ?? 0) + (1 - nearestShare) * (best.all[article] ?? 0);
      return likeness > 0 ? [[id, likeness] as const] : [];
    }),
  );
}
