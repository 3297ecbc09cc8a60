/** What a model costs, as rows of a table: now, and wherever it costs something else. */
import type { Price } from '../../shared/ledger/money.ts';
import type { PriceRow } from '../../shared/ledger/price-book.ts';
import { bookPrice, priceInForce, serviceTiers } from '../../shared/ledger/price-rates.ts';
import { startOf, type DatedPrice, type Rates } from '../../shared/ledger/price-schema.ts';
import { countText } from './format.ts';

/** USD per million tokens; null where there is no such price. */
export type Listed = {
  when: string;
  input: number | null;
  cachedInput: number | null;
  cacheWrite: number | null;
  cacheWrite1h: number | null;
  output: number | null;
};

/** The price of a short prompt at a time, then of longer ones, of other hours and service tiers, then what was announced. */
export function listedPrices(row: PriceRow, at: Date): Listed[] {
  const price = priceInForce(row.prices, at);
  if (price === null) return announced(row, at);
  const tiers = serviceTiers
    .filter((tier) => tier !== 'standard')
    .flatMap((serviceTier) => {
      const one = bookPrice(row.prices, { at, promptTokens: 0, serviceTier }, '');
      // What is billed as plain input anyway is not listed as if it had a price of its own.
      return one === null ? [] : [{ ...fromPrice(serviceTier, one), ...unlisted(price) }];
    });
  return [
    fromRates(price.from === undefined ? 'standard' : `standard, since ${price.from}`, price),
    ...price.bands.map((band) =>
      fromRates(`prompts above ${countText(band.abovePromptTokens)} tokens`, band),
    ),
    ...price.windows.map((window) => fromRates(hoursText(window), window)),
    ...tiers,
    ...announced(row, at),
  ];
}

function unlisted({ cachedInputPerMTok, cacheWritePerMTok }: Rates): Partial<Listed> {
  return {
    ...(cachedInputPerMTok === undefined ? { cachedInput: null } : {}),
    ...(cacheWritePerMTok === undefined ? { cacheWrite: null } : {}),
  };
}

function announced(row: PriceRow, at: Date): Listed[] {
  return row.prices
    .filter(({ from }) => startOf(from) > at.getTime())
    .toReversed()
    .map((price) => fromRates(`from ${price.from ?? ''} on`, price));
}

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function hoursText({ weekdays, fromHourUtc, untilHourUtc, notOn }: DatedPrice['windows'][number]): string {
  const isWorkweek = weekdays.join() === '1,2,3,4,5';
  const names = isWorkweek ? 'Mon-Fri' : weekdays.map((day) => days[day - 1]).join(' ');
  const hours = `${String(fromHourUtc).padStart(2, '0')}-${String(untilHourUtc).padStart(2, '0')} UTC`;
  return `${names} ${hours}${notOn.length > 0 ? ', not on holidays' : ''}`;
}

function fromRates(when: string, rates: Rates): Listed {
  return {
    when,
    input: rates.inputPerMTok,
    cachedInput: rates.cachedInputPerMTok ?? null,
    cacheWrite: rates.cacheWritePerMTok ?? null,
    cacheWrite1h: rates.cacheWrite1hPerMTok ?? null,
    output: rates.outputPerMTok,
  };
}

/** Of a configured price too, which has no row. */
export function fromPrice(when: string, { attoUsd }: Price): Listed {
  return {
    when,
    input: perMTok(attoUsd.input),
    cachedInput: perMTok(attoUsd.cachedInput),
    cacheWrite: perMTok(attoUsd.cacheWrite),
    cacheWrite1h: attoUsd.cacheWrite1h === null ? null : perMTok(attoUsd.cacheWrite1h),
    output: perMTok(attoUsd.output),
  };
}

/** Attodollars per token are a million millionths of a USD per million tokens. */
const perMTok = (attoUsd: number): number => attoUsd / 1e12;

/** `0.10`, `0.0375`: at least cents, and what is below them. Empty where there is no such price. */
export function rateText(rate: number | null): string {
  if (rate === null) return '';
  return rate.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 12 });
}

/** Where the price in force comes from. `passedOn`: the seller's own page, where it only passes the maker's price on. */
export type Provenance = {
  source: string | null;
  note: string | null;
  checkedAt: string;
  confirmed: boolean;
  passedOn: { source: string | null; note: string | null; checkedAt: string } | null;
};

export function provenanceOf(row: PriceRow, at: Date): Provenance | null {
  const price = priceInForce(row.prices, at) ?? row.prices[0];
  if (price === undefined) return null;
  const { passedOn } = row;
  return {
    source: price.source ?? null,
    note: price.note ?? null,
    checkedAt: price.checkedAt,
    confirmed: price.confirmed && passedOn?.confirmed !== false,
    passedOn:
      passedOn === null
        ? null
        : {
            source: passedOn.source ?? null,
            note: passedOn.note ?? null,
            checkedAt: passedOn.checkedAt,
          },
  };
}
