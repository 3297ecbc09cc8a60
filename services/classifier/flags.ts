/** What makes a ticket delicate whatever it asks: threats of law, signs of a break-in, anger, length. Pure and bounded. */
import { phrases } from './flag-phrases.ts';
import type { PhraseFlag } from './flag-phrases.ts';
import { ownText } from '../../shared/language/clean.ts';

const longFromChars = 3000;
const capChars = 8000;
const questionsFrom = 3;

/** Scripts whose words run together or take endings: a phrase may stand anywhere. */
const runsTogether = new Set(['zh', 'ja', 'ko', 'ar']);

const phrasesOf = (list: string): string[] =>
  list
    .split(/[|\n]/u)
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '');

/** " my lawyer will " is found in a text of words and single spaces, " betrügerisch" (for `betrügerisch*`) at a word's start. */
const asWords = (phrase: string): string =>
  phrase.endsWith('*') ? ` ${phrase.slice(0, -1)}` : ` ${phrase} `;

type Phrase = { flag: PhraseFlag; phrase: string };
/** A phrase is looked for only where its first word stands: hundreds of searches become one walk over the words. */
const byFirstWord = new Map<string, Phrase[]>();
/** Phrases whose first word takes endings, by its first letters. */
const byStart = new Map<string, Phrase[]>();
const startLength = 3;
const pieces: Phrase[] = [];
for (const flag of ['legal', 'security', 'angry'] as const) {
  for (const [language, list] of Object.entries(phrases[flag])) {
    for (const phrase of phrasesOf(list)) {
      const [first = ''] = phrase.split(' ');
      if (runsTogether.has(language)) pieces.push({ flag, phrase });
      else if (first.endsWith('*'))
        add(byStart, first.slice(0, startLength), { flag, phrase: asWords(phrase) });
      else add(byFirstWord, first, { flag, phrase: asWords(phrase) });
    }
  }
}

function add(index: Map<string, Phrase[]>, key: string, phrase: Phrase): void {
  const known = index.get(key);
  if (known) known.push(phrase);
  else index.set(key, [phrase]);
}

const runsTogetherScript = /[\u0600-\u06ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]/u;

/** `words` has one space before each word and at its end. */
function phraseFlags(words: string, plain: string): Set<PhraseFlag> {
  const found = new Set<PhraseFlag>();
  const look = (candidates: Phrase[] | undefined, at: number): void => {
    if (!candidates) return;
    for (const { flag, phrase } of candidates) if (words.startsWith(phrase, at)) found.add(flag);
  };
  for (let at = 0, end = words.indexOf(' ', 1); end !== -1; at = end, end = words.indexOf(' ', at + 1)) {
    look(byFirstWord.get(words.slice(at + 1, end)), at);
    look(byStart.get(words.slice(at + 1, at + 1 + startLength)), at);
  }
  if (runsTogetherScript.test(plain)) {
    for (const { flag, phrase } of pieces) if (plain.includes(phrase)) found.add(flag);
  }
  return found;
}

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
  const flags: string[] = [...phraseFlags(words, plain)];
  if (!flags.includes('angry') && isShouting(text)) flags.push('angry');
  if (own.length > longFromChars) flags.push('long');
  if (countQuestions(own) >= questionsFrom) flags.push('multi_question');
  if (attachments > 0) flags.push('attachments');
  return flags;
}
