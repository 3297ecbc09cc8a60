import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableLines } from '../../services/cli/table.ts';
import type { Cell, Column } from '../../services/cli/table.ts';
import { displayWidth } from '../../services/cli/text.ts';

const plain = (_style: unknown, text: string): string => text;
const lines = (columns: (string | Column)[], rows: Cell[][], width = Infinity): string[] =>
  tableLines(columns, rows, { width, paint: plain });

test('columns are aligned where cells hold wide characters, and numbers stand to the right', () => {
  assert.deepEqual(
    lines(
      ['name', 'count', 'state'],
      [
        ['退款', 7, 'open'],
        ['👍 thanks', 1234, 'closed'],
      ],
    ),
    ['name       count  state', '退款           7  open', '👍 thanks   1234  closed'],
  );
});

test('a cell cannot break its row or command the terminal', () => {
  const [, row] = lines(['a', 'b'], [['x\ny\u001b[2J', 'z']]);
  assert.equal(row, 'x y␛[2J  z');
});

test('a column without any content is left out', () => {
  assert.deepEqual(
    lines(
      ['id', 'revoked', 'name'],
      [
        ['1', '', 'a'],
        ['2', '', 'b'],
      ],
    ),
    ['id  name', '1   a', '2   b'],
  );
  assert.deepEqual(lines(['id', 'name'], []), ['id  name']);
});

const columns: Column[] = [
  { head: 'ticket' },
  { head: 'message', shrinks: true },
  { head: 'cost', align: 'right', optional: true },
  { head: 'source', optional: true },
];
const rows: Cell[][] = [['t_00k3v9z2m8', '我的包裹到哪里了？我已经等了两个星期', '$0.0001', 'shop-api']];

test('no line is wider than the terminal: what shrinks is cut, then what is optional goes, the last first', () => {
  const fitting = (width: number): string[] => lines(columns, rows, width);
  for (let width = 30; width < 90; width += 1) {
    assert.ok(
      fitting(width).every((line) => displayWidth(line) <= width),
      `in ${width} columns`,
    );
  }
  assert.match(fitting(90).join('\n'), /source[\s\S]*星期 /);
  assert.match(fitting(60).join('\n'), /source[\s\S]*… /);
  assert.match(fitting(40).join('\n'), /cost/);
  assert.doesNotMatch(fitting(40).join('\n'), /source/);
  assert.doesNotMatch(fitting(30).join('\n'), /cost/);
});

test('in a pipe nothing is cut', () => {
  assert.match(lines(columns, rows).join('\n'), /我的包裹到哪里了？我已经等了两个星期/);
});

test('colour covers the text alone, and does not shift what follows', () => {
  const painted = tableLines(
    ['state', 'next'],
    [
      [{ text: 'ok', style: 'green' }, 'x'],
      [{ text: '', style: 'red' }, 'y'],
    ],
    { width: Infinity, paint: (style, text) => `<${String(style)}>${text}</>` },
  );
  assert.deepEqual(painted, ['<bold>state</>  <bold>next</>', '<green>ok</>     x', '       y']);
});
