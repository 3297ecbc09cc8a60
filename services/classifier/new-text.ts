/** What is new in a message: without the mails that it answers and without its signature. The whole stays with the ticket. */
import EmailReplyParser from 'email-reply-parser';
import { ownText } from '../../shared/language/clean.ts';

/** Fewer characters than this are a greeting: then the cut was wrong. */
const fewCharacters = 10;

/**
 * email-reply-parser 2.3.9 searches across lines, and within lines by several stars at once. So it is given neither many
 * lines, nor long ones, nor many of the words that its searches across lines end with.
 */
const capCharacters = 4000;
const longestLine = 400;
const mostVerbs = 8;
const verbsAcrossLines = /schreef|skrev|pisze|napisał|写道|kirjoitti/gu;

/**
 * The shorter of what two readers of mails take for new, measured as the best on replies in ten languages; the whole where
 * both leave hardly anything. Looks at the beginning of a long message.
 */
export function newText(body: string): string {
  // The local labels and the model's prompt ask for the same text one after the other.
  if (body !== lastRead.body) lastRead = { body, text: readNewText(body) };
  return lastRead.text;
}

let lastRead = { body: '', text: '' };

function readNewText(body: string): string {
  const own = ownText(body);
  const parsed = byParser(body);
  const enough = [own, parsed].filter((text) => text.length >= fewCharacters);
  if (enough.length === 0) return own === '' ? body : own;
  return enough.reduce((shortest, text) => (text.length < shortest.length ? text : shortest));
}

function byParser(body: string): string {
  const head = body.slice(0, capCharacters);
  if ((head.match(verbsAcrossLines)?.length ?? 0) > mostVerbs) return '';
  const lines = head.split(/\r\n|[\n\r]/u).map((line) => line.trimEnd());
  const plain = lines
    .filter((line, index) => line !== '' || lines[index - 1] !== '')
    .flatMap((line) => line.match(piecesOfLine) ?? [''])
    .join('\n');
  return new EmailReplyParser().parseReply(plain).trim();
}

const piecesOfLine = new RegExp(`.{1,${longestLine}}`, 'gsu');
