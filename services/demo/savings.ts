/** The money, exactly: what was spent, what one model for everything would have cost, and what that means in a month. */
import type { Costs } from '../../shared/ledger/costs.ts';
import { costOf, sumNanoUsd } from '../../shared/ledger/money.ts';
import type { NanoUsd, Price } from '../../shared/ledger/money.ts';
import { tierNames } from './mix.ts';
import type { Mix, TierName } from './mix.ts';

type TierMoney = { tier: TierName; costNano: NanoUsd; baselineNano: NanoUsd };

export type Money = {
  /** Every call of the ledger: replies, labels, retries, fail-overs. */
  costNano: NanoUsd;
  /** Of that, what the classifier cost. */
  labelsNano: NanoUsd;
  /** The tokens of all replies at the baseline model's price. An estimate: that model would write other texts. */
  baselineNano: NanoUsd;
  savedNano: NanoUsd;
  tiers: TierMoney[];
};

/**
 * `costs` must be broken down by tier and purpose. The tokens of purpose `answer` are those of the replies that were kept:
 * a simulated call that fails reports no usage.
 */
export function moneyOf(costs: Pick<Costs, 'rows' | 'totalNanoUsd'>, baseline: Price): Money {
  const cost = (rows: Costs['rows']): NanoUsd => sumNanoUsd(rows.map(({ nanoUsd }) => Number(nanoUsd)));
  const tiers = tierNames.map((tier) => {
    const rows = costs.rows.filter((row) => row.tier === tier);
    const replies = rows.filter(({ purpose }) => purpose === 'answer');
    // Usage that is there has a cost: the price is known.
    const baselineNano = sumNanoUsd(replies.map((row) => costOf(row, baseline)!));
    return { tier, costNano: cost(rows), baselineNano };
  });
  const costNano = Number(costs.totalNanoUsd);
  const baselineNano = sumNanoUsd(tiers.map((tier) => tier.baselineNano));
  return {
    costNano,
    labelsNano: cost(costs.rows.filter(({ purpose }) => purpose === 'classify')),
    baselineNano,
    savedNano: baselineNano - costNano,
    tiers,
  };
}

/** Whole per cent of the baseline; null before there is one. */
export function savedPercent({
  savedNano,
  baselineNano,
}: Pick<Money, 'savedNano' | 'baselineNano'>): number | null {
  return baselineNano === 0 ? null : Math.round((100 * savedNano) / baselineNano);
}

/** What another mix would have saved, from what a ticket of each tier cost here. */
export function savedPercentFor(mix: Mix, money: Money, tickets: Record<TierName, number>): number | null {
  let costNano = 0;
  let baselineNano = 0;
  for (const { tier, ...sums } of money.tiers) {
    if (mix[tier] === 0) continue;
    if (tickets[tier] === 0) return null;
    costNano += (mix[tier] * sums.costNano) / tickets[tier];
    baselineNano += (mix[tier] * sums.baselineNano) / tickets[tier];
  }
  return savedPercent({ savedNano: baselineNano - costNano, baselineNano });
}

export const interactionsPerDay = 500_000;
const daysPerMonth = 30;

/** `nanoUsd` spent on `tickets` tickets, at 500,000 interactions a day for 30 days, in whole USD. */
export function usdPerMonth(nanoUsd: NanoUsd, tickets: number): number {
  if (tickets === 0) return 0;
  return Math.round((nanoUsd / 1e9 / tickets) * interactionsPerDay * daysPerMonth);
}
