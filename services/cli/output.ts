/** Where things are printed: data to stdout, everything else to stderr; colours and widths only on a terminal. */
import { styleText } from 'node:util';
import { projectFolder } from './project.ts';
import { tableLines } from './table.ts';
import type { Cell, Column, Style } from './table.ts';
import { wrap } from './text.ts';

export { oneLine } from './text.ts';

const usualWidth = 80;

/** Columns of the terminal that shows the data; Infinity in a pipe, where nothing is cut. */
export function outputWidth(): number {
  if (!process.stdout.isTTY) return Infinity;
  return process.stdout.columns > 0 ? process.stdout.columns : usualWidth;
}

/** Coloured where stdout is a terminal and NO_COLOR is not set, or FORCE_COLOR is. */
export const paint = (style: Style | null, text: string): string =>
  style === null ? text : styleText(style, text, { stream: process.stdout });

/** The same for stderr. */
const paintNote = (style: Style, text: string): string => styleText(style, text, { stream: process.stderr });

export function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** JSON escapes most control characters by itself; the rest would still be obeyed by a terminal. */
export function printJson(value: unknown): void {
  const text = JSON.stringify(value, null, 2) ?? 'null';
  const escaped = text.replaceAll(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  process.stdout.write(`${escaped}\n`);
}

/** Aligned columns; numbers stand to the right. */
export function printTable(columns: readonly (string | Column)[], rows: readonly (readonly Cell[])[]): void {
  print(...tableLines(columns, rows, { width: outputWidth(), paint }));
}

/** A message; on a terminal it is broken to its width. */
export function note(text: string): void {
  const { isTTY, columns } = process.stderr;
  const isStyled = text.includes('\u001b');
  const shown = isTTY && !isStyled ? wrap(text, Math.min(columns || usualWidth, 100)).join('\n') : text;
  process.stderr.write(`${shown}\n`);
}

/** The command line as it is called from here. */
const self = process.cwd() === projectFolder.replace(/\/$/, '') ? './tierline' : 'tierline';

/** A command of ours as it can be typed here. */
export const commandText = (args: string): string => `${self} ${args}`;

/** A text with the commands in it as they can be typed here. */
export const typeable = (text: string): string =>
  text.replaceAll(/(?<=^|[\s`(])tierline (?=[a-z])/g, `${self} `);

/** What one may want to do next; for people in front of a terminal only. */
export function suggestNext(...commands: [args: string, what: string][]): void {
  if (!process.stdout.isTTY || !process.stderr.isTTY) return;
  const width = Math.max(...commands.map(([args]) => commandText(args).length));
  note('');
  for (const [args, what] of commands) {
    note(`${paintNote('cyan', commandText(args).padEnd(width))}  ${paintNote('dim', what)}`);
  }
}
