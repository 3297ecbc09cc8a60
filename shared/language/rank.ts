/** The languages of one script in the order of how well a text fits them: n-gram scores of `eld`, with what else is known. */
import { languageOfFamily } from './script.ts';
import type { ScriptFamily } from './script.ts';
import { languagesByLetters } from './lexicon.ts';

/** The codes of eld 2.1.0, by script. Its Malay stands for Indonesian too, its Croatian for Serbian in Latin letters. */
const languagesOfFamily: Partial<Record<ScriptFamily, string[]>> = {
  latin: 'az ca cs da de en es et eu fi fr hr hu is it lt lv ms nl no pl pt ro sk sl sq sv tl tr vi yo'.split(
    ' ',
  ),
  cyrillic: ['ru', 'uk', 'be', 'bg', 'sr'],
  arabic: ['ar', 'fa', 'ur', 'ku'],
  devanagari: ['hi', 'mr'],
};

/** What most tickets of the world are written in; where the operator names no languages, these are expected. */
const commonLanguages = new Set(
  'en es pt fr de it nl pl tr vi ms sv da no fi cs ro hu ru uk ar fa hi'.split(' '),
);

/** Score points (0 to 1, the scale of eld) that an expected language is ahead of others: as configured, or as
 * common; the less, the longer the text is. */
const configuredBonus = 0.15;
const commonBonus = 0.03;
/** … and a language whose rare letters occur, ahead of those that do not have them. */
const letterBonus = 0.05;
/** Below this, a text is words of no language that is known. */
const leastScore = 0.2;

export type Ranked = {
  language: string;
  /** Score points ahead of the next language; 1 where there is no next. */
  margin: number;
  /** 0 to 1: how well the letter groups fit at all. */
  score: number;
};

export type ScoreText = (text: string) => Record<string, number>;

/** Whether several languages share the script, so that only the words can tell. */
export const hasRanking = (family: ScriptFamily): boolean => languagesOfFamily[family] !== undefined;

/** Whether a language is written in the script, as far as the table above knows it. */
export const isWrittenIn = (eldCode: string, family: ScriptFamily): boolean => {
  if (family === 'cjk') return ['zh', 'ja', 'ko'].includes(eldCode);
  return languagesOfFamily[family]?.includes(eldCode) ?? languageOfFamily[family] === eldCode;
};

/**
 * `configured` holds eld codes, null for all. Languages outside it can still win by a clear lead: a French ticket to a
 * desk for English and German is better called French than guessed. null where no language fits.
 */
export function rankLanguages(
  text: string,
  family: ScriptFamily,
  scoreText: ScoreText,
  configured: ReadonlySet<string> | null,
): Ranked | null {
  const scores = scoreText(text);
  const byLetters = languagesByLetters(text.toLowerCase());
  const expected = configured ?? commonLanguages;
  const lengthFactor = Math.max(1, text.length / 30);
  const expectedBonus = (configured === null ? commonBonus : configuredBonus) / lengthFactor;
  const ranked = (languagesOfFamily[family] ?? [])
    .map((language) => {
      const raw = scores[language] ?? 0;
      const bonus =
        (expected.has(language) ? expectedBonus : 0) + (byLetters?.has(language) === true ? letterBonus : 0);
      return { language, raw, total: raw + bonus };
    })
    .sort((a, b) => b.total - a.total);
  const [best, second] = ranked;
  if (best === undefined || best.raw < leastScore) return null;
  const margin = second === undefined ? 1 : best.total - second.total;
  return { language: best.language, margin, score: best.raw };
}
