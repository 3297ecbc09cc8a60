/** From a classified ticket to a stored answer, a later moment, or people: the whole decision. */
import type { App } from '../../shared/app.ts';
import type { Config } from '../../shared/config/schema.ts';
import { settleAbandoned, unclassified } from '../../shared/ledger/abandoned.ts';
import { usdNumber } from '../../shared/ledger/money.ts';
import { firstAnswer, nothingTried, triedSchema } from '../../shared/models/chain.ts';
import type { ChainResult } from '../../shared/models/chain.ts';
import type { Change, Claim } from '../../shared/record/record.ts';
import { buildReplyPayload } from '../../shared/reply-payload.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { destinationOf, routeOf } from '../../shared/routing.ts';
import type { Route } from '../../shared/routing.ts';
import { classifyQueue, tierQueue } from '../../shared/stages.ts';
import { waitsForSource } from '../../shared/source-pauses.ts';
import type { Classification, Ticket } from '../../shared/ticket.ts';
import { readOwn } from '../../shared/stored-json.ts';
import { ticketSchema } from '../../shared/ticket.ts';
import { giveUp, sendToDelivery } from '../../shared/transitions.ts';
import { trustOf } from '../../shared/trust.ts';
import type { Trust } from '../../shared/trust.ts';
import type { Stage } from '../../shared/work.ts';
import { createAnswerPrompt } from './answer-prompt.ts';
import type { AnswerRead } from './answer-prompt.ts';
import { outgoingOf } from './outgoing.ts';
import type { Outgoing } from './outgoing.ts';
import type { EarlierMessage } from './ticket-data.ts';

const fields = ['tk', 'cls', 'at', 'dl', 'pr', 'xm', 'gen', 'q'] as const;
type AnswerClaim = Claim<(typeof fields)[number]>;

/** A park is never longer than this, so that a return of the provider or a changed configuration is noticed. */
const maxParkMs = 60_000;

export function answerStage(app: App): Stage<(typeof fields)[number]> {
  return {
    state: 'answer',
    fields,
    work: (claim, signal, runtime) => answerTicket(app, claim, signal, runtime),
  };
}

type Work = {
  config: Config;
  ticket: Ticket;
  classification: Classification;
  route: Route;
  queue: string;
  /** ms since the epoch. */
  deadline: number;
  destination: string;
  trust: Trust;
};

async function answerTicket(
  app: App,
  claim: AnswerClaim,
  signal: AbortSignal,
  runtime: Runtime,
): Promise<void> {
  // Before anything of the ticket is read: that may be what fails.
  if (claim.poisoned) {
    await settleAbandoned(app, claim, unclassified);
    return giveUp(app, claim, { cause: 'poison', queue: claim.fields.q ?? classifyQueue('live') });
  }
  const { config } = runtime;
  const ticket = readOwn(claim.fields.tk) as Ticket;
  const classification = readOwn(claim.fields.cls) as Classification;
  const { queryType, language, tier } = classification;
  await settleAbandoned(app, claim, { queryType, language, tier });
  if (await waitsForSource(app, claim, ticket.source)) return;
  // The time in which its source was paused does not count.
  const { pausedMs } = await app.pauses.book();
  const deadline = Number(claim.fields.dl) + pausedMs(ticket.source, Number(claim.fields.at), claim.now);
  // Routed again with the configuration of this moment: a repaired chain helps the tickets that are waiting for it.
  const route = routeOf(config, { ticket, classification });
  const queue = tierQueue(route.tier, ticket.lane);
  const destination = destinationOf(config, ticket.source);
  const models = runtime.usableModels(route.chain);
  const reason = whyNotAnswered(claim, deadline);
  if (reason) return giveUp(app, claim, { cause: reason, queue });
  // An answer that can go nowhere is not worth paying for.
  if (destination === null) return giveUp(app, claim, { cause: 'no_destination', queue });
  const trust = trustOf(config, { ticket, classification }, route.tier);
  if (trust.mode === 'people') {
    const rte = JSON.stringify({ ...route, mode: trust.mode, by: trust.by });
    return giveUp(app, claim, { cause: 'trust', queue }, { fields: { rte } });
  }
  if (models.length === 0) return giveUp(app, claim, { cause: 'no_model', queue });

  const earlier = await readEarlier(app, claim.fields.pr);
  const prompt = createAnswerPrompt(runtime, route.tier, { ticket, classification, earlier });
  const result = await firstAnswer(app, claim, {
    models,
    request: (model) => prompt.request(model.chat.settings),
    accept: prompt.read,
    purpose: 'answer',
    cell: { queryType, language, tier },
    signal,
    tried: claim.fields.xm === null ? nothingTried : triedSchema.parse(JSON.parse(claim.fields.xm)),
  });
  const work = { config, ticket, classification, route, queue, deadline, destination, trust };
  await concludeAnswer(app, claim, work, result);
}

function whyNotAnswered(claim: AnswerClaim, deadline: number): string | null {
  if (claim.withPeople) return 'with_people';
  return claim.now >= deadline ? 'deadline' : null;
}

async function concludeAnswer(
  app: App,
  claim: AnswerClaim,
  work: Work,
  result: ChainResult<AnswerRead>,
): Promise<void> {
  if (result.kind === 'answer') return letOut(app, claim, work, result);
  if (result.kind === 'none') {
    const xm = JSON.stringify(result.tried);
    return giveUp(app, claim, { cause: result.cause, queue: work.queue }, { fields: { xm } });
  }
  if (result.kind === 'aborted') {
    await app.record.park(claim, { delayMs: 0, reason: 'interrupted' });
  }
  if (result.kind === 'later') {
    const { waitsFor } = result;
    const waitMs = waitsFor
      ? await waitsFor.model.breaker.spread({ waitMs: result.waitMs, paceMs: waitsFor.paceMs })
      : result.waitMs;
    // Only ever longer than asked for: tickets parked together do not come back together, and none comes too early.
    const jitter = 1 + 0.2 * app.random();
    const left = Math.max(0, work.deadline - app.now());
    const delayMs = Math.min(Math.min(waitMs, maxParkMs) * jitter, left + 50);
    const change = { fields: { xm: JSON.stringify(result.tried) } };
    await app.record.park(claim, { delayMs, reason: 'no model now' }, change);
    app.log.info(
      { ticketId: claim.ticketId, tier: work.route.tier, ms: Math.round(delayMs) },
      'ticket.parked',
    );
  }
}

type Answered = ChainResult<AnswerRead> & { kind: 'answer' };

/** Sent, a draft, or thrown away for people to answer: the call is booked either way. */
async function letOut(app: App, claim: AnswerClaim, work: Work, result: Answered): Promise<void> {
  const { model, number, row } = result;
  const { queryType, language, tier } = work.classification;
  const cell = { model: model.name, queryType, language, tier, purpose: 'answer' as const };
  const outgoing = await outgoingOf(work.config, work, result.value);
  const { failed } = outgoing;
  const rte = JSON.stringify({
    ...work.route,
    model: model.name,
    mode: outgoing.kind === 'people' ? 'people' : outgoing.mode,
    by: work.trust.by,
    ...(failed.length > 0 ? { checks: failed } : {}),
  });
  const rows = [{ number, row, cell, fault: null, countsTicket: outgoing.kind === 'send' }];
  const change = { fields: { rte }, rows };
  if (outgoing.kind === 'send') return storeAnswer(app, claim, { work, result, outgoing }, change);
  return giveUp(app, claim, { cause: outgoing.cause, queue: work.queue }, change);
}

/** From here on the answer is the stored bytes: whatever is delivered, however often, is these. */
async function storeAnswer(
  app: App,
  claim: AnswerClaim,
  { work, result, outgoing }: { work: Work; result: Answered; outgoing: Outgoing & { kind: 'send' } },
  change: Change,
): Promise<void> {
  const { ticket, classification, route, destination } = work;
  const { row, model, answer } = result;
  const { mode, text, why, failed } = outgoing;
  const payload = buildReplyPayload({
    kind: 'answer',
    ticketId: claim.ticketId,
    generation: Number(claim.fields.gen ?? '1'),
    ticket,
    atMs: app.now(),
    text,
    language: classification.language,
    mode,
    classification,
    model: model.name,
    provider: model.chat.settings.provider.name,
    failovers: result.failovers,
    usage: answer.usage,
    costUsd: row.nanoUsd === null || row.nanoUsd === undefined ? null : usdNumber(row.nanoUsd),
    sources: result.value.sources,
  });
  const advanced = await sendToDelivery(
    app,
    claim,
    {
      lane: ticket.lane,
      type: mode === 'draft' ? 'draft' : 'reply',
      body: JSON.stringify(payload),
      destination,
      returnTo: work.queue,
    },
    {
      ...change,
      detail: `by ${model.name}${tooLongFor(result.tooLong)}${why}`,
    },
  );
  app.log.info(
    {
      ticketId: claim.ticketId,
      tier: route.tier,
      model: model.name,
      failovers: result.failovers,
      mode,
      checks: failed,
      ms: row.durationMs,
      nanoUsd: row.nanoUsd,
      stored: advanced.kind === 'advanced',
    },
    'ticket.answered',
  );
}

function tooLongFor(models: string[]): string {
  return models.length === 0 ? '' : `; too long for ${models.join(', ')}`;
}

const earlierSchema = ticketSchema.pick({ createdAt: true, subject: true, body: true });

/** The unanswered messages that this ticket speaks for, oldest first. */
async function readEarlier(app: App, covered: string | null): Promise<EarlierMessage[]> {
  if (!covered) return [];
  const stored = await app.record.readFields(covered.split(','), 'tk');
  return stored
    .flatMap((json) => (json === null ? [] : [earlierSchema.parse(JSON.parse(json))]))
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt));
}
