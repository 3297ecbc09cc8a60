/** Takes the marks out of a model's reply and tells which pieces they stand for. Pure. */
import type { SourceReference } from '../../shared/ticket.ts';
import type { Piece } from './pieces.ts';

export type CitedReply = { text: string; sources: SourceReference[] };

/** One or several marks in brackets, with the blanks before them. Models vary the brackets, and put several into one pair. */
const marks =
  /[ \t\u00a0]{0,4}[[【［] {0,2}(?<list>[ac]\d{1,2}(?:[ ,;、，]{1,3}[ac]\d{1,2}){0,9}) {0,2}[\]】］]/giu;
/** What is left of a line that only named its sources, such as "Sources: ,". */
const onlyNames = /^[\s\p{P}]*(?:\p{L}{1,20}[ \u00a0]?[:：])?[\s\p{P}]*$/u;

/**
 * `given` is what the model was given. Sources are what it cited, in that order: what it was given and did not cite is not
 * named. Brackets that only look like marks are left alone where they are the customer's own: `ticketText` has them.
 */
export function readCitations(text: string, given: readonly Piece[], ticketText: string): CitedReply {
  if (given.length === 0) return { text, sources: [] };
  const byMark = new Map(given.map((piece) => [piece.mark, piece]));
  const cited = new Map<string, SourceReference>();
  const take = (match: string, list: string): string => {
    const names = list.toLowerCase().match(/[ac]\d{1,2}/g) ?? [];
    const known = names.flatMap((name) => byMark.get(name) ?? []);
    if (known.length === 0 && ticketText.includes(match.trim())) return match;
    for (const { title, path } of known) cited.set(path, { title, path });
    return '';
  };
  const lines = text.split('\n').flatMap((line) => {
    let rest = line;
    // Marks within marks: taking one out must not make another.
    for (let before = ''; before !== rest;) {
      before = rest;
      rest = rest.replace(marks, take);
    }
    if (rest === line) return [line];
    rest = rest.replaceAll(/ ?\(\s*\)/g, '');
    if (onlyNames.test(rest)) return [];
    return [/^\s/.test(line) ? rest : rest.trimStart()];
  });
  const reply = lines.join('\n');
  return { text: reply === text ? text : reply.trim(), sources: [...cited.values()] };
}
