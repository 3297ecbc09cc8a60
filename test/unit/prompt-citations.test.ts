/** Marks in a model's reply: taken out of what the customer reads, and told as sources. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { readCitations } from '../../services/tier-worker/citations.ts';
import type { Piece } from '../../services/tier-worker/pieces.ts';

const piece = (mark: string, title: string): Piece => ({
  mark,
  title,
  path: `${title.toLowerCase()}.md`,
  text: '',
});
const given = [
  piece('c1', 'Catalogue'),
  piece('a1', 'Shipping'),
  piece('a2', 'Returns'),
  piece('a3', 'Sizes'),
];
const read = (text: string, ticket = ''): [string, string[]] => {
  const reply = readCitations(text, given, ticket);
  return [reply.text, reply.sources.map(({ title }) => title)];
};

describe('a reply’s marks', () => {
  const cases: [string, string, string, string[]][] = [
    ['none', 'It takes two days.', 'It takes two days.', []],
    ['one behind a sentence', 'It takes two days. [a1]', 'It takes two days.', ['Shipping']],
    ['one before the full stop', 'It takes two days [a1].', 'It takes two days.', ['Shipping']],
    [
      'one without a blank, in the middle',
      'Two days.[a1] Send it back [a2] then.',
      'Two days. Send it back then.',
      ['Shipping', 'Returns'],
    ],
    [
      'one at the beginning of a line',
      'Hello,\n[a1] It takes two days.',
      'Hello,\nIt takes two days.',
      ['Shipping'],
    ],
    ['one of a list', '- [a1] two days\n- three', '- two days\n- three', ['Shipping']],
    ['several side by side', 'So it is [a2][a1] [c1].', 'So it is.', ['Returns', 'Shipping', 'Catalogue']],
    [
      'several in one pair of brackets',
      'So it is [a2, a1; c1].',
      'So it is.',
      ['Returns', 'Shipping', 'Catalogue'],
    ],
    ['the same twice', 'One [a1]. Two [a1].', 'One. Two.', ['Shipping']],
    ['capitals', 'So it is [A1].', 'So it is.', ['Shipping']],
    [
      'Chinese and full-width brackets',
      '两天送达【a1】。可以退货［a2］。',
      '两天送达。可以退货。',
      ['Shipping', 'Returns'],
    ],
    ['Chinese commas between', '可以退货【a2、a1】。', '可以退货。', ['Returns', 'Shipping']],
    [
      'a line of sources at the end',
      'It takes two days.\n\nSources: [a1], [a2]',
      'It takes two days.',
      ['Shipping', 'Returns'],
    ],
    ['such a line in German', 'Zwei Tage.\nQuellen: [a1]', 'Zwei Tage.', ['Shipping']],
    ['a line of nothing else', 'Two days.\n[a1]\nBye', 'Two days.\nBye', ['Shipping']],
    ['in round brackets', 'Two days ([a1]).', 'Two days.', ['Shipping']],
    ['of a piece that was not given', 'Two days [a9] or three [a1].', 'Two days or three.', ['Shipping']],
    ['marks within marks', 'Two days [a[a1]2].', 'Two days.', ['Shipping', 'Returns']],
    [
      'other brackets',
      'See [1], [a], [b1], [a123], a1 and array[c].',
      'See [1], [a], [b1], [a123], a1 and array[c].',
      [],
    ],
    ['nothing but marks', '[a1][a2]', '', ['Shipping', 'Returns']],
  ];
  for (const [what, text, expected, sources] of cases) {
    test(what, () => assert.deepEqual(read(text), [expected, sources]));
  }

  test('brackets of the customer’s own are left alone, unless they name a piece', () => {
    const ticket = 'The shelf [A9] is too small for paper [a1].';
    assert.deepEqual(read('Shelf [A9] holds more [a2].', ticket), ['Shelf [A9] holds more.', ['Returns']]);
    assert.deepEqual(read('Paper it is [a1].', ticket), ['Paper it is.', ['Shipping']]);
  });

  test('a model that was given nothing has nothing taken from it', () => {
    const text = ' Press [a1] twice. ';
    assert.deepEqual(readCitations(text, [], ''), { text, sources: [] });
  });

  const words = fc.array(
    fc.constantFrom('two', 'days', 'Straße.', '三天', 'Order #5?', '(ok)', '[1]', '- x', '\n', 'a1'),
    { maxLength: 30 },
  );
  const someMarks = fc.array(fc.constantFrom('a1', 'a2', 'a3', 'c1'), { minLength: 1, maxLength: 3 });

  test('a text without marks stays as it is, byte for byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), words, (noise, list) => {
        const text = noise.replaceAll(/[ac]\d/gi, '') + list.join(' ');
        assert.deepEqual(read(text), [text, []]);
      }),
    );
  });

  test('what a model puts into a text is taken out of it again, and is exactly what is named', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('two', 'days,', 'Straße.', '三天。', 'yes!', '[1]'), someMarks), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.boolean(),
        (parts, isJoined) => {
          const text = parts
            .map(([word, list]) => `${word} ${isJoined ? `[${list.join(', ')}]` : `[${list.join('][')}]`}`)
            .join(' ');
          const [plain, sources] = read(text);
          assert.equal(plain, parts.map(([word]) => word).join(' '));
          const named = new Set<string>(parts.flatMap(([, list]) => list));
          const titles = given.filter(({ mark }) => named.has(mark)).map(({ title }) => title);
          assert.deepEqual(sources.toSorted(), titles.toSorted());
        },
      ),
    );
  });

  test('whatever a model writes, no mark of a given piece is left, and only given pieces are named', () => {
    const pieces = ['[', ']', '【', 'a1', 'c1', 'a2', ', ', ' ', '\n', 'x', '(', ')', 'Sources: ', '[a1]'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 60 }), (parts) => {
        const { text, sources } = readCitations(parts.join(''), given, '');
        assert.doesNotMatch(text, /[[【] {0,2}(?:a[123]|c1) {0,2}[\]】]/);
        for (const { path } of sources) assert.ok(given.some((one) => one.path === path));
      }),
    );
  });

  test('a hostile reply takes no time to speak of', () => {
    for (const text of [
      '[a1'.repeat(20_000),
      '[a1 '.repeat(20_000),
      ' '.repeat(100_000),
      '[a1,'.repeat(20_000),
    ]) {
      const from = process.cpuUsage();
      read(text);
      assert.ok(process.cpuUsage(from).user < 500_000);
    }
  });
});
