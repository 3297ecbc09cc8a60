/** Cuts text in any script into the terms that articles and questions are compared by. */
import { chineseStopCharacters, chineseStopWords, stopWords } from './stop-words.ts';

/** Cutting words to their first letters joins their inflections in every alphabet, without a stemmer per language. */
const stemLetters = 5;
/** A Korean word is mostly a noun of two syllables with its particles. */
const hangulStemLetters = 2;

const addresses = /https?:\/\/[\x21-\x7e]{0,300}|[\w.+-]{1,64}@[\w.-]{1,190}/gu;
/** Runs of one kind of script; hiragana is left out, it carries Japanese grammar and cuts words apart. */
const runs =
  /(?<han>\p{Script=Han}+)|(?<thai>\p{Script=Thai}+)|(?<hangul>\p{Script=Hangul}+)|[[\p{L}\p{M}\p{N}ー]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Hangul}\p{Script=Thai}]]+/gv;
const accents = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f]/g;

/** Lower-case, without accents, cut to a stem; null for a word that says nothing (numbers and ids too). */
function stemOf(word: string, stops: ReadonlySet<string> | undefined): string | null {
  if (/\p{N}/u.test(word)) return null;
  const plain = word.normalize('NFD').replace(accents, '').normalize('NFC').replaceAll('ß', 'ss');
  if (plain.length < 2 || stops?.has(plain) === true) return null;
  const singular = plain.length > 3 && /[^s]s$/.test(plain) ? plain.slice(0, -1) : plain;
  return singular.slice(0, stemLetters);
}

/** Overlapping pairs of characters: scripts without spaces need no dictionary then, and half words still match. */
function pairsOf(run: string): string[] {
  const characters = Array.from(run);
  if (characters.length < 2) return characters;
  return characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`);
}

const words = new Intl.Segmenter('zh', { granularity: 'word' });

/**
 * Pairs within words, and within what the dictionary leaves as single characters (退|货 is one thing): pairs across two
 * words would say nothing. The stop words are those of Chinese; Japanese writes its own in hiragana.
 */
function termsOfHan(run: string, isChinese: boolean): string[] {
  const parts = [''];
  for (const { segment } of words.segment(run)) {
    const isSingle = Array.from(segment).length === 1;
    const stops = isSingle ? chineseStopCharacters : chineseStopWords;
    if (isChinese && stops.has(segment)) parts.push('');
    else if (isSingle) parts[parts.length - 1] += segment;
    else parts.push(segment, '');
  }
  return parts.flatMap(pairsOf);
}

/**
 * The terms of a text in order, repeated as they occur. `language` is a primary tag such as `en`, or `und`. Takes time in
 * proportion to the text; cut what strangers wrote before.
 */
export function termsOf(text: string, language: string): string[] {
  const clean = text.normalize('NFKC').toLowerCase().replace(addresses, ' ');
  const stops = stopWords.get(language);
  const isChinese = language === 'zh' || (language === 'und' && !/\p{Script=Hiragana}/u.test(clean));
  const terms: string[] = [];
  for (const match of clean.matchAll(runs)) {
    const [run] = match;
    if (stops?.has(run) === true) continue;
    if (match.groups?.['han'] !== undefined) {
      terms.push(...termsOfHan(run, isChinese));
    } else if (match.groups?.['thai'] !== undefined) {
      terms.push(...pairsOf(run));
    } else if (match.groups?.['hangul'] !== undefined) {
      if (run.length >= hangulStemLetters) terms.push(run.slice(0, hangulStemLetters));
    } else {
      const stem = stemOf(run, stops);
      if (stem !== null) terms.push(stem);
    }
  }
  return terms;
}
