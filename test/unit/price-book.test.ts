import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { costOf } from '../../shared/ledger/money.ts';
import {
  loadPriceBook,
  priceFor,
  priceOverrideSchema,
  type PriceBook,
} from '../../shared/ledger/price-book.ts';

const shipped = loadPriceBook(fileURLToPath(new URL('../../infra/prices.yaml', import.meta.url)));
const noon = new Date('2026-11-22T12:00:00Z');

function bookFrom(context: TestContext, text: string): PriceBook {
  const folder = mkdtempSync(join(tmpdir(), 'prices-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'prices.yaml');
  writeFileSync(file, text);
  return loadPriceBook(file);
}

function oneModel(price: string): string {
  return `version: "1"\nmodels: { m: { provider: p, prices: [ ${price} ] } }`;
}

function shippedPrice(model: string, at: Date, promptTokens = 1000): ReturnType<typeof priceFor> {
  return priceFor(shipped, { model, override: null, at, promptTokens });
}

test('every shipped price has a source or says why not, and the example of the contract comes out', () => {
  assert.ok(Object.keys(shipped.models).length >= 20);
  const usage = {
    inputTokens: 512,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 120,
    reasoningTokens: 0,
  };
  assert.equal(costOf(usage, shippedPrice('gpt-6-luna', noon)), 111_200);
  assert.equal(costOf(usage, shippedPrice('house', noon)), 0);
  assert.equal(shippedPrice('gpt-6-luna', noon)?.version, shipped.version);
});

test('a price changes at 00:00 UTC of its day and not before', () => {
  const last = shippedPrice('gemini-3.8-flash', new Date('2026-12-31T23:59:59.999Z'));
  const first = shippedPrice('gemini-3.8-flash', new Date('2027-01-01T00:00:00.000Z'));
  assert.deepEqual([last?.inputPicoUsdPerToken, last?.outputPicoUsdPerToken], [750_000, 3_750_000]);
  assert.deepEqual([first?.inputPicoUsdPerToken, first?.outputPicoUsdPerToken], [1_500_000, 7_500_000]);
  assert.equal(first?.from, '2027-01-01');
});

test('before its first day and for models not listed there is no price', () => {
  assert.equal(shippedPrice('gpt-6.1-terra', new Date('2026-10-25T23:59:59Z')), null);
  assert.equal(shippedPrice('no-such-model', noon), null);
  assert.equal(shippedPrice('toString', noon), null);
  assert.equal(shippedPrice('__proto__', noon), null);
});

test('a prompt over the limit moves the whole request into its band', () => {
  assert.equal(shippedPrice('claude-haiku-5-5', noon, 100_000)?.inputPicoUsdPerToken, 100_000);
  const above = shippedPrice('claude-haiku-5-5', noon, 100_001);
  assert.deepEqual(
    [above?.inputPicoUsdPerToken, above?.cachedInputPicoUsdPerToken, above?.outputPicoUsdPerToken],
    [500_000, 50_000, 2_500_000],
  );
});

test('of several bands the highest one that is passed applies', (context) => {
  const bands =
    '{ abovePromptTokens: 10, inputPerMTok: 2, outputPerMTok: 2 }, { abovePromptTokens: 100, inputPerMTok: 3, outputPerMTok: 3 }, { abovePromptTokens: 50, inputPerMTok: 4, outputPerMTok: 4 }';
  const book = bookFrom(
    context,
    oneModel(
      `{ from: 2026-01-01, inputPerMTok: 1, outputPerMTok: 1, bands: [${bands}], source: "https://a.example", checkedAt: 2026-01-01 }`,
    ),
  );
  const input = (promptTokens: number): number | undefined =>
    priceFor(book, { model: 'm', override: null, at: noon, promptTokens })?.inputPicoUsdPerToken;
  assert.deepEqual([10, 11, 51, 101].map(input), [1_000_000, 2_000_000, 4_000_000, 3_000_000]);
});

test('peak hours cost more on weekdays only, to the hour', () => {
  const input = (at: string): number | undefined =>
    shippedPrice('deepseek-flash', new Date(at))?.inputPicoUsdPerToken;
  assert.equal(input('2026-11-23T00:59:59Z'), 150_000);
  assert.equal(input('2026-11-23T01:00:00Z'), 300_000);
  assert.equal(input('2026-11-23T03:59:59Z'), 300_000);
  assert.equal(input('2026-11-23T04:00:00Z'), 150_000);
  assert.equal(input('2026-11-27T09:59:59Z'), 300_000);
  assert.equal(input('2026-11-22T09:00:00Z'), 150_000, 'Sunday');
  assert.equal(input('2026-11-28T09:00:00Z'), 150_000, 'Saturday');
});

test("the configuration's own price wins, and missing cache prices count as plain input", () => {
  const override = priceOverrideSchema.parse({ inputPerMTok: 2, outputPerMTok: 10 });
  const price = priceFor(shipped, { model: 'gpt-6-luna', override, at: noon, promptTokens: 1 });
  assert.deepEqual(price, {
    inputPicoUsdPerToken: 2_000_000,
    cachedInputPicoUsdPerToken: 2_000_000,
    cacheWritePicoUsdPerToken: 2_000_000,
    outputPicoUsdPerToken: 10_000_000,
    batchMultiplierMillionths: null,
    version: 'tierline.yaml',
    from: null,
  });
});

test('a price that cannot be held exactly is refused, in the book and in the configuration', (context) => {
  const refused = (price: string): void => {
    assert.throws(() => bookFrom(context, oneModel(price)), { code: 'price_book_invalid' });
  };
  refused(
    '{ from: 2026-01-01, inputPerMTok: 0.1234567, outputPerMTok: 1, source: "https://a.example", checkedAt: 2026-01-01 }',
  );
  refused(
    '{ from: 2026-01-01, inputPerMTok: -1, outputPerMTok: 1, source: "https://a.example", checkedAt: 2026-01-01 }',
  );
  assert.equal(priceOverrideSchema.safeParse({ inputPerMTok: 1e-7, outputPerMTok: 1 }).success, false);
  assert.equal(priceOverrideSchema.safeParse({ inputPerMTok: 1, outputPerMtok: 1 }).success, false);
});

test('a wrong book is refused with the path of the wrong entry', (context) => {
  const fit = 'inputPerMTok: 1, outputPerMTok: 1, checkedAt: 2026-01-01';
  const refused = (text: string, message: RegExp): void => {
    assert.throws(() => bookFrom(context, text), { code: 'price_book_invalid', message });
  };
  refused(oneModel(`{ from: soon, source: "https://a.example", ${fit} }`), /models\.m\.prices\.0\.from/);
  refused(oneModel(`{ from: 2026-01-01, source: null, ${fit} }`), /needs a note/);
  refused(oneModel(`{ from: 2026-01-01, ${fit} }`), /source/);
  refused(
    oneModel(
      `{ from: 2026-01-01, source: null, note: a, ${fit} }, { from: 2026-01-01, source: null, note: a, ${fit} }`,
    ),
    /same day/,
  );
  refused('{', /cannot be read as YAML/);
  assert.throws(() => loadPriceBook('/no/such/prices.yaml'), { code: 'price_book_invalid' });
});
