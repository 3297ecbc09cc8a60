import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { editDistance, suggest } from '../../shared/config/suggest.ts';

describe('the edit distance', () => {
  it('counts insertions, deletions, substitutions and swaps as one each', () => {
    const cases: [string, string, number][] = [
      ['small', 'small', 0],
      ['smal', 'small', 1],
      ['smaall', 'small', 1],
      ['smoll', 'small', 1],
      ['smlal', 'small', 1],
      ['', 'small', 5],
      ['ca', 'abc', 3],
      ['退款', '退貨', 1],
    ];
    for (const [from, to, distance] of cases) assert.equal(editDistance(from, to), distance, `${from} ${to}`);
  });

  it('is symmetric, zero only for the same text, and no more than the longer text', () => {
    const text = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const distance = editDistance(a, b);
        assert.equal(distance, editDistance(b, a));
        assert.equal(distance === 0, a === b);
        assert.ok(distance <= Math.max(a.length, b.length));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a suggestion', () => {
  it('is the nearest name, whatever its case', () => {
    assert.equal(suggest('deepsek', ['qwen', 'deepseek', 'deepseek-pro']), 'deepseek');
    assert.equal(suggest('BASEURL', ['baseUrl']), 'baseUrl');
  });

  it('is nothing where no name is near', () => {
    assert.equal(suggest('small', ['large', 'medium']), undefined);
    assert.equal(suggest('x', []), undefined);
  });
});
