/** Prices and percentages that nobody gave: neither the customer nor the material, nor simple arithmetic on theirs. */
import { moneyIn, numbersIn, percentsIn } from './amounts-in.ts';
import type { Amount } from './amounts-in.ts';
import { factOf } from './reply.ts';
import type { Reply, Text } from './reply.ts';

export function hasInventedAmounts(reply: Reply): boolean {
  const amounts = moneyIn(reply.text);
  const percents = percentsIn(reply.text);
  if (amounts.length === 0 && percents.length === 0) return false;
  return hasUnknown(percents, (value) => isKnownPercent(reply, value)) || hasInventedMoney(reply, amounts);
}

const hasUnknown = (amounts: readonly Amount[], isKnown: (value: number) => boolean): boolean =>
  amounts.some(({ values }) => !values.some(isKnown));

/** A hundred per cent is a way of speaking. */
function isKnownPercent({ ticket, material }: Reply, value: number): boolean {
  if (value === 100_00 || factOf(ticket, 'numbers').has(value)) return true;
  return material.some((text) => factOf(text, 'percents').has(value));
}

function hasInventedMoney(reply: Reply, amounts: readonly Amount[]): boolean {
  // "1 EUR" is how prices are explained: a point for every euro.
  const isKnown = (value: number): boolean =>
    value === 1_00 ||
    factOf(reply.ticket, 'numbers').has(value) ||
    reply.material.some((text) => prices(text).has(value));
  const known = new Set(amounts.flatMap(({ values }) => values.filter(isKnown)));
  const others = amounts.filter(({ values }) => !values.some((value) => known.has(value)));
  if (others.length === 0) return false;
  for (const value of factOf(reply.ticket, 'money')) known.add(value);
  const factors = numbersIn(reply.text).flatMap(({ values }) => values);
  const derived = derivedFrom([...known].slice(0, 30), factors.slice(0, 60));
  return hasUnknown(others, (value) => derived.has(value));
}

/** Where a text writes no currency beside its numbers, as in a table, any of them may be a price. */
function prices(text: Text): ReadonlySet<number> {
  const money = factOf(text, 'money');
  return money.size > 0 ? money : factOf(text, 'numbers');
}

/** Sums, differences, multiples and shares of known amounts: what a helpful reply works out. In hundredths. */
function derivedFrom(known: readonly number[], factors: readonly number[]): Set<number> {
  const derived = new Set<number>();
  for (const [index, one] of known.entries()) {
    for (const other of known.slice(index)) {
      derived.add(one + other);
      derived.add(Math.abs(one - other));
    }
    for (const factor of factors) {
      if (factor > 100 && factor <= 50_00) derived.add(Math.round((one * factor) / 100));
      if (factor > 0 && factor < 100_00) {
        const share = Math.round((one * factor) / 100_00);
        derived.add(share).add(one - share);
      }
    }
  }
  // Nothing is worked out to nothing: "0 EUR" is a promise.
  derived.delete(0);
  return derived;
}
