/** A reply in another language than the one that was asked for. Only where it is long enough to be sure, and never between close ones. */
import type { LanguageGuess } from '../../../shared/language/detect.ts';
import {
  cjkLanguage,
  countScripts,
  languageOfFamily,
  rulingFamilies,
} from '../../../shared/language/script.ts';
import type { ScriptFamily } from '../../../shared/language/script.ts';

/** Language detection as shared/language has it; loading it takes memory, so it is asked for only where it is needed. */
export type Detect = (text: string) => LanguageGuess;

/** Customers of one understand the other, and detectors mix them up. */
const close = [
  'no nb nn da sv',
  'es pt gl ca',
  'cs sk',
  'hr sr bs sl mk bg',
  'ru uk be bg',
  'id ms',
  'nl af',
  'hi mr ne',
  'ar fa ur ku',
  'az tr',
  'tl fil',
].map((group) => new Set(group.split(' ')));

const isClose = (one: string, other: string): boolean =>
  one === other || close.some((group) => group.has(one) && group.has(other));

/** Words that every few sentences of a language have. Those that several have say nothing between these. */
const commonWords: Record<string, string> = {
  en: 'the you your and is to of for we it with this that are have will can if our not be at from by please',
  de: 'und die der das ist sie ihre ihr ihnen wir nicht den dem zu für mit von ein eine einen auf bitte wenn bei oder ab nach im sich',
  es: 'el los las que su sus para por una con y en del se usted puede si nuestro le es de la',
  fr: 'le les vous votre vos et est nous pour dans des une un que sur avec si ce cette pas du de la à',
  it: 'il che di per un una è sono non del della le suo può se nel gli i e dal nella',
  nl: 'de het een en u uw van we wij voor met niet dat op kunt als is bij naar',
  pt: 'o os as que seu sua para por uma com em não do da se você pode um e de no ao',
  sv: 'och att det är du din ditt vi inte för med som på av en ett har kan om till',
  da: 'og at det er du din dit vi ikke for med som på af en et har kan om til jeg kan',
  no: 'og at det er du din ditt vi ikke for med som på av en et har kan om til jeg',
  pl: 'i w nie na że się to do jest dla w państwa z od można oraz lub',
  tr: 've bir bu için ile de da sizin siparişiniz olarak veya en',
};
const languagesOf = new Map<string, string[]>();
for (const [language, words] of Object.entries(commonWords)) {
  for (const word of new Set(words.split(' '))) {
    languagesOf.set(word, [...(languagesOf.get(word) ?? []), language]);
  }
}

/** Of the beginning of a reply: greetings say little, and a few sentences are enough. */
const lookedAt = 700;
const fewLetters = 60;
const fewCjkLetters = 24;
/** Of all words, and of what the runner-up has: with less of a lead the detector is asked. */
const clearShare = 0.12;
const clearLead = 1.6;

const isCjk = (language: string): boolean => ['zh', 'ja', 'ko'].includes(language);

/** Links and addresses are nobody's language; one paragraph, so that the detector reads all of it. */
function beginningOf(text: string): string {
  return text
    .slice(0, lookedAt)
    .replaceAll(/(?:https?:\/\/|www\.)[!-~]{1,2000}|[\w.+%-]{1,64}@[\w.-]{1,190}/giu, ' ')
    .replaceAll(/\s+/gu, ' ');
}

/** True where the reply is surely in the language that was asked for, or nobody can say: no detector is needed. */
export function isSurelyRight({ text, language }: { text: string; language: string }): boolean {
  if (language === 'und' || isPlainly(text, language)) return true;
  const plain = beginningOf(text);
  const counted = countScripts(plain);
  const isShort = counted.letters < (rulingFamilies(counted)[0] === 'cjk' ? fewCjkLetters : fewLetters);
  if (isShort) return true;
  const family = rulingFamilies(counted)[0];
  if (family !== 'latin') return family !== undefined && isWrittenIn(language, counted, family);
  return commonWords[language] !== undefined && hasClearLead(plain, language);
}

/** Most replies: Latin letters, and the language's own words in the first sentences already. */
function isPlainly(text: string, language: string): boolean {
  if (text.length < firstSentences || commonWords[language] === undefined) return false;
  const first = text.slice(0, firstSentences);
  return latinOnly.test(first) && hasClearLead(first, language);
}

const firstSentences = 200;
/** With the punctuation that goes with it; no addresses, whose words are nobody's language. */
const latinOnly = /^[\t\n\r -?A-\u024f\u2010-\u2027]*$/u;

/** Where languages share such a script they are close ones. */
function isWrittenIn(
  language: string,
  counted: ReturnType<typeof countScripts>,
  family: ScriptFamily,
): boolean {
  if (family === 'cjk') return cjkLanguage(counted) === language;
  return (languagesOfScript[family] ?? languageOfFamily[family] ?? '').split(' ').includes(language);
}

const languagesOfScript: Partial<Record<ScriptFamily, string>> = {
  cyrillic: 'ru uk be bg sr mk kk',
  arabic: 'ar fa ur ku',
  devanagari: 'hi mr ne',
};

function hasClearLead(plain: string, language: string): boolean {
  const all = plain.toLowerCase().match(/[\p{L}\p{M}]{1,40}/gu) ?? [];
  const counts = new Map<string, number>();
  for (const word of all) {
    for (const one of languagesOf.get(word) ?? []) counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  const own = counts.get(language) ?? 0;
  const others = [...counts].filter(([other]) => !isClose(other, language)).map(([, count]) => count);
  return own >= all.length * clearShare && own >= clearLead * Math.max(0, ...others);
}

/** `customer`: what the customer wrote; a reply in its language is right, whatever the sender said it was. */
export function isWrongLanguage(
  { text, language }: { text: string; language: string },
  customer: string,
  detect: Detect,
): boolean {
  const guess = detect(beginningOf(text));
  const isSure = (guess.source === 'eld' || guess.source === 'script') && guess.confidence >= 0.95;
  if (!isSure || isClose(guess.language, language) || guess.mixed.includes(language)) return false;
  // Simplified or traditional Chinese and kanji alone are told apart by more than a reply has to show.
  if (isCjk(guess.language) && isCjk(language) && countScripts(text).letters < 2 * fewCjkLetters)
    return false;
  return !isClose(detect(customer).language, guess.language);
}
