/** What a stage gave up on: a hand-off that people see, or held for an operator, as the tier says. */
import { z } from 'zod';
import type { App } from '../../shared/app.ts';
import type { Config } from '../../shared/config/schema.ts';
import type { Claim } from '../../shared/record/record.ts';
import { rowSchema } from '../../shared/record/ledger-rows.ts';
import { buildReplyPayload } from '../../shared/reply-payload.ts';
import { destinationOf } from '../../shared/routing.ts';
import { classifyQueue, deadQueueOf, tierOfQueue } from '../../shared/stages.ts';
import { parseStored } from '../../shared/stored-json.ts';
import { classificationSchema, ticketSchema } from '../../shared/ticket.ts';
import type { Classification, Ticket } from '../../shared/ticket.ts';
import { advanceTicket, sendToDelivery } from '../../shared/transitions.ts';
import type { Stage } from '../../shared/work.ts';
import { handoffText } from './handoff-text.ts';
import type { HandoffAttempt } from './handoff-text.ts';

const fields = ['tk', 'cls', 'pr', 'why', 'gen', 'an', 'ho'] as const;
type DeadLetterClaim = Claim<(typeof fields)[number]>;

export function deadLetterStage(app: App): Stage<(typeof fields)[number]> {
  return {
    state: 'dead_letter',
    fields,
    work: (claim, _, { config }) => settleDeadLetter(app, claim, config),
  };
}

const whySchema = z.object({ cause: z.string(), queue: z.string() });

async function settleDeadLetter(app: App, claim: DeadLetterClaim, config: Config): Promise<void> {
  const why = parseStored(whySchema, claim.fields.why);
  const cause = why?.cause ?? 'unknown';
  const hold = async (): Promise<void> => {
    await advanceTicket(app, claim, { state: 'dead', queue: null }, { detail: cause });
    app.log.error({ ticketId: claim.ticketId, queue: why?.queue, cause }, 'ticket.held');
  };
  const ticket = parseStored(ticketSchema, claim.fields.tk);
  // What cannot be read cannot be told to anybody: it is kept for an operator, as are tickets that fail here too.
  if (ticket === null || claim.poisoned) return hold();
  const classification = parseStored(classificationSchema, claim.fields.cls);
  const onDead = onDeadOf(config, why?.queue ?? '', classification);
  const destination = destinationOf(config, ticket.source);
  // Left to people on purpose: there is nothing for an operator to mend.
  const isHeld = onDead === 'hold' && cause !== 'trust';
  if (isHeld || destination === null) return hold();
  if (await waitsForTurn(app, claim, config.handoffs.perMinute)) return;
  const body = await handoffBody(app, claim, { ticket, classification, cause });
  await sendToDelivery(
    app,
    claim,
    {
      lane: ticket.lane,
      type: 'handoff',
      body,
      destination,
      returnTo: why?.queue ?? deadQueueOf(classifyQueue('live')),
    },
    { detail: cause },
  );
}

/** The word of the tier that gave it up: a route may lead to another one than the label. */
function onDeadOf(config: Config, queue: string, labels: Classification | null): 'handoff' | 'hold' {
  const tier = tierOfQueue(queue) ?? labels?.tier;
  return (tier === undefined ? null : config.tiers[tier]?.onDead) ?? 'handoff';
}

/** After an outage people get their tickets at a rate that they can read. Each one's moment is given to it once. */
async function waitsForTurn(app: App, claim: DeadLetterClaim, perMinute: number): Promise<boolean> {
  if (claim.fields.ho !== null) return false;
  const delayMs = await app.record.pace('handoffs', perMinute, Math.floor(perMinute / 10));
  if (delayMs === 0) return false;
  await app.record.park(claim, { delayMs, reason: 'hand-off in its turn' }, { fields: { ho: 1 } });
  return true;
}

async function handoffBody(
  app: App,
  claim: DeadLetterClaim,
  facts: { ticket: Ticket; classification: Classification | null; cause: string },
): Promise<string> {
  const { ticket, classification, cause } = facts;
  const covered = claim.fields.pr ? await app.record.readMany(claim.fields.pr.split(','), ['tk', 'st']) : [];
  // People have got those by themselves.
  const untold = covered.filter(({ st }) => st !== 'handed_off');
  const earlier = untold.map(({ tk }) => parseStored(ticketSchema, tk)).filter((one) => one !== null);
  earlier.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  const attempts = await readAttempts(app, claim.ticketId, Number(claim.fields.an ?? '0'));
  const last = attempts.at(-1);
  const modelsTried = new Set(attempts.map(({ model }) => model)).size;
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
    failovers: Math.max(0, modelsTried - 1),
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
  for (let number = 1; number <= count; number += 1) {
    const stored = record?.[`a${number}`] ?? '';
    const row = parseStored(rowSchema, stored.slice(1));
    if (row?.purpose !== 'answer') continue;
    // A row that nobody settled is a call whose end nobody saw.
    const fault = stored.startsWith('o') ? 'aborted' : (row.fault ?? null);
    attempts.push({ model: row.model, provider: row.provider, fault });
  }
  return attempts;
}
