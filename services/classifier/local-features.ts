/** What a text is compared by: whole words and pieces of words, hashed, without the words that every ticket has. */
import { countScripts, familyOf, scriptOfCodePoint } from '../../shared/language/script.ts';
import { stopPhrases, stopWords } from './local-stop-words.ts';

/** Longer tickets are judged by their beginning. */
export const textCapChars = 2000;
const wordCapChars = 24;
const pieceWeight = 0.5;

/** Feature hash → weight (1 per word, half per piece, added up over the text). */
export type Features = Map<number, number>;

/** NFKC, lower case, one space between words: two texts that read the same are the same. */
export function normalised(text: string): string {
  const words = text.slice(0, textCapChars).normalize('NFKC').toLowerCase();
  return (words.match(/[\p{L}\p{M}\p{N}]{1,200}/gu) ?? []).join(' ');
}

/** The stop list that most words of a text are in, for examples whose language nobody says. */
function likelyLanguage(words: string[]): string | null {
  let best: string | null = null;
  let most = 0;
  for (const [language, list] of stopWords) {
    const hits = words.filter((word) => list.has(word)).length;
    if (hits > most) [best, most] = [language, hits];
  }
  return best;
}

const isCjk = (word: string): boolean => {
  const script = scriptOfCodePoint(word.codePointAt(0) ?? 0);
  return script !== null && familyOf(script) === 'cjk';
};

// FNV-1a (Fowler, Noll, Vo), 32 bits.
const start = 0x811c9dc5 | 0;
const step = (hash: number, code: number): number => Math.imul(hash ^ code, 0x01000193);

function add(features: Features, hash: number, weight: number): void {
  features.set(hash, (features.get(hash) ?? 0) + weight);
}

/** Pieces of `shortest` to `longest` characters, each hashed on from the one before. */
function addPieces(features: Features, text: string, shortest: number, longest: number): void {
  for (let from = 0; from + shortest <= text.length; from += 1) {
    let hash = start;
    const end = Math.min(text.length, from + longest);
    for (let index = from; index < end; index += 1) {
      hash = step(hash, text.charCodeAt(index));
      const length = index - from + 1;
      if (length >= shortest) add(features, step(hash, 0x110000 + length), pieceWeight);
    }
  }
}

function addWord(features: Features, word: string): void {
  let hash = start;
  for (let index = 0; index < word.length; index += 1) hash = step(hash, word.charCodeAt(index));
  add(features, step(hash, 0x110000), 1);
  addPieces(features, `_${word.slice(0, wordCapChars)}_`, 3, 5);
}

/** Chinese, Japanese and Korean are read in single characters and pairs, everything else in words and pieces of 3 to 5. */
export function featuresOf(text: string, language: string | null): Features {
  const features: Features = new Map();
  let plain = normalised(text);
  const hasCjk = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]/u.test(plain);
  if (hasCjk) plain = plain.replace(stopPhrases, ' ');
  const words = plain.split(' ');
  const stops = stopWords.get(language ?? '') ?? stopWords.get(likelyLanguage(words) ?? '');
  for (const word of words) {
    if (word === '' || stops?.has(word) === true) continue;
    if (hasCjk && isCjk(word)) addPieces(features, word, 1, 2);
    else if (/^\p{N}/u.test(word)) addPieces(features, '#', 1, 1);
    else addWord(features, word);
  }
  return features;
}

/** Texts in different scripts share no features, so they are compared apart. */
export function scriptKey(text: string): string {
  let most = 0;
  let key = 'none';
  for (const [script, count] of countScripts(text.slice(0, textCapChars)).counts) {
    if (count > most) [key, most] = [familyOf(script), count];
  }
  return key;
}
