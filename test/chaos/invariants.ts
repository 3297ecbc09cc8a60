/** What must hold once all is quiet, whatever was killed, stopped or cut before. Pure: from what was seen to what is wrong. */
import { createHash } from 'node:crypto';
import type { Row } from '../../shared/record/ledger-rows.ts';
import { ends } from '../../shared/ticket.ts';
import { moneyViolations, rollupViolations } from './money.ts';

/** A message that was answered with 2xx, and what is stored about it. Its marker is a word that stands in its text alone. */
export type SeenTicket = {
  ticketId: string;
  marker: string;
  /** Ids that further posts of the same message were given. */
  otherIds: string[];
  record: Record<string, string> | null;
  /** The ends whose lists it is on. */
  listedAt: string[];
  rows: SeenRow[];
};

export type SeenRow = { isOpen: boolean; row: Row };

/** A request that the provider read, at `arrivedAt` (ms since the epoch). `text` is null where it refused. */
export type SeenCall = {
  requestId: string;
  arrivedAt: number;
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
        nameOf(ticket),
        ticket.rows,
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
