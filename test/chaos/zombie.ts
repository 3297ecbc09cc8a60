/** A worker that is stopped beyond its lease in the middle of its calls, and wakes up with answers that nobody wants any more. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from './fleet.ts';
import { roleOf } from './fleet.ts';
import { messageOf } from './messages.ts';
import type { Message } from './messages.ts';
import type { Random } from './random.ts';
import { patientTag } from './settings.ts';
import { noteFault } from './storm.ts';
import type { Storm } from './storm.ts';

/** The name of this fault where nothing spoiled it. */
export const tooLate = 'a worker wakes up too late';

const firstNumber = 8000;
const atATime = 3;
const pollMs = 50;
const askedWithinMs = 8000;
const takenOverWithinMs = 12_000;
const wakesWithinMs = 15_000;

/**
 * The answers of the tickets are held until the worker sleeps, and then given into its sockets. Once its leases are over, an
 * earlier message of each conversation comes in late, and somebody else asks for an answer to both. Then the first worker
 * wakes up. Whatever else happens meanwhile may spoil it; it is then counted as a plain stop.
 */
export async function stopBeyondLease(storm: Storm, random: Random): Promise<void> {
  const { world, intake, held } = storm;
  const pairs = plan(random);
  for (const { newer, older } of pairs) for (const message of [newer, older]) storm.introduce(message);
  const ids = new Map(
    await Promise.all(
      pairs.map(async ({ newer }) => [newer.marker, await world.post(intake, newer)] as const),
    ),
  );
  try {
    await comesTrue(() => pairs.every(({ newer }) => held.asked(newer.marker) > 0), askedWithinMs);
    const sleeper = whoAsked(
      storm,
      pairs.map(({ newer }) => newer.marker),
    );
    if (sleeper === null) return;
    const own = pairs.filter(({ newer }) => whoAsked(storm, [newer.marker]) === sleeper);
    storm.asleep.add(sleeper);
    const ownIds = own.map(({ newer }) => ids.get(newer.marker)!);
    const before = await leasesOf(storm, ownIds);
    const from = Date.now();
    await sleeper.stop();
    const times = own.map(({ newer }) => held.asked(newer.marker));
    held.release(own.map(({ newer }) => newer.marker));
    await comesTrue(
      async () => isOver(await leasesOf(storm, ownIds), before),
      storm.leaseMs + takenOverWithinMs,
    );
    await Promise.all(own.map(({ older }) => world.post(intake, older)));
    const isTakenOver = await comesTrue(
      () => own.some(({ newer }, i) => held.asked(newer.marker) > times[i]!),
      askedWithinMs,
    );
    const ended = ownIds.map((id) => callsEnded(sleeper, id));
    sleeper.continue();
    storm.asleep.delete(sleeper);
    // The others' answers stay held until it has come to the end of its own calls: it is to be the first.
    const isFirst = await comesTrue(
      () => ownIds.every((id, i) => callsEnded(sleeper, id) > ended[i]!),
      wakesWithinMs,
    );
    storm.stops.push({ process: sleeper.name, from, to: Date.now() });
    noteFault(storm, isTakenOver && isFirst ? tooLate : 'SIGSTOP beyond the lease');
  } finally {
    held.free(pairs.flatMap(({ newer, older }) => [newer.marker, older.marker]));
  }
}

const callsEnded = (worker: Member, ticketId: string): number =>
  worker.wrote(new RegExp(`"${ticketId}".*"(?:ticket\\.answered|call\\.failed)"`));

/** Who asked last for an answer to any of these; null where that one must be left alone, or nobody else would be awake. */
function whoAsked({ held, members, asleep, starting }: Storm, markers: string[]): Member | null {
  const asker = held.calls.findLast((call) => markers.includes(call.marker))?.process;
  const isUp = (member: Member): boolean => !asleep.has(member) && !starting.has(member);
  const found = members.find((member) => member.name === asker);
  if (found === undefined || !isUp(found)) return null;
  const role = roleOf(found);
  return members.some((other) => other !== found && roleOf(other) === role && isUp(other)) ? found : null;
}

let planned = 0;

/** Conversations of two messages each; the older one was written before the newer one, and comes after it. */
function plan(random: Random): { newer: Message; older: Message }[] {
  const nowMs = Date.now() - 60_000;
  const other = { tags: [patientTag], via: random.pick(['api', 'webhook'] as const) };
  return Array.from({ length: atATime }, () => {
    planned += 1;
    const message = (offset: number, atMs: number): Message =>
      messageOf(firstNumber + planned * 2 + offset, `Z-${planned}`, atMs, other);
    return { newer: message(0, nowMs), older: message(1, nowMs - 1000) };
  });
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
