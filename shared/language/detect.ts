/**
 * Which language a ticket is written in. The order: the customer's own words (clean.ts), their script, the letter groups
 * of `eld` among the languages of that script, a lexicon for a few words, the sender's hint, and `und`.
 */
import { createChineseReader } from './chinese.ts';
import type { ChineseReader, ChineseScript } from './chinese.ts';
import { cleanForDetection } from './clean.ts';
import { eldCodesOf, groupOf, memberOf, primaryTag } from './groups.ts';
import { lookUp } from './lexicon.ts';
import { hasRanking, isWrittenIn, rankLanguages } from './rank.ts';
import type { Ranked, ScoreText } from './rank.ts';
import {
  cjkLanguage,
  countScripts,
  languageOfFamily,
  rulingFamilies,
  scriptFamilies,
  textOfFamily,
} from './script.ts';
import type { ScriptFamily } from './script.ts';

export type LanguageGuess = {
  /** BCP 47 primary tag, `und` where nothing can be known. */
  language: string;
  /** For Chinese: simplified or traditional, where the text shows it. */
  script: ChineseScript | null;
  /** The languages that cannot be told apart from this one, as one name (`id-ms`). */
  group: string | null;
  /** 0 to 1: the share of such guesses that are right. */
  confidence: number;
  source: 'script' | 'eld' | 'lexicon' | 'hint' | 'und';
  /** Other languages that hold a fair share of the text. */
  mixed: string[];
};

export type LanguageInput = { subject: string; body: string; hint: string | null };

type Tools = {
  scoreText: ScoreText;
  chinese: ChineseReader;
  /** Primary tags, null for all languages. */
  configured: ReadonlySet<string> | null;
  configuredEldCodes: ReadonlySet<string> | null;
};

type Text = { clean: string; counts: ReturnType<typeof countScripts>; families: ScriptFamily[] };
type Verdict = { language: string; confidence: number; source: LanguageGuess['source'] };

const undetermined: Verdict = { language: 'und', confidence: 0, source: 'und' };
/** Fewer letters than this are a few words, where only whole words count. */
const fewLetters = 10;
const someLetters = 25;

/** Margin of eld's scores against the share of right answers, measured on word pairs of 20 languages. */
const confidenceByMargin: [number, number][] = [
  [0, 0.5],
  [0.01, 0.65],
  [0.03, 0.82],
  [0.06, 0.9],
  [0.1, 0.94],
  [0.15, 0.96],
  [0.2, 0.98],
  [0.3, 0.99],
];

function interpolate(points: [number, number][], x: number): number {
  let [fromX, fromY] = points[0] ?? [0, 0];
  for (const [toX, toY] of points) {
    if (x < toX) return fromY + ((toY - fromY) * (x - fromX)) / (toX - fromX);
    [fromX, fromY] = [toX, toY];
  }
  return fromY;
}

/**
 * eld's own isReliable() compares the best score with a language's index (2.1.0, src/LanguageResult.js) and calls almost
 * everything reliable, hence this. A margin says more the longer the text is; letter groups that fit badly in any
 * language (romanised Hindi, product names) say little.
 */
function confidenceOf({ margin, score }: Ranked, letters: number): number {
  const lengthFactor = letters >= 40 ? 4 : letters >= someLetters ? 1.3 : 1;
  const fit = Math.min(1, Math.max(0.3, (score - 0.4) / 0.2));
  return interpolate(confidenceByMargin, margin * lengthFactor) * fit;
}

function readText(input: LanguageInput): Text {
  const read = (text: string): Text => {
    const clean = cleanForDetection(text);
    const counts = countScripts(clean);
    return { clean, counts, families: rulingFamilies(counts) };
  };
  const body = read(input.body);
  // A subject is often a form's or an agent's words: it counts only where the body says nothing.
  return body.counts.letters > 0 ? body : read(input.subject);
}

function judgeCjk(text: Text, hint: string | null, tools: Tools): Verdict {
  const language = cjkLanguage(text.counts);
  const confidence = text.counts.letters >= 4 ? 0.99 : 0.9;
  if (language !== 'zh') return { language, confidence, source: 'script' };
  if (tools.chinese.hasJapaneseOnly(text.clean) && tools.chinese.scriptOf(text.clean) !== 'Hans') {
    return { language: 'ja', confidence: 0.9, source: 'script' };
  }
  // A few characters that both languages share: 確認, 返品.
  if (text.counts.letters <= 8 && tools.chinese.scriptOf(text.clean) !== 'Hans') {
    if (hint === 'ja') return { language: 'ja', confidence: 0.7, source: 'hint' };
    const expectsJapaneseOnly = tools.configured?.has('ja') === true && !tools.configured.has('zh');
    if (expectsJapaneseOnly) return { language: 'ja', confidence: 0.7, source: 'script' };
    return { language, confidence: 0.85, source: 'script' };
  }
  return { language, confidence, source: 'script' };
}

/** The hint, where the text's script allows it; a few Latin letters ("refund") may come from anybody. */
function judgeHint(text: Text, family: ScriptFamily, hint: string | null): Verdict | null {
  if (hint === null) return null;
  const isForeign = !isIn(hint, family) && isKnownOutside(hint, family);
  if (isForeign && !(family === 'latin' && text.counts.letters < fewLetters)) return null;
  return { language: hint, confidence: 0.6, source: 'hint' };
}

const isIn = (language: string, family: ScriptFamily): boolean =>
  eldCodesOf(language).some((code) => isWrittenIn(code, family));

const isKnownOutside = (language: string, family: ScriptFamily): boolean =>
  scriptFamilies.some((other) => other !== family && isIn(language, other));

/** Confidence from which a detection stands against the hint. */
const sureFrom = (letters: number): number => (letters < someLetters ? 0.93 : 0.75);

/** A few words that are known whole; English ones are written by everybody and give way to the hint. */
function judgeByLexicon(words: string, hint: string | null, tools: Tools): Verdict | null {
  const isAllowed = (code: string): boolean => tools.configuredEldCodes?.has(code) ?? true;
  const entry = lookUp(words.toLowerCase(), isAllowed) ?? lookUp(words.toLowerCase(), () => true);
  if (entry === null) return null;
  const { language, isInternational } = entry;
  if (isInternational && hint !== null && hint !== language) return null;
  return { language, confidence: isInternational ? 0.75 : 0.85, source: 'lexicon' };
}

function judgeByWords(text: Text, family: ScriptFamily, hint: string | null, tools: Tools): Verdict {
  const { letters } = text.counts;
  const words = textOfFamily(text.clean, family);
  const ranked = rankLanguages(words, family, tools.scoreText, tools.configuredEldCodes);
  const detected = verdictOf(ranked, letters);
  const isLexiconBetter = letters < fewLetters || (letters < someLetters && detected.confidence < 0.97);
  const known = isLexiconBetter ? judgeByLexicon(words, hint, tools) : null;
  if (known !== null) return known;
  if (letters >= fewLetters && detected.confidence >= sureFrom(letters)) return detected;
  return (
    judgeHint(text, family, hint) ?? (isWorthSaying(detected, letters, family) ? detected : undetermined)
  );
}

const verdictOf = (ranked: Ranked | null, letters: number): Verdict =>
  ranked === null
    ? undetermined
    : { language: ranked.language, confidence: confidenceOf(ranked, letters), source: 'eld' };

/** The other scripts have few languages each, so that even a short word says something. */
const isWorthSaying = ({ confidence }: Verdict, letters: number, family: ScriptFamily): boolean =>
  letters >= 3 && (letters >= fewLetters || family !== 'latin' || confidence >= 0.9);

function judge(text: Text, hint: string | null, tools: Tools): Verdict {
  const family = text.families[0];
  if (family === undefined)
    return hint === null ? undetermined : { language: hint, confidence: 0.5, source: 'hint' };
  if (family === 'cjk') return judgeCjk(text, hint, tools);
  if (hasRanking(family)) return judgeByWords(text, family, hint, tools);
  const language = languageOfFamily[family];
  return language === null ? undetermined : { language, confidence: 0.99, source: 'script' };
}

/** What else the text holds: other scripts with a fifth of it, product names and single words left out. */
function otherLanguages(text: Text, tools: Tools): string[] {
  return text.families.slice(1).flatMap((family) => {
    const words = textOfFamily(text.clean, family);
    const counts = countScripts(words);
    if (counts.letters < (family === 'cjk' ? 4 : 15)) return [];
    if (family === 'cjk') return [cjkLanguage(counts)];
    if (!hasRanking(family)) return languageOfFamily[family] ?? [];
    const ranked = rankLanguages(words, family, tools.scoreText, tools.configuredEldCodes);
    return ranked !== null && confidenceOf(ranked, counts.letters) >= 0.8 ? [ranked.language] : [];
  });
}

function guess(input: LanguageInput, tools: Tools): LanguageGuess {
  const hint = primaryTag(input.hint);
  const text = readText(input);
  const verdict = judge(text, hint, tools);
  const reported = (language: string): string => memberOf(language, [hint, ...(tools.configured ?? [])]);
  const language = verdict.source === 'hint' ? verdict.language : reported(verdict.language);
  return {
    ...verdict,
    language,
    script: language === 'zh' ? tools.chinese.scriptOf(text.clean) : null,
    group: groupOf(language),
    mixed: otherLanguages(text, tools)
      .map(reported)
      .filter((other) => other !== language),
  };
}

/**
 * Loads the smallest database of eld (about 90 MB of memory, once per process) and returns the detector. `languages` are
 * the BCP 47 tags that the operator expects, null for all; the returned function never throws.
 */
export async function createLanguageDetector({
  languages,
}: {
  languages: string[] | null;
}): Promise<(input: LanguageInput) => LanguageGuess> {
  const { eld } = await import('eld/extrasmall');
  const tags = languages?.map(primaryTag).filter((tag) => tag !== null) ?? [];
  const configured = tags.length === 0 ? null : new Set(tags);
  const tools: Tools = {
    scoreText: (text) => eld.detect(text).getScores(),
    chinese: createChineseReader(),
    configured,
    configuredEldCodes: configured && new Set([...configured].flatMap(eldCodesOf)),
  };
  return (input) => guess(input, tools);
}
