/** How things stand at one moment, as the view shows it. */
import { readCosts } from '../../shared/ledger/costs.ts';
import { costOf, usdNumber } from '../../shared/ledger/money.ts';
import type { Price } from '../../shared/ledger/money.ts';
import { readOverview } from '../../shared/overview.ts';
import type { Overview } from '../../shared/overview.ts';
import type { App } from '../../shared/app.ts';
import type { Usage } from '../../shared/ticket.ts';
import { externalIdOf } from './intake.ts';
import { tierNames } from './mix.ts';
import type { TierName } from './mix.ts';
import { moneyOf } from './savings.ts';
import type { Money } from './savings.ts';
import type { Stage } from './stage.ts';
import type { Play } from './story.ts';

export type TierState = {
  tier: TierName;
  waiting: number;
  active: number;
  /** The age of the oldest ticket without an answer; null where there is none. */
  oldestMs: number | null;
  done: number;
  /** How many replies each model gave, most first. */
  models: [string, number][];
};

export type ModelState = {
  name: string;
  state: Overview['breakers'][number]['state'];
  testInMs: number | null;
};
export type ProviderState = {
  name: string;
  isUp: boolean;
  served: number;
  errors: number;
  models: ModelState[];
};

export type Snapshot = {
  elapsedMs: number;
  total: number;
  done: number;
  handoffs: number;
  tiers: TierState[];
  providers: ProviderState[];
  money: Money;
};

/** The model of `baseline`, which the demo's own configuration names, by the name of the real one whose price it has. */
function baselinePrice(app: App): { model: string; price: Price } {
  const { model, config } = app.runtime();
  const { pricedAs = '', ...settings } = config.models[config.baseline!.model]!;
  const price = model(config.baseline!.model)!.priceAt(app.now(), 0)!;
  return { model: pricedAs.split('/').at(-1) || settings.model, price };
}

const noTokens = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};
const million = 1_000_000;

/** Its name, and its price. */
export function baselineOf(app: App): { model: string; usdPerMTok: { input: number; output: number } } {
  const { model, price } = baselinePrice(app);
  const usdOf = (tokens: Partial<Usage>): number => usdNumber(costOf({ ...noTokens, ...tokens }, price) ?? 0);
  return {
    model,
    usdPerMTok: { input: usdOf({ inputTokens: million }), output: usdOf({ outputTokens: million }) },
  };
}

export async function readMoney(app: App, sinceMs: number): Promise<{ money: Money; failedCalls: number }> {
  const costs = await readCosts(app, { sinceMs, untilMs: app.now(), by: ['tier', 'purpose'] });
  const failedCalls = costs.rows.reduce((sum, row) => sum + row.faults, 0);
  return { money: moneyOf(costs, baselinePrice(app).price), failedCalls };
}

export async function observe(it: Play, startedAt: number): Promise<Snapshot> {
  const { stage, tickets } = it;
  const [overview, { money }] = await Promise.all([readOverview(stage.app), readMoney(stage.app, startedAt)]);
  const received = [...stage.receiver.taken.values()];
  return {
    elapsedMs: Date.now() - startedAt,
    total: tickets.length,
    done: received.length,
    handoffs: received.filter(({ type }) => type === 'ticket.handoff').length,
    tiers: tierNames.map((tier) => tierState(tier, it, overview)),
    providers: stage.providers.map((provider) => providerState(provider, stage.app, overview)),
    money,
  };
}

function tierState(tier: TierName, { stage, tickets, intake }: Play, { queues }: Overview): TierState {
  const ofTier = queues.filter(({ queue }) => queue === `tier.${tier}` || queue === `tier.${tier}.backlog`);
  const received = [...stage.receiver.taken.values()];
  const answered = new Set(received.map(({ data }) => data.externalId));
  const open = tickets.flatMap((ticket) => {
    const id = externalIdOf(ticket);
    const at = ticket.tier === tier && !answered.has(id) ? intake.postedAt.get(id) : undefined;
    return at === undefined ? [] : [at];
  });
  const models = new Map<string, number>();
  const mine = received.filter(({ data }) => data.classification?.tier === tier);
  for (const { type, data } of mine) {
    if (type === 'ticket.reply' && data.model) models.set(data.model, (models.get(data.model) ?? 0) + 1);
  }
  const active = ofTier.reduce((sum, queue) => sum + queue.active, 0);
  return {
    tier,
    // Those that are still being classified wait for this tier, too.
    waiting: Math.max(0, open.length - active),
    active,
    oldestMs: open.length === 0 ? null : Date.now() - Math.min(...open),
    done: mine.length,
    models: [...models].sort((a, b) => b[1] - a[1]),
  };
}

function providerState(
  { traits, counts, isUp }: Stage['providers'][number],
  app: App,
  overview: Overview,
): ProviderState {
  const { models } = app.runtime().config;
  const own = overview.breakers.filter(({ model }) => models[model]?.provider === traits.name);
  return {
    name: traits.name,
    isUp: isUp(),
    served: Object.values(counts.served).reduce((sum, { calls }) => sum + calls, 0),
    errors: counts.errors + counts.filtered,
    models: own.map(({ model, state, untilMs }) => ({
      name: model,
      state,
      testInMs: untilMs === null ? null : Math.max(0, untilMs - Date.now()),
    })),
  };
}
