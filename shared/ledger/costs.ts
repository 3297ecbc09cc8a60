/** What was spent: the roll-ups of the ledger, added up by any of the cube's sides. */
import type { App } from '../app.ts';
import { counterNames, rollupKey } from '../record/ledger-rows.ts';
import type { Counters } from '../record/ledger-rows.ts';
import { formatUsd, usdNumber } from './money.ts';

export const costSides = ['model', 'queryType', 'language', 'tier', 'purpose'] as const;
export type CostSide = (typeof costSides)[number];

/** Money is added as BigInt, everything else as numbers. */
type Counts = Omit<Counters, 'nanoUsd'>;

type CostRow = Partial<Record<CostSide, string>> & Counts & { costUsd: number; nanoUsd: string };

export type Costs = {
  since: string;
  until: string;
  rows: CostRow[];
  totalUsd: number;
  totalNanoUsd: string;
  calls: number;
  /** Calls whose price or usage is not known: their cost is missing from every figure here. */
  unpricedCalls: number;
  /** Calls that were begun and whose end was never seen; they may be on the invoice all the same. */
  possiblyBilledCalls: number;
};

const hourMs = 3_600_000;
/** A longer span would read more roll-ups than one request should. */
const maxHours = 400 * 24;

type Sum = { counts: Counts; nanoUsd: bigint };

/** Every call is in exactly one row; the rows of every breakdown add up to the total. Whole hours, UTC. */
export async function readCosts(
  app: Pick<App, 'redis' | 'record'>,
  query: { sinceMs: number; untilMs: number; by: readonly CostSide[] },
): Promise<Costs> {
  const from = Math.floor(query.sinceMs / hourMs);
  const hours = Math.min(maxHours, Math.max(1, Math.floor(query.untilMs / hourMs) - from + 1));
  const sums = new Map<string, Sum>();
  const total = emptySum();
  for (const base of app.record.bases) {
    for (let start = 0; start < hours; start += 200) {
      const keys = Array.from({ length: Math.min(200, hours - start) }, (_, i) =>
        rollupKey((from + start + i) * hourMs),
      );
      const rollups = await Promise.all(keys.map((key) => app.redis.hgetall(`${base}${key}`)));
      for (const rollup of rollups) addRollup(rollup, query.by, sums, total);
    }
  }
  const rows = [...sums].map(([key, sum]) => rowOf(key, query.by, sum));
  rows.sort((a, b) => b.costUsd - a.costUsd || b.calls - a.calls);
  return {
    since: new Date(from * hourMs).toISOString(),
    until: new Date(query.untilMs).toISOString(),
    rows,
    totalUsd: usdNumber(Number(total.nanoUsd)),
    totalNanoUsd: String(total.nanoUsd),
    calls: total.counts.calls,
    unpricedCalls: total.counts.unpricedCalls,
    possiblyBilledCalls: total.counts.possiblyBilledCalls,
  };
}

const countNames = counterNames.filter((name) => name !== 'nanoUsd');

function emptySum(): Sum {
  return { counts: Object.fromEntries(countNames.map((name) => [name, 0])) as Counts, nanoUsd: 0n };
}

/** A roll-up's fields are `model|queryType|language|tier|purpose`; a value lists the counters in their order. */
function addRollup(
  rollup: Record<string, string>,
  by: readonly CostSide[],
  sums: Map<string, Sum>,
  total: Sum,
): void {
  for (const [cell, amounts] of Object.entries(rollup)) {
    const sides = cell.split('|');
    const key = by.map((side) => sides[costSides.indexOf(side)] ?? '').join('|');
    let sum = sums.get(key);
    if (!sum) {
      sum = emptySum();
      sums.set(key, sum);
    }
    for (const [index, amount] of amounts.slice(1, -1).split(',').entries()) {
      const name = counterNames[index]!;
      for (const one of [sum, total]) {
        if (name === 'nanoUsd') one.nanoUsd += BigInt(amount);
        else one.counts[name] += Number(amount);
      }
    }
  }
}

function rowOf(key: string, by: readonly CostSide[], { counts, nanoUsd }: Sum): CostRow {
  const parts = key.split('|');
  const sides = Object.fromEntries(by.map((side, i) => [side, parts[i] ?? '']));
  return { ...sides, ...counts, costUsd: usdNumber(Number(nanoUsd)), nanoUsd: String(nanoUsd) };
}

/** Text for tables: exact, with a dollar sign. */
export const usdText = (nanoUsd: string): string => `$${formatUsd(Number(nanoUsd))}`;
