/** What came out of it, as numbers: what `--json` prints, and what the summary is written from. */
import { usdNumber } from '../../shared/ledger/money.ts';
import { mixText, tierNames } from './mix.ts';
import type { Mix, TierName } from './mix.ts';
import type { Received } from './receiver.ts';
import { interactionsPerDay, savedPercent, usdPerMonth } from './savings.ts';
import type { Money } from './savings.ts';
import type { Chapter } from './tickets.ts';

/** From posting to the verified reply, live tickets only; null where there were none. */
type Times = { p50Ms: number | null; p95Ms: number | null };

type TierFigures = Times & { tier: TierName; tickets: number; costUsd: number; baselineUsd: number };

export type LiveTime = { ms: number; externalId: string; chapter: Chapter };

/** The first seven are a promise to whoever reads it by program. */
export type Figures = {
  tickets: number;
  replies: number;
  handoffs: number;
  /** How many models were passed over, all replies together. */
  failovers: number;
  costUsd: number;
  baselineUsd: number;
  savedUsd: number;
  savedPercent: number | null;
  classifierUsd: number;
  /** Calls that failed or were refused, and that no reply shows. */
  failedCalls: number;
  /** Requests to the receiver; it refuses some on purpose, and those come again under the same id. */
  deliveries: number;
  simulated: true;
  seed: number;
  mix: string;
  baselineModel: string;
  baselineUsdPerMTok: { input: number; output: number };
  tiers: TierFigures[];
  /** While the main provider was down, and after it had come back. */
  outage: Times;
  after: Times;
  perMonth: { interactionsPerDay: number; costUsd: number; baselineUsd: number };
  seconds: number;
};

export function figuresOf(facts: {
  posted: number;
  received: readonly Received[];
  liveTimes: readonly LiveTime[];
  money: Money;
  failedCalls: number;
  deliveries: number;
  baseline: { model: string; usdPerMTok: Figures['baselineUsdPerMTok'] };
  options: { seed: number; mix: Mix };
  seconds: number;
}): Figures {
  const { posted, received, money, options } = facts;
  const replies = received.filter(({ type }) => type === 'ticket.reply');
  return {
    tickets: posted,
    replies: replies.length,
    handoffs: received.filter(({ type }) => type === 'ticket.handoff').length,
    failovers: replies.reduce((sum, { data }) => sum + data.failovers, 0),
    costUsd: usdNumber(money.costNano),
    baselineUsd: usdNumber(money.baselineNano),
    savedUsd: usdNumber(money.savedNano),
    savedPercent: savedPercent(money),
    classifierUsd: usdNumber(money.labelsNano),
    failedCalls: facts.failedCalls,
    deliveries: facts.deliveries,
    simulated: true,
    seed: options.seed,
    mix: mixText(options.mix),
    baselineModel: facts.baseline.model,
    baselineUsdPerMTok: facts.baseline.usdPerMTok,
    tiers: tierNames.map((tier) => tierFigures(tier, facts)),
    outage: timesOf(facts.liveTimes.filter(({ chapter }) => chapter === 'outage')),
    after: timesOf(facts.liveTimes.filter(({ chapter }) => chapter === 'after')),
    perMonth: {
      interactionsPerDay,
      costUsd: usdPerMonth(money.costNano, posted),
      baselineUsd: usdPerMonth(money.baselineNano, posted),
    },
    seconds: facts.seconds,
  };
}

function tierFigures(tier: TierName, facts: Parameters<typeof figuresOf>[0]): TierFigures {
  const received = facts.received.filter(({ data }) => data.classification?.tier === tier);
  const ids = new Set(received.map(({ data }) => data.externalId));
  const money = facts.money.tiers.find((one) => one.tier === tier);
  return {
    tier,
    tickets: received.length,
    costUsd: usdNumber(money?.costNano ?? 0),
    baselineUsd: usdNumber(money?.baselineNano ?? 0),
    ...timesOf(facts.liveTimes.filter(({ externalId }) => ids.has(externalId))),
  };
}

function timesOf(times: readonly LiveTime[]): Times {
  const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b);
  return { p50Ms: percentile(sorted, 50), p95Ms: percentile(sorted, 95) };
}

/** The nearest rank: a value that really occurred. */
function percentile(sorted: readonly number[], percent: number): number | null {
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? null;
}
