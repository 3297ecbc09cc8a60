/** What was spent: the roll-ups of the ledger, added up by any of the cube's sides. */
import type { App } from '../app.ts';
import { rollupKey } from '../record/ledger-rows.ts';
import { formatUsd, usdNumber } from './money.ts';

export const costSides = ['model', 'queryType', 'language', 'tier', 'purpose'] as const;
export type CostSide = (typeof costSides)[number];

const counters = [
  'calls',
  'tickets',
  'faults',
  'inputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'outputTokens',
  'reasoningTokens',
  'unpricedCalls',
  'possiblyBilledCalls',
  'durationMs',
] as const;
type Counters = Record<(typeof counters)[number], number>;

export type CostRow = Partial<Record<CostSide, string>> & Counters & { costUsd: number; nanoUsd: string };

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

type Sum = Counters & { nanoUsd: bigint };

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
    calls: total.calls,
    unpricedCalls: total.unpricedCalls,
    possiblyBilledCalls: total.possiblyBilledCalls,
  };
}

function emptySum(): Sum {
  return { ...(Object.fromEntries(counters.map((name) => [name, 0])) as Counters), nanoUsd: 0n };
}

/** A roll-up's fields are `model|queryType|language|tier|purpose|counter`. */
function addRollup(
  rollup: Record<string, string>,
  by: readonly CostSide[],
  sums: Map<string, Sum>,
  total: Sum,
): void {
  for (const [field, amount] of Object.entries(rollup)) {
    const parts = field.split('|');
    const counter = parts.at(-1) ?? '';
    const key = by.map((side) => parts[costSides.indexOf(side)] ?? '').join('|');
    let sum = sums.get(key);
    if (!sum) {
      sum = emptySum();
      sums.set(key, sum);
    }
    for (const one of [sum, total]) {
      if (counter === 'nanoUsd') one.nanoUsd += BigInt(amount);
      else if (isCounter(counter)) one[counter] += Number(amount);
    }
  }
}

function isCounter(name: string): name is keyof Counters {
  return (counters as readonly string[]).includes(name);
}

function rowOf(key: string, by: readonly CostSide[], { nanoUsd, ...sum }: Sum): CostRow {
  const parts = key.split('|');
  const sides = Object.fromEntries(by.map((side, i) => [side, parts[i] ?? '']));
  return { ...sides, ...sum, costUsd: usdNumber(Number(nanoUsd)), nanoUsd: String(nanoUsd) };
}

/** Text for tables: exact, with a dollar sign. */
export const usdText = (nanoUsd: string): string => `$${formatUsd(Number(nanoUsd))}`;
