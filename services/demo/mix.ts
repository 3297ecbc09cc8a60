/** How much of the tickets each tier gets. */
import { TierlineError } from '../../shared/errors.ts';

export const tierNames = ['simple', 'standard', 'complex'] as const;
export type TierName = (typeof tierNames)[number];

/** Per cent by tier; they add up to 100. */
export type Mix = Record<TierName, number>;

/** @throws TierlineError `usage` for anything but three whole per cents that add up to 100. */
export function parseMix(text: string): Mix {
  const match = /^(\d{1,3})\/(\d{1,3})\/(\d{1,3})$/.exec(text);
  const [simple, standard, complex] = (match ?? []).slice(1).map(Number);
  if (
    simple === undefined ||
    standard === undefined ||
    complex === undefined ||
    simple + standard + complex !== 100
  ) {
    throw new TierlineError(
      'usage',
      `--mix takes the per cent of simple, standard and complex tickets, such as 60/30/10, not "${text}"`,
    );
  }
  return { simple, standard, complex };
}

export const mixText = (mix: Mix): string => tierNames.map((tier) => mix[tier]).join('/');

/** The tiers of `count` tickets in a row, spread as evenly as the mix allows, so that every part of the row has the mix. */
export function spreadTiers(mix: Mix, count: number): TierName[] {
  const owed: Mix = { simple: 0, standard: 0, complex: 0 };
  return Array.from({ length: count }, () => {
    for (const tier of tierNames) owed[tier] += mix[tier];
    const next = tierNames.reduce((most, tier) => (owed[tier] > owed[most] ? tier : most));
    owed[next] -= 100;
    return next;
  });
}
