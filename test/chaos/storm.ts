/** The storm: messages come in steadily, and at random moments a fault begins, drawn from a deck so that each kind has its turn. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Received, ReceiverAnswer } from '../fakes/receiver.ts';
import { quickKinds, strikes } from './faults.ts';
import type { FaultKind } from './faults.ts';
import type { Member } from './fleet.ts';
import type { HeldProvider } from './held-provider.ts';
import type { Stop } from './limits.ts';
import type { Message } from './messages.ts';
import type { MoodName, MoodyProvider } from './moods.ts';
import type { Random } from './random.ts';
import type { Variant } from './settings.ts';
import type { World } from './world.ts';

export type Storm = {
  world: World;
  random: Random;
  intake: Member;
  members: Member[];
  moody: Record<'alpha' | 'beta', MoodyProvider>;
  held: HeldProvider;
  receiver: { failingShare: number };
  /** Takes a message up, so that model servers know it. */
  introduce: (message: Message) => void;
  configure: (next: Variant | 'broken') => Promise<void>;
  leaseMs: number;
  /** What is under way that others must leave alone. */
  asleep: Set<Member>;
  starting: Set<Member>;
  isBroken: boolean;
  isRedisAway: boolean;
  stops: Stop[];
  counts: Map<string, number>;
};

const gapMs = [250, 850] as const;
/** The last part is left to faults that heal at once, so that it is quiet soon. */
const quickShare = 0.15;
const twiceShare = 0.12;
const laterShare = 0.06;

/** Faults begin for `forMs`; resolves when the last of them is over. `kinds`: those that may be drawn. */
export async function strike(storm: Storm, forMs: number, kinds: readonly FaultKind[]): Promise<void> {
  const { random } = storm;
  const startedAt = Date.now();
  const running: Promise<void>[] = [];
  let deck: FaultKind[] = [];
  while (Date.now() - startedAt < forMs) {
    await sleep(random.between(...gapMs));
    if (deck.length === 0) deck = shuffled(deckOf(kinds), random);
    const isLate = Date.now() - startedAt > forMs * (1 - quickShare);
    const place = isLate ? deck.findIndex((kind) => quickKinds.has(kind)) : 0;
    const [kind] = place === -1 ? [] : deck.splice(place, 1);
    if (kind === undefined) {
      deck = [];
      if (!kinds.some((one) => quickKinds.has(one))) break;
      continue;
    }
    running.push(strikes[kind].begin(storm));
  }
  await Promise.all(running);
}

const deckOf = (kinds: readonly FaultKind[]): FaultKind[] =>
  kinds.flatMap((kind) => Array<FaultKind>(strikes[kind].weight).fill(kind));

function shuffled<T>(given: T[], random: Random): T[] {
  const left = Array.from(given);
  return Array.from(given, () => left.splice(random.between(0, left.length), 1)[0]!);
}

/** One message after the other, each on its own way, over `forMs`; some come a second time, at once or after their end. */
export async function postAll(storm: Storm, messages: readonly Message[], forMs: number): Promise<void> {
  const { world, intake, random } = storm;
  const posts: Promise<unknown>[] = [];
  const startedAt = Date.now();
  const post = async (message: Message, afterMs: number): Promise<void> => {
    await sleep(afterMs);
    await world.post(intake, message);
  };
  for (const [i, message] of messages.entries()) {
    storm.introduce(message);
    // By the clock: a machine that is busy posts more at once, not fewer.
    const dueAt = startedAt + ((i + random.next()) * forMs) / messages.length;
    await sleep(Math.max(0, dueAt - Date.now()));
    posts.push(post(message, 0));
    if (random.chance(twiceShare)) posts.push(post(message, random.between(0, 2000)));
    if (random.chance(laterShare)) posts.push(post(message, random.between(5000, 15_000)));
  }
  await Promise.all(posts);
}

/** Fails a few deliveries, some of them after having read them; many, while it has a bad time. */
export function moodyReceiver(
  random: Random,
  mood: { failingShare: number },
): (delivery: Received) => ReceiverAnswer {
  return () => {
    if (random.chance(mood.failingShare)) return random.chance(0.5) ? { status: 500 } : { cut: true };
    return { status: 200, delayMs: random.between(1, 30) };
  };
}

export const noteFault = ({ counts }: Pick<Storm, 'counts'>, what: string): void =>
  void counts.set(what, (counts.get(what) ?? 0) + 1);

/** A provider is in a mood for so long. */
export async function moodFor(
  provider: MoodyProvider,
  mood: MoodName,
  forMs: number,
): Promise<void> {
  provider.be(mood);
  await sleep(forMs);
  provider.be(null);
}
