/** How a ticket comes into the record, and how it is called back. */
import type { Hint } from '../stages.ts';
import type { Ticket } from '../ticket.ts';
import { conversationOf, ticketIdOf } from './keys.ts';
import { hintsFrom } from './store.ts';
import type { Store } from './store.ts';

/** `restarts` are other tickets that must be hinted. */
export type Accepted =
  | { kind: 'duplicate'; ticketId: string; state: string; restarts: Hint[] }
  | { kind: 'accepted'; ticketId: string; waits: boolean; restarts: Hint[] }
  | { kind: 'superseded'; ticketId: string; restarts: Hint[] };

export type Cancelled = {
  kind: 'cancelled' | 'gone' | 'sending' | 'ended';
  /** The end it had reached, where it had. */
  state: string;
  released: Hint[];
};

export function intakeOf({ settings, runOn }: Store) {
  return {
    /** The id that a ticket has or will have. */
    identify(ticket: Ticket, contentKey: string): { ticketId: string; shard: number; conversation: string } {
      const { hash, shard } = conversationOf(ticket.source, ticket.conversationId, settings.shards);
      return { ticketId: ticketIdOf({ ...ticket, contentKey }, shard), shard, conversation: hash };
    },

    /** Stores a ticket unless it is known, and orders its conversation. Its first hint has sequence 1. */
    async accept(
      ticket: Ticket,
      identity: { ticketId: string; conversation: string },
      queue: string,
    ): Promise<Accepted> {
      const { ticketId, conversation } = identity;
      const reply = await runOn(
        'record/accept',
        ticketId,
        [queue, settings.tombstoneMs],
        [JSON.stringify(ticket), Date.parse(ticket.createdAt), conversation],
      );
      const kind = String(reply[0]);
      if (kind === 'duplicate') return { kind, ticketId, state: String(reply[1]), restarts: [] };
      if (kind === 'superseded') return { kind, ticketId, restarts: hintsFrom(reply, 1) };
      return { kind: 'accepted', ticketId, waits: reply[1] === 1, restarts: hintsFrom(reply, 2) };
    },

    async cancel(ticketId: string): Promise<Cancelled> {
      const reply = await runOn('record/cancel', ticketId, [settings.tombstoneMs], []);
      const kind = String(reply[0]) as Cancelled['kind'];
      if (kind === 'cancelled') return { kind, state: '', released: hintsFrom(reply, 1) };
      return { kind, state: String(reply[1] ?? ''), released: [] };
    },
  };
}
