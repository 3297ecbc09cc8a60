/** What a stage gave up on: a hand-off that people see, or held for an operator, as the tier says. */
import type { App } from '../../shared/app.ts';
import type { Claim } from '../../shared/record/record.ts';
import { rowSchema } from '../../shared/record/ledger-rows.ts';
import { buildReplyPayload } from '../../shared/reply-payload.ts';
import { destinationOf } from '../../shared/routing.ts';
import { classificationSchema, ticketSchema } from '../../shared/ticket.ts';
import type { Classification, Ticket } from '../../shared/ticket.ts';
import { advanceTicket, sendToDelivery } from '../../shared/transitions.ts';
import type { Stage } from '../../shared/work.ts';
import { handoffText } from './handoff-text.ts';
import type { HandoffAttempt } from './handoff-text.ts';

const fields = ['tk', 'cls', 'pr', 'why', 'gen', 'an'] as const;
type DeadLetterClaim = Claim<(typeof fields)[number]>;

export function deadLetterStage(app: App): Stage<(typeof fields)[number]> {
  return { state: 'dead_letter', fields, work: (claim) => settleDeadLetter(app, claim) };
}

async function settleDeadLetter(app: App, claim: DeadLetterClaim): Promise<void> {
  const { config } = app.runtime();
  const ticket = ticketSchema.parse(JSON.parse(claim.fields.tk ?? 'null'));
  const classification =
    claim.fields.cls === null ? null : classificationSchema.parse(JSON.parse(claim.fields.cls));
  const why = JSON.parse(claim.fields.why ?? '{}') as { cause?: string; queue?: string };
  const cause = why.cause ?? 'unknown';
  const onDead = classification ? (config.tiers[classification.tier]?.onDead ?? 'handoff') : 'handoff';
  const destination = destinationOf(config, ticket.source);
  if (onDead === 'hold' || destination === null || claim.poisoned) {
    await advanceTicket(app, claim, { state: 'dead', queue: null }, { detail: cause });
    app.log.error({ ticketId: claim.ticketId, queue: why.queue, cause }, 'ticket.held');
    return;
  }
  const body = await handoffBody(app, claim, { ticket, classification, cause });
  await sendToDelivery(
    app,
    claim,
    { lane: ticket.lane, type: 'handoff', body, destination, returnTo: why.queue ?? 'classify.dead' },
    { detail: cause },
  );
}

async function handoffBody(
  app: App,
  claim: DeadLetterClaim,
  facts: { ticket: Ticket; classification: Classification | null; cause: string },
): Promise<string> {
  const { ticket, classification, cause } = facts;
  const earlierJson = claim.fields.pr ? await app.record.readFields(claim.fields.pr.split(','), 'tk') : [];
  const earlier = earlierJson.flatMap((json) =>
    json === null ? [] : [ticketSchema.parse(JSON.parse(json))],
  );
  earlier.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  const attempts = await readAttempts(app, claim.ticketId, Number(claim.fields.an ?? '0'));
  const last = attempts.at(-1);
  const payload = buildReplyPayload({
    kind: 'handoff',
    ticketId: claim.ticketId,
    generation: Number(claim.fields.gen ?? '1'),
    ticket,
    atMs: app.now(),
    reason: cause,
    text: handoffText({ reason: cause, ticket, classification, attempts, earlier }),
    language: 'en',
    mode: 'auto',
    classification,
    model: last?.model ?? null,
    provider: last?.provider ?? null,
    failovers: Math.max(0, attempts.length - 1),
    usage: null,
    costUsd: null,
    sources: [],
  });
  return JSON.stringify(payload);
}

/** Calls that were made for an answer, from the ticket's own ledger rows. */
async function readAttempts(app: App, ticketId: string, count: number): Promise<HandoffAttempt[]> {
  const record = count === 0 ? null : await app.record.read(ticketId);
  const attempts: HandoffAttempt[] = [];
  for (let number = 1; record && number <= count; number += 1) {
    const row = rowSchema.safeParse(JSON.parse(record[`a${number}`]?.slice(1) ?? 'null'));
    if (!row.success || row.data.purpose !== 'answer') continue;
    attempts.push({ model: row.data.model, provider: row.data.provider, fault: row.data.fault ?? null });
  }
  return attempts;
}
