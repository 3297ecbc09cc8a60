import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bookOf, holdFor } from '../../shared/source-pauses.ts';

const book = bookOf({ desk: '100-200 300-400 500-', shop: '100-200', broken: 'x' });

test('a source is paused while its last pause has no end', () => {
  assert.deepEqual([...book.paused], [['desk', 500]]);
});

test('the time between two moments counts what each pause has of it, the lasting one up to the later moment', () => {
  const cases: [source: string, from: number, until: number, ms: number][] = [
    ['desk', 0, 1000, 700],
    ['desk', 150, 350, 100],
    ['desk', 600, 700, 100],
    ['desk', 200, 300, 0],
    ['desk', 0, 50, 0],
    ['shop', 0, 1000, 100],
    ['shop', 400, 1000, 0],
    ['broken', 0, 1000, 0],
    ['unheard-of', 0, 1000, 0],
  ];
  for (const [source, from, until, ms] of cases)
    assert.equal(book.pausedMs(source, from, until), ms, `${source} ${from}`);
});

test('tickets of a paused source are looked at again within half a minute, spread', () => {
  const delays = [0, 0.5, 0.999].map((random) => holdFor('desk', () => random).park.delayMs);
  assert.ok(delays.every((ms) => ms > 10_000 && ms <= 27_000));
  assert.ok(delays[2]! - delays[0]! > 10_000);
});
