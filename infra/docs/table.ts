/** A Markdown table that can be read as text too. A long last column is not aligned unless that is asked for. */
export function markdownTable(
  head: string[],
  rows: string[][],
  aligned: 'all but the last' | 'every column' = 'all but the last',
): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', String.raw`\|`)));
  const ragged = aligned === 'every column' ? head.length : head.length - 1;
  const widths = head.map((_, column) =>
    column >= ragged ? 3 : Math.max(3, ...cells.map((row) => (row[column] ?? '').length)),
  );
  const lineOf = (row: string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...others] = cells;
  return [lineOf(first), lineOf(widths.map((width) => '-'.repeat(width))), ...others.map(lineOf)].join('\n');
}
