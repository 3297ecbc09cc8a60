/**
 * The ticket's record: the truth about every ticket. Small Lua scripts own every transition; this is their typed face.
 * Times come from Redis' own clock, so that processes with wrong clocks cannot disagree.
 */
import { runScript } from '../redis.ts';
import type { Redis, ScriptName, ScriptReply } from '../redis.ts';
import type { Hint, State } from '../stages.ts';
import { auditAgeMs, leaseMs, maxClaims } from '../stages.ts';
import { ends } from '../ticket.ts';
import type { End, Ticket } from '../ticket.ts';
import { conversationOf, isTicketId, queuePrefix, shardBase, shardOf, ticketIdOf } from './keys.ts';
import { settleArguments } from './ledger-rows.ts';
import type { SettledRow } from './ledger-rows.ts';

export type RecordSettings = { prefix: string; shards: number; contentMs: number; tombstoneMs: number };

export type Accepted =
  | { kind: 'duplicate'; ticketId: string; state: string; restarts: Hint[] }
  | { kind: 'accepted'; ticketId: string; waits: boolean; restarts: Hint[] }
  | { kind: 'superseded'; ticketId: string; restarts: Hint[] };

/** A leased ticket. `fields` holds what the stage asked for, null where the record has none. */
export type Claim<Field extends string> = {
  ticketId: string;
  state: State;
  token: string;
  sequence: number;
  /** Redis' time of the claim. */
  now: number;
  poisoned: boolean;
  /** People were given this conversation: nothing of ours may speak in it any more. */
  withPeople: boolean;
  /** Claims since the last progress, this one included: above 1, somebody before us was killed or failed. */
  claims: number;
  fields: Record<Field, string | null>;
};

export type Refusal = 'gone' | 'moved' | 'waiting' | 'parked' | 'leased';

/** What changes with a transition: fields of the record, a word for the timeline, ledger rows to settle. */
export type Change = { fields?: Record<string, string | number>; detail?: string; rows?: SettledRow[] };

export type Advanced = { kind: 'advanced'; sequence: number; released: Hint[] } | { kind: 'lost' };

export type Record_ = ReturnType<typeof createRecord>;

const flat = (fields: Record<string, string | number> = {}): (string | number)[] => {
  const entries = Object.entries(fields);
  return [entries.length, ...entries.flat()];
};

/** Reads {id, state, queue, sequence} quadruples from `start` on. */
function hintsFrom(reply: ScriptReply, start: number): Hint[] {
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

export function createRecord(redis: Redis, settings: RecordSettings) {
  const { prefix, shards } = settings;
  const bases = Array.from({ length: shards }, (_, shard) => shardBase(prefix, shard));
  const baseOf = (ticketId: string): string => bases[shardOf(ticketId, shards)]!;
  const keyOf = (ticketId: string): string => `${baseOf(ticketId)}t:${ticketId}`;
  const run = (name: ScriptName, key: string, args: (string | number)[]): Promise<ScriptReply> =>
    runScript(redis, name, key, args);

  return {
    settings,
    keyOf,

    /** The id that a ticket has or will have. */
    identify(ticket: Ticket, contentKey: string): { ticketId: string; shard: number; conversation: string } {
      const { hash, shard } = conversationOf(ticket.source, ticket.conversationId, shards);
      return { ticketId: ticketIdOf({ ...ticket, contentKey }, shard), shard, conversation: hash };
    },

    /** Stores a ticket unless it is known, and orders its conversation. Its first hint has sequence 1. */
    async accept(
      ticket: Ticket,
      identity: { ticketId: string; conversation: string },
      queue: string,
    ): Promise<Accepted> {
      const { ticketId, conversation } = identity;
      const base = baseOf(ticketId);
      const reply = await run('record/accept', keyOf(ticketId), [
        base,
        ticketId,
        JSON.stringify(ticket),
        Date.parse(ticket.createdAt),
        conversation,
        queue,
        settings.tombstoneMs,
      ]);
      switch (reply[0]) {
        case 'duplicate':
          return { kind: 'duplicate', ticketId, state: String(reply[1]), restarts: [] };
        case 'superseded':
          return { kind: 'superseded', ticketId, restarts: hintsFrom(reply, 1) };
        default:
          return { kind: 'accepted', ticketId, waits: reply[1] === 1, restarts: [] };
      }
    },

    async claim<Field extends string>(
      ticketId: string,
      state: State,
      token: string,
      fields: readonly Field[],
    ): Promise<{ kind: 'claimed'; claim: Claim<Field> } | { kind: Refusal }> {
      const args = [baseOf(ticketId), ticketId, state, token, leaseMs, maxClaims, ...fields];
      const reply = await run('record/claim', keyOf(ticketId), args);
      if (reply[0] !== 'claimed' && reply[0] !== 'poison') return { kind: reply[0] as Refusal };
      const values = {} as Record<Field, string | null>;
      fields.forEach((field, i) => {
        const value = reply[5 + i];
        values[field] = value === null || value === undefined ? null : String(value);
      });
      const claim = {
        ticketId,
        state,
        token,
        sequence: Number(reply[1]),
        now: Number(reply[2]),
        poisoned: reply[0] === 'poison',
        withPeople: reply[3] === 1,
        claims: Number(reply[4]),
        fields: values,
      };
      return { kind: 'claimed', claim };
    },

    /** Extends leases; the answer says for each whether it is still the caller's. */
    async renew(leases: { ticketId: string; token: string }[]): Promise<boolean[]> {
      const byBase = Map.groupBy(leases.keys(), (i) => baseOf(leases[i]!.ticketId));
      const held: boolean[] = [];
      for (const [base, indexes] of byBase) {
        const args = indexes.flatMap((i) => [leases[i]!.ticketId, leases[i]!.token]);
        const reply = await run('record/renew', `${base}leases`, [base, leaseMs, ...args]);
        indexes.forEach((index, i) => (held[index] = reply[i] === 1));
      }
      return held;
    },

    /** To the next state (with the queue of its hint) or to an end (queue null). `lost`: the lease is not ours any more. */
    async advance(
      claim: Pick<Claim<never>, 'ticketId' | 'state' | 'token'>,
      to: { state: State; queue: string } | { state: End; queue: null },
      change: Change = {},
    ): Promise<Advanced> {
      const { ticketId, state, token } = claim;
      const reply = await run('record/advance', keyOf(ticketId), [
        baseOf(ticketId),
        ticketId,
        state,
        token,
        to.state,
        to.queue ?? '',
        settings.tombstoneMs,
        change.detail ?? '',
        settings.contentMs,
        ...flat(change.fields),
        ...settleArguments(change.rows ?? []),
      ]);
      if (reply[0] !== 'advanced') return { kind: 'lost' };
      return { kind: 'advanced', sequence: Number(reply[1]), released: hintsFrom(reply, 2) };
    },

    /**
     * Puts the ticket aside for `delayMs`. `failed` keeps the count of claims (an error of ours); `unsent` says that
     * provably nothing left us, so that a newer message may still supersede this one.
     */
    async park(
      claim: Pick<Claim<never>, 'ticketId' | 'state' | 'token'>,
      how: { delayMs: number; reason: string; failed?: boolean; unsent?: boolean },
      change: Change = {},
    ): Promise<{ kind: 'parked'; until: number } | { kind: 'lost' }> {
      const { ticketId, state, token } = claim;
      const reply = await run('record/park', keyOf(ticketId), [
        baseOf(ticketId),
        ticketId,
        state,
        token,
        Math.max(0, Math.round(how.delayMs)),
        how.reason,
        how.failed ? 1 : 0,
        how.unsent ? 0 : 1,
        ...flat(change.fields),
        ...settleArguments(change.rows ?? []),
      ]);
      return reply[0] === 'parked' ? { kind: 'parked', until: Number(reply[1]) } : { kind: 'lost' };
    },

    async cancel(ticketId: string) {
      const reply = await run('record/cancel', keyOf(ticketId), [
        baseOf(ticketId),
        ticketId,
        settings.tombstoneMs,
      ]);
      const kind = String(reply[0]) as 'cancelled' | 'gone' | 'sending' | 'ended';
      return {
        kind,
        state: String(reply[1] ?? ''),
        released: kind === 'cancelled' ? hintsFrom(reply, 1) : [],
      };
    },

    /** Tickets of one shard whose lease expired or whose park is over; each must be hinted. */
    async sweep(shard: number, limit: number): Promise<Hint[]> {
      return hintsFrom(await run('record/sweep', `${bases[shard]!}leases`, [bases[shard]!, limit]), 0);
    },

    /** Looks at a fixed slice of the open tickets for waiting ones whose hint is gone. Start with cursor ''. */
    async audit(shard: number, cursor: string, slice: number): Promise<{ cursor: string; hints: Hint[] }> {
      const jobs = `${queuePrefix(prefix, shard)}:`;
      const reply = await run('record/audit', `${bases[shard]!}open`, [
        bases[shard]!,
        cursor,
        slice,
        auditAgeMs,
        jobs,
      ]);
      return { cursor: String(reply[0]), hints: hintsFrom(reply, 1) };
    },

    /** Empties tickets that ended longer ago than the content's retention. */
    async retire(shard: number, limit: number): Promise<number> {
      let emptied = 0;
      for (const end of ends) {
        const reply = await run('record/retire', `${bases[shard]!}end:${end}`, [
          bases[shard]!,
          end,
          settings.contentMs,
          limit,
        ]);
        emptied += Number(reply[0]);
      }
      return emptied;
    },

    /** Opens the ledger row of a call that is about to be made. null: the lease is lost, make no call. */
    async openCall(claim: Pick<Claim<never>, 'ticketId' | 'token'>, row: string): Promise<number | null> {
      const reply = await run('record/open-call', keyOf(claim.ticketId), [claim.token, row]);
      return Number(reply[0]) || null;
    },

    async settle(ticketId: string, rows: SettledRow[]): Promise<void> {
      if (rows.length > 0)
        await run('record/settle', keyOf(ticketId), [baseOf(ticketId), ...settleArguments(rows)]);
    },

    /** The whole record as stored, or null. */
    async read(ticketId: string): Promise<Record<string, string> | null> {
      if (!isTicketId(ticketId, shards)) return null;
      const fields = await redis.hgetall(keyOf(ticketId));
      return Object.keys(fields).length === 0 ? null : fields;
    },

    /** Some fields of several tickets of one conversation (so: of one shard). */
    async readFields(ticketIds: string[], field: string): Promise<(string | null)[]> {
      return Promise.all(ticketIds.map((ticketId) => redis.hget(keyOf(ticketId), field)));
    },

    /** Ids of open tickets (oldest first) or of those at one end (newest first). */
    async list(which: 'open' | End, limit: number): Promise<string[]> {
      const ids: string[] = [];
      for (const base of bases) {
        const found =
          which === 'open'
            ? await redis.zrange(`${base}open`, 0, String(limit - 1))
            : await redis.zrevrange(`${base}end:${which}`, 0, limit - 1);
        ids.push(...found);
      }
      return ids.slice(0, limit);
    },

    /** How many tickets are open, leased and parked, for tests and status. */
    async counts(): Promise<{ open: number; leased: number; parked: number }> {
      const total = { open: 0, leased: 0, parked: 0 };
      for (const base of bases) {
        total.open += await redis.zcard(`${base}open`);
        total.leased += await redis.zcard(`${base}leases`);
        total.parked += await redis.zcard(`${base}parks`);
      }
      return total;
    },

    bases,
  };
}
