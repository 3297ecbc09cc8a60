/**
 * What all processes know of destinations: which of them said that they want no more (HTTP 410), until their settings change
 * or somebody enables them again; and which are left alone for now because nothing comes through. By identity, in two
 * small hashes: no more entries than there are destinations in the configurations that run.
 */
import { z } from 'zod';
import type { Config } from '../config/schema.ts';
import type { Redis } from '../redis.ts';
import { parseStored } from '../stored-json.ts';
import { configuredDestinations } from './identity.ts';

const entrySchema = z.object({ destination: z.string(), sinceMs: z.number(), seenMs: z.number() });
type Entry = z.infer<typeof entrySchema>;

type Named = { name: string; identity: string };

/** `failing`: deliveries wait, and a single one tries from time to time. Times in ms since the epoch. */
export type DestinationStanding = { destination: string; standing: 'disabled' | 'failing'; sinceMs: number };

/** A process that was killed says no more that a destination is well again. The longest pause is far shorter. */
const failingKnownMs = 15 * 60_000;

export type Standings = ReturnType<typeof createStandings>;

export function createStandings(redis: Redis, prefix: string) {
  const keyOf = (which: 'disabled' | 'failing'): string => `{${prefix}:destinations}:${which}`;
  const entries = async (which: 'disabled' | 'failing'): Promise<[identity: string, Entry][]> => {
    const stored = await redis.hgetall(keyOf(which));
    return Object.entries(stored).flatMap(([identity, text]): [string, Entry][] => {
      const entry = parseStored(entrySchema, text);
      return entry === null ? [] : [[identity, entry]];
    });
  };
  /** What stands of the same destination with other settings is of the past. */
  const forgetOthers = async (which: 'disabled' | 'failing', { name, identity }: Named): Promise<void> => {
    const others = (await entries(which)).filter(
      ([other, one]) => one.destination === name && other !== identity,
    );
    if (others.length > 0) await redis.hdel(keyOf(which), ...others.map(([other]) => other));
  };
  return {
    /** True for the first who says so. */
    async disable(destination: Named, nowMs: number): Promise<boolean> {
      const { name, identity } = destination;
      const entry: Entry = { destination: name, sinceMs: nowMs, seenMs: nowMs };
      const isFirst = (await redis.hsetnx(keyOf('disabled'), identity, JSON.stringify(entry))) === 1;
      await forgetOthers('disabled', destination);
      return isFirst;
    },

    /** Whatever its settings. False where it was not disabled. */
    async enable(name: string): Promise<boolean> {
      const found = (await entries('disabled')).filter(([, one]) => one.destination === name);
      if (found.length === 0) return false;
      return (await redis.hdel(keyOf('disabled'), ...found.map(([identity]) => identity))) > 0;
    },

    disabledIdentities: () => redis.hkeys(keyOf('disabled')),

    async noteFailing(destination: Named & { sinceMs: number }, nowMs: number): Promise<void> {
      const { name, identity, sinceMs } = destination;
      const entry: Entry = { destination: name, sinceMs, seenMs: nowMs };
      await redis.hset(keyOf('failing'), identity, JSON.stringify(entry));
      await forgetOthers('failing', destination);
    },

    async noteWell({ identity }: Named): Promise<void> {
      await redis.hdel(keyOf('failing'), identity);
    },

    /** Those of this configuration that are not simply delivered to. */
    async of(config: Config, nowMs: number): Promise<DestinationStanding[]> {
      const names = configuredDestinations(config);
      const [disabled, failing] = await Promise.all([entries('disabled'), entries('failing')]);
      const isOurs = ([identity]: [string, Entry]): boolean => names.has(identity);
      const isDisabled = new Set(disabled.map(([identity]) => identity));
      const isKnown = ([identity, { seenMs }]: [string, Entry]): boolean =>
        !isDisabled.has(identity) && nowMs - seenMs < failingKnownMs;
      return [
        ...disabled.filter(isOurs).map(([, one]) => standingOf('disabled', one)),
        ...failing
          .filter(isOurs)
          .filter(isKnown)
          .map(([, one]) => standingOf('failing', one)),
      ];
    },
  };
}

const standingOf = (standing: DestinationStanding['standing'], { destination, sinceMs }: Entry) => ({
  destination,
  standing,
  sinceMs,
});

/** What `disabledIdentities` said is taken for granted for so long: no round trip for each delivery. */
const rereadMs = 1000;

/** Whether a destination is disabled, by an answer that is at most a second old. */
export function createDisabledCheck(standings: Pick<Standings, 'disabledIdentities'>, now: () => number) {
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Set<string>> = Promise.resolve(new Set());
  return {
    async has(identity: string): Promise<boolean> {
      if (now() - readAt >= rereadMs) {
        readAt = now();
        reading = standings.disabledIdentities().then((identities) => new Set(identities));
        // Whoever waits for it hears of the failure; who comes next asks again.
        reading.catch(() => (readAt = Number.NEGATIVE_INFINITY));
      }
      return (await reading).has(identity);
    },
    /** What this process has just stored is known to it at once. */
    async learn(identity: string): Promise<void> {
      (await reading).add(identity);
    },
  };
}
