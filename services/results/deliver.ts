/** From a stored reply to its destination: the same bytes under the same id, until it arrived or the schedule is used up. */
import { z } from 'zod';
import type { App } from '../../shared/app.ts';
import type { Claim } from '../../shared/record/record.ts';
import { webhookIdOf } from '../../shared/reply-payload.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { deadQueueOf, deliverQueue } from '../../shared/stages.ts';
import type { End } from '../../shared/ticket.ts';
import { advanceTicket, giveUp } from '../../shared/transitions.ts';
import type { Stage } from '../../shared/work.ts';
import type { DeliveryOutcome } from './destinations/destination.ts';
import type { Destinations, ScheduledDestination } from './destinations.ts';
import { nextDeliveryDelayMs } from './retry-schedule.ts';

const fields = ['rep', 'rty', 'dst', 'dlv', 'da', 'dw', 'gen', 'rs'] as const;
type DeliverClaim = Claim<(typeof fields)[number]>;

const endOf: Record<string, End> = { reply: 'delivered', draft: 'drafted', handoff: 'handed_off' };

/** What the trace keeps of deliveries; the schedule has ten attempts. */
const maxDeliveriesKept = 30;

export function deliverStage(
  app: App,
  destinationsOf: (runtime: Runtime) => Destinations,
): Stage<(typeof fields)[number]> {
  // By HTTP 410, until a restart or other settings of this destination.
  const disabled = new Set<string>();
  return {
    state: 'deliver',
    fields,
    async work(claim, signal, runtime) {
      const instead = whatInstead(claim);
      if (instead === 'end') return endUndelivered(app, claim, 'poison');
      if (instead) return giveUpSending(app, claim, instead);
      const destination = destinationsOf(runtime).get(claim.fields.dst ?? '');
      if (!destination) return endUndelivered(app, claim, 'no_destination');
      if (disabled.has(destination.identity)) return endUndelivered(app, claim, 'destination_gone');
      if (await waitsForFirst(app, claim, destination)) return;
      const outcome = await deliverReply(app, claim, destination, signal);
      if (outcome.kind === 'gone') disabled.add(destination.identity);
    },
  };
}

/** True where the schedule begins with a wait that is not over yet. */
async function waitsForFirst(app: App, claim: DeliverClaim, { scheduleMs }: ScheduledDestination) {
  const delayMs = scheduleMs[0] ?? 0;
  if (delayMs === 0 || attemptsOf(claim) > 0 || claim.fields.dw !== null) return false;
  await app.record.park(
    claim,
    { delayMs, reason: 'first delivery later', unsent: true },
    { fields: { dw: 1 } },
  );
  return true;
}

async function deliverReply(
  app: App,
  claim: DeliverClaim,
  destination: ScheduledDestination,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const webhookId = webhookIdOf(claim.ticketId, generationOf(claim));
  // A claim that a killed worker left behind may have been sent already: that makes it a repetition too. So does a replay.
  const attempt = attemptsOf(claim) + claim.claims - 1 + (isResent(claim) ? 1 : 0);
  const startedAt = app.now();
  const outcome = await destination.deliver({ webhookId, body: claim.fields.rep ?? '', attempt }, signal);
  const { name } = destination;
  const record = {
    destination: name,
    webhookId,
    status: 'status' in outcome ? outcome.status : null,
    outcome: outcome.kind,
    ...('reason' in outcome ? { reason: outcome.reason } : {}),
    at: new Date(startedAt).toISOString(),
  };
  const { ticketId } = claim;
  const ms = app.now() - startedAt;
  app.log.info(
    { ticketId, webhookId, destination: name, attempt, outcome: outcome.kind, status: record.status, ms },
    'reply.sent',
  );
  if (outcome.kind === 'gone') app.log.error({ destination: name }, 'destination.disabled');
  await concludeDelivery(app, claim, {
    outcome,
    deliveries: [...deliveriesOf(claim), record].slice(-maxDeliveriesKept),
    scheduleMs: destination.scheduleMs,
    wasInterrupted: signal.aborted,
  });
  return outcome;
}

const typeOf = (claim: DeliverClaim): string => claim.fields.rty ?? 'reply';
const generationOf = (claim: DeliverClaim): number => Number(claim.fields.gen ?? '1');
const isResent = (claim: DeliverClaim): boolean => claim.fields.rs === '1';
const attemptsOf = (claim: DeliverClaim): number => Number(claim.fields.da ?? '0');
const deliveriesOf = (claim: DeliverClaim): unknown[] =>
  z.array(z.unknown()).parse(JSON.parse(claim.fields.dlv ?? '[]'));

/** The last look before something leaves: why people are asked instead, `end` where they cannot be, null to go on. */
function whatInstead(claim: DeliverClaim): 'with_people' | 'delivery_unknown' | 'end' | null {
  const isHandoff = typeOf(claim) === 'handoff';
  // Whoever tried to send this was killed, again and again: it may have arrived every time, or never.
  if (claim.poisoned) return isHandoff ? 'end' : 'delivery_unknown';
  // Nobody answers over a person.
  return claim.withPeople && !isHandoff ? 'with_people' : null;
}

/** To the dead letters. What people get is another reply where this one may already have been sent. */
async function giveUpSending(app: App, claim: DeliverClaim, cause: string): Promise<void> {
  const hasBegun = attemptsOf(claim) > 0 || claim.claims > 1 || isResent(claim);
  const change = { fields: hasBegun ? { gen: generationOf(claim) + 1, da: 0, rs: 0 } : {} };
  await giveUp(app, claim, { cause, queue: deliverQueue('live') }, change);
}

async function concludeDelivery(
  app: App,
  claim: DeliverClaim,
  sent: {
    outcome: DeliveryOutcome;
    deliveries: unknown[];
    scheduleMs: readonly number[];
    wasInterrupted: boolean;
  },
): Promise<void> {
  const { outcome, deliveries } = sent;
  const attempts = attemptsOf(claim);
  const dlv = JSON.stringify(deliveries);
  if (outcome.kind === 'delivered') {
    const end = endOf[typeOf(claim)] ?? 'delivered';
    await advanceTicket(app, claim, { state: end, queue: null }, { fields: { dlv, da: attempts + 1 } });
    return;
  }
  if (outcome.kind === 'gone') return endUndelivered(app, claim, 'destination_gone', deliveries);
  if (outcome.kind === 'rejected') return endUndelivered(app, claim, 'destination_refused', deliveries);
  if (sent.wasInterrupted) {
    // Our own doing: at once again, elsewhere. What may have arrived counts as an attempt all the same.
    const unsent = outcome.provablyUnsent;
    const change = { fields: { dlv, da: attempts + (unsent ? 0 : 1) } };
    await app.record.park(claim, { delayMs: 0, reason: 'interrupted', unsent }, change);
    return;
  }
  const delayMs = nextDeliveryDelayMs(sent.scheduleMs, attempts + 1, outcome.retryAfterMs, app.random);
  if (delayMs === null) return endUndelivered(app, claim, 'undeliverable', deliveries);
  await app.record.park(
    claim,
    { delayMs, reason: outcome.reason, unsent: outcome.provablyUnsent },
    { fields: { dlv, da: attempts + 1 } },
  );
}

/** The answer stays stored and listed; its job stays on the dead-letter queue for people to see. */
async function endUndelivered(
  app: App,
  claim: DeliverClaim,
  cause: string,
  deliveries?: unknown[],
): Promise<void> {
  const queue = deadQueueOf(deliverQueue('live'));
  const why = JSON.stringify({ cause, queue, state: 'deliver' });
  const dlv = deliveries ? { dlv: JSON.stringify(deliveries) } : {};
  const change = { fields: { why, ...dlv }, detail: cause };
  const ended = await advanceTicket(app, claim, { state: 'dead', queue: null }, change);
  if (ended.kind === 'lost') return;
  await app.hints.add({ ticketId: claim.ticketId, state: 'dead_letter', queue, sequence: ended.sequence });
  app.log.error({ ticketId: claim.ticketId, queue, cause }, 'ticket.dead');
}
