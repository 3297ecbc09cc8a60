/** One call of one model: permit, ledger row, circuit, outcome. */
import type { App } from '../app.ts';
import type { Breaker } from '../breaker.ts';
import { costOf } from '../ledger/money.ts';
import type { Price } from '../ledger/money.ts';
import type { Pricing } from '../ledger/model-pricing.ts';
import type { Claim } from '../record/record.ts';
import type { Cell, Purpose, Row, SettledRow } from '../record/ledger-rows.ts';
import type { ChatAnswer, ChatFailure, ChatModel, ChatOutcome, ChatRequest, ModelSettings } from './chat.ts';
import { faultRules, longTripMs } from './faults.ts';
import { outputLimit } from './output-limit.ts';
import { promptTokens } from './prompt-tokens.ts';
import type { CallVerdict } from './gate.ts';

/** A model as the running system knows it. */
export type ModelHandle = {
  name: string;
  /** Of the configuration that it was made of. */
  configVersion: string;
  chat: ChatModel;
  breaker: Breaker;
  /** null where no price is known: its calls cost null, loudly. */
  priceAt: Pricing;
};

export type CallResult =
  /**
   * Not called: open breaker, a limit, or the provider asked to be left alone. `waitMs` until it may be worth asking again;
   * `paceMs`: how far apart tickets should do so.
   */
  | { kind: 'unavailable'; waitMs: number; paceMs: number }
  /** Not called: the lease is somebody else's. */
  | { kind: 'lost' }
  /** The row is not settled yet: it goes with the transition that stores the answer. */
  | { kind: 'answer'; answer: ChatAnswer; number: number; row: Row }
  /** Settled already. A probe was made for all tickets, so it is no attempt of this one. */
  | { kind: 'failure'; failure: ChatFailure; isProbe: boolean };

const leaseSlackMs = 5000;

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
  const expected = expectedOf(call.request, settings);
  const permit = await model.breaker.reserve(
    settings.timeoutMs + leaseSlackMs,
    expected.inputTokens + expected.outputTokens,
  );
  if (permit.kind !== 'granted') {
    return { kind: 'unavailable', waitMs: permit.waitMs, paceMs: permit.paceMs };
  }
  const opened = openRow(model, { purpose: call.purpose, startedAt: app.now(), expected });
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
  const facts = {
    ticketId: claim.ticketId,
    model: model.name,
    provider: settings.provider.name,
    fault: outcome.fault,
    status: outcome.status,
    ms: row.durationMs,
  };
  // Such as a refused key: nobody but a person can mend it.
  if (faultRules[outcome.fault].alert) {
    app.log.error({ ...facts, cure: '`tierline doctor` says what to do' }, 'call.failed');
  } else {
    app.log.warn(facts, 'call.failed');
  }
  return { kind: 'failure', failure: outcome, isProbe: permit.isProbe };
}

function verdictOn(outcome: ChatOutcome): CallVerdict {
  const { usage } = outcome;
  const used = usage === null ? null : usage.inputTokens + usage.outputTokens;
  if (outcome.kind === 'answer') return { kind: 'success', tokens: used };
  const { fault, retryAfterMs, possiblyBilled } = outcome;
  // What was refused before any work used nothing of what was reserved for it.
  const tokens = used ?? (possiblyBilled ? null : 0);
  const rule = faultRules[fault];
  const said = {
    tokens,
    tooOften: fault === 'rate_limited',
    ...(retryAfterMs === null ? {} : { quietMs: retryAfterMs }),
  };
  if (rule.tripsLong !== null) {
    const why = fault === 'quota' ? 'quota' : 'key';
    return { kind: 'trip', forMs: longTripMs, scope: rule.tripsLong, why, ...said };
  }
  return { kind: rule.countsAgainstBreaker ? 'failure' : 'neutral', ...said };
}

/** What a call is expected to use: the provider counts the answer's limit as soon as the call begins. */
function expectedOf(request: ChatRequest, settings: ModelSettings): Expected {
  return { inputTokens: promptTokens(request, settings), outputTokens: outputLimit(request, settings) };
}

type Expected = { inputTokens: number; outputTokens: number };

/** What the call cannot cost more than: the estimate of a prompt is at most a tenth too low. */
function mostOf({ inputTokens, outputTokens }: Expected, price: Price | null): number | null {
  if (price === null) return null;
  const most = Math.ceil(inputTokens / 0.9);
  const isCacheDearer = price.attoUsd.cacheWrite > price.attoUsd.input;
  const rest = { cachedInputTokens: 0, outputTokens, reasoningTokens: 0 };
  return costOf({ inputTokens: most, cacheWriteTokens: isCacheDearer ? most : 0, ...rest }, price);
}

function openRow(
  model: ModelHandle,
  { purpose, startedAt, expected }: { purpose: Purpose; startedAt: number; expected: Expected },
): Row {
  return {
    model: model.name,
    provider: model.chat.settings.provider.name,
    purpose,
    startedAt,
    configVersion: model.configVersion,
    mostNanoUsd: mostOf(expected, model.priceAt(startedAt, expected.inputTokens)),
  };
}

function closeRow(opened: Row, outcome: ChatOutcome, endedAt: number, model: ModelHandle): Row {
  const { usage } = outcome;
  const money = moneyOf(outcome, model.priceAt(opened.startedAt, usage?.inputTokens ?? 0));
  const ended = { ...opened, ...money, durationMs: endedAt - opened.startedAt, usage };
  if (outcome.kind === 'answer') {
    const { servedModel, requestId } = outcome;
    return { ...ended, fault: null, servedModel, requestId, possiblyBilled: false };
  }
  const possiblyBilled = outcome.possiblyBilled && usage === null;
  return { ...ended, fault: outcome.fault, servedModel: null, requestId: null, possiblyBilled };
}

/**
 * What the call cost: by the price in tierline.yaml, else by a gateway's own word, else by the price book; zero where the
 * provider refused it before doing work; unknown (null, loud) where it may have been billed without telling us, or where
 * its price is not known.
 */
function moneyOf(
  outcome: ChatOutcome,
  price: Price | null,
): { nanoUsd: number | null; priceVersion: string | null } {
  const priceVersion = price?.version ?? null;
  if (outcome.kind === 'failure' && outcome.usage === null && !outcome.possiblyBilled) {
    return { nanoUsd: 0, priceVersion };
  }
  const isPriceOurs = price?.version === 'tierline.yaml';
  if (!isPriceOurs && outcome.reportedNanoUsd !== undefined) {
    return { nanoUsd: outcome.reportedNanoUsd, priceVersion: 'reported' };
  }
  return { nanoUsd: costOf(outcome.usage, price), priceVersion };
}
