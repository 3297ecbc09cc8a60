/** How similar a text is to each query type's examples. The vectors are built once per configuration. */
import { featuresOf, scriptKey } from './local-features.ts';
import type { Features } from './local-features.ts';

export type QueryTypeExamples = Record<string, { description: string; examples: string[] }>;

/** A description is written about tickets, not by customers. */
const descriptionWeight = 0.5;
/** How much the single nearest example counts beside all examples of its type together. */
const nearestShare = 0.15;
type Example = { type: number; weight: number; script: string; features: Features };
type Posting = { examples: number[]; weights: number[]; types: Set<number>; rarity: number };

type ExampleIndex = {
  types: string[];
  examples: Example[];
  postings: Map<number, Posting>;
  /** Per type and script: the length of the sum of its examples' vectors. */
  lengths: Map<string, number>;
  idfOfUnknown: number;
};

/** How rare a feature is among examples, and among types. */
function idf(examples: number, types: number, posting: Posting | undefined): number {
  const rarity = Math.log((examples + 1) / ((posting?.examples.length ?? 0) + 0.5)) + 1;
  return rarity + 0.5 * Math.log(types / (posting?.types.size ?? 1));
}

function readExamples(queryTypes: QueryTypeExamples, types: string[]): Example[] {
  return types.flatMap((name, type) => {
    const { description, examples } = queryTypes[name] ?? { description: '', examples: [] };
    const entries = [
      ...examples.map((text) => ({ text, weight: 1 })),
      { text: description, weight: descriptionWeight },
    ];
    return entries
      .map(({ text, weight }) => ({
        type,
        weight,
        script: scriptKey(text),
        features: featuresOf(text, null),
      }))
      .filter(({ features }) => features.size > 0);
  });
}

/** TF-IDF vectors of all examples, as an inverted index. */
export function buildIndex(queryTypes: QueryTypeExamples): ExampleIndex {
  const types = Object.keys(queryTypes);
  const examples = readExamples(queryTypes, types);
  const postings = new Map<number, Posting>();
  for (const [id, example] of examples.entries()) {
    for (const [hash, weight] of example.features) {
      const posting = postings.get(hash) ?? { examples: [], weights: [], types: new Set(), rarity: 0 };
      posting.examples.push(id);
      posting.weights.push(weight);
      posting.types.add(example.type);
      postings.set(hash, posting);
    }
  }
  weigh(postings, examples, types.length);
  const idfOfUnknown = idf(examples.length, types.length, undefined);
  return { types, examples, postings, lengths: lengthsOf(postings, examples), idfOfUnknown };
}

/** Turns counts into unit vectors. */
function weigh(postings: Map<number, Posting>, examples: Example[], types: number): void {
  const squares = examples.map(() => 0);
  const scale = (posting: Posting): void => {
    posting.rarity = idf(examples.length, types, posting);
    for (const [place, id] of posting.examples.entries()) {
      const weight = Math.sqrt(posting.weights[place] ?? 0) * posting.rarity;
      posting.weights[place] = weight;
      squares[id] = (squares[id] ?? 0) + weight * weight;
    }
  };
  for (const posting of postings.values()) scale(posting);
  for (const posting of postings.values()) {
    for (const [place, id] of posting.examples.entries()) {
      posting.weights[place] = (posting.weights[place] ?? 0) / Math.sqrt(squares[id] ?? 1);
    }
  }
}

const lengthKey = (type: number, script: string): string => `${type}/${script}`;

function lengthsOf(postings: Map<number, Posting>, examples: Example[]): Map<string, number> {
  const squares = new Map<string, number>();
  for (const posting of postings.values()) {
    const sums = new Map<string, number>();
    for (const [place, id] of posting.examples.entries()) {
      const example = examples[id];
      if (example === undefined) continue;
      const key = lengthKey(example.type, example.script);
      sums.set(key, (sums.get(key) ?? 0) + example.weight * (posting.weights[place] ?? 0));
    }
    for (const [key, sum] of sums) squares.set(key, (squares.get(key) ?? 0) + sum * sum);
  }
  return new Map([...squares].map(([key, square]) => [key, Math.sqrt(square)]));
}

/** Cosine of the text to every example. */
function cosines(index: ExampleIndex, features: Features): Float64Array {
  const dots = new Float64Array(index.examples.length);
  let square = 0;
  for (const [hash, count] of features) {
    const posting = index.postings.get(hash);
    const weight = Math.sqrt(count) * (posting?.rarity ?? index.idfOfUnknown);
    square += weight * weight;
    if (posting === undefined) continue;
    for (let place = 0; place < posting.examples.length; place += 1) {
      const id = posting.examples[place] ?? 0;
      dots[id] = (dots[id] ?? 0) + weight * (posting.weights[place] ?? 0);
    }
  }
  const length = Math.sqrt(square) || 1;
  return dots.map((dot) => dot / length);
}

export type Similarities = {
  /** Similarity to each type, 0 to 1: its examples of one script taken together, with the nearest one on top. */
  toTypes: number[];
  /** Cosine to the nearest single example. */
  nearest: number;
};

export function similaritiesTo(index: ExampleIndex, text: string, language: string | null): Similarities {
  const toExamples = cosines(index, featuresOf(text, language));
  const sums = new Map<string, number>();
  const nearest = index.types.map(() => 0);
  for (const [id, { type, script, weight }] of index.examples.entries()) {
    const cosine = toExamples[id] ?? 0;
    const key = lengthKey(type, script);
    sums.set(key, (sums.get(key) ?? 0) + weight * cosine);
    nearest[type] = Math.max(nearest[type] ?? 0, cosine);
  }
  const together = index.types.map(() => 0);
  for (const [key, sum] of sums) {
    const type = Number.parseInt(key, 10);
    together[type] = Math.max(together[type] ?? 0, sum / (index.lengths.get(key) ?? 1));
  }
  return {
    toTypes: together.map((value, type) => (1 - nearestShare) * value + nearestShare * (nearest[type] ?? 0)),
    nearest: Math.max(0, ...nearest),
  };
}
