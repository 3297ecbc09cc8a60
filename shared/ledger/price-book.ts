/** The price book (infra/prices.yaml): what each provider's model costs, from when, and by which source. */
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { TierlineError } from '../errors.ts';
import { parseDecimal, type Price } from './money.ts';

/** A decimal that money.ts can hold exactly: USD per million tokens, or the share that a batch call pays. */
const decimal = z.number().refine((value) => parseDecimal(value, 6) !== null, {
  message: 'must be a decimal of at least 0 with at most 6 decimals',
});

const rates = {
  inputPerMTok: decimal,
  cachedInputPerMTok: decimal.optional(),
  cacheWritePerMTok: decimal.optional(),
  outputPerMTok: decimal,
};

const bandSchema = z.strictObject({ abovePromptTokens: z.number().int().positive(), ...rates });

const hourSchema = z.number().int().min(0).max(24);
/** Hours of a day (UTC, `untilHourUtc` excluded) with other rates; weekdays as in ISO 8601, Monday 1 to Sunday 7. */
const windowSchema = z.strictObject({
  weekdays: z.array(z.number().int().min(1).max(7)).min(1),
  fromHourUtc: hourSchema,
  untilHourUtc: hourSchema,
  ...rates,
});

const priceSchema = z
  .strictObject({
    from: z.iso.date(),
    ...rates,
    batchMultiplier: decimal.optional(),
    bands: z.array(bandSchema).default([]),
    windows: z.array(windowSchema).default([]),
    source: z.url().nullable(),
    note: z.string().optional(),
    checkedAt: z.iso.date(),
  })
  .refine((price) => price.bands.length === 0 || price.windows.length === 0, {
    message: 'bands and windows in one price would leave open which one applies',
  })
  .refine((price) => price.source !== null || price.note !== undefined, {
    message: 'a price without a source needs a note',
  });

const modelSchema = z.strictObject({
  provider: z.string().min(1),
  prices: z
    .array(priceSchema)
    .min(1)
    .refine((prices) => new Set(prices.map(({ from }) => from)).size === prices.length, {
      message: 'two prices begin on the same day',
    }),
});

const priceBookSchema = z.strictObject({
  version: z.string().min(1),
  models: z.record(z.string(), modelSchema),
});
export type PriceBook = z.infer<typeof priceBookSchema>;

/** The `price` of a model in tierline.yaml, in USD per million tokens. */
export const priceOverrideSchema = z.strictObject({ ...rates, batchMultiplier: decimal.optional() });
export type PriceOverride = z.infer<typeof priceOverrideSchema>;

type Rates = z.infer<typeof bandSchema> | z.infer<typeof windowSchema> | PriceOverride;
type Origin = Pick<Price, 'version' | 'from'>;

/** Reads and validates the whole file; throws `price_book_invalid` with the path of the first wrong entry. */
export function loadPriceBook(file: string): PriceBook {
  let data: unknown;
  try {
    data = parseYaml(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new TierlineError('price_book_invalid', `price book ${file}: cannot be read as YAML`, {
      cause: error,
    });
  }
  const result = priceBookSchema.safeParse(data);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined ? '' : `${issue.path.map(String).join('.')}: ${issue.message}`;
  throw new TierlineError('price_book_invalid', `price book ${file}: ${where}`);
}

/** The same digits moved by 6 places: USD per million tokens are picodollars per token. */
function millionthsOf(value: number): number {
  const result = parseDecimal(value, 6);
  if (result !== null) return result;
  throw new TierlineError('price_invalid', 'a price is not a decimal of at least 0 with at most 6 decimals');
}

/** Missing cache prices count as plain input. */
function priceFrom(chosen: Rates, batchMultiplier: number | undefined, origin: Origin): Price {
  return {
    inputPicoUsdPerToken: millionthsOf(chosen.inputPerMTok),
    cachedInputPicoUsdPerToken: millionthsOf(chosen.cachedInputPerMTok ?? chosen.inputPerMTok),
    cacheWritePicoUsdPerToken: millionthsOf(chosen.cacheWritePerMTok ?? chosen.inputPerMTok),
    outputPicoUsdPerToken: millionthsOf(chosen.outputPerMTok),
    batchMultiplierMillionths: batchMultiplier === undefined ? null : millionthsOf(batchMultiplier),
    ...origin,
  };
}

/** The rates of one dated price for one request: a long prompt moves the whole request into its band. */
function ratesFor(price: z.infer<typeof priceSchema>, at: Date, promptTokens: number): Rates {
  const weekday = at.getUTCDay() === 0 ? 7 : at.getUTCDay();
  const hour = at.getUTCHours();
  const open = price.windows.find(
    ({ weekdays, fromHourUtc, untilHourUtc }) =>
      weekdays.includes(weekday) && hour >= fromHourUtc && hour < untilHourUtc,
  );
  const band = price.bands
    .filter(({ abovePromptTokens }) => promptTokens > abovePromptTokens)
    .sort((left, right) => right.abovePromptTokens - left.abovePromptTokens)[0];
  return open ?? band ?? price;
}

/**
 * The price of one request: the configuration's own price if it has one, else the book's newest one that has begun
 * (days begin at 00:00 UTC). `promptTokens` is the whole prompt, cached tokens included. null where nothing is known.
 */
export function priceFor(
  book: PriceBook,
  query: { model: string; override: PriceOverride | null; at: Date; promptTokens: number },
): Price | null {
  if (query.override !== null) {
    const origin = { version: 'tierline.yaml', from: null };
    return priceFrom(query.override, query.override.batchMultiplier, origin);
  }
  const entry = Object.hasOwn(book.models, query.model) ? book.models[query.model] : undefined;
  const today = query.at.toISOString().slice(0, 10);
  const price = entry?.prices
    .filter(({ from }) => from <= today)
    .sort((left, right) => right.from.localeCompare(left.from))[0];
  if (price === undefined) return null;
  const origin = { version: book.version, from: price.from };
  return priceFrom(ratesFor(price, query.at, query.promptTokens), price.batchMultiplier, origin);
}
