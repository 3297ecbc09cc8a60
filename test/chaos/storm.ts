/** What a storm is made of: who takes part, and what is under way. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from './fleet.ts';
import type { HeldProvider } from './held-provider.ts';
import type { Stop } from './limits.ts';
import type { Message } from './messages.ts';
import type { MoodName, MoodyProvider } from './moods.ts';
import type { Variant } from './settings.ts';
import type { World } from './world.ts';

export type Storm = {
  world: World;
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

export const noteFault = ({ counts }: Pick<Storm, 'counts'>, what: string): void =>
  void counts.set(what, (counts.get(what) ?? 0) + 1);

/** A provider is in a mood for so long. */
export async function moodFor(provider: MoodyProvider, mood: MoodName, forMs: number): Promise<void> {
  provider.be(mood);
  await sleep(forMs);
  provider.be(null);
}
