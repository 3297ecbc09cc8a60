/** The way back of one dead letter: where it goes, and whether it may. */
import { z } from 'zod';
import type { App } from './app.ts';
import type { Config } from './config/schema.ts';
import { whySchema } from './dead-letters.ts';
import type { Revival, Revived } from './record/dead.ts';
import { deadlineOf, destinationOf, routeOf } from './routing.ts';
import { classifyQueue, deliverQueue, tierQueue } from './stages.ts';
import { parseStored } from './stored-json.ts';
import { classificationSchema, ticketSchema } from './ticket.ts';
import type { Ticket } from './ticket.ts';
import { sendHints } from './transitions.ts';

export type ReplayOutcome = { ticketId: string } & (
  | { kind: 'replayed'; state: string; queue: string; generation: number; delayMs: number }
  | Exclude<Revived, { kind: 'replayed' }>
  /** `not_dead`: it is on its way, or ended otherwise. `no_destination`: its source, or where that leads, is gone. */
  | { kind: 'unknown' | 'not_dead' | 'no_destination' }
);

export type ReplayOptions = {
  dry: boolean;
  /** Also what people were told of, as a new generation. */
  afterHandoff: boolean;
  /** Over all who replay at the same time. */
  perSecond: number;
};

const replySchema = z.object({ data: z.object({ generation: z.int() }) });

/** Pure: where a dead letter goes when it is put back. */
export function revivalOf(
  config: Config,
  ticketId: string,
  stored: Record<string, string>,
  nowMs: number,
): Revival | 'not_dead' | 'emptied' | 'no_destination' {
  const end = stored['st'];
  if (end !== 'dead' && end !== 'handed_off') return 'not_dead';
  const ticket = parseStored(ticketSchema, stored['tk'] ?? null);
  if (ticket === null) return 'emptied';
  const destination = destinationOf(config, ticket.source);
  if (destination === null || !Object.hasOwn(config.destinations, destination)) return 'no_destination';
  const usual: Omit<Revival, 'to' | 'queue'> = {
    ticketId,
    end,
    sequence: stored['n']!,
    generation: Number(stored['gen'] ?? '1') + (end === 'handed_off' ? 1 : 0),
    createdMs: Date.parse(ticket.createdAt),
    deadlineMs: nowMs,
    resendTo: null,
  };
  return { ...usual, ...placeOf(config, ticket, stored, { nowMs, destination }) };
}

type Place = Pick<Revival, 'to' | 'queue'> & Partial<Pick<Revival, 'generation' | 'resendTo' | 'deadlineMs'>>;

/** The stage that gave it up, or the classifier where there are no labels. */
function placeOf(
  config: Config,
  ticket: Ticket,
  stored: Record<string, string>,
  { nowMs, destination }: { nowMs: number; destination: string },
): Place {
  const why = parseStored(whySchema, stored['why'] ?? null);
  // An answer that is there and did not arrive is sent again, under the same id: it may have arrived after all.
  const reply = parseStored(replySchema, stored['rep'] ?? null);
  if (stored['st'] === 'dead' && why?.state === 'deliver' && reply !== null) {
    const { generation } = reply.data;
    return { to: 'deliver', queue: deliverQueue(ticket.lane), generation, resendTo: destination };
  }
  const classification = parseStored(classificationSchema, stored['cls'] ?? null);
  if (classification === null || why?.state === 'classify') {
    return { to: 'classify', queue: classifyQueue(ticket.lane) };
  }
  const { tier } = routeOf(config, { ticket, classification });
  const deadlineMs = deadlineOf(config, tier, ticket.lane, nowMs);
  return { to: 'answer', queue: tierQueue(tier, ticket.lane), deadlineMs };
}

/** Once: whoever comes second finds it changed. What was held is nobody's yet and keeps its generation. */
export async function replayOne(
  app: App,
  ticketId: string,
  options: ReplayOptions,
): Promise<ReplayOutcome & { conversation: string | null }> {
  const stored = await app.record.read(ticketId);
  if (stored === null) return { ticketId, kind: 'unknown', conversation: null };
  const conversation = stored['cv'] ?? null;
  if (stored['drp'] !== undefined) return { ticketId, kind: 'dropped', conversation };
  const { afterHandoff } = options;
  const { config } = app.runtime();
  const wish = revivalOf(config, ticketId, stored, app.now());
  if (typeof wish === 'string') return { ticketId, kind: wish, conversation };
  const { to: state, queue, generation } = wish;
  const would = await app.record.revive(wish, { dry: true, afterHandoff, delayMs: 0 });
  if (would.kind !== 'replayed') return { ticketId, conversation, ...would };
  const outcome = { ticketId, kind: would.kind, state, queue, generation, conversation };
  if (options.dry) return { ...outcome, delayMs: 0 };

  const delayMs = await app.record.pace('replay', options.perSecond * 60, options.perSecond);
  const revival = { ...wish, deadlineMs: wish.deadlineMs + delayMs };
  const revived = await app.record.revive(revival, { dry: false, afterHandoff, delayMs });
  if (revived.kind !== 'replayed') return { ticketId, conversation, ...revived };
  if (delayMs === 0) await sendHints(app, [{ ticketId, state, queue, sequence: revived.sequence }]);
  app.log.info({ ticketId, state, queue, generation, ms: delayMs }, 'ticket.replayed');
  return { ...outcome, delayMs };
}
