import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  costOf,
  formatUsd,
  parseDecimal,
  sumNanoUsd,
  usdNumber,
  type Price,
} from '../../shared/ledger/money.ts';
import type { Usage } from '../../shared/ticket.ts';

/** Attodollars in a picodollar. */
const pico = 1_000_000;

/** In picodollars per token. */
function priceOf(changes: Partial<Record<keyof Price['attoUsd'], number | null>> = {}): Price {
  const rates = { input: 100_000, cachedInput: 10_000, cacheWrite: 125_000, output: 500_000 };
  const given = Object.entries({ ...rates, cacheWrite1h: 200_000, ...changes });
  const attoUsd = Object.fromEntries(given.map(([part, rate]) => [part, rate === null ? null : rate * pico]));
  return { attoUsd: attoUsd as Price['attoUsd'], version: 'test', from: null };
}

function usageOf(changes: Partial<Usage> = {}): Usage {
  const none = {
    inputTokens: 0,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
  };
  return { ...none, ...changes };
}

/** The reference reads the decimal text itself and divides one big fraction, sharing nothing with the code under test. */
function referenceNano(parts: { tokens: number; perMTok: string }[]): bigint {
  const scaled = (text: string, places: number): bigint => {
    const [whole = '0', fraction = ''] = text.split('.');
    return BigInt(whole) * 10n ** BigInt(places) + BigInt(`0${fraction.padEnd(places, '0')}`);
  };
  // USD = tokens / 1e6 * perMTok; numerator and denominator of the amount in nanodollars:
  const numerator =
    parts.reduce((sum, part) => sum + BigInt(part.tokens) * scaled(part.perMTok, 6), 0n) * 10n ** 9n;
  const denominator = 10n ** 6n * 10n ** 6n;
  const floor = numerator / denominator;
  const distance = numerator - floor * denominator;
  if (distance * 2n === denominator) return floor + (floor & 1n);
  return distance * 2n > denominator ? floor + 1n : floor;
}

const decimalText = fc
  .tuple(fc.nat({ max: 999 }), fc.nat({ max: 999_999 }))
  .map(([whole, fraction]) => `${whole}.${String(fraction).padStart(6, '0')}`);

function millionths(text: string): number {
  const value = parseDecimal(Number(text), 6);
  assert.notEqual(value, null, `${text} should be readable through a float`);
  return value ?? 0;
}

test('512 tokens in and 120 out at 0.10 and 0.50 USD per million cost exactly 0.0001112 USD', () => {
  const nano = costOf(usageOf({ inputTokens: 512, outputTokens: 120 }), priceOf());
  assert.equal(nano, 111_200);
  assert.equal(formatUsd(111_200), '0.0001112');
  assert.equal(JSON.stringify({ costUsd: usdNumber(111_200) }), '{"costUsd":0.0001112}');
});

test('cached, cache-write, plain input and output tokens are each billed once at their own price', () => {
  const usage = usageOf({
    inputTokens: 1000,
    cachedInputTokens: 600,
    cacheWriteTokens: 300,
    outputTokens: 50,
    reasoningTokens: 40,
  });
  assert.equal(costOf(usage, priceOf()), 100 * 100 + 600 * 10 + 300 * 125 + 50 * 500);
  const kept = { ...usage, cacheWrite1hTokens: 100 };
  assert.equal(costOf(kept, priceOf()), 100 * 100 + 600 * 10 + 200 * 125 + 100 * 200 + 50 * 500);
});

test('every cost equals an independent BigInt calculation, rounded once, half to even', () => {
  const tokens = fc.nat({ max: 2_000_000 });
  fc.assert(
    fc.property(
      fc.record({ uncached: tokens, cached: tokens, written: tokens, kept: tokens, output: tokens }),
      fc.tuple(decimalText, decimalText, decimalText, decimalText, decimalText),
      (counts, [input, cached, write, keep, output]) => {
        const price = priceOf({
          input: millionths(input),
          cachedInput: millionths(cached),
          cacheWrite: millionths(write),
          cacheWrite1h: millionths(keep),
          output: millionths(output),
        });
        const usage = usageOf({
          inputTokens: counts.uncached + counts.cached + counts.written + counts.kept,
          cachedInputTokens: counts.cached,
          cacheWriteTokens: counts.written + counts.kept,
          cacheWrite1hTokens: counts.kept,
          outputTokens: counts.output,
        });
        const parts = [
          { tokens: counts.uncached, perMTok: input },
          { tokens: counts.cached, perMTok: cached },
          { tokens: counts.written, perMTok: write },
          { tokens: counts.kept, perMTok: keep },
          { tokens: counts.output, perMTok: output },
        ];
        assert.equal(String(costOf(usage, price)), String(referenceNano(parts)));
      },
    ),
    { numRuns: 500 },
  );
});

test('exact halves go to the even neighbour', () => {
  const cost = (inputTokens: number): number | null =>
    costOf(usageOf({ inputTokens }), priceOf({ input: 500 }));
  assert.deepEqual([1, 3, 5, 7].map(cost), [0, 2, 2, 4]);
  assert.equal(costOf(usageOf({ inputTokens: 1 }), priceOf({ input: 501 })), 1);
});

test('a sum of rows equals the sum of their amounts whatever the order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 1_000_000_000_000 }), { maxLength: 200 }), (rows) => {
      const expected = rows.reduce((sum, row) => sum + BigInt(row), 0n);
      assert.equal(BigInt(sumNanoUsd(rows)), expected);
      assert.equal(BigInt(sumNanoUsd(rows.toReversed())), expected);
    }),
  );
  assert.throws(() => sumNanoUsd([Number.MAX_SAFE_INTEGER, 1]), { code: 'money_overflow' });
});

test('an unknown cost is null and never zero', () => {
  const usage = usageOf({ inputTokens: 10 });
  assert.equal(costOf(null, priceOf()), null);
  assert.equal(costOf(usage, null), null);
  const kept = usageOf({ inputTokens: 10, cacheWriteTokens: 10, cacheWrite1hTokens: 1 });
  assert.equal(costOf(kept, priceOf({ cacheWrite1h: null })), null);
  assert.equal(costOf({ ...kept, cacheWrite1hTokens: 0 }, priceOf({ cacheWrite1h: null })), 1250);
  assert.equal(costOf({ ...kept, cacheWrite1hTokens: 11 }, priceOf()), null);
  assert.equal(costOf(usageOf({ inputTokens: 10, cachedInputTokens: 11 }), priceOf()), null);
  assert.equal(costOf(usageOf({ inputTokens: -1 }), priceOf()), null);
  assert.equal(costOf(usageOf({ outputTokens: 1.5 }), priceOf()), null);
  assert.equal(costOf(usageOf({ outputTokens: Number.MAX_SAFE_INTEGER }), priceOf()), null);
  assert.equal(costOf(usageOf(), priceOf()), 0);
});

test('decimals are read exactly or not at all', () => {
  assert.equal(parseDecimal(0.1, 6), 100_000);
  assert.equal(parseDecimal(1.1, 6), 1_100_000);
  assert.equal(parseDecimal('2.500000', 6), 2_500_000);
  assert.equal(parseDecimal(0.000001, 6), 1);
  assert.equal(parseDecimal(200, 9), 200_000_000_000);
  for (const wrong of [0.0000001, 0.1234567, -1, Number.NaN, Infinity, '1e3', '', ' 1', '1.', 1e16]) {
    assert.equal(parseDecimal(wrong, 6), null, String(wrong));
  }
});

test('amounts print all nine decimals and JSON carries the same digits', () => {
  assert.equal(formatUsd(0), '0');
  assert.equal(formatUsd(1), '0.000000001');
  assert.equal(formatUsd(-1_500_000_000), '-1.5');
  assert.equal(formatUsd(12_000_000_000), '12');
  fc.assert(
    fc.property(fc.nat({ max: 999_999_999_999_999 }), (nano) => {
      assert.equal(parseDecimal(formatUsd(nano), 9), nano);
      assert.equal(usdNumber(nano), Number(formatUsd(nano)));
      assert.equal(Math.round(usdNumber(nano) * 1e9), nano);
    }),
  );
});
