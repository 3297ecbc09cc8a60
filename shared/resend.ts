/** Sending a stored reply once more: the same bytes under the same `webhook-id`, for receivers that know it again. */
import { z } from 'zod';
import type { App } from './app.ts';
import type { Config } from './config/schema.ts';
import { deadLetters, whySchema } from './dead-letters.ts';
import { createStandings } from './destinations/standing.ts';
import { TierlineError } from './errors.ts';
import { replayDeadLetters } from './replay.ts';
import type { ReplayReport } from './replay.ts';
import { replayOne } from './revival.ts';
import { webhookIdOf } from './reply-payload.ts';
import { destinationOf } from './routing.ts';
import { deliverQueue } from './stages.ts';
import { parseStored } from './stored-json.ts';
import { ticketSchema } from './ticket.ts';
import type { End, Ticket } from './ticket.ts';
import { sendHints } from './transitions.ts';

/** `reason` is a sentence for people, with the cure where there is one. */
export type ResendOutcome =
  | { kind: 'resent'; ticketId: string; destination: string; webhookId: string }
  | { kind: 'unknown' | 'refused'; ticketId: string; reason: string };

const sentEnds = ['delivered', 'drafted', 'handed_off'] as const satisfies readonly End[];
const isSent = (state: string): state is (typeof sentEnds)[number] =>
  (sentEnds as readonly string[]).includes(state);

const replySchema = z.object({ data: z.object({ generation: z.int() }) });

/** Once: whoever comes second finds it on its way. */
export async function resendOne(app: App, ticketId: string): Promise<ResendOutcome> {
  const stored = await app.record.read(ticketId);
  if (stored === null) return { kind: 'unknown', ticketId, reason: 'There is no such ticket.' };
  const { config } = app.runtime();
  const wish = resendOf(config, stored);
  if (typeof wish === 'string') return { kind: 'refused', ticketId, reason: wish };
  const { destination, generation, end } = wish;
  const reason =
    (await hindranceAt(app, config, destination)) ??
    (end === 'dead' ? await replayUndelivered(app, ticketId) : await sendOnceMore(app, ticketId, wish));
  if (reason !== null) return { kind: 'refused', ticketId, reason };
  const webhookId = webhookIdOf(ticketId, generation);
  app.log.info({ ticketId, webhookId, destination }, 'reply.resent');
  return { kind: 'resent', ticketId, destination, webhookId };
}

type Resend = {
  end: 'dead' | (typeof sentEnds)[number];
  sequence: string;
  destination: string;
  generation: number;
  ticket: Ticket;
};

/** Pure: what is to be sent and where, or why not. */
function resendOf(config: Config, stored: Record<string, string>): Resend | string {
  const { st: state = '', n: sequence = '', q: queue } = stored;
  if (queue !== undefined) return 'It is on its way already.';
  if (!isSent(state) && state !== 'dead') return `It ended as ${state}: nothing was sent.`;
  const ticket = parseStored(ticketSchema, stored['tk'] ?? null);
  if (ticket === null) return 'Its content is past its retention.';
  const reply = parseStored(replySchema, stored['rep'] ?? null);
  if (reply === null || (state === 'dead' && !wasToBeDelivered(stored))) {
    return 'It has no answer to send. tierline dead replay has it answered again.';
  }
  // What did not arrive goes to where answers of its source go now; a copy goes to who got the first.
  const destination = state === 'dead' ? destinationOf(config, ticket.source) : stored['dst'];
  if (!destination) return 'Its source has no destination in the configuration.';
  return { end: state, sequence, destination, generation: reply.data.generation, ticket };
}

const wasToBeDelivered = (stored: Record<string, string>): boolean =>
  parseStored(whySchema, stored['why'] ?? null)?.state === 'deliver';

/** Both return why not, or null. */
async function replayUndelivered(app: App, ticketId: string): Promise<string | null> {
  const replayed = await replayOne(app, ticketId, { dry: false, afterHandoff: false, perSecond: 1000 });
  return replayed.kind === 'replayed' ? null : (undeliveredReasons[replayed.kind] ?? whyNot(replayed));
}

async function sendOnceMore(app: App, ticketId: string, wish: Resend): Promise<string | null> {
  const { end, sequence, destination, generation, ticket } = wish;
  const queue = deliverQueue(ticket.lane);
  const revival = {
    ticketId,
    end,
    sequence,
    to: 'deliver' as const,
    queue,
    generation,
    deadlineMs: app.now(),
    createdMs: Date.parse(ticket.createdAt),
    resendTo: destination,
    onceMore: true as const,
  };
  const revived = await app.record.revive(revival, { dry: false, afterHandoff: true, delayMs: 0 });
  if (revived.kind !== 'replayed') return whyNot(revived);
  await sendHints(app, [{ ticketId, state: 'deliver', queue, sequence: revived.sequence }]);
  return null;
}

const undeliveredReasons: Partial<Record<string, string>> = {
  dropped: 'It was dropped.',
  handed_off: 'People have its conversation. tierline dead replay --after-handoff sends it all the same.',
};

function whyNot(outcome: { kind: string; by?: string }): string {
  const by = outcome.by ?? 'another message';
  if (outcome.kind === 'busy')
    return `Another message of its conversation is being answered (${by}). Try again later.`;
  if (outcome.kind === 'superseded') return `The customer has written again, and ${by} speaks for it.`;
  return outcome.kind === 'emptied' ? 'Its content is past its retention.' : 'Somebody else was faster.';
}

/** Why nothing may be sent there once more; null where it may. */
async function hindranceAt(app: App, config: Config, name: string): Promise<string | null> {
  const settings = Object.hasOwn(config.destinations, name) ? config.destinations[name] : undefined;
  if (settings === undefined) return `Its destination ${name} is not in the configuration any more.`;
  if (settings.type !== 'webhook' && settings.type !== 'log') {
    return `Its destination ${name} is a helpdesk, where a repeated reply would be seen twice. What did not arrive there is put back by tierline dead replay, which looks first.`;
  }
  return (await isDisabled(app, name)) ? disabledText(name) : null;
}

const disabledText = (name: string): string =>
  `Destination ${name} is disabled: it answered 410. Once it takes deliveries again: tierline deliveries enable ${name}`;

async function isDisabled(app: App, name: string): Promise<boolean> {
  const standings = await createStandings(app.redis, app.prefix).of(app.runtime().config, app.now());
  return standings.some((one) => one.destination === name && one.standing === 'disabled');
}

const recoveredCauses = new Set(['undeliverable', 'destination_gone']);

/**
 * Puts back all answers that could not be delivered to a destination since a moment (ms), the first that ended first.
 * @throws TierlineError `destination_disabled`: they would all end the same way again.
 */
export async function recoverDeliveries(
  app: App,
  wanted: { destination: string; sinceMs: number; limit: number },
  how: { dry: boolean; perSecond: number },
  onProgress?: (done: number, total: number) => void,
): Promise<ReplayReport> {
  const { destination, sinceMs, limit } = wanted;
  if (!how.dry && (await isDisabled(app, destination))) {
    throw new TierlineError('destination_disabled', disabledText(destination));
  }
  const found: string[] = [];
  for await (const letter of deadLetters(app, { state: 'dead', queue: 'deliver', destination, sinceMs })) {
    if (recoveredCauses.has(letter.cause)) found.push(letter.ticketId);
  }
  const ids = found.toReversed().slice(0, limit);
  const report = await replayDeadLetters(app, { ids }, { ...how, afterHandoff: false }, onProgress);
  return { ...report, left: found.length - ids.length };
}
