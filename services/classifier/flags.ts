/** What makes a ticket delicate whatever it asks: threats of law, signs of a break-in, anger, length. Pure and bounded. */
import { phrases } from './flag-phrases.ts';
import type { PhraseFlag } from './flag-phrases.ts';
import { ownText } from './language/clean.ts';

const longFromChars = 3000;
const capChars = 8000;
const questionsFrom = 3;

/** Scripts whose words run together or take endings: a phrase may stand anywhere. */
const runsTogether = new Set(['zh', 'ja', 'ko', 'ar']);

type Matcher = { flag: PhraseFlag; words: string[]; pieces: string[] };

/** " my lawyer will " is found in a text of words and single spaces, " betrügerisch" (for `betrügerisch*`) at a word's start. */
const asWords = (phrase: string): string =>
  phrase.endsWith('*') ? ` ${phrase.slice(0, -1)}` : ` ${phrase} `;

const phrasesOf = (list: string): string[] =>
  list
    .split(/[|\n]/u)
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '');

const matchers: Matcher[] = (['legal', 'security', 'angry'] as const).map((flag) => {
  const entries = Object.entries(phrases[flag]);
  const of = (together: boolean): string[] => [
    ...new Set(
      entries.flatMap(([language, list]) => (runsTogether.has(language) === together ? phrasesOf(list) : [])),
    ),
  ];
  return { flag, words: of(false).map(asWords), pieces: of(true) };
});

/** Many capitals and more than one exclamation mark: shouting. Either alone is a habit. */
function isShouting(text: string): boolean {
  const upper = text.match(/\p{Lu}/gu)?.length ?? 0;
  const lower = text.match(/\p{Ll}/gu)?.length ?? 0;
  return upper >= 20 && upper >= lower * 3 && /!\s?!/u.test(text);
}

/** "???" is one question; the question mark of a link is none. */
function countQuestions(text: string): number {
  const withoutLinks = text.replace(/(?:https?:\/\/|www\.)[!-~]{1,2000}/giu, ' ');
  return withoutLinks.match(/[?？؟]{1,100}/gu)?.length ?? 0;
}

/**
 * The flags of a ticket: `legal`, `security`, `angry`, `long`, `multi_question`, `attachments`. Reads what the customer
 * wrote, without quoted threads and footers, up to 8,000 characters of it.
 */
export function flagsOf({
  subject,
  body,
  attachments = 0,
}: {
  subject: string;
  body: string;
  attachments?: number;
}): string[] {
  const own = ownText(body, capChars);
  const text = `${subject.slice(0, 1000)}\n${own}`;
  const plain = text.normalize('NFKC').toLowerCase().replaceAll('’', "'");
  const words = ` ${(plain.match(/[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}'-]{0,60}[\p{L}\p{M}\p{N}])?/gu) ?? []).join(' ')} `;
  const flags: string[] = matchers
    .filter(
      (matcher) =>
        matcher.words.some((phrase) => words.includes(phrase)) ||
        matcher.pieces.some((phrase) => plain.includes(phrase)),
    )
    .map(({ flag }) => flag);
  if (!flags.includes('angry') && isShouting(text)) flags.push('angry');
  if (own.length > longFromChars) flags.push('long');
  if (countQuestions(own) >= questionsFrom) flags.push('multi_question');
  if (attachments > 0) flags.push('attachments');
  return flags;
}
