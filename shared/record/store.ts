/** What all parts of the record stand on: the connection, the settings, the names of keys, and how scripts are called. */
import { runScript } from '../redis.ts';
import type { Redis, ScriptArgument, ScriptName, ScriptReply } from '../redis.ts';
import { leaseMs } from '../stages.ts';
import type { Hint, State } from '../stages.ts';
import { shardBase, shardOf } from './keys.ts';

export type RecordSettings = {
  prefix: string;
  shards: number;
  contentMs: number;
  tombstoneMs: number;
  /** How long a claimed ticket is its worker's without renewing; the pipeline's usual lease where it is not given. */
  leaseMs?: number;
  /** How long an hour's roll-up of costs is kept; 400 days where it is not given. */
  ledgerMs?: number;
};

const defaultLedgerMs = 400 * 86_400_000;

export type Store = ReturnType<typeof createStore>;

export function createStore(redis: Redis, given: RecordSettings) {
  const settings = {
    leaseMs,
    ...given,
    ...retentionOf(given),
  };
  const { prefix, shards } = settings;
  const bases = Array.from({ length: shards }, (_, shard) => shardBase(prefix, shard));
  const baseOf = (ticketId: string): string => bases[shardOf(ticketId, shards)]!;
  const keyOf = (ticketId: string): string => `${baseOf(ticketId)}t:${ticketId}`;
  return {
    redis,
    settings,
    /** From the next transition on. */
    setRetention(retention: Pick<RecordSettings, 'contentMs' | 'tombstoneMs' | 'ledgerMs'>): void {
      Object.assign(settings, retentionOf(retention));
    },
    /** One per shard. */
    bases,
    baseOf,
    keyOf,
    /** Runs a script on a shard; its first argument is the key base. */
    runOnShard: (name: ScriptName, base: string, args: ScriptArgument[]): Promise<ScriptReply> =>
      runScript(redis, { name, key: `${base}open`, shared: [base] }, args),
    /**
     * Runs a script on one ticket. Its first argument is the key base, then come `shared` (the same for many tickets, sent
     * once for all that travel together), the id and `args`.
     */
    runOn: (
      name: ScriptName,
      ticketId: string,
      shared: ScriptArgument[],
      args: ScriptArgument[],
    ): Promise<ScriptReply> => {
      const base = baseOf(ticketId);
      return runScript(redis, { name, key: `${base}open`, shared: [base, ...shared] }, [ticketId, ...args]);
    },
  };
}

/** Redis takes whole milliseconds, and days may be fractions. */
function retentionOf(given: Pick<RecordSettings, 'contentMs' | 'tombstoneMs' | 'ledgerMs'>) {
  return {
    contentMs: Math.round(given.contentMs),
    tombstoneMs: Math.round(given.tombstoneMs),
    ledgerMs: Math.round(given.ledgerMs ?? defaultLedgerMs),
  };
}

/** Reads {id, state, queue, sequence} quadruples from `start` on. */
export function hintsFrom(reply: ScriptReply, start: number): Hint[] {
  const hints: Hint[] = [];
  for (let i = start; i + 3 < reply.length; i += 4) {
    hints.push({
      ticketId: String(reply[i]),
      state: String(reply[i + 1]) as State,
      queue: String(reply[i + 2]),
      sequence: Number(reply[i + 3]),
    });
  }
  return hints;
}
