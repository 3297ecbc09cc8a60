/** What the record promises, in a few lines: a reference for the scripts, without Redis, leases in time or hashes. */
import { maxClaims } from '../../shared/stages.ts';
import type { State } from '../../shared/stages.ts';
import type { End } from '../../shared/ticket.ts';

export type ModelTicket = {
  id: string;
  conversation: number;
  at: number;
  state: State | End;
  isOpen: boolean;
  /** Raised by everything that needs a new hint. */
  n: number;
  token: string | null;
  leaseExpired: boolean;
  park: 'none' | 'waiting' | 'due';
  waitsFor: string | null;
  covers: string[];
  supersededBy: string | null;
  /** The claim that began the sending. */
  sentBy: string | null;
  withPeople: boolean;
  claims: number;
  /** The state that made the stored answer. */
  madeIn: State | null;
  generation: number;
  /** Its stored answer was replayed. */
  isResent: boolean;
  isDropped: boolean;
};

type Held = { ticketId: string; state: State; token: string };

export function createModel() {
  const tickets = new Map<string, ModelTicket>();
  const withPeople = new Set<number>();
  const get = (id: string): ModelTicket => tickets.get(id)!;
  const openIn = (conversation: number): ModelTicket[] =>
    [...tickets.values()].filter((ticket) => ticket.isOpen && ticket.conversation === conversation);
  const isHolding = ({ ticketId, state, token }: Held): boolean => {
    const ticket = get(ticketId);
    return ticket.isOpen && ticket.state === state && ticket.token === token;
  };

  const isDeadLetter = ({ state, isOpen }: ModelTicket): boolean =>
    !isOpen && (state === 'dead' || state === 'handed_off');
  /** By the message's time, then in the order of arrival. */
  const inOrder = (list: ModelTicket[]): ModelTicket[] => list.sort((a, b) => a.at - b.at);

  /** The customer has written again: a dead letter is not answered by itself any more. */
  const speakFor = (letter: ModelTicket, by: string): string[] => {
    letter.supersededBy = by;
    return [...letter.covers, letter.id];
  };

  /** Returns who waited for it. */
  const end = (ticket: ModelTicket, to: End): string[] => {
    Object.assign(ticket, {
      state: to,
      isOpen: false,
      token: null,
      leaseExpired: false,
      park: 'none',
      waitsFor: null,
      sentBy: null,
    });
    if (to === 'handed_off') {
      withPeople.add(ticket.conversation);
      for (const other of openIn(ticket.conversation)) other.withPeople = true;
    }
    const waiting = openIn(ticket.conversation).filter(({ waitsFor }) => waitsFor === ticket.id);
    for (const one of waiting) Object.assign(one, { waitsFor: null, n: one.n + 1 });
    const later = inOrder(
      [...tickets.values()].filter(({ conversation }) => conversation === ticket.conversation),
    );
    const newer = later.slice(later.indexOf(ticket) + 1).findLast(({ isOpen }) => isOpen);
    if (isDeadLetter(ticket) && newer) newer.covers = [...speakFor(ticket, newer.id), ...newer.covers];
    return waiting.map(({ id }) => id);
  };

  const supersede = (older: ModelTicket, by: string): string[] => {
    older.supersededBy = by;
    return end(older, 'superseded');
  };

  /** The newer message's answer lacks `late`: whoever works on it, or an answer that waits to be sent, is put aside. */
  const restart = (newer: ModelTicket): string[] => {
    if (newer.state === 'classify' || (newer.state !== 'deliver' && newer.token === null)) return [];
    if (newer.state === 'deliver') {
      newer.state = newer.madeIn!;
      if (newer.isResent) newer.generation += 1;
    }
    newer.isResent = false;
    Object.assign(newer, { n: newer.n + 1, token: null, leaseExpired: false, park: 'none', claims: 0 });
    return [newer.id];
  };

  return {
    tickets,
    isHolding,

    /** Returns its kind and the ids of other tickets that must be hinted. */
    accept(id: string, conversation: number, at: number): { kind: string; waits: boolean; hinted: string[] } {
      if (tickets.has(id)) return { kind: 'duplicate', waits: false, hinted: [] };
      const others = openIn(conversation);
      const sending = others.find(({ sentBy }) => sentBy !== null);
      const newer = others
        .filter((other) => other.sentBy === null && other.at > at)
        .sort((a, b) => a.at - b.at)
        .at(-1);
      const letters = [...tickets.values()].filter(
        (one) => isDeadLetter(one) && one.conversation === conversation && one.supersededBy === null,
      );
      const order = [...tickets.keys()];
      const older = [...others.filter(({ sentBy }) => sentBy === null), ...letters]
        .filter((other) => other.at <= at)
        .sort((a, b) => a.at - b.at || order.indexOf(a.id) - order.indexOf(b.id));
      const covers = older.flatMap((other) => [...other.covers, other.id]);
      const hinted = older.flatMap((other) => {
        if (other.isOpen) return supersede(other, id);
        speakFor(other, id);
        return [];
      });
      const ticket: ModelTicket = {
        id,
        conversation,
        at,
        state: 'classify',
        isOpen: true,
        n: 1,
        token: null,
        leaseExpired: false,
        park: 'none',
        waitsFor: newer ? null : (sending?.id ?? null),
        covers: newer ? [] : covers,
        supersededBy: null,
        sentBy: null,
        withPeople: withPeople.has(conversation),
        claims: 0,
        madeIn: null,
        generation: 1,
        isResent: false,
        isDropped: false,
      };
      tickets.set(id, ticket);
      if (!newer) return { kind: 'accepted', waits: ticket.waitsFor !== null, hinted };
      supersede(ticket, newer.id);
      newer.covers = [...covers, id, ...newer.covers];
      return { kind: 'superseded', waits: false, hinted: [...hinted, ...restart(newer)] };
    },

    claim({ ticketId, state, token }: Held): string {
      const ticket = get(ticketId);
      if (ticket.state !== state) return 'moved';
      if (ticket.waitsFor !== null) return 'waiting';
      if (ticket.token !== null && !ticket.leaseExpired) return 'leased';
      if (ticket.park === 'waiting') return 'parked';
      Object.assign(ticket, { token, leaseExpired: false, park: 'none', claims: ticket.claims + 1 });
      if (state === 'deliver') ticket.sentBy ??= token;
      return ticket.claims > maxClaims ? 'poison' : 'claimed';
    },

    /** Returns null where the lease is lost, else who waited for this end. */
    advance(held: Held, to: State | End, isEnd: boolean): string[] | null {
      if (!isHolding(held)) return null;
      const ticket = get(held.ticketId);
      ticket.n += 1;
      if (isEnd) return end(ticket, to as End);
      if (to === 'deliver') ticket.madeIn = held.state;
      Object.assign(ticket, { state: to, token: null, leaseExpired: false, claims: 0 });
      return [];
    },

    park(held: Held, how: { failed: boolean; unsent: boolean }): boolean {
      if (!isHolding(held)) return false;
      const ticket = get(held.ticketId);
      Object.assign(ticket, { n: ticket.n + 1, token: null, leaseExpired: false, park: 'waiting' });
      if (!how.failed) ticket.claims = 0;
      if (how.unsent && ticket.sentBy === held.token) ticket.sentBy = null;
      return true;
    },

    renew(held: Held): boolean {
      const ticket = get(held.ticketId);
      if (!ticket.isOpen || ticket.token !== held.token) return false;
      ticket.leaseExpired = false;
      return true;
    },

    cancel(ticketId: string): { kind: string; hinted: string[] } {
      const ticket = get(ticketId);
      if (!ticket.isOpen) return { kind: 'ended', hinted: [] };
      if (ticket.sentBy !== null) return { kind: 'sending', hinted: [] };
      return { kind: 'cancelled', hinted: end(ticket, 'cancelled') };
    },

    /** Puts a dead letter back; says why not, and because of whom. */
    revive(
      ticketId: string,
      how: { to: State; afterHandoff: boolean; resends: boolean; isDelayed: boolean },
    ): { kind: string; by?: string } {
      const ticket = get(ticketId);
      if (ticket.isDropped) return { kind: 'dropped' };
      if (!isDeadLetter(ticket)) return { kind: 'changed' };
      if (ticket.supersededBy !== null) return { kind: 'superseded', by: ticket.supersededBy };
      const isTold = ticket.state === 'handed_off' || withPeople.has(ticket.conversation);
      if (isTold && !how.afterHandoff) return { kind: 'handed_off' };
      const busy = inOrder(openIn(ticket.conversation))[0];
      if (busy) return { kind: 'busy', by: busy.id };
      if (ticket.state === 'handed_off') ticket.generation += 1;
      withPeople.delete(ticket.conversation);
      Object.assign(ticket, {
        state: how.to,
        isOpen: true,
        n: ticket.n + 1,
        park: how.isDelayed ? 'waiting' : 'none',
        withPeople: false,
        claims: 0,
        madeIn: how.resends ? 'classify' : ticket.madeIn,
        isResent: how.resends,
      });
      return { kind: 'replayed' };
    },

    drop(ticketId: string): boolean {
      const ticket = get(ticketId);
      if (ticket.isOpen || ticket.state !== 'dead') return false;
      Object.assign(ticket, { state: 'cancelled', isDropped: true });
      return true;
    },

    /** Returns who is back. */
    sweep(): string[] {
      const back = [...tickets.values()].filter(({ leaseExpired, park }) => leaseExpired || park === 'due');
      for (const ticket of back)
        Object.assign(ticket, { n: ticket.n + 1, token: null, leaseExpired: false, park: 'none' });
      return back.map(({ id }) => id);
    },

    /** Returns who had no future. `isHinted`: its job is on the queue. */
    audit(isHinted: (ticket: ModelTicket) => boolean): string[] {
      const lost = [...tickets.values()].filter(
        (ticket) =>
          ticket.isOpen &&
          ticket.token === null &&
          ticket.park === 'none' &&
          ticket.waitsFor === null &&
          !isHinted(ticket),
      );
      for (const ticket of lost) ticket.n += 1;
      return lost.map(({ id }) => id);
    },
  };
}
