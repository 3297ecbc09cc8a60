import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cut, displayWidth, oneLine, pad, safe, safeLines, wrap } from '../../services/cli/text.ts';

test('a text is as wide as a terminal draws it: Chinese, kana and emoji take two columns, accents none', () => {
  const widths: [string, number][] = [
    ['plain', 5],
    ['退款', 4],
    ['ｆｕｌｌ', 8],
    ['ﾊﾝｶｸ', 4],
    ['한국어', 6],
    ['カナ', 4],
    ['👍', 2],
    ['👍🏽', 2],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['cafe\u0301', 4],
    ['مرحبا', 5],
    ['🔦 on', 5],
    ['', 0],
  ];
  for (const [text, width] of widths) assert.equal(displayWidth(text), width, text);
});

test('control characters never reach the terminal: they are shown, or left out where they turn the line around', () => {
  assert.equal(safe('a\u001b[31mred\u001b[0m'), 'a␛[31mred␛[0m');
  assert.equal(safe('bell\u0007 del\u007f nul\u0000'), 'bell␇ del␡ nul␀');
  assert.equal(safe('c1 \u009b31m \u0085'), 'c1 \ufffd31m \ufffd');
  assert.equal(safe('\u202eabc\u202c \u2066x\u2069 \u2028y'), 'abc x y');
  assert.equal(safe('two\r\nlines\tand tab'), 'two lines and tab');
  assert.equal(safeLines('one\r\ntwo\u001b\rthree'), 'one\ntwo␛\nthree');
  assert.equal(safe('naïve 退款 👍🏽 שלום'), 'naïve 退款 👍🏽 שלום');
});

test('a cut text is never wider than asked, never half a character, and says that something is missing', () => {
  for (const text of ['我的包裹到哪里了', 'Where is my parcel?', '👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 'cafe\u0301 cafe\u0301']) {
    for (let columns = 1; columns < 20; columns += 1) {
      const shown = cut(text, columns);
      assert.ok(displayWidth(shown) <= columns, `${shown} in ${columns}`);
      assert.equal(shown === text || shown.endsWith('…'), true);
      assert.ok(text.startsWith(shown.replace(/…$/, '')));
    }
  }
  assert.equal(cut('我的包裹', 5), '我的…');
  assert.equal(cut('我的包裹', 8), '我的包裹');
});

test('padding counts columns, not characters', () => {
  assert.equal(pad('退款', 6), '退款  ');
  assert.equal(pad('7', 3, 'right'), '  7');
  assert.equal(pad('too long', 3), 'too long');
});

test('one line of a text has neither line breaks nor control characters', () => {
  assert.equal(oneLine('  Where\n\n is\tit?\u001b[2J ', 40), 'Where is it?␛[2J');
  assert.equal(oneLine('Where is my parcel', 9), 'Where is…');
});

test('wrapped lines fit, break between words and inside Chinese, and lose nothing', () => {
  const english = 'Its tickets are parked until a model can answer, which a doctor tells.';
  const lines = wrap(english, 20);
  assert.ok(lines.every((line) => displayWidth(line) <= 20));
  assert.equal(lines.join(' '), english);
  const chinese = '我的包裹到哪里了我已经等了两个星期还没有收到任何消息';
  assert.ok(wrap(chinese, 15).every((line) => displayWidth(line) <= 15));
  assert.equal(wrap(chinese, 15).join(''), chinese);
  const word = 'x'.repeat(50);
  assert.deepEqual(wrap(word, 20).map(displayWidth), [20, 20, 10]);
  assert.deepEqual(wrap('one\n\ntwo', 20), ['one', '', 'two']);
  assert.deepEqual(wrap(english, Infinity), [english]);
});
