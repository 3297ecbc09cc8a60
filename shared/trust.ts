/** Who lets an answer out: it is sent, it waits as a draft for a person, or a person writes it. Pure. */
import type { Config } from './config/schema.ts';
import { matches } from './routing.ts';
import type { Facts } from './routing.ts';
import type { TrustMode } from './ticket.ts';

export type Trust = {
  /** `people`: the ticket is handed off before anything is paid for an answer. */
  mode: TrustMode;
  /** The setting that decided, as in `trust[0]` or `sources.shop.mode`; null where nothing says other than auto. */
  by: string | null;
};

const care: Record<TrustMode, number> = { auto: 0, draft: 1, people: 2 };

/**
 * The first entry of `trust` that matches, the source's mode and the tier's: the most careful of the three. `tier` is the
 * route's.
 */
export function trustOf(config: Config, facts: Omit<Facts, 'tier'>, tier: string): Trust {
  const { source } = facts.ticket;
  const rule = config.trust.findIndex(({ when }) => matches(when, { ...facts, tier }));
  const settings: [string, TrustMode | undefined][] = [
    [`trust[${rule}]`, config.trust[rule]?.mode],
    [`sources.${source}.mode`, config.sources[source]?.mode],
    [`tiers.${tier}.mode`, config.tiers[tier]?.mode],
  ];
  let trust: Trust = { mode: 'auto', by: null };
  for (const [by, mode] of settings) {
    if (mode !== undefined && care[mode] > care[trust.mode]) trust = { mode, by };
  }
  return trust;
}
