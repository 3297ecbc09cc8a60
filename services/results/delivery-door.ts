/**
 * Every delivery comes by here before it begins, so that one slow or dead destination holds nobody up: what would take up
 * others' slots, or go to a destination that is left alone, is told when to come again instead. All of it per process.
 */
import type { DeliveryOutcome } from './destinations/destination.ts';
import { afterDelivery, askBreaker, verdictOf, wellBreaker } from './destination-breaker.ts';
import type { Breaker, Verdict } from './destination-breaker.ts';
import { mayHold, placeInLine } from './destination-slots.ts';

type Visitor = { name: string; identity: string };

type Admission =
  | {
      kind: 'go';
      /** Once, whatever became of it; null where that says nothing about the destination. */
      leave: (outcome: DeliveryOutcome | null) => void;
    }
  | { kind: 'later'; delayMs: number; reason: string };

/** What became of a destination, for logs and other processes. */
export type DoorEvent =
  | { kind: 'paused'; destination: Visitor; sinceMs: number; ms: number; failures: number }
  | { kind: 'resumed'; destination: Visitor };

export type DeliveryDoor = {
  /** `known`: destinations of the configuration. Waits for its turn where others of the same destination are on their way. */
  enter: (destination: Visitor, known: number, signal: AbortSignal) => Promise<Admission>;
};

/** To one destination at a time, of one process. As many connections as a webhook destination opens. */
const sentAtOnce = 32;

type Place = {
  held: number;
  /** When each delivery that is on its way began; ms. */
  sending: Set<{ startedMs: number }>;
  /** Those that hold a slot and wait for their turn. */
  waiting: Set<() => void>;
  breaker: Breaker;
  tookMs: number;
  lineEndsMs: number;
};

/** Before anything was seen. */
const usualMs = 250;

type DoorOptions = {
  /** Of the pool. */
  slots: number;
  now: () => number;
  random: () => number;
  onEvent: (event: DoorEvent) => void;
};

export function createDeliveryDoor(options: DoorOptions): DeliveryDoor {
  const { slots, now } = options;
  const places = new Map<string, Place>();
  const isResting = ({ breaker }: Place): boolean => askBreaker(breaker, now()) === 'rest';

  const begin = (place: Place, destination: Visitor): Admission => {
    const isProbe = askBreaker(place.breaker, now()) === 'probe';
    if (isProbe) place.breaker = { ...place.breaker, isProbing: true };
    const sent = { startedMs: now() };
    place.sending.add(sent);
    return {
      kind: 'go',
      leave(outcome) {
        place.sending.delete(sent);
        place.held -= 1;
        const verdict: Verdict = outcome === null ? 'nothing' : verdictOf(outcome);
        const askedMs = outcome?.kind === 'retry' ? outcome.retryAfterMs : null;
        if (verdict !== 'nothing') place.tookMs += (now() - sent.startedMs - place.tookMs) / 4;
        settle(place, destination, { verdict, isProbe, askedMs }, options);
        wakeLine(place, isResting(place));
        if (place.held === 0 && place.breaker === wellBreaker) places.delete(destination.identity);
      },
    };
  };

  return {
    async enter(destination, known, signal) {
      const { identity } = destination;
      const place = places.get(identity) ?? newPlace();
      places.set(identity, place);
      if (isResting(place)) return later(place, now(), leftAlone);
      if (!mayHold(slots, heldIn(places), { identity, known }))
        return later(place, now(), 'its destination is busy');
      place.held += 1;
      while (place.sending.size >= sentAtOnce && !signal.aborted && !isResting(place))
        await turnOf(place, signal);
      if (!signal.aborted && !isResting(place)) return begin(place, destination);
      place.held -= 1;
      wakeLine(place, isResting(place));
      return signal.aborted
        ? { kind: 'later', delayMs: 0, reason: 'interrupted' }
        : later(place, now(), leftAlone);
    },
  };
}

const leftAlone = 'its destination is left alone for now';

const heldIn = (places: ReadonlyMap<string, Place>): Map<string, number> =>
  new Map([...places].filter(([, { held }]) => held > 0).map(([identity, { held }]) => [identity, held]));

function later(place: Place, nowMs: number, reason: string): Admission {
  const fromMs = Math.max(place.breaker.restUntilMs ?? 0, nowMs);
  // What is on its way may show better than what has come how slow it is now.
  const oldest = [...place.sending].reduce((most, { startedMs }) => Math.max(most, nowMs - startedMs), 0);
  const tookMs = fromMs > nowMs ? usualMs : Math.max(place.tookMs, oldest);
  const { delayMs, lineEndsMs } = placeInLine({ ...place, tookMs, atOnce: sentAtOnce }, fromMs);
  place.lineEndsMs = lineEndsMs;
  return { kind: 'later', delayMs: fromMs - nowMs + delayMs, reason };
}

function settle(
  place: Place,
  destination: Visitor,
  done: Parameters<typeof afterDelivery>[1],
  { now, random, onEvent }: DoorOptions,
): void {
  const before = place.breaker;
  const nowMs = now();
  const after = afterDelivery(before, done, { nowMs, random: random() });
  place.breaker = after;
  const { restUntilMs, restingSinceMs, failures } = after;
  if (restUntilMs === null) {
    if (before.restUntilMs === null) return;
    // Who comes now need not stand behind those that were told a later moment while nothing went.
    place.lineEndsMs = 0;
    onEvent({ kind: 'resumed', destination });
  } else if (restUntilMs !== before.restUntilMs) {
    const facts = { sinceMs: restingSinceMs ?? nowMs, ms: restUntilMs - nowMs, failures };
    onEvent({ kind: 'paused', destination, ...facts });
  }
}

/** As many as there is room for. All of them where it is left alone: they give their slots back. */
function wakeLine({ waiting, sending }: Place, isResting: boolean): void {
  const room = isResting ? waiting.size : Math.max(0, sentAtOnce - sending.size);
  for (const wake of [...waiting].slice(0, room)) wake();
}

const newPlace = (): Place => ({
  held: 0,
  sending: new Set(),
  waiting: new Set(),
  breaker: wellBreaker,
  tookMs: usualMs,
  lineEndsMs: 0,
});

function turnOf({ waiting }: Place, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
  });
}
