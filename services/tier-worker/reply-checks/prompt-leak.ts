/** A reply that tells what the model was told: runs of our own instructions, or the marks that wrap a ticket. */
import { ownInstructions } from '../prompt.ts';

/** Words in a row. Fewer are also said to customers, such as "a colleague will check". */
const runWords = 8;
const marks = /<\/?(?:ticket|articles)-|\b(?:ticket|articles)-[0-9a-f]{12}\b|"earlierMessages"\s{0,3}:/u;

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]{1,60}/gu) ?? [];

function runsOf(words: readonly string[]): string[] {
  return words
    .slice(0, Math.max(0, words.length - runWords + 1))
    .map((_, at) => words.slice(at, at + runWords).join(' '));
}

const instructionRuns = new Set(ownInstructions.flatMap((text) => runsOf(wordsOf(text))));
const firstWords = new Set([...instructionRuns].map((run) => run.slice(0, run.indexOf(' '))));

/** The longest word of each run: without any of them there is no run, and most replies have none. */
const longestWords = new Set(
  [...instructionRuns].map((run) =>
    run.split(' ').reduce((one, other) => (other.length > one.length ? other : one)),
  ),
);
const longestWord = new RegExp([...longestWords].join('|'), 'iu');

export function hasPromptLeak({ text }: { text: string }): boolean {
  if (marks.test(text)) return true;
  if (!longestWord.test(text)) return false;
  const words = wordsOf(text);
  return words.some(
    (word, at) => firstWords.has(word) && instructionRuns.has(words.slice(at, at + runWords).join(' ')),
  );
}
