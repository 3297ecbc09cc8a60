/** Tables as lines of text: aligned, and as wide as the terminal allows. */
import type { styleText } from 'node:util';
import { cut, displayWidth, safe } from './text.ts';

export type Style = Parameters<typeof styleText>[0];
export type Cell = string | number | { text: string | number; style: Style | null };

export type Column = {
  head: string;
  /** Numbers stand to the right without being told. */
  align?: 'right';
  /** Is cut first where the terminal is too narrow. */
  shrinks?: boolean;
  /** Is left out where the terminal is too narrow even so; the last one first. One without any content always is. */
  optional?: boolean;
};

const gap = '  ';
/** Less of a cell than this says little; less than the second number, nothing. */
const wishedWidth = 14;
const leastWidth = 6;

type Paint = (style: Style | null, text: string) => string;
type Drawn = {
  column: Column;
  index: number;
  align: 'left' | 'right';
  isEmpty: boolean;
  width: number;
};

/** `width`: columns of the terminal, Infinity where there is none. `paint` colours or leaves alone. */
export function tableLines(
  columns: readonly (string | Column)[],
  rows: readonly (readonly Cell[])[],
  options: { width: number; paint: Paint },
): string[] {
  const all = columns.map((given, index): Drawn => {
    const column = typeof given === 'string' ? { head: given } : given;
    const widths = rows.map((row) => displayWidth(textOf(row[index] ?? '')));
    const content = widths.reduce((widest, width) => Math.max(widest, width), 0);
    return {
      column,
      index,
      align: column.align ?? usualAlign(rows[0]?.[index]),
      isEmpty: content === 0,
      width: Math.max(displayWidth(column.head), content),
    };
  });
  const filled = rows.length === 0 ? all : all.filter(({ isEmpty }) => !isEmpty);
  const drawn = fitted(filled, options.width);
  const head = all.map(({ column }): Cell => ({ text: column.head, style: 'bold' }));
  return [head, ...rows].map((row) => rowLine(drawn, row, options.paint));
}

function rowLine(drawn: Drawn[], row: readonly Cell[], paint: Paint): string {
  const cells = drawn.map(({ index, width, align }) => {
    const cell = row[index] ?? '';
    const text = cut(textOf(cell), width);
    // Only the text is coloured: a coloured space may show as a bar.
    const shown = typeof cell === 'object' && text !== '' ? paint(cell.style, text) : text;
    const space = ' '.repeat(width - displayWidth(text));
    return align === 'right' ? space + shown : shown + space;
  });
  return cells.join(gap).trimEnd();
}

function textOf(cell: Cell): string {
  return safe(String(typeof cell === 'object' ? cell.text : cell));
}

function usualAlign(cell: Cell | undefined): 'left' | 'right' {
  const value = typeof cell === 'object' ? cell.text : cell;
  return typeof value === 'number' ? 'right' : 'left';
}

/** Leaves out what is optional, then cuts what shrinks, the widest first, until the table fits. */
function fitted(all: Drawn[], available: number): Drawn[] {
  let drawn = all;
  const least = ({ column, width }: Drawn): number =>
    column.shrinks === true ? Math.min(width, wishedWidth) : width;
  const total = (widthOf: (one: Drawn) => number): number =>
    drawn.reduce((sum, one) => sum + widthOf(one), gap.length * (drawn.length - 1));
  while (total(least) > available) {
    const dropped = drawn.findLast(({ column }) => column.optional === true);
    if (dropped === undefined) break;
    drawn = drawn.filter((one) => one !== dropped);
  }
  const result = drawn.map((one) => ({ ...one }));
  let excess = total(({ width }) => width) - available;
  for (const floor of [wishedWidth, leastWidth]) {
    for (; excess > 0; excess -= 1) {
      const widest = result
        .filter((one) => one.column.shrinks === true && one.width > floor)
        .sort((a, b) => b.width - a.width)[0];
      if (widest === undefined) break;
      widest.width -= 1;
    }
  }
  return result;
}
