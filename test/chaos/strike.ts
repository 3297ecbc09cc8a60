/** At random moments a fault begins, drawn from a deck, so that each kind has its turn. */
import { setTimeout as sleep } from 'node:timers/promises';
import { quickKinds, strikes } from './faults.ts';
import type { FaultKind } from './faults.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import type { Storm } from './storm.ts';

const gapMs = [250, 850] as const;
/** The last part is left to faults that heal at once, so that it is quiet soon. */
const quickShare = 0.2;
const lateSlower = 3;

/** Faults begin for `forMs`; resolves when the last of them is over. `kinds`: those that may be drawn. */
export async function strike(
  storm: Storm,
  kinds: readonly FaultKind[],
  { forMs, random }: { forMs: number; random: Random },
): Promise<void> {
  const startedAt = Date.now();
  const running: Promise<void>[] = [];
  let deck: FaultKind[] = [];
  while (Date.now() - startedAt < forMs) {
    const isLate = Date.now() - startedAt > forMs * (1 - quickShare);
    await sleep(random.between(...gapMs) * (isLate ? lateSlower : 1));
    if (deck.length === 0) deck = shuffled(deckOf(kinds), random);
    const place = isLate ? deck.findIndex((kind) => quickKinds.has(kind)) : 0;
    const [kind] = place === -1 ? [] : deck.splice(place, 1);
    if (kind === undefined) {
      deck = [];
      if (!kinds.some((one) => quickKinds.has(one))) break;
      continue;
    }
    running.push(inBackground(strikes[kind].begin(storm, createRandom(random.between(1, 2 ** 31)))));
  }
  await Promise.all(running);
}

/** What fails is told when it is waited for, not before. */
export function inBackground(running: Promise<void>): Promise<void> {
  running.catch(() => undefined);
  return running;
}

const deckOf = (kinds: readonly FaultKind[]): FaultKind[] =>
  kinds.flatMap((kind) => Array<FaultKind>(strikes[kind].weight).fill(kind));

function shuffled<T>(given: T[], random: Random): T[] {
  const left = Array.from(given);
  return Array.from(given, () => left.splice(random.between(0, left.length), 1)[0]!);
}
