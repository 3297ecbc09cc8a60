/** From a stored reply to its destination: the same bytes under the same id, until it arrived or the schedule is used up. */
import { z } from 'zod';
import type { App } from '../../shared/app.ts';
import { webhookIdOf } from '../../shared/reply-payload.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { holdFor } from '../../shared/source-pauses.ts';
import { parseStored } from '../../shared/stored-json.ts';
import type { Stage } from '../../shared/work.ts';
import { attemptsOf, deliverFields, deliveriesOf, generationOf, isResent, typeOf } from './delivery-claim.ts';
import type { DeliverClaim } from './delivery-claim.ts';
import type { DeliveryDoor } from './delivery-door.ts';
import { concludeDelivery, endUndelivered, giveUpSending, waitBeforeSending } from './delivery-end.ts';
import type { DeliveryOutcome } from './destinations/destination.ts';
import type { Destinations, ScheduledDestination } from './destinations.ts';

/** What the trace keeps of deliveries; the schedule has ten attempts. */
const maxDeliveriesKept = 30;

type Parts = {
  destinationsOf: (runtime: Runtime) => Destinations;
  door: DeliveryDoor;
  /** Those that answered 410, in any process. */
  disabled: {
    has: (identity: string) => Promise<boolean>;
    add: (destination: { name: string; identity: string }) => Promise<void>;
  };
};

export function deliverStage(app: App, parts: Parts): Stage<(typeof deliverFields)[number]> {
  const { destinationsOf, door, disabled } = parts;
  return {
    state: 'deliver',
    fields: deliverFields,
    async work(claim, signal, runtime) {
      const instead = whatInstead(claim);
      if (instead === 'end') return endUndelivered(app, claim, 'poison');
      if (instead) return giveUpSending(app, claim, instead);
      if (await waitsForSource(app, claim)) return;
      const destinations = destinationsOf(runtime);
      const destination = destinations.get(claim.fields.dst ?? '');
      if (!destination) return endUndelivered(app, claim, 'no_destination');
      if (await disabled.has(destination.identity)) return endUndelivered(app, claim, 'destination_gone');
      if (await waitsForFirst(app, claim, destination)) return;
      const admission = await door.enter(destination, destinations.count, signal);
      if (admission.kind === 'later') return waitBeforeSending(app, claim, admission);
      const sent = await sendAndLeave(app, claim, { destination, signal, leave: admission.leave });
      if (sent.outcome.kind === 'gone') await disabled.add(destination);
      await conclude(app, claim, { ...sent, destination, wasInterrupted: signal.aborted });
    },
  };
}

async function sendAndLeave(
  app: App,
  claim: DeliverClaim,
  turn: {
    destination: ScheduledDestination;
    signal: AbortSignal;
    leave: (outcome: DeliveryOutcome | null) => void;
  },
): Promise<Sent> {
  const { destination, signal, leave } = turn;
  let outcome: DeliveryOutcome | null = null;
  try {
    const sent = await send(app, claim, destination, signal);
    // What we broke off ourselves says nothing about the receiver.
    outcome = signal.aborted && sent.outcome.kind === 'retry' ? null : sent.outcome;
    return sent;
  } finally {
    leave(outcome);
  }
}

async function conclude(
  app: App,
  claim: DeliverClaim,
  sent: Sent & { destination: ScheduledDestination; wasInterrupted: boolean },
): Promise<void> {
  const { outcome, record, destination, wasInterrupted } = sent;
  if (outcome.kind === 'retry' && outcome.isWaiting === true) {
    const delayMs = outcome.retryAfterMs ?? 1000;
    return waitBeforeSending(app, claim, { delayMs, reason: outcome.reason });
  }
  const deliveries = [...deliveriesOf(claim), record].slice(-maxDeliveriesKept);
  const { scheduleMs } = destination;
  await concludeDelivery(app, claim, { outcome, deliveries, scheduleMs, wasInterrupted });
}

/** True where nothing of its source is delivered for now. */
async function waitsForSource(app: App, claim: DeliverClaim): Promise<boolean> {
  const { paused } = await app.pauses.book();
  if (paused.size === 0) return false;
  const source = parseStored(ofSourceSchema, claim.fields.rep)?.data.source;
  if (source === undefined || !paused.has(source)) return false;
  const { park, fields } = holdFor(source, app.random);
  await waitBeforeSending(app, claim, park, fields);
  return true;
}

const ofSourceSchema = z.object({ data: z.object({ source: z.string() }) });

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

type Sent = {
  outcome: DeliveryOutcome;
  /** As the trace shows it. */
  record: object;
};

async function send(
  app: App,
  claim: DeliverClaim,
  destination: ScheduledDestination,
  signal: AbortSignal,
): Promise<Sent> {
  const webhookId = webhookIdOf(claim.ticketId, generationOf(claim));
  // A claim that a killed worker left behind may have been sent already: that makes it a repetition too. So does a replay.
  const attempt = attemptsOf(claim) + claim.claims - 1 + (isResent(claim) ? 1 : 0);
  const startedAt = app.now();
  const { name } = destination;
  const delivery = {
    webhookId,
    body: claim.fields.rep ?? '',
    attempt,
    mayHaveArrived: hasUnknownEnd(claim, webhookId),
    isStillOurs: async () => (await app.record.renew([claim]))[0] === true && !signal.aborted,
  };
  const outcome = await destination.deliver(delivery, signal);
  const record = {
    destination: name,
    webhookId,
    status: 'status' in outcome ? outcome.status : null,
    outcome: outcome.kind,
    ...('reason' in outcome ? { reason: outcome.reason } : {}),
    ...(isUnknownEnd(outcome) ? { mayHaveArrived: true } : {}),
    at: new Date(startedAt).toISOString(),
  };
  const { ticketId } = claim;
  const { status } = record;
  const ms = app.now() - startedAt;
  if (!isWaiting(outcome)) {
    const facts = { ticketId, webhookId, destination: name, attempt, outcome: outcome.kind, status, ms };
    app.log.info(facts, 'reply.sent');
  }
  return { outcome, record };
}

const isWaiting = (outcome: DeliveryOutcome): boolean =>
  outcome.kind === 'retry' && outcome.isWaiting === true;

const isUnknownEnd = (outcome: DeliveryOutcome): boolean =>
  outcome.kind === 'retry' && !outcome.provablyUnsent && !isWaiting(outcome);

const unknownEndSchema = z.object({ webhookId: z.string(), mayHaveArrived: z.literal(true) });

/** True where an attempt of this very reply ended without anybody knowing whether it arrived. */
function hasUnknownEnd(claim: DeliverClaim, webhookId: string): boolean {
  return deliveriesOf(claim).some((one) => unknownEndSchema.safeParse(one).data?.webhookId === webhookId);
}

/** The last look before something leaves: why people are asked instead, `end` where they cannot be, null to go on. */
function whatInstead(claim: DeliverClaim): 'with_people' | 'delivery_unknown' | 'end' | null {
  const isHandoff = typeOf(claim) === 'handoff';
  // Whoever tried to send this was killed, again and again: it may have arrived every time, or never.
  if (claim.poisoned) return isHandoff ? 'end' : 'delivery_unknown';
  // Nobody answers over a person.
  return claim.withPeople && !isHandoff ? 'with_people' : null;
}
