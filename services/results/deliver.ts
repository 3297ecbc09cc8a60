/** From a stored reply to its destination: the same bytes under the same id, until it arrived or the schedule is used up. */
import type { App } from '../../shared/app.ts';
import type { Claim } from '../../shared/record/record.ts';
import { webhookIdOf } from '../../shared/reply-payload.ts';
import { deadQueueOf, deliverQueue } from '../../shared/stages.ts';
import type { End } from '../../shared/ticket.ts';
import { advanceTicket, giveUp } from '../../shared/transitions.ts';
import type { Stage } from '../../shared/work.ts';
import type { DeliveryOutcome } from './destinations/destination.ts';
import type { Destinations } from './destinations.ts';
import { nextDeliveryDelayMs } from './retry-schedule.ts';

const fields = ['rep', 'rty', 'dst', 'dlv', 'da', 'gen'] as const;
type DeliverClaim = Claim<(typeof fields)[number]>;

const endOf: Record<string, End> = { reply: 'delivered', draft: 'drafted', handoff: 'handed_off' };

/** What the trace keeps of deliveries; the schedule has ten attempts. */
const maxDeliveriesKept = 30;

export function deliverStage(app: App, destinations: () => Destinations): Stage<(typeof fields)[number]> {
  return {
    state: 'deliver',
    fields,
    work: (claim, signal) => deliverReply(app, destinations(), claim, signal),
  };
}

async function deliverReply(
  app: App,
  destinations: Destinations,
  claim: DeliverClaim,
  signal: AbortSignal,
): Promise<void> {
  const type = claim.fields.rty ?? 'reply';
  const generation = Number(claim.fields.gen ?? '1');
  const attempts = Number(claim.fields.da ?? '0');
  // The last look before something leaves: nobody answers over a person, or over what was begun before.
  if (claim.withPeople && type !== 'handoff') {
    const begun = attempts > 0 || claim.claims > 1;
    const change = { fields: begun ? { gen: generation + 1, da: 0 } : {} };
    return giveUp(app, claim, { cause: 'with_people', queue: deliverQueue('live') }, change);
  }
  const destination = destinations.get(claim.fields.dst ?? '');
  if (!destination) return endUndelivered(app, claim, 'no_destination', []);

  const webhookId = webhookIdOf(claim.ticketId, generation);
  // A claim that a killed worker left behind may have been sent already: that makes it a repetition too.
  const attempt = attempts + claim.claims - 1;
  const startedAt = app.now();
  const outcome = await destination.deliver({ webhookId, body: claim.fields.rep ?? '', attempt }, signal);
  const record = {
    destination: destination.name,
    webhookId,
    status: 'status' in outcome ? outcome.status : null,
    outcome: outcome.kind,
    ...('reason' in outcome ? { reason: outcome.reason } : {}),
    at: new Date(startedAt).toISOString(),
  };
  const deliveries = [...(JSON.parse(claim.fields.dlv ?? '[]') as unknown[]), record].slice(
    -maxDeliveriesKept,
  );
  const event = { ticketId: claim.ticketId, webhookId, destination: destination.name, attempt: attempts };
  app.log.info(
    { ...event, outcome: outcome.kind, status: record.status, ms: app.now() - startedAt },
    'reply.sent',
  );
  await concludeDelivery(app, claim, {
    outcome,
    deliveries,
    attempts,
    scheduleMs: destination.scheduleMs,
    type,
  });
}

async function concludeDelivery(
  app: App,
  claim: DeliverClaim,
  sent: {
    outcome: DeliveryOutcome;
    deliveries: unknown[];
    attempts: number;
    scheduleMs: readonly number[];
    type: string;
  },
): Promise<void> {
  const { outcome, deliveries, attempts, type } = sent;
  const dlv = JSON.stringify(deliveries);
  if (outcome.kind === 'delivered') {
    const end = endOf[type] ?? 'delivered';
    await advanceTicket(app, claim, { state: end, queue: null }, { fields: { dlv, da: attempts + 1 } });
    return;
  }
  if (outcome.kind === 'gone') return endUndelivered(app, claim, 'destination_gone', deliveries);
  if (outcome.kind === 'rejected') return endUndelivered(app, claim, 'destination_refused', deliveries);
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
  deliveries: unknown[],
): Promise<void> {
  const queue = deadQueueOf(deliverQueue('live'));
  const why = JSON.stringify({ cause, queue, state: 'deliver' });
  const fields = { why, dlv: JSON.stringify(deliveries) };
  const ended = await advanceTicket(app, claim, { state: 'dead', queue: null }, { fields, detail: cause });
  if (ended.kind === 'lost') return;
  await app.hints.add({ ticketId: claim.ticketId, state: 'dead_letter', queue, sequence: ended.sequence });
  app.log.error({ ticketId: claim.ticketId, queue, cause }, 'ticket.dead');
}
