/** Where a delivery leads: to the ticket's end, to another attempt, or to people. */
import type { App } from '../../shared/app.ts';
import { deadQueueOf, deliverQueue } from '../../shared/stages.ts';
import type { End } from '../../shared/ticket.ts';
import { advanceTicket, giveUp } from '../../shared/transitions.ts';
import type { DeliveryOutcome } from './destinations/destination.ts';
import { attemptsOf, generationOf, isResent, typeOf } from './delivery-claim.ts';
import type { DeliverClaim } from './delivery-claim.ts';
import { nextDeliveryDelayMs } from './retry-schedule.ts';

const endOf: Record<string, End> = { reply: 'delivered', draft: 'drafted', handoff: 'handed_off' };

/** To the dead letters. What people get is another reply where this one may already have been sent. */
export async function giveUpSending(
  app: App,
  claim: DeliverClaim,
  cause: string,
  dlv?: string,
): Promise<void> {
  const hasBegun = attemptsOf(claim) > 0 || claim.claims > 1 || isResent(claim) || dlv !== undefined;
  const fields = hasBegun ? { gen: generationOf(claim) + 1, da: 0, rs: 0 } : {};
  const change = { fields: { ...fields, ...(dlv === undefined ? {} : { dlv }) } };
  await giveUp(app, claim, { cause, queue: deliverQueue('live') }, change);
}

/** Nothing was begun: no attempt is used up, and the trace of deliveries stays as it is. `also`: further fields to set. */
export async function waitBeforeSending(
  app: App,
  claim: DeliverClaim,
  wait: { delayMs: number; reason: string },
  also: Record<string, string> = {},
): Promise<void> {
  // A claim that a killed worker left behind may have been sent by it; the park ends the count that says so.
  const fields = claim.claims > 1 ? { ...also, rs: 1 } : also;
  await app.record.park(claim, { ...wait, unsent: true }, { fields });
}

export async function concludeDelivery(
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
  if (outcome.kind === 'overtaken') return giveUpSending(app, claim, outcome.cause, dlv);
  if (outcome.kind === 'unsure') {
    // A hand-off cannot be handed off once more; one too many would be seen by people alone, but none is told of as sent.
    if (typeOf(claim) === 'handoff') return endUndelivered(app, claim, 'delivery_unknown', deliveries);
    return giveUpSending(app, claim, 'delivery_unknown', dlv);
  }
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
export async function endUndelivered(
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
