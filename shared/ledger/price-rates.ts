/** From a row of the price book to what one request costs per token: its date, hour, prompt length and service tier. */
import { TierlineError } from '../errors.ts';
import { parseDecimal, type Price } from './money.ts';
import { startOf, type DatedPrice, type Multiplier, type PriceOverride, type Rates } from './price-schema.ts';

/** How fast and how surely a provider answers, at different prices. */
export const serviceTiers = ['standard', 'batch', 'flex', 'priority'] as const;
export type ServiceTier = (typeof serviceTiers)[number];

/** `promptTokens`: the whole prompt, cached tokens included. */
export type Moment = { at: Date; promptTokens: number; serviceTier: ServiceTier };

/** The price that holds at a time, or null before the first one. `prices`: the newest first. */
export function priceInForce(prices: readonly DatedPrice[], at: Date): DatedPrice | null {
  return prices.find(({ from }) => startOf(from) <= at.getTime()) ?? null;
}

/** The rates of one dated price for one request: a long prompt moves the whole request into its band. */
export function ratesAt(price: DatedPrice, { at, promptTokens }: Omit<Moment, 'serviceTier'>): Rates {
  const weekday = at.getUTCDay() === 0 ? 7 : at.getUTCDay();
  const hour = at.getUTCHours();
  const day = at.toISOString().slice(0, 10);
  const window = price.windows.find(
    ({ weekdays, fromHourUtc, untilHourUtc, notOn }) =>
      weekdays.includes(weekday) && hour >= fromHourUtc && hour < untilHourUtc && !notOn.includes(day),
  );
  const band = price.bands
    .filter(({ abovePromptTokens }) => promptTokens > abovePromptTokens)
    .sort((left, right) => right.abovePromptTokens - left.abovePromptTokens)[0];
  return window ?? band ?? price;
}

/** What a request costs by the book; null before the first price, and where the service tier's is not known. */
export function bookPrice(prices: readonly DatedPrice[], moment: Moment, version: string): Price | null {
  const price = priceInForce(prices, moment.at);
  if (price === null) return null;
  const { serviceTier } = moment;
  const multiplier = serviceTier === 'standard' ? 1 : price.multipliers[serviceTier];
  return priceOf(ratesAt(price, moment), multiplier, { version, from: price.from ?? null });
}

/** What a request costs by the `price` in tierline.yaml, which knows of batches and of no other service tier. */
export function overridePrice(override: PriceOverride, serviceTier: ServiceTier): Price | null {
  const multipliers = { standard: 1, batch: override.batchMultiplier, flex: undefined, priority: undefined };
  return priceOf(override, multipliers[serviceTier], { version: 'tierline.yaml', from: null });
}

function priceOf(
  rates: Rates,
  multiplier: Multiplier | undefined,
  origin: Pick<Price, 'version' | 'from'>,
): Price | null {
  if (multiplier === undefined) return null;
  const times =
    typeof multiplier === 'number'
      ? { input: multiplier, cachedInput: multiplier, output: multiplier }
      : multiplier;
  const { inputPerMTok, cachedInputPerMTok, cacheWritePerMTok, cacheWrite1hPerMTok, outputPerMTok } = rates;
  // A provider that lists no price of its own for the cache bills the prompt's.
  const cachedInput = cachedInputPerMTok === undefined ? times.input : times.cachedInput;
  return {
    attoUsd: {
      input: attoUsd(inputPerMTok, times.input),
      cachedInput: attoUsd(cachedInputPerMTok ?? inputPerMTok, cachedInput),
      cacheWrite: attoUsd(cacheWritePerMTok ?? inputPerMTok, times.input),
      cacheWrite1h: cacheWrite1hPerMTok === undefined ? null : attoUsd(cacheWrite1hPerMTok, times.input),
      output: attoUsd(outputPerMTok, times.output),
    },
    ...origin,
  };
}

/** Per token: USD per million tokens are picodollars, and their millionths attodollars. Both factors are bounded (price-schema.ts), so this is exact. */
function attoUsd(perMTok: number, times: number): number {
  return millionths(perMTok) * millionths(times);
}

function millionths(value: number): number {
  const result = parseDecimal(value, 6);
  if (result !== null) return result;
  throw new TierlineError('price_invalid', 'a price is not a decimal of at least 0 with at most 6 decimals');
}
