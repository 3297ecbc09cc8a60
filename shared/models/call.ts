/** One call of one model: permit, ledger row, circuit, outcome. */
import type { App } from '../app.ts';
import type { Breaker, CallVerdict } from '../breaker.ts';
import { costOf } from '../ledger/money.ts';
import type { Price } from '../ledger/money.ts';
import type { Claim } from '../record/record.ts';
import type { Cell, Purpose, Row, SettledRow } from '../record/ledger-rows.ts';
import type { ChatAnswer, ChatFailure, ChatModel, ChatOutcome, ChatRequest } from './chat.ts';
import { faultRules } from './faults.ts';

/** A model as the running system knows it. */
export type ModelHandle = {
  name: string;
  chat: ChatModel;
  breaker: Breaker;
  /** null where no price is known: its calls cost null, loudly. */
  priceAt: (atMs: number, promptTokens: number) => Price | null;
};

export type CallResult =
  /** Not called: open breaker, or the provider asked to be left alone. `waitMs` until it may be worth asking again. */
  | { kind: 'unavailable'; waitMs: number }
  /** Not called: the lease is somebody else's. */
  | { kind: 'lost' }
  /** The row is not settled yet: it goes with the transition that stores the answer. */
  | { kind: 'answer'; answer: ChatAnswer; number: number; row: Row }
  /** Settled already. A probe was made for all tickets, so it is no attempt of this one. */
  | { kind: 'failure'; failure: ChatFailure; isProbe: boolean };

const probeSlackMs = 5000;

/** `cell` says where the money of a failed call is booked; a successful one's is decided by its caller. */
export async function callModel(
  app: App,
  claim: Pick<Claim<never>, 'ticketId' | 'token'>,
  model: ModelHandle,
  call: {
    request: ChatRequest;
    purpose: Purpose;
    cell: Omit<Cell, 'model' | 'purpose'>;
    signal: AbortSignal;
  },
): Promise<CallResult> {
  const { settings } = model.chat;
  const permit = await model.breaker.reserve(settings.timeoutMs + probeSlackMs);
  if (permit.kind !== 'granted') return { kind: 'unavailable', waitMs: permit.waitMs };
  const startedAt = app.now();
  const opened: Row = {
    model: model.name,
    provider: settings.provider.name,
    purpose: call.purpose,
    startedAt,
    configVersion: app.runtime().version,
  };
  const number = await app.record.openCall(claim, JSON.stringify(opened));
  if (number === null) {
    await model.breaker.release(permit);
    return { kind: 'lost' };
  }

  const outcome = await model.breaker.run(
    permit,
    () => model.chat.call(call.request, call.signal),
    verdictOn,
  );
  const row = closeRow(opened, outcome, app.now(), model);
  if (row.nanoUsd === null) {
    app.log.warn({ ticketId: claim.ticketId, model: model.name, purpose: call.purpose }, 'call.unpriced');
  }
  if (outcome.kind === 'answer') return { kind: 'answer', answer: outcome, number, row };

  const cell = { ...call.cell, model: model.name, purpose: call.purpose };
  const settled: SettledRow = { number, row, cell, fault: outcome.fault, countsTicket: false };
  await app.record.settle(claim.ticketId, [settled]);
  app.log.warn(
    {
      ticketId: claim.ticketId,
      model: model.name,
      fault: outcome.fault,
      status: outcome.status,
      ms: row.durationMs,
    },
    'call.failed',
  );
  return { kind: 'failure', failure: outcome, isProbe: permit.probe !== null };
}

function verdictOn(outcome: ChatOutcome): CallVerdict {
  if (outcome.kind === 'answer') return { kind: 'success' };
  const { fault, retryAfterMs } = outcome;
  const rule = faultRules[fault];
  const quiet = retryAfterMs === null ? {} : { quietMs: retryAfterMs };
  if (rule.tripsLongMs !== null) return { kind: 'trip', forMs: rule.tripsLongMs, ...quiet };
  return { kind: rule.countsAgainstBreaker ? 'failure' : 'neutral', ...quiet };
}

/**
 * What the call cost: by its usage where there is one; zero where the provider refused it before doing work; unknown (null,
 * loud) where it may have been billed without telling us, or where its price is not known.
 */
function closeRow(opened: Row, outcome: ChatOutcome, endedAt: number, model: ModelHandle): Row {
  const { usage } = outcome;
  const price = model.priceAt(opened.startedAt, usage?.inputTokens ?? 0);
  const isFree = outcome.kind === 'failure' && usage === null && !outcome.possiblyBilled;
  return {
    ...opened,
    durationMs: endedAt - opened.startedAt,
    fault: outcome.kind === 'failure' ? outcome.fault : null,
    usage,
    nanoUsd: isFree ? 0 : costOf(usage, price),
    servedModel: outcome.kind === 'answer' ? outcome.servedModel : null,
    requestId: outcome.kind === 'answer' ? outcome.requestId : null,
    possiblyBilled: outcome.kind === 'failure' && outcome.possiblyBilled && usage === null,
    priceVersion: price?.version ?? null,
  };
}
