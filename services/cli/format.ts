/** Amounts as people read them: ages, money, counts. */
import { formatUsd } from '../../shared/ledger/money.ts';

const units: [ms: number, name: string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** One unit, rounded down, from two of it on (`90 s`, `26 h`), so that an age is never off by half. */
export function ageText(ms: number): string {
  for (const [size, name] of units) {
    if (ms >= size * (name === 's' ? 1 : 2)) return `${Math.floor(ms / size)} ${name}`;
  }
  return '0 s';
}

export const agoText = (ms: number): string => (ms < 1000 ? 'just now' : `${ageText(ms)} ago`);

/** The length of a call or a step. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : ageText(ms);
}

export const countText = (count: number): string => count.toLocaleString('en-US');

export const plural = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${countText(count)} ${count === 1 ? noun : nouns}`;

const nanoPerUsd = 1_000_000_000;

/** Fewer decimals the more money it is: nobody reads the ninth one beside a dollar. */
function decimalsFor(largestNano: number): number {
  if (largestNano >= 1000 * nanoPerUsd) return 2;
  return largestNano >= nanoPerUsd ? 4 : 6;
}

/** Amounts of one column with the same decimals; what would round to nothing is said to be less than the last digit. */
export function usdColumn(amounts: readonly number[]): string[] {
  const decimals = decimalsFor(Math.max(0, ...amounts.map(Math.abs)));
  return amounts.map((nano) => usdFixed(nano, decimals));
}

/** One amount by itself: `$1.2345`, `$0.000126`, `$12,345.67`. */
export const usdText = (nano: number): string =>
  nano === 0 ? '$0' : usdFixed(nano, decimalsFor(Math.abs(nano)));

function usdFixed(nano: number, decimals: number): string {
  const least = 10 ** -decimals;
  if (nano > 0 && nano / nanoPerUsd < least) return `<$${least.toFixed(decimals)}`;
  const amount = (nano / nanoPerUsd).toLocaleString('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return `$${amount}`;
}

/** To the last nano-dollar, for the trace of a single ticket. `usd` as JSON carries it. */
export const usdExact = (usd: number | null): string =>
  usd === null ? 'unknown' : `$${formatUsd(Math.round(usd * nanoPerUsd))}`;

/** `0 B`, `512 MB`, `1.5 GB`. */
export function bytesText(bytes: number): string {
  const steps = ['B', 'kB', 'MB', 'GB', 'TB'];
  let amount = bytes;
  let step = 0;
  while (amount >= 1024 && step < steps.length - 1) {
    amount /= 1024;
    step += 1;
  }
  return `${amount < 10 && step > 0 ? amount.toFixed(1) : Math.round(amount)} ${steps[step]}`;
}

/** A share in words of the table: `87 %`, `<1 %`. */
export function percentText(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0 %';
  const percent = (part / whole) * 100;
  return percent < 1 ? '<1 %' : `${Math.round(percent)} %`;
}
