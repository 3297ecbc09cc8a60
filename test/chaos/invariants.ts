/** What must hold once all is quiet, whatever was killed, stopped or cut before. Pure: from what was seen to what is wrong. */
import { createHash } from 'node:crypto';
import type { Row } from '../../shared/record/ledger-rows.ts';
import { ends } from '../../shared/ticket.ts';

/** A message that was answered with 2xx, and what is stored about it. Its marker is a word that stands in its text alone. */
export type SeenTicket = {
  ticketId: string;
  marker: string;
  /** Ids that further posts of the same message were given. */
  otherIds: string[];
  record: Record<string, string> | null;
  /** The ends whose lists it is on. */
  listedAt: string[];
  rows: { isOpen: boolean; row: Row }[];
};

/** A request that the provider read. `text` is null where it refused. */
export type SeenCall = {
  requestId: string;
  purpose: 'classify' | 'answer';
  marker: string;
  /** All messages in the prompt. */
  markers: string[];
  text: string | null;
};

/** A request that the receiver read; `isAccepted` where it answered with 2xx. */
export type SeenDelivery = {
  webhookId: string;
  ticketId: string;
  type: string;
  text: string;
  raw: string;
  isAccepted: boolean;
};

export type Seen = {
  tickets: SeenTicket[];
  calls: SeenCall[];
  deliveries: SeenDelivery[];
  /** Open, leased and parked tickets, waiting, active and delayed hints by queue: all zero when all is quiet. */
  remaining: Record<string, number>;
  /** The ledger's roll-ups added up. */
  costs: { calls: number; nanoUsd: number; possiblyBilledCalls: number };
  misbehaviour: string[];
};

/** One sentence for everything that is wrong; none is the only good outcome. */
export function violationsOf(seen: Seen): string[] {
  return [
    ...seen.misbehaviour,
    ...Object.entries(seen.remaining).flatMap(([what, count]) =>
      count === 0 ? [] : [`left over: ${count} ${what}`],
    ),
    ...seen.tickets.flatMap(endViolations),
    ...deliveryViolations(seen),
    ...voiceViolations(seen),
    ...seen.tickets.flatMap((ticket) =>
      moneyViolations(
        ticket,
        seen.calls.filter((call) => call.marker === ticket.marker),
      ),
    ),
    ...rollupViolations(seen),
  ];
}

const nameOf = ({ ticketId, marker }: SeenTicket): string => `${marker} (${ticketId})`;

function endViolations(ticket: SeenTicket): string[] {
  const { record, listedAt, otherIds } = ticket;
  const found: string[] = [];
  if (record === null) return [`lost: ${nameOf(ticket)} was accepted and has no record`];
  const state = record['st'] ?? 'none';
  if (!(ends as readonly string[]).includes(state))
    found.push(`lost: ${nameOf(ticket)} is still in state ${state}`);
  else if (listedAt.join() !== state)
    found.push(`${nameOf(ticket)} is ${state}, but listed at [${listedAt.join()}]`);
  for (const id of otherIds)
    if (id !== ticket.ticketId) found.push(`${nameOf(ticket)} got a second id: ${id}`);
  return found;
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 12);
const arrivesAt = new Set(['delivered', 'drafted', 'handed_off']);
const staysSilent = new Set(['superseded', 'cancelled', 'skipped']);

/** One webhook-id per ticket, one body per webhook-id, and these bytes are the stored ones. */
function deliveryViolations({ tickets, deliveries }: Seen): string[] {
  const found: string[] = [];
  const byTicket = Map.groupBy(deliveries, (delivery) => delivery.ticketId);
  const known = new Set(tickets.map((ticket) => ticket.ticketId));
  for (const ticketId of byTicket.keys()) {
    if (!known.has(ticketId)) found.push(`a reply to ${ticketId}, which nobody posted`);
  }
  for (const ticket of tickets) {
    const own = byTicket.get(ticket.ticketId) ?? [];
    const state = ticket.record?.['st'] ?? '';
    const webhookIds = new Set(own.map((delivery) => delivery.webhookId));
    const bodies = new Set(own.map((delivery) => hashOf(delivery.raw)));
    if (webhookIds.size > 1) found.push(`${nameOf(ticket)} went out under ${[...webhookIds].join(' and ')}`);
    if (bodies.size > 1)
      found.push(`two texts: ${nameOf(ticket)} went out with the bodies ${[...bodies].join(' and ')}`);
    if (arrivesAt.has(state) && !own.some((delivery) => delivery.isAccepted)) {
      found.push(`${nameOf(ticket)} is ${state}, but nothing arrived`);
    }
    if (staysSilent.has(state) && own.length > 0)
      found.push(`${nameOf(ticket)} is ${state}, but was answered`);
    const stored = ticket.record?.['rep'];
    if (own.some((delivery) => delivery.raw !== stored)) {
      found.push(`${nameOf(ticket)} went out with other bytes than the stored ones`);
    }
  }
  return found;
}

/** A reply was made from all the messages it speaks for, and no superseded message is forgotten. */
function voiceViolations({ tickets, deliveries, calls }: Seen): string[] {
  const found: string[] = [];
  const byId = new Map(tickets.map((ticket) => [ticket.ticketId, ticket]));
  const byText = new Map(calls.map((call) => [call.text, call]));
  const replies = new Map(
    deliveries.filter(({ type }) => type === 'ticket.reply').map((one) => [one.raw, one]),
  );
  for (const { ticketId, text } of replies.values()) {
    const ticket = byId.get(ticketId);
    const call = byText.get(text);
    if (ticket === undefined) continue;
    if (call?.marker !== ticket.marker)
      found.push(`${nameOf(ticket)} got a text that no call for it gave: ${text}`);
    for (const covered of coveredBy(ticket)) {
      const marker = byId.get(covered)?.marker ?? covered;
      if (call && !call.markers.includes(marker)) {
        found.push(`a question dropped: the reply to ${nameOf(ticket)} was made without ${marker}`);
      }
    }
  }
  for (const ticket of tickets) {
    if (ticket.record?.['st'] !== 'superseded') continue;
    const speaker = speakerOf(ticket, byId);
    if (speaker === null || !coveredBy(speaker).includes(ticket.ticketId)) {
      found.push(`a question dropped: no reply speaks for ${nameOf(ticket)}`);
    }
  }
  return found;
}

const coveredBy = (ticket: SeenTicket): string[] => ticket.record?.['pr']?.split(',') ?? [];

/** The ticket at the end of the line of those that took over from each other. */
function speakerOf(ticket: SeenTicket, byId: Map<string, SeenTicket>): SeenTicket | null {
  let speaker: SeenTicket | null = ticket;
  for (let steps = 0; speaker !== null && speaker.record?.['st'] === 'superseded'; steps += 1) {
    if (steps > byId.size) return null;
    speaker = byId.get(speaker.record['sb'] ?? '') ?? null;
  }
  return speaker;
}

/**
 * Every call has its row: the answered ones under their request id, all others (killed, cut, given up, refused) in a row
 * without one. What was answered and did not come back to us must be called possibly billed, and so must a row without a
 * call; only what a server refused is free. At the end every row is settled.
 */
function moneyViolations(ticket: SeenTicket, calls: SeenCall[]): string[] {
  const found: string[] = [];
  const ids = new Map(
    ticket.rows.flatMap(({ row }) => (row.requestId ? [[row.requestId, row] as const] : [])),
  );
  const unnamed = ticket.rows.filter(({ row }) => !row.requestId);
  const doubtful = unnamed.filter(({ isOpen, row }) => isOpen || row.possiblyBilled === true);
  const unseen = calls.filter((call) => !ids.has(call.requestId));
  const unseenAnswers = unseen.filter((call) => call.text !== null);
  const calledFree = unnamed.length - doubtful.length;
  const refused = unseen.length - unseenAnswers.length;
  if (calledFree > refused) {
    found.push(
      `money: ${nameOf(ticket)} has ${calledFree} rows that are called free, and ${refused} of its calls were refused`,
    );
  }
  for (const { isOpen, row } of ticket.rows)
    if (isOpen) found.push(`money: a call of ${row.model} for ${nameOf(ticket)} is in no total`);
  if (unseen.length > unnamed.length || unseenAnswers.length > doubtful.length) {
    found.push(
      `money: ${nameOf(ticket)} has ${calls.length} calls, ${unseen.length} of them (${unseenAnswers.length} answered) ` +
        `without a row of their own, and ${unnamed.length} rows (${doubtful.length} possibly billed) for these`,
    );
  }
  for (const [requestId, row] of ids) {
    if (!calls.some((call) => call.requestId === requestId))
      found.push(`money: ${nameOf(ticket)} has a row for ${requestId}, which was no call of it`);
    if (typeof row.nanoUsd !== 'number') found.push(`money: ${nameOf(ticket)} has no cost for ${requestId}`);
  }
  if (ids.size + unnamed.length !== ticket.rows.length)
    found.push(`money: ${nameOf(ticket)} has two rows for one call`);
  return found;
}

function rollupViolations({ tickets, costs }: Seen): string[] {
  const settled = tickets.flatMap((ticket) => ticket.rows.filter(({ isOpen }) => !isOpen));
  const nanoUsd = settled.reduce((sum, { row }) => sum + (row.nanoUsd ?? 0), 0);
  const found: string[] = [];
  if (costs.calls !== settled.length)
    found.push(`money: ${settled.length} settled rows, ${costs.calls} calls in the roll-ups`);
  if (costs.nanoUsd !== nanoUsd)
    found.push(`money: rows of ${nanoUsd} nano-dollars, roll-ups of ${costs.nanoUsd}`);
  const doubtful = settled.filter(({ row }) => row.possiblyBilled === true).length;
  if (costs.possiblyBilledCalls !== doubtful)
    found.push(
      `money: ${doubtful} rows are possibly billed, ${costs.possiblyBilledCalls} calls in the roll-ups`,
    );
  return found;
}
