import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { parseJsonBody } from '../../services/ingest/parse-json.ts';

const parse = (text: string) => parseJsonBody(Buffer.from(text));
const detailOf = (text: string): string => {
  const outcome = parse(text);
  return outcome.kind === 'bad' ? `${outcome.status} ${outcome.detail}` : 'ok';
};

test('any JSON value comes through unchanged', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      const outcome = parse(text);
      if (outcome.kind === 'ok') assert.deepEqual(outcome.value, JSON.parse(text));
      else assert.equal(outcome.status, 422);
    }),
  );
});

test('a byte order mark before the body is harmless', () => {
  assert.deepEqual(parse('\uFEFF{"a":1}'), { kind: 'ok', value: { a: 1 } });
});

test('bytes that are not UTF-8 are refused, never replaced', () => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xc0, 0xaf, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xe2, 0x82],
  ]) {
    const outcome = parseJsonBody(Buffer.from(bytes));
    assert.deepEqual(outcome, {
      kind: 'bad',
      status: 400,
      pointer: '',
      detail: 'the body is not valid UTF-8',
    });
  }
});

test('an empty body is named as such', () => {
  for (const text of ['', ' \r\n\t', '\uFEFF']) assert.equal(detailOf(text), '400 the body is empty');
});

describe('invalid JSON', () => {
  const cases: [string, number, number][] = [
    ['{"a":secret}', 1, 6],
    ['{"a":1,}', 1, 8],
    ['[1,\n 2,\n  oops]', 3, 3],
    ['{"a" 1}', 1, 6],
    ["{'a':1}", 1, 2],
    ['{"a":1} x', 1, 9],
    ['{"a":1}}', 1, 8],
    ['[1}', 1, 3],
    ['{"a":1]', 1, 7],
    ['[,1]', 1, 2],
    ['[1,]', 1, 4],
    ['{,}', 1, 2],
    [',', 1, 1],
    ['1,2', 1, 2],
    ['01', 1, 2],
    ['tru', 1, 1],
    ['NaN', 1, 1],
    ['"a\\x"', 1, 3],
    ['"a\\u12"', 1, 3],
    ['"a\tb"', 1, 3],
    ['{"a":"b\nc"}', 1, 8],
  ];
  for (const [text, line, column] of cases) {
    test(`${JSON.stringify(text)} is refused at line ${line}, column ${column}`, () => {
      assert.equal(
        detailOf(text),
        `400 the body is not valid JSON: unexpected character at line ${line}, column ${column}`,
      );
    });
  }

  test('a body that breaks off is refused at its end', () => {
    for (const text of ['{', '[1', '{"a"', '{"a":', '"abc', '[1,', '{"a":"secret', '"a\\"']) {
      const expected = `400 the body is not valid JSON: it ends too early, at line 1, column ${text.length + 1}`;
      assert.equal(detailOf(text), expected, text);
    }
  });

  test('is refused with a position wherever a good body is cut or spoilt, and never quoted', () => {
    const good = JSON.stringify({
      body: 'SECRET words',
      list: [1, -2.5e3, true, null],
      more: { x: 'é\n"\\' },
    });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.string({ minLength: 0, maxLength: 2 }), (index, inserted) => {
        const outcome = parse(good.slice(0, index) + inserted + good.slice(index + 1));
        if (outcome.kind === 'ok') return;
        assert.match(outcome.detail, /^the body is not valid JSON: .* at line \d+, column \d+$/);
        assert.doesNotMatch(outcome.detail, /SECRET/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('nesting', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

  test('32 levels are accepted and 33 are not', () => {
    assert.equal(detailOf(nested(32)), 'ok');
    assert.equal(detailOf(nested(33)), '422 the body is nested more than 32 levels deep');
    assert.equal(parseJsonBody(Buffer.from(nested(4)), { maxDepth: 3 }).kind, 'bad');
  });

  test('brackets inside strings do not count', () => {
    assert.equal(detailOf(JSON.stringify(['{['.repeat(100), '"['.repeat(100), '\\"['.repeat(100)])), 'ok');
  });

  test('a million levels are refused without exhausting the stack', () => {
    assert.match(detailOf('['.repeat(1_000_000)), /^422/);
    assert.match(detailOf('{"a":'.repeat(200_000)), /^422/);
    assert.match(detailOf(']'.repeat(1000) + '['.repeat(1000)), /^400/);
  });
});

describe('keys that could reach an object’s prototype', () => {
  const refused: [string, string][] = [
    ['{"__proto__":{"a":1}}', '/__proto__'],
    ['{"metadata":{"x/y":[{"__proto__":1}]}}', '/metadata/x~1y/0/__proto__'],
    ['{"\\u005f_proto__":{}}', '/__proto__'],
    ['{"a":{"constructor":{"prototype":{}}}}', '/a/constructor/prototype'],
    ['{"a":{"\\u0063onstructor":{"prototype":{}}}}', '/a/constructor/prototype'],
  ];
  for (const [text, pointer] of refused) {
    test(`${text} is refused`, () => {
      const outcome = parse(text);
      assert.deepEqual([outcome.kind, outcome.kind === 'bad' && outcome.pointer], ['bad', pointer]);
    });
  }

  test('the same words are harmless as text, or alone', () => {
    assert.equal(detailOf('{"body":"__proto__ and constructor","constructor":"x","prototype":{}}'), 'ok');
  });
});
