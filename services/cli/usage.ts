/** Wrong usage: what was given, the nearest right name, and what there is. Ends with exit code 2. */
import { suggest } from '../../shared/config/suggest.ts';
import { TierlineError } from '../../shared/errors.ts';

export const usageError = (message: string): TierlineError => new TierlineError('usage', message);

/** `kind` is singular: `There is no tier "simpl". Did you mean "simple"? Tiers: simple, standard, complex.` */
function unknownName(kind: string, given: string, known: readonly string[]): TierlineError {
  const nearest = suggest(given, known);
  const question = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  const plural = `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}s`;
  const all = known.length === 0 ? 'none' : known.join(', ');
  return usageError(
    `There is no ${kind} ${JSON.stringify(given.slice(0, 60))}.${question} ${plural}: ${all}.`,
  );
}

export function requireName(kind: string, given: string, known: readonly string[]): void {
  if (!known.includes(given)) throw unknownName(kind, given, known);
}

/** The parts of a list such as `a,b`, each one of `known`, in the order of `known`. */
export function parseNames<T extends string>(kind: string, text: string, known: readonly T[]): T[] {
  const wanted = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  for (const one of wanted) requireName(kind, one, known);
  return known.filter((one) => wanted.includes(one));
}

const unitMs: Record<string, number> = { min: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** Milliseconds of `90min`, `12h`, `7d` or `2w`. `option` is named in the error. */
export function parseSpan(option: string, text: string): number {
  const match = /^(\d{1,5}) ?(min|h|d|w)$/.exec(text.trim());
  const ms = Number(match?.[1]) * (unitMs[match?.[2] ?? ''] ?? Number.NaN);
  if (ms > 0) return ms;
  throw usageError(
    `${option} takes a span such as 90min, 12h, 7d or 2w, not ${JSON.stringify(text.slice(0, 60))}.`,
  );
}

export function parseCount(option: string, text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count > 0) return count;
  throw usageError(`${option} takes a whole number from 1, not ${JSON.stringify(text.slice(0, 60))}.`);
}

const unitSeconds: Record<string, number> = { s: 1, min: 60, h: 3600 };

/** Times a second of `20/s`, `90/min` or `500/h`. */
export function parseRate(option: string, text: string): number {
  const match = /^(\d{1,6}(?:\.\d{1,3})?) ?\/ ?(s|min|h)$/.exec(text.trim());
  const rate = Number(match?.[1]) / (unitSeconds[match?.[2] ?? ''] ?? Number.NaN);
  if (rate > 0) return rate;
  throw usageError(
    `${option} takes a rate such as 20/s, 90/min or 500/h, not ${JSON.stringify(text.slice(0, 60))}.`,
  );
}
