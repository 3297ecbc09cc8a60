/** Text on a terminal: how wide it is, how it is cut and padded, and what in it must not reach the terminal. */

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Drawn two columns wide: emoji, and what Unicode calls wide or fullwidth (UAX #11), by its blocks. */
const wide =
  /^(?:\p{RGI_Emoji}|\p{Emoji_Presentation}|[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{a4cf}\u{a960}-\u{a97c}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe10}-\u{fe19}\u{fe30}-\u{fe6f}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}\u{17000}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}])/v;
const invisible = /^[\p{Mark}\p{Format}\p{Default_Ignorable_Code_Point}]+$/u;
const plain = /^[\x20-\x7e]*$/;

function graphemeWidth(grapheme: string): number {
  if (wide.test(grapheme)) return 2;
  return invisible.test(grapheme) ? 0 : 1;
}

/** Columns that the text takes on a terminal. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** What a terminal would obey instead of showing, and what turns the direction of the line that follows. */
const unsafe = /[\p{Control}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** The text with control characters made visible (␛) or left out, on one line. Apply it to whatever came from outside. */
export function safe(text: string): string {
  return text.replaceAll(/[\t\r\n]+/g, ' ').replaceAll(unsafe, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return '\u2421';
    return code < 0xa0 ? '\ufffd' : '';
  });
}

/** `safe` for a text of several lines, which it keeps. */
export function safeLines(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => safe(line))
    .join('\n');
}

/** The beginning of the text, at most `columns` wide, with an ellipsis where something is missing. */
export function cut(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Filled with spaces up to `columns`. */
export function pad(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return align === 'right' ? space + text : text + space;
}

/** One safe line of at most `columns`, for replies and subjects in lists. */
export function oneLine(text: string, columns: number): string {
  return cut(safe(text.replaceAll(/\s+/g, ' ').trim()), columns);
}

/** Where a line may break: after white space, and around characters of scripts that are written without it. */
const breakable = /(?<=\s)|(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])/u;

/** Lines of at most `columns`; a word that is longer is broken. */
export function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, columns));
}

function wrapParagraph(paragraph: string, columns: number): string[] {
  if (displayWidth(paragraph) <= columns) return [paragraph];
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(breakable)) {
    if (line !== '' && displayWidth((line + word).trimEnd()) > columns) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
    while (displayWidth(line.trimEnd()) > columns) {
      const head = cut(line, columns + 1).slice(0, -1);
      if (head === '') break;
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  return line.trim() === '' ? lines : [...lines, line.trimEnd()];
}
