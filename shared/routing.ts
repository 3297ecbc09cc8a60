/** Which tier, which models, where to: pure decisions over the configuration. */
import type { Config } from './config/schema.ts';
import type { Classification, Lane, Ticket } from './ticket.ts';

/** What the configuration makes of a classification. */
export type Route = {
  tier: string;
  /** Names of models in order of preference, as configured; unusable ones are still in it. */
  chain: string[];
  /** Index of the matching entry of `routes`, null where none matched. */
  rule: number | null;
};

type Signals = Pick<Classification, 'queryType' | 'language' | 'flags' | 'confidence'> & {
  complexity: number;
};

const rankOf = (config: Config, tier: string): number => Object.keys(config.tiers).indexOf(tier);

function higher(config: Config, one: string, other: string): string {
  return rankOf(config, other) > rankOf(config, one) ? other : one;
}

/**
 * The tier of a classification: the table's entry for the query type and language, raised by flags, and by complexity
 * where somebody who can judge it did (`judged`). Never lowered by anything in the ticket's text.
 */
export function tierOf(config: Config, signals: Signals, judged: boolean): string {
  const { queryTypes, tierThresholds, flags } = config.classifier;
  const entry = queryTypes[signals.queryType];
  const lowest = Object.keys(config.tiers)[0]!;
  let tier = entry?.tiers?.[signals.language] ?? entry?.tier ?? lowest;
  for (const flag of signals.flags) {
    const raised = flags[flag];
    if (raised !== undefined) tier = higher(config, tier, raised);
  }
  if (!judged) return tier;
  for (const [name, threshold] of Object.entries(tierThresholds)) {
    if (signals.complexity >= threshold) tier = higher(config, tier, name);
  }
  return tier;
}

/**
 * A complexity for classifications that nobody judged: the middle of the band that the tier's thresholds span, so that
 * the number says no more than the table does.
 */
export function impliedComplexity(config: Config, tier: string): number {
  const { tierThresholds } = config.classifier;
  const names = Object.keys(config.tiers);
  const rank = names.indexOf(tier);
  const from = tierThresholds[tier] ?? 0;
  const next = names.slice(rank + 1).find((name) => tierThresholds[name] !== undefined);
  const to = next === undefined ? 1 : (tierThresholds[next] ?? 1);
  return Math.round(((from + to) / 2) * 100) / 100;
}

export type Facts = {
  ticket: Pick<Ticket, 'source' | 'tags' | 'lane'>;
  classification: Classification;
  /** Where the ticket's route is known already: its tier. */
  tier?: string;
};

/**
 * The first route that matches; without one, the classification's tier with its chain. A tier that the configuration no
 * longer has is replaced by the one that the same labels lead to now.
 */
export function routeOf(config: Config, facts: Facts): Route {
  const { classification } = facts;
  const rule = config.routes.findIndex((route) => matches(route.when, facts));
  const route = rule === -1 ? undefined : config.routes[rule];
  const tier = route?.tier ?? presentTier(config, classification);
  const chain = route?.models ?? config.tiers[tier]?.models ?? [];
  return { tier, chain, rule: rule === -1 ? null : rule };
}

function presentTier(config: Config, classification: Classification): string {
  if (Object.hasOwn(config.tiers, classification.tier)) return classification.tier;
  return tierOf(config, classification, classification.decidedBy === 'model');
}

type When = Config['trust'][number]['when'];

export function matches(when: When, { ticket, classification, tier }: Facts): boolean {
  const oneOf = (allowed: string[] | undefined, ...values: string[]): boolean =>
    allowed === undefined || values.some((value) => allowed.includes(value));
  return (
    oneOf(when.language, classification.language) &&
    oneOf(when.queryType, classification.queryType) &&
    oneOf(when.source, ticket.source) &&
    oneOf(when.tag, ...ticket.tags) &&
    oneOf(when.lane, ticket.lane) &&
    oneOf(when.flag, ...classification.flags) &&
    oneOf(when.tier, ...(tier === undefined ? [] : [tier])) &&
    (when.confidenceBelow === undefined || classification.confidence < when.confidenceBelow) &&
    (when.complexityAbove === undefined || classification.complexity > when.complexityAbove)
  );
}

/** When the answer must be stored at the latest, ms since the epoch. */
export function deadlineOf(config: Config, tier: string, lane: Lane, acceptedAt: number): number {
  const settings = config.tiers[tier];
  if (!settings) return acceptedAt;
  return acceptedAt + (lane === 'backlog' ? settings.backlogDeadlineMs : settings.deadlineMs);
}

/** The destination of a source's answers; null for a source that the configuration no longer has. */
export function destinationOf(config: Config, source: string): string | null {
  return config.sources[source]?.destination ?? null;
}
