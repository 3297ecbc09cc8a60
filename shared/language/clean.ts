/**
 * From a mail as it arrives to the words the customer wrote. Every text is cut to a length first and every expression
 * is bounded, because one hostile mail must not stop a worker: `\S+@\S+\.\S+` is cubic on `a@a@a@…`.
 */
import {
  attributionOpener,
  disclaimerStart,
  headerLabels,
  mobileFooterEnd,
  mobileFooterStart,
  separatorWords,
  subjectLabels,
  traceLine,
  wroteVerb,
} from './clean-patterns.ts';

/** Characters of a body that language detection looks at. */
export const detectionCapChars = 4000;
/** Detection needs no more than this of the cleaned text. */
const detectionOutputChars = 600;
/** Paragraphs are taken from the top until they hold this many letters; what follows may be an unmarked quote. */
const enoughLetters = 12;
const maxLines = 2000;

const letter = /\p{L}/u;
const dateLike = /\d{1,2}[:.]\d{2}|\d{4}|\d{1,2}[/.-]\d{1,2}/u;
const bracketedMail = /[<(][^<>()\s@]{1,64}@[^<>()\s]{1,190}[>)]/u;
const quoteMark = /^\s{0,8}[>＞]/u;

/** Removes what lies between two marks, by search and not by expression; an unclosed one runs to the end. */
function withoutBlocks(text: string, open: string, close: string): string {
  const lower = text.toLowerCase();
  // A letter whose lower case is longer would shift the positions.
  const haystack = lower.length === text.length ? lower : text;
  let kept = '';
  let from = 0;
  for (;;) {
    const start = haystack.indexOf(open, from);
    if (start < 0) return kept + text.slice(from);
    kept += `${text.slice(from, start)}\n`;
    const end = haystack.indexOf(close, start + open.length);
    if (end < 0) return kept;
    from = end + close.length;
  }
}

function withoutHtml(text: string): string {
  let plain = text;
  if (/<\/?[a-z!]/iu.test(text)) {
    for (const tag of ['style', 'script', 'blockquote', 'pre']) {
      plain = withoutBlocks(plain, `<${tag}`, `</${tag}>`);
    }
    plain = withoutBlocks(plain, '<!--', '-->')
      .replace(/<(?:br|\/p|\/div|\/li|\/tr|\/h\d)[^<>]{0,200}>/giu, '\n')
      .replace(/<\/?[a-z][a-z0-9]{0,15}(?:\s[^<>]{0,600})?\/?>/giu, ' ')
      .replace(/\n {1,80}/gu, '\n');
  }
  return plain
    .replace(/&(?:nbsp|#160);/giu, ' ')
    .replace(/&gt;/giu, '>')
    .replace(/&(?:[a-z]{2,8}|#\d{1,6});/giu, ' ');
}

function labelOf(line: string): string {
  const end = line.slice(0, 40).search(/[:：]/u);
  return end < 1 ? '' : line.slice(0, end).replace(/[*_>]/gu, '').trim().toLowerCase();
}

const isHeaderLine = (line: string): boolean => headerLabels.has(labelOf(line));

/**
 * How many lines the header block at this place takes; 0 where there is none. It is two header lines in a row, with a
 * subject or an address among them: `From:` and `To:` may be a customer's journey.
 */
function headerBlockLines(lines: string[], index: number): number {
  if (!isHeaderLine(lines[index] ?? '')) return 0;
  const block = lines.slice(index, index + 12);
  const end = block.findIndex((line) => line.trim() !== '' && !isHeaderLine(line));
  const headers = (end < 0 ? block : block.slice(0, end)).filter((line) => line.trim() !== '');
  const isMail = headers.some((line) => subjectLabels.has(labelOf(line)) || line.includes('@'));
  return headers.length >= 2 && isMail ? (end < 0 ? block.length : end) : 0;
}

function isAttributionText(text: string, isQuoteNext: boolean): boolean {
  if (text.length > 400 || !/[:：]\s*$/u.test(text)) return false;
  const hasVerb = wroteVerb.test(text);
  if (isQuoteNext && hasVerb) return true;
  return dateLike.test(text) && (hasVerb || bracketedMail.test(text));
}

/** How many lines the "On … wrote:" at this place takes; 0 where there is none. Mail programs break it over up to three. */
function attributionLines(lines: string[], index: number): number {
  const first = (lines[index] ?? '').trim();
  if (first === '' || first.length > 400) return 0;
  const quoted = (after: number): boolean => {
    const next = lines[after]?.trim() === '' ? lines[after + 1] : lines[after];
    return quoteMark.test(next ?? '');
  };
  if (isAttributionText(first, quoted(index + 1))) return 1;
  if (!attributionOpener.test(first) || !dateLike.test(first)) return 0;
  let joined = first;
  for (let count = 2; count <= 3; count += 1) {
    const next = lines[index + count - 1]?.trim() ?? '';
    if (next === '') return 0;
    joined += ` ${next}`;
    if (isAttributionText(joined, quoted(index + count))) return count;
  }
  return 0;
}

function isSeparator(line: string): boolean {
  const text = line.trim();
  if (text.length > 120) return false;
  if (text.startsWith('##-') || /^_{20,120}$/u.test(text)) return true;
  const match = /^([-_=]{2,40})\s{0,10}([^-_=][^-_=]{0,60}?)\s{0,10}[-_=]{2,40}$/u.exec(text);
  if (match === null) return false;
  return (match[1] ?? '').length >= 4 || separatorWords.test(match[2] ?? '');
}

function isMobileFooter(line: string): boolean {
  const text = line.trim();
  return text.length <= 90 && (mobileFooterStart.test(text) || isLateFooter(text));
}

function isLateFooter(text: string): boolean {
  return text.length <= 60 && mobileFooterEnd.test(text) && /[A-Z][A-Za-z]{2,}/u.test(text);
}

/** A line after which only a quote or a footer follows. */
function isCut(line: string): boolean {
  return /^\s{0,4}(?:--|—)\s{0,4}$/u.test(line) || isSeparator(line) || disclaimerStart.test(line.trim());
}

function isNoiseLine(line: string): boolean {
  return quoteMark.test(line) || isMobileFooter(line) || traceLine.test(line.slice(0, 400));
}

type Step = { kind: 'own' | 'skip' | 'cut'; lines: number };

/** What stands at this place: the customer's own line, one to leave out, or the beginning of the quoted rest. */
function readStep(lines: string[], index: number): Step {
  const attribution = attributionLines(lines, index);
  if (attribution > 0) {
    const after = lines[index + attribution] ?? '';
    const next = after.trim() === '' ? (lines[index + attribution + 1] ?? '') : after;
    // A marked quote shows its own end; below it the answer may go on.
    return { kind: quoteMark.test(next) ? 'skip' : 'cut', lines: attribution };
  }
  const line = lines[index] ?? '';
  const headers = headerBlockLines(lines, index);
  if (headers > 0) return { kind: 'cut', lines: headers };
  if (isCut(line)) return { kind: 'cut', lines: 1 };
  return { kind: isNoiseLine(line) ? 'skip' : 'own', lines: 1 };
}

/** The lines above the quoted thread; where nothing stands above it (a forward, an answer below), what stands below. */
function ownLines(lines: string[]): string[] {
  const kept: string[] = [];
  let hasLetters = false;
  for (let index = 0; index < lines.length;) {
    const step = readStep(lines, index);
    if (step.kind === 'cut' && hasLetters) break;
    if (step.kind === 'own') {
      const line = lines[index] ?? '';
      kept.push(line);
      hasLetters ||= letter.test(line);
    }
    index += step.lines;
  }
  return kept;
}

/**
 * What the customer wrote, without quoted threads, footers, code and markup; numbers, links and paragraphs stay.
 * Looks at the first `capChars` characters only.
 */
export function ownText(body: string, capChars = 12_000): string {
  const head = body.slice(0, capChars);
  // Language, flags and query type of one ticket ask for the same words one after the other.
  if (head !== lastRead.head) lastRead = { head, own: readOwnText(head) };
  return lastRead.own;
}

let lastRead = { head: '', own: '' };

function readOwnText(head: string): string {
  const text = withoutHtml(head).replace(/\r\n?|\u2028|\u2029/gu, '\n');
  const lines = withoutBlocks(text, '```', '```').split('\n', maxLines);
  const own = ownLines(lines).join('\n').trim();
  if (letter.test(own)) return own;
  // All of it was quoted: a forward, or a reader's odd marks. Better the quoted words than none.
  return lines
    .map((line) => line.replace(/^(?:\s{0,4}[>＞]){1,10}/u, ''))
    .join('\n')
    .trim();
}

const dropsCodes = (token: string): string => (/[\d_]/u.test(token) ? ' ' : token);

/** Quoted spans are error messages and product names more often than the customer's own words. */
function withoutQuotedSpans(text: string): string {
  const rest = text
    .replace(/"[^"\n]{1,200}"|“[^”\n]{1,200}”|„[^“”\n]{1,200}[“”]|«[^»\n]{1,200}»|「[^」\n]{1,200}」/gu, ' ')
    .replace(/`[^`\n]{1,200}`/gu, ' ');
  return (rest.match(/\p{L}/gu)?.length ?? 0) >= 10 ? rest : text;
}

/** "Dear support team," says little about the language of what follows. */
const isGreeting = (paragraph: string): boolean => paragraph.length <= 60 && /[,，、]\s*$/u.test(paragraph);

/** The top paragraphs that together hold enough letters. Letters of scripts that write a word in one or two count more. */
function firstParagraphs(text: string): string {
  let taken = '';
  let counted = 0;
  for (const paragraph of text.split(/\n\s{0,80}\n/u)) {
    taken += `${paragraph}\n`;
    if (isGreeting(paragraph)) continue;
    const letters = paragraph.match(/\p{L}/gu)?.length ?? 0;
    const dense = paragraph.match(/[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]/gu)?.length ?? 0;
    counted += letters + 1.5 * dense;
    if (counted >= enoughLetters) break;
  }
  return taken;
}

/** The customer's own words as letters and spaces, at most 600 characters: what language detection reads. */
export function cleanForDetection(body: string): string {
  const own = ownText(body, detectionCapChars)
    .replace(/(?:https?:\/\/|www\.)[!-~]{1,2000}/giu, ' ')
    .replace(/[\w.+%-]{1,64}@[\w.-]{1,190}/gu, ' ')
    .replace(/[A-Za-z0-9_#/-]{1,80}/gu, dropsCodes)
    .replace(/\b[a-z0-9-]{1,40}\.(?:com|net|org|io|de|fr|es|it|nl|co|eu|shop|example)\b/giu, ' ');
  return firstParagraphs(withoutQuotedSpans(own))
    .replace(/[^\p{L}\p{M}'’]{1,200}/gu, ' ')
    .trim()
    .slice(0, detectionOutputChars);
}
