/** What the holder of a lease may do with its ticket. */
import type { ScriptArgument } from '../redis.ts';
import type { Hint, State } from '../stages.ts';
import type { End } from '../ticket.ts';
import type { Held } from './leases.ts';
import { settleArguments } from './ledger-rows.ts';
import type { SettledRow } from './ledger-rows.ts';
import { hintsFrom } from './store.ts';
import type { Store } from './store.ts';

/** What changes with a transition: fields of the record, a word for the timeline, ledger rows to settle. */
export type Change = { fields?: Record<string, string | number>; detail?: string; rows?: SettledRow[] };

/** `released` are tickets that waited for this end. */
export type Advanced = { kind: 'advanced'; sequence: number; released: Hint[] } | { kind: 'lost' };

/** One short line, whatever it was: the timeline has a line for each. */
const oneLine = (detail: string): string => detail.replace(/\s+/g, ' ').trim().slice(0, 200);

export function movesOf({ settings, runOn }: Store) {
  /** Names are the same for every ticket that makes this move. */
  const namesOf = ({ fields = {} }: Change): ScriptArgument[] => {
    const names = Object.keys(fields);
    return [names.length, ...names];
  };
  const valuesOf = (ticketId: string, { fields = {}, rows = [] }: Change): ScriptArgument[] => [
    ...Object.values(fields),
    ...settleArguments(ticketId, rows, settings.ledgerMs),
  ];
  return {
    /** To the next state (with the queue of its hint) or to an end (queue null). `lost`: the lease is not ours any more. */
    async advance(
      { ticketId, state, token }: Held,
      to: { state: State; queue: string } | { state: End; queue: null },
      change: Change = {},
    ): Promise<Advanced> {
      const { tombstoneMs, contentMs } = settings;
      const shared = [state, to.state, to.queue ?? '', tombstoneMs, contentMs, ...namesOf(change)];
      const own = [token, oneLine(change.detail ?? ''), ...valuesOf(ticketId, change)];
      const reply = await runOn('record/advance', ticketId, shared, own);
      if (reply[0] !== 'advanced') return { kind: 'lost' };
      return { kind: 'advanced', sequence: Number(reply[1]), released: hintsFrom(reply, 2) };
    },

    /**
     * Puts the ticket aside for `delayMs`. `failed` keeps the count of claims (an error of ours); `unsent` says that
     * provably nothing left us, so that a newer message may still supersede this one.
     */
    async park(
      { ticketId, state, token }: Held,
      how: { delayMs: number; reason: string; failed?: boolean; unsent?: boolean },
      change: Change = {},
    ): Promise<{ kind: 'parked'; until: number } | { kind: 'lost' }> {
      const shared = [state, how.failed ? 1 : 0, how.unsent ? 0 : 1, ...namesOf(change)];
      const delayMs = Math.max(0, Math.round(how.delayMs));
      const own = [token, delayMs, oneLine(how.reason), ...valuesOf(ticketId, change)];
      const reply = await runOn('record/park', ticketId, shared, own);
      return reply[0] === 'parked' ? { kind: 'parked', until: Number(reply[1]) } : { kind: 'lost' };
    },

    /** Opens the ledger row of a call that is about to be made. null: the lease is lost, make no call. */
    async openCall({ ticketId, token }: Omit<Held, 'state'>, row: string): Promise<number | null> {
      const reply = await runOn('record/open-call', ticketId, [], [token, row]);
      return Number(reply[0]) || null;
    },

    /** Settles rows of calls whose outcome changes nothing else. Needs no lease: the money was spent. */
    async settle(ticketId: string, rows: SettledRow[]): Promise<void> {
      if (rows.length === 0) return;
      await runOn('record/settle', ticketId, [], settleArguments(ticketId, rows, settings.ledgerMs));
    },
  };
}
