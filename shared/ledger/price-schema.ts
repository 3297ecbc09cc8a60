/** The shapes of prices: the price book's (infra/prices.yaml, `prices` in tierline.yaml) and a model's own `price`. */
import { z } from 'zod';
import { parseDecimal } from './money.ts';

/** Larger ones could not be multiplied exactly, and nobody asks for them. */
const mostPerMTok = 1000;
const mostTimes = 8;

const decimalUpTo = (most: number) =>
  z
    .number()
    .min(0, { abort: true })
    .max(most, { abort: true })
    .refine((value) => parseDecimal(value, 6) !== null, { error: 'must have at most 6 decimals' });

const perMTok = decimalUpTo(mostPerMTok);
const times = decimalUpTo(mostTimes);

const rates = {
  inputPerMTok: perMTok.describe('USD per million tokens of the prompt.'),
  cachedInputPerMTok: perMTok
    .optional()
    .describe(
      "USD per million prompt tokens that the provider has in its cache. Without it, the prompt's price counts.",
    ),
  cacheWritePerMTok: perMTok
    .optional()
    .describe(
      "USD per million prompt tokens that the provider puts into its cache. Without it, the prompt's price counts.",
    ),
  cacheWrite1hPerMTok: perMTok
    .optional()
    .describe('USD per million prompt tokens that the provider keeps in its cache for an hour.'),
  outputPerMTok: perMTok.describe('USD per million tokens of the answer, reasoning included.'),
};
const ratesSchema = z.strictObject(rates);
export type Rates = z.output<typeof ratesSchema>;

const bandSchema = z.strictObject({ abovePromptTokens: z.int().positive(), ...rates });

const hour = z.int().min(0).max(24);
/** Hours of a day (UTC, `untilHourUtc` excluded); weekdays as in ISO 8601, Monday 1 to Sunday 7. */
const windowSchema = z
  .strictObject({
    weekdays: z.array(z.int().min(1).max(7)).min(1),
    fromHourUtc: hour,
    untilHourUtc: hour,
    /** Days on which it does not apply, such as public holidays. */
    notOn: z.array(z.iso.date()).default([]),
    ...rates,
  })
  .refine(({ fromHourUtc, untilHourUtc }) => fromHourUtc < untilHourUtc, {
    error: 'must end after it begins; split it where it goes over midnight UTC',
  });

/** What a service tier pays of every rate, or of each of them. */
const multiplierSchema = z.union(
  [times, z.strictObject({ input: times, cachedInput: times, output: times })],
  { error: `must be a decimal from 0 to ${mostTimes}, or one each for input, cachedInput and output` },
);
export type Multiplier = z.output<typeof multiplierSchema>;

/** Where a price was read, when, and how far it can be trusted. */
const origin = {
  source: z.url({ protocol: /^https?$/ }).optional(),
  note: z.string().min(1).optional(),
  checkedAt: z.iso.date(),
  /** false: read second-hand, or not said by the seller in so many words. */
  confirmed: z.boolean().default(true),
};
type Origin = { source?: string | undefined; note?: string | undefined };
const hasOrigin = ({ source, note }: Origin): boolean => source !== undefined || note !== undefined;
const withoutOrigin = { error: 'needs a source, or a note that says why there is none' };

const priceSchema = z
  .strictObject({
    /** 00:00 UTC of a day, or a moment; without it, as long as the model has been sold. */
    from: z
      .union([z.iso.date(), z.iso.datetime()], { error: 'must be a date, or a time that ends in Z' })
      .optional(),
    ...rates,
    multipliers: z
      .strictObject({
        batch: multiplierSchema.optional(),
        flex: multiplierSchema.optional(),
        priority: multiplierSchema.optional(),
      })
      .default({}),
    bands: z.array(bandSchema).default([]),
    windows: z.array(windowSchema).default([]),
    ...origin,
  })
  .refine(({ bands, windows }) => bands.length === 0 || windows.length === 0, {
    error: 'bands and windows in one price would leave open which one applies',
  })
  .refine(({ bands }) => isUnique(bands.map(({ abovePromptTokens }) => abovePromptTokens)), {
    error: 'two bands begin at the same length',
  })
  .refine(hasOrigin, withoutOrigin);
export type DatedPrice = z.output<typeof priceSchema>;

const modelSchema = z
  .strictObject({
    /** Other names of the same model at the same price: dated snapshots, `-latest`. */
    aliases: z.array(z.string().min(1)).default([]),
    prices: z.array(priceSchema).min(1, { error: 'must not be empty' }),
  })
  .refine(({ prices }) => isUnique(prices.map(({ from }) => startOf(from))), {
    error: 'two prices begin at the same time',
    path: ['prices'],
  });

/** A seller that asks for what the model's maker asks: the maker's rows count for `<prefix>/<id>`. */
const passedOnSchema = z
  .strictObject({
    /** A provider of this book by the prefix that stands for it. */
    prefixes: z.record(z.string().min(1), z.string().min(1)),
    /** `provider/id` of the maker for names that cannot be derived from it. */
    names: z.record(z.string(), z.string()).default({}),
    /** Whether an id without a prefix counts where exactly one of them has it. */
    bareIds: z.boolean().default(false),
    ...origin,
  })
  .refine(hasOrigin, withoutOrigin);
export type PassedOn = z.output<typeof passedOnSchema>;

const providerSchema = z.strictObject({
  models: z.record(z.string(), modelSchema).default({}),
  passesOn: passedOnSchema.optional(),
});

const amounts = z.tuple([perMTok.nullable(), perMTok.nullable()]);
/** Where `tierline prices check` may find another figure elsewhere: [ours, theirs] by rate, null for none. */
const knownDifferenceSchema = z.strictObject({
  provider: z.string(),
  models: z.array(z.string()).min(1),
  differs: z.strictObject({
    input: z.array(amounts).optional(),
    cachedInput: z.array(amounts).optional(),
    cacheWrite: z.array(amounts).optional(),
    cacheWrite1h: z.array(amounts).optional(),
    output: z.array(amounts).optional(),
  }),
  reason: z.string().min(1),
});
export type KnownDifference = z.output<typeof knownDifferenceSchema>;

export const priceFileSchema = z.strictObject({
  version: z.string().min(1),
  /** By preset; in a file of one's own also by the provider's name in tierline.yaml. */
  providers: z.record(z.string(), providerSchema),
  knownDifferences: z.array(knownDifferenceSchema).default([]),
});
export type PriceFile = z.output<typeof priceFileSchema>;

/** The `price` of a model in tierline.yaml, in USD per million tokens. */
export const priceOverrideSchema = z.strictObject({
  ...rates,
  batchMultiplier: times
    .optional()
    .describe(
      'What a batch call costs: 0.5 is half of the usual price. Without it, the cost of one is unknown.',
    ),
});
export type PriceOverride = z.output<typeof priceOverrideSchema>;

/** ms since the epoch at which a price begins. */
export function startOf(from: string | undefined): number {
  return from === undefined ? -Infinity : Date.parse(from);
}

function isUnique(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}
