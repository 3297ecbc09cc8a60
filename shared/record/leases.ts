/** Whose turn a ticket is: one claim at a time, by a lease that runs out unless it is renewed. */
import { maxClaims } from '../stages.ts';
import type { State } from '../stages.ts';
import type { Store } from './store.ts';

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

/** What proves to the record that the ticket is ours. */
export type Held = Pick<Claim<never>, 'ticketId' | 'state' | 'token'>;

export type Refusal = 'gone' | 'moved' | 'waiting' | 'parked' | 'leased';

/** Leases renewed in one call; Lua unpacks at most some 8,000 values. */
const renewSlice = 1000;

export function leasesOf({ settings, baseOf, runOn, runOnShard }: Store) {
  return {
    async claim<Field extends string>(
      ticketId: string,
      state: State,
      token: string,
      fields: readonly Field[],
    ): Promise<{ kind: 'claimed'; claim: Claim<Field> } | { kind: Refusal }> {
      const shared = [state, settings.leaseMs, maxClaims, ...fields];
      const reply = await runOn('record/claim', ticketId, shared, [token]);
      const facts = String(reply[0]).split(' ');
      if (facts.length === 1) return { kind: reply[0] as Refusal };
      const [kind, sequence, now, withPeople, claims] = facts;
      const values = {} as Record<Field, string | null>;
      fields.forEach((field, i) => {
        const value = reply[1 + i];
        values[field] = value === null || value === undefined ? null : String(value);
      });
      const claim = {
        ticketId,
        state,
        token,
        sequence: Number(sequence),
        now: Number(now),
        poisoned: kind === 'poison',
        withPeople: withPeople === '1',
        claims: Number(claims),
        fields: values,
      };
      return { kind: 'claimed', claim };
    },

    /** Extends leases; the answer says for each whether it is still the caller's. */
    async renew(leases: { ticketId: string; token: string }[]): Promise<boolean[]> {
      const byBase = Map.groupBy(leases.keys(), (i) => baseOf(leases[i]!.ticketId));
      const held: boolean[] = [];
      for (const [base, indexes] of byBase) {
        for (let start = 0; start < indexes.length; start += renewSlice) {
          const slice = indexes.slice(start, start + renewSlice);
          const args = slice.flatMap((i) => [leases[i]!.ticketId, leases[i]!.token]);
          const reply = await runOnShard('record/renew', base, [settings.leaseMs, ...args]);
          slice.forEach((index, i) => (held[index] = reply[i] === 1));
        }
      }
      return held;
    },
  };
}
