/** A worker that is stopped beyond its lease in the middle of its calls, and wakes up with answers that nobody wants any more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from './messages.ts';
import type { Message } from './messages.ts';
import type { Random } from './random.ts';
import { patientTag } from './settings.ts';
import { noteFault } from './storm.ts';
import type { Storm } from './storm.ts';

const firstNumber = 8000;
const atATime = 3;
const pollMs = 50;
const askedWithinMs = 8000;
const takenOverWithinMs = 12_000;
const wakingMs = 1500;

/**
 * The answers of the tickets are held until the worker sleeps, and then given into its sockets. Once its leases are over, an
 * earlier message of each conversation comes in late, and somebody else asks for an answer to both. Then the first worker
 * wakes up. Whatever else happens meanwhile may spoil it; it is then counted as a plain stop.
 */
export async function stopBeyondLease(storm: Storm, random: Random): Promise<void> {
  const { world, intake, held } = storm;
  const { newer, older } = plan(random);
  const markers = newer.map(({ marker }) => marker);
  for (const message of [...newer, ...older]) storm.introduce(message);
  const ids = await Promise.all(newer.map((message) => world.post(intake, message)));
  try {
    await comesTrue(() => markers.every((marker) => held.asked(marker) > 0), askedWithinMs);
    const asker = held.calls.findLast((call) => markers.includes(call.marker))?.process;
    const sleeper = storm.members.find((member) => member.name === asker);
    if (sleeper === undefined || storm.asleep.has(sleeper) || storm.starting.has(sleeper)) return;
    storm.asleep.add(sleeper);
    const before = await leasesOf(storm, ids);
    const from = Date.now();
    await sleeper.stop();
    const times = new Map(markers.map((marker) => [marker, held.asked(marker)]));
    held.release(markers);
    await comesTrue(
      async () => isOver(await leasesOf(storm, ids), before),
      storm.leaseMs + takenOverWithinMs,
    );
    await Promise.all(older.map((message) => world.post(intake, message)));
    const isTakenOver = await comesTrue(
      () => markers.some((marker) => held.asked(marker) > times.get(marker)!),
      askedWithinMs,
    );
    sleeper.continue();
    storm.asleep.delete(sleeper);
    storm.stops.push({ process: sleeper.name, from, to: Date.now() });
    noteFault(storm, isTakenOver ? 'a worker wakes up too late' : 'SIGSTOP beyond the lease');
    await sleep(wakingMs);
  } finally {
    held.free([...newer, ...older].map(({ marker }) => marker));
  }
}

let planned = 0;

/** Conversations of two messages each; the older one was written before the newer one, and comes after it. */
function plan(random: Random): { newer: Message[]; older: Message[] } {
  const nowMs = Date.now() - 60_000;
  const other = { tags: [patientTag], via: random.pick(['api', 'webhook'] as const) };
  const numbers = Array.from({ length: atATime }, () => (planned += 1));
  const messages = (offset: number, atMs: number): Message[] =>
    numbers.map((number) => messageOf(firstNumber + number * 2 + offset, `Z-${number}`, atMs, other));
  return { newer: messages(0, nowMs), older: messages(1, nowMs - 1000) };
}

/** The tokens of their leases, null where Redis cannot be asked. */
async function leasesOf({ world }: Storm, ids: string[]): Promise<(string | null)[] | null> {
  return world.app.record.readFields(ids, 'lt').catch(() => null);
}

const isOver = (now: (string | null)[] | null, before: (string | null)[] | null): boolean =>
  now !== null && now.every((token, i) => token !== before?.[i]);

/** False where it did not come true in time. */
async function comesTrue(isTrue: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (!(await isTrue())) {
    if (Date.now() > deadline) return false;
    await sleep(pollMs);
  }
  return true;
}
