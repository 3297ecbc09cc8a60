/** Chance that comes out the same in every run: it depends on the seed and on what it is asked about, never on the clock. */
import { createHash } from 'node:crypto';

/** From 0 up to, but not including, 1. */
export function chanceOf(seed: number, ...about: (string | number)[]): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, ...about]))
    .digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}

/** Another order of the same items. */
export function shuffled<T>(items: readonly T[], seed: number, about: string): T[] {
  return items
    .map((item, index) => ({ item, order: chanceOf(seed, about, index) }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
