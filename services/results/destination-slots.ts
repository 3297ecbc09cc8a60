/**
 * Who may use the pool's slots. Pure: each destination is sure of a few of them, the rest is for whoever comes first; so
 * one that holds all that it can get leaves room for every other one.
 */

/**
 * Whether one more delivery to a destination may hold a slot. `held`: slots of each destination that holds any, this one's
 * under `identity`. `known`: destinations of the configuration, with and without deliveries.
 */
export function mayHold(
  slots: number,
  held: ReadonlyMap<string, number>,
  { identity, known }: { identity: string; known: number },
): boolean {
  const sure = Math.max(1, Math.floor(slots / 2 / Math.max(1, known)));
  const own = held.get(identity) ?? 0;
  if (own < sure) return true;
  // What others are sure of is kept free for them. One that is not configured any more holds what it still holds.
  let others = Math.max(0, known - held.size - (held.has(identity) ? 0 : 1)) * sure;
  for (const [other, count] of held) if (other !== identity) others += Math.max(count, sure);
  return own + others < slots;
}

/**
 * Milliseconds after which a delivery that found no room should come again: as many of them as the destination can take by
 * then are told the same. `tookMs`: one delivery's time; `lineEndsMs`: when the one before will come.
 */
export function placeInLine(
  line: { lineEndsMs: number; tookMs: number; atOnce: number },
  nowMs: number,
): { delayMs: number; lineEndsMs: number } {
  const lineEndsMs = Math.max(line.lineEndsMs, nowMs) + line.tookMs / line.atOnce;
  const delayMs = Math.min(Math.max(lineEndsMs - nowMs, leastWaitMs), longestWaitMs);
  return { delayMs: Math.round(delayMs), lineEndsMs: Math.min(lineEndsMs, nowMs + longestWaitMs) };
}

const leastWaitMs = 250;
/** Longer, and a destination that is well again would have to wait for those that it could take. */
const longestWaitMs = 20_000;
