/** Transitions together with their hints: the record's script and the hint leave in one burst, one round trip. */
import type { App } from './app.ts';
import type { Accepted, Advanced, Change, Claim } from './record/record.ts';
import { classifyQueue, deadQueueOf, deliverQueue } from './stages.ts';
import type { Hint, State } from './stages.ts';
import type { End, Lane, Ticket } from './ticket.ts';

type Leased = Pick<Claim<never>, 'ticketId' | 'state' | 'token' | 'sequence'>;

/** A hint that could not be sent is not an error: the audit finds the ticket and sends it again. */
async function sendHints(app: App, hints: Hint[]): Promise<void> {
  await Promise.all(
    hints.map((hint) =>
      app.hints.add(hint).catch((error: unknown) => {
        app.log.warn({ ticketId: hint.ticketId, queue: hint.queue, err: error }, 'hint.lost');
      }),
    ),
  );
}

/** Stores a ticket and hints the classifier. Answers only when it is stored. */
export async function acceptTicket(
  app: App,
  ticket: Ticket,
  identity: { ticketId: string; conversation: string },
): Promise<Accepted> {
  const queue = classifyQueue(ticket.lane);
  const accepting = app.record.accept(ticket, identity, queue);
  const hinting = sendHints(app, [{ ticketId: identity.ticketId, state: 'classify', queue, sequence: 1 }]);
  const [accepted] = await Promise.all([accepting, hinting]);
  if (accepted.restarts.length > 0) await sendHints(app, accepted.restarts);
  return accepted;
}

/** Moves a leased ticket on, hints its next stage, and hints whoever waited for its end. */
export async function advanceTicket(
  app: App,
  claim: Leased,
  to: { state: State; queue: string } | { state: End; queue: null },
  change: Change,
): Promise<Advanced> {
  const advancing = app.record.advance(claim, to, change);
  const next: Hint[] =
    to.queue === null
      ? []
      : [{ ticketId: claim.ticketId, state: to.state, queue: to.queue, sequence: claim.sequence + 1 }];
  const [advanced] = await Promise.all([advancing, sendHints(app, next)]);
  if (advanced.kind === 'advanced' && advanced.released.length > 0) await sendHints(app, advanced.released);
  if (advanced.kind === 'lost') app.log.warn({ ticketId: claim.ticketId, state: claim.state }, 'lease.lost');
  return advanced;
}

/** Why a stage gave a ticket up. `cause` groups dead letters, so it never contains ids or numbers. */
export type GivenUp = { cause: string; queue: string };

/** Hands a ticket to the dead-letter queue of its stage; the results service takes it from there. */
export async function giveUp(app: App, claim: Leased, why: GivenUp, change: Change = {}): Promise<void> {
  const queue = deadQueueOf(why.queue);
  const fields = { ...change.fields, why: JSON.stringify({ cause: why.cause, queue, state: claim.state }) };
  const to = { state: 'dead_letter' as const, queue };
  const advanced = await advanceTicket(app, claim, to, { ...change, fields, detail: why.cause });
  if (advanced.kind === 'lost') return;
  app.log.warn({ ticketId: claim.ticketId, queue, cause: why.cause }, 'ticket.dead_lettered');
}

/** Hands a finished reply, draft or hand-off to delivery. `returnTo` is where a late earlier message sends the ticket back. */
export async function sendToDelivery(
  app: App,
  claim: Leased,
  reply: {
    lane: Lane;
    type: 'reply' | 'draft' | 'handoff';
    body: string;
    destination: string;
    returnTo: string;
  },
  change: Change,
): Promise<Advanced> {
  const fields = {
    ...change.fields,
    rep: reply.body,
    rty: reply.type,
    dst: reply.destination,
    ret: `${claim.state} ${reply.returnTo}`,
  };
  return advanceTicket(
    app,
    claim,
    { state: 'deliver', queue: deliverQueue(reply.lane) },
    { ...change, fields },
  );
}

export { sendHints };
