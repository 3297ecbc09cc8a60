import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costOf, type Price } from '../../shared/ledger/money.ts';
import {
  allRows,
  bookOf,
  findRow,
  loadPriceBook,
  type PriceBook,
  type PriceRow,
} from '../../shared/ledger/price-book.ts';
import { parsePriceFile } from '../../shared/ledger/price-file.ts';
import { bookPrice, overridePrice, type Moment } from '../../shared/ledger/price-rates.ts';
import { priceOverrideSchema } from '../../shared/ledger/price-schema.ts';
import { presetNames } from '../../shared/config/presets.ts';

const shipped = loadPriceBook();
const noon = new Date('2026-11-22T12:00:00Z');

const row = (seller: string, model: string, book: PriceBook = shipped): PriceRow | null =>
  findRow(book, { key: seller, name: seller }, model);

function priceAt(seller: string, model: string, moment: Partial<Moment> = {}): Price | null {
  const found = row(seller, model);
  const usual: Moment = { at: noon, promptTokens: 1000, serviceTier: 'standard' };
  return found === null ? null : bookPrice(found.prices, { ...usual, ...moment }, shipped.version);
}

/** USD per million tokens. */
const usd = (price: Price | null, part: keyof Price['attoUsd'] = 'input'): number | null =>
  price === null ? null : (price.attoUsd[part] ?? NaN) / 1e12;

const price = (rest = ''): string =>
  `{ inputPerMTok: 1, outputPerMTok: 1, note: a, checkedAt: 2026-01-01${rest === '' ? '' : `, ${rest}`} }`;
const fileOf = (providers: string): string => `version: test\nproviders:\n  ${providers}\n`;

test('the example of the contract comes out, and the house costs a known zero', () => {
  const usage = {
    inputTokens: 512,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 120,
    reasoningTokens: 0,
  };
  assert.equal(costOf(usage, priceAt('openai', 'gpt-6-luna')), 111_200);
  assert.equal(costOf(usage, priceAt('house', 'house')), 0);
  assert.equal(priceAt('openai', 'gpt-6-luna')?.version, shipped.version);
  assert.equal(priceAt('openai', 'gpt-6-luna')?.from, '2026-09-22');
});

test('every preset stands in the book, and every price has a source or says why not', () => {
  for (const preset of presetNames) assert.ok(shipped.shipped.rows.has(preset), preset);
  const rows = allRows(shipped);
  assert.ok(rows.length >= 90, String(rows.length));
  const unsourced = rows.filter(({ prices }) => prices.some(({ source }) => source === undefined));
  assert.deepEqual(
    unsourced.map(({ model }) => model),
    ['house'],
  );
  const unexplained = rows.filter(({ prices }) => prices.some(({ confirmed, note }) => !confirmed && !note));
  assert.deepEqual(
    unexplained.map(({ model }) => model),
    [],
  );
});

test('a model is found by exactly its id or a name that the book gives it, never by how a name begins', () => {
  assert.equal(row('openai', 'gpt-4o-2024-11-20')?.model, 'gpt-4o');
  assert.equal(row('mistral', 'mistral-small-latest')?.model, 'mistral-small-2603');
  for (const other of [
    'gpt-4o-2030-01-01',
    'gpt-6-luna-pro',
    'gpt-6',
    'GPT-6-LUNA',
    'toString',
    '__proto__',
    '',
  ]) {
    assert.equal(row('openai', other), null, other);
  }
  assert.equal(row('anthropic', 'claude-sonnet-5')?.prices[0]?.cachedInputPerMTok, 0.2);
  assert.equal(row('anthropic', 'claude-sonnet-5-5')?.prices[0]?.cachedInputPerMTok, 0.1);
});

test('the same id costs what its own seller asks', () => {
  assert.equal(usd(priceAt('groq', 'openai/gpt-oss-20b')), 0.075);
  assert.equal(usd(priceAt('openrouter', 'openai/gpt-oss-20b')), 0.029);
  assert.equal(row('openai', 'openai/gpt-oss-20b'), null);
  assert.equal(row('groq', 'gpt-6-luna'), null);
  assert.equal(row('tokenmix', 'gpt-6-luna'), null);
  assert.equal(row('ollama', 'gpt-6-luna'), null);
});

test("a seller that passes prices on costs what the maker asks, by the maker's id behind its own prefix", () => {
  const opus = row('openrouter', 'anthropic/claude-opus-5.5');
  assert.deepEqual([opus?.provider, opus?.model], ['anthropic', 'claude-opus-5-5']);
  assert.match(opus?.passedOn?.source ?? '', /openrouter/);
  assert.equal(row('openrouter', 'google/gemini-3.8-flash')?.provider, 'gemini');
  assert.equal(row('openrouter', 'gpt-6-luna'), null, 'without the prefix it is no name there');
  assert.equal(row('litellm', 'mistral/mistral-small-latest')?.model, 'mistral-small-2603');
  assert.equal(row('litellm', 'gpt-6-luna')?.provider, 'openai');
  assert.equal(row('litellm', 'groq/openai/gpt-oss-20b')?.provider, 'groq');
  assert.equal(row('litellm', 'openrouter/anthropic/claude-opus-5.5')?.provider, 'anthropic');
  assert.equal(row('litellm', 'openai/gpt-oss-20b'), null, 'OpenAI sells no such model');
  assert.equal(row('portkey', '@openai/gpt-6-luna')?.provider, 'openai');
  assert.equal(row('azure', 'gpt-6-luna')?.provider, 'openai');
  assert.equal(row('azure', 'our-deployment'), null);
  assert.equal(row('gateway', 'claude-haiku-5-5')?.provider, 'anthropic');
});

test('an id without a prefix that two makers have is nobody’s', () => {
  const providers = `{ a: { models: { m: { prices: [${price()}] }, n: { prices: [${price()}] } } },
    b: { models: { m: { prices: [${price()}] } } },
    g: { passesOn: { prefixes: { a: a, b: b }, bareIds: true, note: a, checkedAt: 2026-01-01 } } }`;
  const book = bookOf(parsePriceFile(`version: test\nproviders: ${providers}`, 'prices.yaml'));
  assert.equal(row('g', 'm', book), null);
  assert.equal(row('g', 'n', book)?.provider, 'a');
  assert.equal(row('g', 'b/m', book)?.provider, 'b');
});

test('a gateway that passes on its own prices ends nowhere instead of in a loop', () => {
  const providers = `{ g: { passesOn: { prefixes: { g: g }, names: { m: g/m }, note: a, checkedAt: 2026-01-01 } } }`;
  const book = bookOf(parsePriceFile(`version: test\nproviders: ${providers}`, 'prices.yaml'));
  assert.equal(row('g', 'm', book), null);
});

test('a price changes at its moment and not before', () => {
  const at = (text: string): Price | null => priceAt('gemini', 'gemini-3.8-flash', { at: new Date(text) });
  assert.deepEqual(
    [usd(at('2026-12-31T23:59:59.999Z')), usd(at('2026-12-31T23:59:59.999Z'), 'output')],
    [0.75, 3.75],
  );
  assert.deepEqual([usd(at('2027-01-01T00:00:00Z')), usd(at('2027-01-01T00:00:00Z'), 'output')], [1.5, 7.5]);
  assert.equal(at('2027-01-01T00:00:00Z')?.from, '2027-01-01');
  const flash = (text: string): number | null =>
    usd(priceAt('deepseek', 'deepseek-flash', { at: new Date(text) }));
  assert.deepEqual([flash('2026-09-09T15:59:59Z'), flash('2026-09-09T16:00:00Z')], [0.22, 0.15]);
});

test('before its first day a model has no price', () => {
  assert.equal(priceAt('openai', 'gpt-6.1-terra', { at: new Date('2026-10-25T23:59:59Z') }), null);
  assert.notEqual(priceAt('openai', 'gpt-6.1-terra', { at: new Date('2026-10-26T00:00:00Z') }), null);
});

test('a prompt over the limit moves the whole request into its band', () => {
  const haiku = (promptTokens: number): Price | null =>
    priceAt('anthropic', 'claude-haiku-5-5', { promptTokens });
  assert.equal(usd(haiku(100_000)), 0.1);
  const above = haiku(100_001);
  assert.deepEqual(
    (['input', 'cachedInput', 'cacheWrite', 'cacheWrite1h', 'output'] as const).map((part) =>
      usd(above, part),
    ),
    [0.5, 0.05, 0.625, 1, 2.5],
  );
});

test('of several bands the highest one that is passed applies, whatever their order', () => {
  const bands = [10, 100, 50].map(
    (above, index) => `{ abovePromptTokens: ${above}, inputPerMTok: ${index + 2}, outputPerMTok: 1 }`,
  );
  const file = fileOf(`p: { models: { m: { prices: [${price(`bands: [${bands.join(', ')}]`)}] } } }`);
  const { prices } = row('p', 'm', bookOf(parsePriceFile(file, 'prices.yaml')))!;
  const input = (promptTokens: number): number | null =>
    usd(bookPrice(prices, { at: noon, promptTokens, serviceTier: 'standard' }, ''));
  assert.deepEqual([10, 11, 51, 101].map(input), [1, 2, 4, 3]);
});

test('peak hours cost more on working days only, to the hour, and not on Chinese holidays', () => {
  const input = (at: string): number | null =>
    usd(priceAt('deepseek', 'deepseek-flash', { at: new Date(at) }));
  assert.equal(input('2026-11-23T00:59:59Z'), 0.15);
  assert.equal(input('2026-11-23T01:00:00Z'), 0.3);
  assert.equal(input('2026-11-23T03:59:59Z'), 0.3);
  assert.equal(input('2026-11-23T04:00:00Z'), 0.15);
  assert.equal(input('2026-11-27T09:59:59Z'), 0.3);
  assert.equal(input('2026-11-22T09:00:00Z'), 0.15, 'Sunday');
  assert.equal(input('2026-11-28T09:00:00Z'), 0.15, 'Saturday');
  assert.equal(input('2026-10-02T09:00:00Z'), 0.15, 'a Friday of the national holidays');
  assert.equal(input('2026-10-09T09:00:00Z'), 0.3, 'the Friday after them');
});

test('a service tier costs its share, and one without a known share has no price', () => {
  const luna = (serviceTier: Moment['serviceTier']): Price | null =>
    priceAt('openai', 'gpt-6-luna', { serviceTier });
  assert.deepEqual([usd(luna('batch')), usd(luna('flex')), usd(luna('priority'))], [0.05, 0.05, 0.2]);
  assert.deepEqual([usd(luna('batch'), 'cacheWrite'), usd(luna('batch'), 'output')], [0.0625, 0.25]);
  const long = priceAt('openai', 'gpt-6-luna', { serviceTier: 'batch', promptTokens: 272_001 });
  assert.deepEqual([usd(long), usd(long, 'output')], [0.1, 0.375]);
  assert.equal(priceAt('openai', 'gpt-6.2-sol', { serviceTier: 'flex' }), null);
  // A batch at Groq halves input and output; a cached token costs half already.
  const groq = priceAt('groq', 'openai/gpt-oss-20b', { serviceTier: 'batch' });
  assert.deepEqual([usd(groq), usd(groq, 'cachedInput'), usd(groq, 'output')], [0.0375, 0.0375, 0.15]);
});

test('missing cache prices count as plain input, at the share of plain input; an hour in the cache is then unknown', () => {
  const parts = '{ input: 0.5, cachedInput: 1, output: 0.25 }';
  const file = fileOf(`p: { models: { m: { prices: [${price(`multipliers: { batch: ${parts} }`)}] } } }`);
  const { prices } = row('p', 'm', bookOf(parsePriceFile(file, 'prices.yaml')))!;
  const batch = bookPrice(prices, { at: noon, promptTokens: 1, serviceTier: 'batch' }, 'v');
  assert.deepEqual(batch, {
    attoUsd: { input: 5e11, cachedInput: 5e11, cacheWrite: 5e11, cacheWrite1h: null, output: 2.5e11 },
    version: 'v',
    from: null,
  });
});

test('a configured price takes cache writes and its batch share into account, and knows no other service tier', () => {
  const override = priceOverrideSchema.parse({
    inputPerMTok: 2,
    cacheWritePerMTok: 2.5,
    outputPerMTok: 10,
    batchMultiplier: 0.5,
  });
  const standard = overridePrice(override, 'standard');
  assert.deepEqual(standard, {
    attoUsd: { input: 2e12, cachedInput: 2e12, cacheWrite: 2.5e12, cacheWrite1h: null, output: 10e12 },
    version: 'tierline.yaml',
    from: null,
  });
  const batch = overridePrice(override, 'batch');
  assert.deepEqual([usd(batch), usd(batch, 'cacheWrite'), usd(batch, 'output')], [1, 1.25, 5]);
  assert.equal(overridePrice(override, 'flex'), null);
  assert.equal(overridePrice({ ...override, batchMultiplier: undefined }, 'batch'), null);
});

test('a file of one’s own wins for what it knows, by the preset or by the name in tierline.yaml', () => {
  const own = parsePriceFile(
    fileOf(
      `{ openai: { models: { gpt-6-luna: { prices: [${price()}] } } }, next-door: { models: { m: { prices: [${price()}] } } } }`,
    ).replace('  {', ' {'),
    'own.yaml',
  );
  const book = bookOf(
    parsePriceFile(
      fileOf(`openai: { models: { gpt-6-luna: { prices: [${price()}] }, other: { prices: [${price()}] } } }`),
      'prices.yaml',
    ),
    own,
  );
  const ours = findRow(book, { key: 'openai', name: 'main' }, 'gpt-6-luna');
  assert.equal(ours, book.own?.rows.get('openai')?.get('gpt-6-luna'));
  assert.notEqual(findRow(book, { key: 'openai', name: 'main' }, 'other'), null);
  assert.notEqual(findRow(book, { key: 'gateway', name: 'next-door' }, 'm'), null);
  // The name of a provider in tierline.yaml says nothing about whose shipped prices count.
  assert.equal(findRow(book, { key: 'gateway', name: 'openai' }, 'other'), null);
  assert.equal(book.version, 'test+test');
  assert.equal(allRows(book).length, 3);
});

test('a wrong file is refused with every wrong entry, its line, and what would be right', () => {
  const refused = (text: string, message: RegExp): void => {
    assert.throws(() => parsePriceFile(text, 'prices.yaml'), { code: 'price_book_invalid', message });
  };
  const one = (text: string): string => fileOf(`p: { models: { m: { prices: [${text}] } } }`);
  refused(
    one(price('inputPerMtok: 1')),
    /^prices.yaml:3:\d+ .*unknown key "inputPerMtok". Did you mean "inputPerMTok"/,
  );
  refused(
    one(price().replace('inputPerMTok: 1', 'inputPerMTok: -1')),
    /inputPerMTok: must be at least 0, is -1/,
  );
  refused(one(price().replace('inputPerMTok: 1', 'inputPerMTok: 1001')), /must be at most 1000/);
  refused(one(price().replace('inputPerMTok: 1', 'inputPerMTok: 0.1234567')), /at most 6 decimals/);
  refused(
    one(price().replace('inputPerMTok: 1', 'inputPerMTok: cheap')),
    /must be a number, is the text "cheap"/,
  );
  refused(one(price().replace('inputPerMTok: 1, ', '')), /missing key "inputPerMTok"/);
  refused(one(price('from: soon')), /from: must be a date/);
  refused(one(price().replace('note: a, ', '')), /needs a source, or a note/);
  refused(
    one(`${price('from: 2026-01-01')}, ${price('from: "2026-01-01T00:00:00Z"')}`),
    /two prices begin at the same time/,
  );
  refused(one(price('multipliers: { batch: 9 }')), /multipliers.batch: must be a decimal from 0 to 8/);
  const window = '{ weekdays: [1], fromHourUtc: 2, untilHourUtc: 1, inputPerMTok: 1, outputPerMTok: 1 }';
  refused(one(price(`windows: [${window}]`)), /must end after it begins/);
  const band = '{ abovePromptTokens: 5, inputPerMTok: 1, outputPerMTok: 1 }';
  refused(one(price(`bands: [${band}, ${band}]`)), /two bands begin at the same length/);
  refused(
    one(price(`bands: [${band}], windows: [${window.replace('2', '0')}]`)),
    /bands and windows in one price/,
  );
  refused(
    fileOf(`p: { models: { m: { aliases: [n], prices: [${price()}] }, n: { prices: [${price()}] } } }`),
    /"n" is also a name of "n"/,
  );
  refused('version: "1"\nproviders: {\n', /^prices.yaml:\d+:\d+: not valid YAML/);
  refused('version: "1"\n\tproviders: {}\n', /^prices.yaml:2:1: a tab/);
  refused(`${one(price('a: 1'))}oops: 1\n`, /prices.yaml:3:.*\nprices.yaml:4:1 oops: unknown key "oops"/);
  assert.throws(() => loadPriceBook('/no/such/prices.yaml'), {
    code: 'price_book_invalid',
    message: /\/no\/such\/prices.yaml cannot be read/,
  });
  const missing = fileOf('g: { passesOn: { prefixes: { a: nobody }, note: a, checkedAt: 2026-01-01 } }');
  assert.throws(() => bookOf(parsePriceFile(missing, 'prices.yaml')), {
    code: 'price_book_invalid',
    message: /"g" passes on the prices of "nobody"/,
  });
});
