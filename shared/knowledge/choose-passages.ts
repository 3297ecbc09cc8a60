/** Which passages of an article to quote for a question. */
import type { Article, Passage } from './article.ts';

/** A heading says what its passage answers. */
const headingWeight = 2;
/** A second passage is quoted where what it adds is at least this share of what the first one has. */
const minShareOfFirst = 0.55;
/** About what a mail may quote before nobody reads it. */
const maxCharacters = 1000;
/** A longer beginning is a passage like the others. */
const maxOpeningCharacters = 400;

type Weights = ReadonlyMap<string, number>;

/**
 * What each term of the question weighs in each passage: less, the more of the passages have it. What the article's
 * beginning says already, a passage need not say again, unless it is its subject.
 */
function weigh(
  passages: Article['passages'],
  terms: readonly string[],
  said: ReadonlySet<string>,
): Map<Passage, Weights> {
  const rarity = new Map(
    terms.map((term) => {
      const having = passages.filter((one) => one.textTerms.has(term) || one.headingTerms.has(term)).length;
      return [term, Math.log(1 + passages.length / Math.max(1, having))];
    }),
  );
  const weightIn = (passage: Article['passages'][number], term: string): number => {
    const inHeading = passage.headingTerms.has(term) ? headingWeight : 0;
    const inText = passage.textTerms.has(term) && !said.has(term) ? 1 : 0;
    return (inHeading + inText) * (rarity.get(term) ?? 0);
  };
  return new Map(
    passages.map((passage) => [
      passage,
      new Map(
        terms.map((term) => [term, weightIn(passage, term)] as const).filter(([, weight]) => weight > 0),
      ),
    ]),
  );
}

const sumOf = (weights: Weights, without?: Weights): number =>
  [...weights].reduce((sum, [term, weight]) => sum + (without?.has(term) === true ? 0 : weight), 0);

/** The first of equals. */
function heaviest(weighed: ReadonlyMap<Passage, Weights>, without?: Weights): [Passage, number] | undefined {
  const sums = [...weighed].map(([passage, weights]) => [passage, sumOf(weights, without)] as const);
  const most = Math.max(...sums.map(([, sum]) => sum));
  const found = sums.find(([, sum]) => sum === most);
  return found === undefined ? undefined : [...found];
}

/** The passages that say most about the question: two where the second answers another part of it, none where none does. */
function answering(
  passages: Article['passages'],
  terms: readonly string[],
  said: ReadonlySet<string>,
): Passage[] {
  const weighed = weigh(passages, terms, said);
  const first = heaviest(weighed);
  if (first === undefined || first[1] === 0) return [];
  const [best, sum] = first;
  const covered = weighed.get(best);
  weighed.delete(best);
  const second = heaviest(weighed, covered);
  return second !== undefined && second[1] >= minShareOfFirst * sum ? [best, second[0]] : [best];
}

/** Only what a reader can take in; the first of the list always. */
function thatFit(passages: readonly Passage[]): Passage[] {
  const fitting: Passage[] = [];
  let characters = 0;
  for (const passage of passages) {
    characters += passage.text.length;
    if (fitting.length === 0 || characters <= maxCharacters) fitting.push(passage);
  }
  return fitting;
}

export type ChosenPassages = {
  /** The passage that says most about the question, the first one where none does. */
  best: Passage | undefined;
  /** In the order of the article. */
  quoted: Passage[];
};

/**
 * The best passages, after the article's short beginning, which holds the general answer. A question in another language
 * (`isForeign`) has no words in common that could choose: it gets the beginning and what follows.
 */
export function choosePassages(
  { passages }: Article,
  terms: readonly string[],
  isForeign: boolean,
): ChosenPassages {
  const [first] = passages;
  if (first === undefined) return { best: undefined, quoted: [] };
  const hasHeadings = passages.some(({ heading }) => heading !== null);
  const isOpening = first.heading === null && hasHeadings && first.text.length <= maxOpeningCharacters;
  const chosen = isOpening
    ? answering(passages.slice(1), terms, first.textTerms)
    : answering(passages, terms, new Set());
  const best = chosen[0] ?? first;
  const wanted = isForeign ? passages : [best, ...(isOpening ? [first] : []), ...chosen];
  const fitting = new Set(thatFit([...new Set(wanted)]));
  return { best, quoted: passages.filter((passage) => fitting.has(passage)) };
}
