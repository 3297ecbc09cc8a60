/**
 * Exact money. A rate in USD per million tokens with at most 6 decimals is a whole number of picodollars (1e-12 USD) per
 * token; times a service tier's factor with at most 6 decimals it is a whole number of attodollars (1e-18 USD). A cost is
 * therefore a sum of whole numbers, and is rounded once, at its end, to nanodollars.
 */
import { TierlineError } from '../errors.ts';
import type { Usage } from '../ticket.ts';

/**
 * A whole number of nanodollars (1e-9 USD), always a safe integer. A plain number, not a bigint: it goes through JSON and
 * Redis Lua (doubles) unchanged, and 2^53 nanodollars are 9.007 million USD. Larger sums throw instead of losing digits.
 */
export type NanoUsd = number;

/** What a token can be billed as. */
export const billedParts = ['input', 'cachedInput', 'cacheWrite', 'cacheWrite1h', 'output'] as const;
export type BilledPart = (typeof billedParts)[number];

/** What one model costs for one request: its date, time of day, prompt length and service tier are already applied. */
export type Price = {
  /** Whole attodollars (1e-18 USD) per token. null for a cache life of an hour of which no price is known. */
  attoUsd: Record<Exclude<BilledPart, 'cacheWrite1h'>, number> & { cacheWrite1h: number | null };
  /** The version of the price book, or `tierline.yaml` for a price from the configuration. */
  version: string;
  /** When this price began (YYYY-MM-DD, or with a time in UTC); null where it is not known or always held. */
  from: string | null;
};

const attoPerNano = 1_000_000_000n;
const nanoPerUsd = 1_000_000_000;

/**
 * The whole number of 10^-decimals units in a decimal, or null where it is not a plain non-negative decimal, has more
 * decimals, or is too large to be exact. A number is read by its shortest text: 0.1 is exactly one tenth.
 */
export function parseDecimal(value: number | string, decimals: number): number | null {
  const match = /^(\d{1,16})(?:\.(\d{1,20}))?$/.exec(String(value));
  if (match === null) return null;
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > decimals) return null;
  const units = Number(`${match[1]}${fraction.padEnd(decimals, '0')}`);
  return Number.isSafeInteger(units) ? units : null;
}

/** Divides whole numbers (dividend not negative) and rounds half to even, so that many rows do not drift upward. */
function divideHalfToEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const twiceRest = (dividend % divisor) * 2n;
  if (twiceRest < divisor) return quotient;
  if (twiceRest > divisor) return quotient + 1n;
  return quotient % 2n === 0n ? quotient : quotient + 1n;
}

function isCount(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 0;
}

/** Counts that contradict each other have no known cost; a guess would look like a fact in the ledger. */
function isConsistent(usage: Usage): boolean {
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = usage;
  const hourTokens = usage.cacheWrite1hTokens ?? 0;
  const counts = [inputTokens, cachedInputTokens, cacheWriteTokens, hourTokens, outputTokens];
  return (
    counts.every(isCount) &&
    cachedInputTokens + cacheWriteTokens <= inputTokens &&
    hourTokens <= cacheWriteTokens
  );
}

/** How many tokens are billed as what; together they are all tokens of the call. */
function billedTokens(usage: Usage): Record<BilledPart, number> {
  const cacheWrite1h = usage.cacheWrite1hTokens ?? 0;
  return {
    input: usage.inputTokens - usage.cachedInputTokens - usage.cacheWriteTokens,
    cachedInput: usage.cachedInputTokens,
    cacheWrite: usage.cacheWriteTokens - cacheWrite1h,
    cacheWrite1h,
    // Reasoning tokens are inside outputTokens and are not billed again.
    output: usage.outputTokens,
  };
}

/**
 * What a call cost, rounded once, half to even. null, never 0, where it cannot be known: no usage, no price, counts that
 * contradict each other (more cached than input), or tokens of a kind that has no known price.
 */
export function costOf(usage: Usage | null, price: Price | null): NanoUsd | null {
  if (usage === null || price === null || !isConsistent(usage)) return null;
  const tokens = billedTokens(usage);
  let attoUsd = 0n;
  for (const part of billedParts) {
    if (tokens[part] === 0) continue;
    const rate = price.attoUsd[part];
    if (rate === null) return null;
    attoUsd += BigInt(tokens[part]) * BigInt(rate);
  }
  const nanoUsd = Number(divideHalfToEven(attoUsd, attoPerNano));
  return Number.isSafeInteger(nanoUsd) ? nanoUsd : null;
}

/** Adds amounts exactly; throws `money_overflow` beyond 9.007 million USD. */
export function sumNanoUsd(amounts: Iterable<NanoUsd>): NanoUsd {
  let total = 0;
  for (const amount of amounts) {
    total += amount;
    if (!Number.isSafeInteger(total))
      throw new TierlineError('money_overflow', 'a sum of money is too large');
  }
  return total;
}

/** The exact amount in USD as a plain decimal without trailing zeros or a currency sign, such as `0.0001112`. */
export function formatUsd(nano: NanoUsd): string {
  if (!Number.isSafeInteger(nano)) {
    throw new TierlineError('money_overflow', 'an amount of money is not a safe integer');
  }
  const digits = Math.abs(nano).toString().padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return `${nano < 0 ? '-' : ''}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The amount in USD for JSON: prints with the same digits as formatUsd (exact to 9 decimals up to 999,999 USD). */
export function usdNumber(nano: NanoUsd): number {
  // One correctly rounded division of two exact doubles gives the double nearest to the decimal.
  return nano / nanoPerUsd;
}
