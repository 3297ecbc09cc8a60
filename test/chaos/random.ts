/** Random numbers that a seed repeats: mulberry32 (Tommy Ettinger's public-domain generator). */

export type Random = {
  seed: number;
  /** [0, 1). */
  next: () => number;
  /** A whole number from `from` up to and without `to`. */
  between: (from: number, to: number) => number;
  chance: (share: number) => boolean;
  pick: <T>(from: readonly T[]) => T;
};

/** The seed of this run: CHAOS_SEED, or one drawn now. What it repeats is the plan; how processes interleave is theirs. */
export function chaosSeed(): number {
  const given = Number(process.env['CHAOS_SEED'] ?? '');
  return Number.isInteger(given) && given > 0 ? given : 1 + Math.floor(Math.random() * 1e9);
}

export function createRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    next,
    between: (from, to) => from + Math.floor(next() * (to - from)),
    chance: (share) => next() < share,
    pick: (from) => from[Math.floor(next() * from.length)]!,
  };
}
