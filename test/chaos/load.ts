/** The load: messages that come in steadily, and a receiver that is not always well. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Received, ReceiverAnswer } from '../fakes/receiver.ts';
import type { Message } from './messages.ts';
import type { Random } from './random.ts';
import { inBackground } from './strike.ts';
import type { Storm } from './storm.ts';

const twiceShare = 0.12;
const laterShare = 0.06;
const laterMs = [5000, 15_000] as const;

/** One message after the other, each on its own way, over `forMs`; some come a second time, at once or after their end. */
export async function postAll(
  storm: Storm,
  messages: readonly Message[],
  { forMs, random }: { forMs: number; random: Random },
): Promise<void> {
  const { world, intake } = storm;
  const posts: Promise<void>[] = [];
  const startedAt = Date.now();
  const post = async (message: Message, afterMs: number): Promise<void> => {
    await sleep(Math.max(0, Math.min(afterMs, startedAt + forMs - Date.now())));
    await world.post(intake, message);
  };
  for (const [i, message] of messages.entries()) {
    storm.introduce(message);
    // By the clock: a machine that is busy posts more at once, not fewer.
    const dueAt = startedAt + ((i + random.next()) * forMs) / messages.length;
    await sleep(Math.max(0, dueAt - Date.now()));
    posts.push(inBackground(post(message, 0)));
    if (random.chance(twiceShare)) posts.push(inBackground(post(message, random.between(0, 2000))));
    if (random.chance(laterShare)) posts.push(inBackground(post(message, random.between(...laterMs))));
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
