/** The shipped prices against an independent calculation in fractions, at every edge that they have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { costOf } from '../../shared/ledger/money.ts';
import { allRows, loadPriceBook } from '../../shared/ledger/price-book.ts';
import { bookPrice, overridePrice, serviceTiers, type ServiceTier } from '../../shared/ledger/price-rates.ts';
import { priceOverrideSchema, type DatedPrice, type Rates } from '../../shared/ledger/price-schema.ts';
import type { Usage } from '../../shared/ticket.ts';

const book = loadPriceBook();
const rows = allRows(book);

/** A decimal as numerator over a power of ten, read from its text. */
function fraction(value: number): { numerator: bigint; denominator: bigint } {
  const [whole = '0', digits = ''] = String(value).split('.');
  return { numerator: BigInt(whole + digits), denominator: 10n ** BigInt(digits.length) };
}

/** USD per million tokens times a multiplier, in nanodollars per token, over 10^20. */
function scaledRate(perMTok: number, times: number): bigint {
  const rate = fraction(perMTok);
  const factor = fraction(times);
  const scale = 10n ** 20n;
  const numerator = rate.numerator * factor.numerator * 1000n * scale;
  const denominator = rate.denominator * factor.denominator;
  assert.equal(numerator % denominator, 0n, 'the scale holds every digit');
  return numerator / denominator;
}

function expectedRates(price: DatedPrice, at: Date, promptTokens: number): Rates {
  let rates: Rates = price;
  let highest = -1;
  for (const band of price.bands) {
    if (promptTokens <= band.abovePromptTokens || band.abovePromptTokens < highest) continue;
    highest = band.abovePromptTokens;
    rates = band;
  }
  const day = at.toISOString();
  for (const window of price.windows) {
    const isDay = window.weekdays.some((weekday) => weekday % 7 === at.getUTCDay());
    const minutes = at.getUTCHours() * 60 + at.getUTCMinutes();
    const isHour = minutes >= window.fromHourUtc * 60 && minutes < window.untilHourUtc * 60;
    if (isDay && isHour && !window.notOn.some((date) => day.startsWith(date))) rates = window;
  }
  return rates;
}

function expectedNano(
  price: DatedPrice,
  usage: Usage,
  { at, tier }: { at: Date; tier: ServiceTier },
): number | null {
  const share = tier === 'standard' ? 1 : price.multipliers[tier];
  if (share === undefined) return null;
  const times = typeof share === 'number' ? { input: share, cachedInput: share, output: share } : share;
  const rates = expectedRates(price, at, usage.inputTokens);
  const hour = usage.cacheWrite1hTokens ?? 0;
  if (hour > 0 && rates.cacheWrite1hPerMTok === undefined) return null;
  const plain = usage.inputTokens - usage.cachedInputTokens - usage.cacheWriteTokens;
  const cached = rates.cachedInputPerMTok;
  const parts: [number, number, number][] = [
    [plain, rates.inputPerMTok, times.input],
    [
      usage.cachedInputTokens,
      cached ?? rates.inputPerMTok,
      cached === undefined ? times.input : times.cachedInput,
    ],
    [usage.cacheWriteTokens - hour, rates.cacheWritePerMTok ?? rates.inputPerMTok, times.input],
    [hour, rates.cacheWrite1hPerMTok ?? 0, times.input],
    [usage.outputTokens, rates.outputPerMTok, times.output],
  ];
  const scale = 10n ** 20n;
  const exact = parts.reduce(
    (sum, [tokens, rate, factor]) => sum + BigInt(tokens) * scaledRate(rate, factor),
    0n,
  );
  const floor = exact / scale;
  const rest = (exact % scale) * 2n;
  if (rest > scale || (rest === scale && floor % 2n === 1n)) return Number(floor + 1n);
  return Number(floor);
}

/** Just before and at every moment at which something changes, and a day on which nothing does. */
function momentsOf(prices: readonly DatedPrice[]): Date[] {
  const starts = prices.flatMap(({ from }) => (from === undefined ? [] : [Date.parse(from)]));
  const edges = prices.flatMap(({ windows }) =>
    windows.flatMap(({ fromHourUtc, untilHourUtc, notOn }) =>
      // A Monday, a Saturday, a Sunday, and every day on which the window does not apply.
      ['2026-11-23', '2026-11-28', '2026-11-29', ...notOn].flatMap((day) =>
        [fromHourUtc, untilHourUtc].map((hour) => Date.parse(`${day}T00:00:00Z`) + hour * 3_600_000),
      ),
    ),
  );
  const all = [...starts, ...edges].flatMap((ms) => [ms - 1, ms]);
  return [...new Set([...all, Date.parse('2026-11-22T12:00:00Z')])].map((ms) => new Date(ms));
}

const promptLengths = (prices: readonly DatedPrice[]): number[] => [
  ...new Set([
    1,
    1000,
    ...prices.flatMap(({ bands }) =>
      bands.flatMap(({ abovePromptTokens }) => [abovePromptTokens, abovePromptTokens + 1]),
    ),
  ]),
];

const inForce = (prices: readonly DatedPrice[], at: Date): DatedPrice | undefined =>
  prices
    .filter(({ from }) => from === undefined || Date.parse(from) <= at.getTime())
    .reduce<DatedPrice | undefined>((last, price) => {
      const isLater = Date.parse(price.from ?? '1970-01-01') >= Date.parse(last?.from ?? '1970-01-01');
      return last === undefined || isLater ? price : last;
    }, undefined);

/** How a prompt of this length is split, and what is answered. */
const usageOf = (inputTokens: number): fc.Arbitrary<Usage> =>
  fc
    .tuple(fc.nat(inputTokens), fc.nat(inputTokens), fc.nat(inputTokens), fc.nat(20_000))
    .map(([a, b, c, outputTokens]) => {
      const [first = 0, second = 0] = [a, b].sort((one, other) => one - other);
      const cacheWriteTokens = second - first;
      const kept = c % 3 === 0 ? { cacheWrite1hTokens: c % (cacheWriteTokens + 1) } : {};
      return {
        inputTokens,
        cachedInputTokens: first,
        cacheWriteTokens,
        ...kept,
        outputTokens,
        reasoningTokens: 0,
      };
    });

for (const { provider, model, prices } of rows) {
  test(`${provider}/${model} costs exactly its fractions, rounded once, at every edge of date, hour and length`, () => {
    for (const at of momentsOf(prices)) {
      const price = inForce(prices, at);
      for (const promptTokens of promptLengths(prices)) {
        for (const serviceTier of serviceTiers) {
          const charged = bookPrice(prices, { at, promptTokens, serviceTier }, 'v');
          if (price === undefined) {
            assert.equal(charged, null);
            continue;
          }
          fc.assert(
            fc.property(usageOf(promptTokens), (usage) => {
              const cost = costOf(usage, charged);
              assert.equal(cost, expectedNano(price, usage, { at, tier: serviceTier }));
            }),
            { numRuns: 4 },
          );
        }
      }
    }
  });
}

test('a configured price is exact too, up to the largest one that is taken', () => {
  const decimal = (most: number): fc.Arbitrary<number> =>
    fc.nat(most * 1_000_000).map((units) => units / 1_000_000);
  const rates = {
    inputPerMTok: decimal(1000),
    cachedInputPerMTok: decimal(1000),
    outputPerMTok: decimal(1000),
  };
  fc.assert(
    fc.property(fc.record(rates), decimal(8), usageOf(300_000), (given, batchMultiplier, usage) => {
      const override = priceOverrideSchema.parse({ ...given, cacheWrite1hPerMTok: 1000, batchMultiplier });
      const price = { ...override, multipliers: { batch: batchMultiplier }, bands: [], windows: [] };
      const dated = { ...price, checkedAt: '2026-11-22', confirmed: true };
      const expected = expectedNano(dated, usage, { at: new Date(0), tier: 'batch' });
      assert.equal(costOf(usage, overridePrice(override, 'batch')), expected);
    }),
    { numRuns: 500 },
  );
  const largest = { inputPerMTok: 1000, outputPerMTok: 1000, batchMultiplier: 8 };
  const { attoUsd } = overridePrice(priceOverrideSchema.parse(largest), 'batch')!;
  assert.ok(Number.isSafeInteger(attoUsd.input), String(attoUsd.input));
});
