/** What finance compares with an invoice: per provider and day, what is known, and what may be on it besides. */
import type { App } from '../app.ts';
import type { Config } from '../config/schema.ts';
import type { UnseenCall } from '../record/ledger-rows.ts';
import { readCosts } from './costs.ts';
import type { Costs } from './costs.ts';
import { usdNumber } from './money.ts';

export const reconcileSides = ['provider', 'model'] as const;
export type ReconcileSide = (typeof reconcileSides)[number];

export type ReconcileRow = {
  /** YYYY-MM-DD, UTC. */
  day: string;
  /** null for models that the configuration no longer has. */
  provider?: string | null;
  model?: string;
  /** All of them; the two below are among them. */
  calls: number;
  knownUsd: number;
  knownNanoUsd: string;
  /** Calls whose end nobody saw: their process was killed, or the provider fell silent. Not in knownUsd. */
  possiblyBilledCalls: number;
  /** What those cannot cost more than; null where that of one is not known. */
  possiblyBilledAtMostUsd: number | null;
  possiblyBilledAtMostNanoUsd: string | null;
  /** Calls that ended, whose cost is not known: no price, or no usage in the response. Not in knownUsd. */
  unpricedCalls: number;
};

type ListedCall = {
  ticketId: string;
  model: string;
  provider: string;
  purpose: string;
  /** It ran at most from then to then; `until` is by the time-out of its model where its process was killed. */
  since: string;
  until: string;
  atMostUsd: number | null;
};

export type Reconciliation = {
  since: string;
  until: string;
  rows: ReconcileRow[];
  total: Omit<ReconcileRow, 'day' | 'provider' | 'model'>;
  possiblyBilled: ListedCall[];
};

const dayMs = 86_400_000;

/** Whole days, UTC. Calls of tickets that are being worked on are not among them. */
export async function reconcile(
  app: App,
  query: { sinceMs: number; untilMs: number; by: readonly ReconcileSide[] },
): Promise<Reconciliation> {
  const { config } = app.runtime();
  const firstDay = Math.floor(query.sinceMs / dayMs) * dayMs;
  const untilMs = Math.max(query.untilMs, firstDay);
  const days: { day: string; costs: Costs }[] = [];
  for (let start = firstDay; start <= untilMs; start += dayMs) {
    const costs = await readCosts(app, { sinceMs: start, untilMs: start + dayMs - 1, by: ['model'] });
    if (costs.calls > 0) days.push({ day: new Date(start).toISOString().slice(0, 10), costs });
  }
  const lastMs = Math.floor(untilMs / dayMs) * dayMs + dayMs - 1;
  const unseen = await app.record.unseen(firstDay, lastMs);
  const { rows, total } = reconciliationOf(config, { days, unseen }, query.by);
  return {
    since: new Date(firstDay).toISOString(),
    until: new Date(untilMs).toISOString(),
    rows,
    total,
    possiblyBilled: unseen.map((call) => listed(config, call)),
  };
}

function listed(config: Config, call: UnseenCall): ListedCall {
  const { ticketId, model, provider, purpose, startedAt, durationMs, mostNanoUsd } = call;
  const ranMs = durationMs ?? config.models[model]?.timeoutMs ?? 0;
  return {
    ticketId,
    model,
    provider,
    purpose,
    since: new Date(startedAt).toISOString(),
    until: new Date(startedAt + ranMs).toISOString(),
    atMostUsd: mostNanoUsd === null ? null : usdNumber(mostNanoUsd),
  };
}

type Sum = {
  calls: number;
  known: bigint;
  possiblyBilled: number;
  listed: number;
  most: bigint | null;
  unpriced: number;
};

const empty = (): Sum => ({ calls: 0, known: 0n, possiblyBilled: 0, listed: 0, most: 0n, unpriced: 0 });

/** Pure. */
export function reconciliationOf(
  config: Pick<Config, 'models'>,
  found: { days: readonly { day: string; costs: Pick<Costs, 'rows'> }[]; unseen: readonly UnseenCall[] },
  by: readonly ReconcileSide[],
): Pick<Reconciliation, 'rows' | 'total'> {
  const providerOf = (model: string): string | null => config.models[model]?.provider ?? null;
  const groups = new Map<string, { sides: Pick<ReconcileRow, 'day' | 'provider' | 'model'>; sum: Sum }>();
  const total = empty();
  const sumsOf = (day: string, model: string): Sum[] => {
    const provider = by.includes('provider') ? { provider: providerOf(model) } : {};
    const sides = { day, ...provider, ...(by.includes('model') ? { model } : {}) };
    const key = JSON.stringify(sides);
    const group = groups.get(key) ?? { sides, sum: empty() };
    groups.set(key, group);
    return [group.sum, total];
  };
  for (const { day, costs } of found.days) {
    for (const row of costs.rows) {
      for (const sum of sumsOf(day, row.model ?? '')) {
        sum.calls += row.calls;
        sum.known += BigInt(row.nanoUsd);
        sum.possiblyBilled += row.possiblyBilledCalls;
        sum.unpriced += Math.max(0, row.unpricedCalls - row.possiblyBilledCalls);
      }
    }
  }
  for (const { startedAt, model, mostNanoUsd } of found.unseen) {
    for (const sum of sumsOf(new Date(startedAt).toISOString().slice(0, 10), model)) {
      sum.listed += 1;
      sum.most = sum.most === null || mostNanoUsd === null ? null : sum.most + BigInt(mostNanoUsd);
    }
  }
  const rows = [...groups.values()].map(({ sides, sum }) => ({ ...sides, ...shown(sum) }));
  rows.sort((a, b) => a.day.localeCompare(b.day) || b.knownUsd - a.knownUsd || b.calls - a.calls);
  return { rows, total: shown(total) };
}

function shown(sum: Sum): Reconciliation['total'] {
  // Of one that is counted and not listed, nothing is known.
  const most = sum.listed < sum.possiblyBilled ? null : sum.most;
  return {
    calls: sum.calls,
    knownUsd: usdNumber(Number(sum.known)),
    knownNanoUsd: String(sum.known),
    possiblyBilledCalls: sum.possiblyBilled,
    possiblyBilledAtMostUsd: most === null ? null : usdNumber(Number(most)),
    possiblyBilledAtMostNanoUsd: most === null ? null : String(most),
    unpricedCalls: sum.unpriced,
  };
}
