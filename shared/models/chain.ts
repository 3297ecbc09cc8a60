/** Along a chain of models: the first usable answer, or what to do instead. */
import type { App } from '../app.ts';
import type { Claim } from '../record/record.ts';
import type { Cell, Purpose, Row } from '../record/ledger-rows.ts';
import { callModel } from './call.ts';
import type { ModelHandle } from './call.ts';
import type { ChatAnswer, ChatRequest, Fault } from './chat.ts';
import { faultRules } from './faults.ts';

export type ChainResult<T> =
  | {
      kind: 'answer';
      value: T;
      answer: ChatAnswer;
      model: ModelHandle;
      number: number;
      row: Row;
      failovers: number;
    }
  /** Nothing can answer now; `waitMs` is the earliest moment at which something may. */
  | { kind: 'later'; waitMs: number; excluded: string[] }
  /** Every model of the chain has said no for good. */
  | { kind: 'none'; fault: Fault | null; excluded: string[] }
  | { kind: 'lost' };

export type ChainCall<T> = {
  models: ModelHandle[];
  request: (model: ModelHandle) => ChatRequest;
  /** The answer's last proof: null refuses it, as fault `schema`. */
  accept: (answer: ChatAnswer) => T | null;
  purpose: Purpose;
  cell: Omit<Cell, 'model' | 'purpose'>;
  signal: AbortSignal;
  /** Models that already said no to this ticket for good, by name. */
  excluded: string[];
};

/** Failed calls are tried again after this, when no breaker says otherwise. */
const retryMs = 1000;

type Outlook = {
  waitMs: number | null;
  lastFault: Fault | null;
  tried: number;
  minimumContext: number;
  skipProvider: Set<string>;
};

export async function firstAnswer<T>(
  app: App,
  claim: Pick<Claim<never>, 'ticketId' | 'token'>,
  call: ChainCall<T>,
): Promise<ChainResult<T>> {
  const excluded = new Set(call.excluded);
  const outlook: Outlook = {
    waitMs: null,
    lastFault: null,
    tried: 0,
    minimumContext: 0,
    skipProvider: new Set(),
  };
  const soonest = (waitMs: number): void => {
    outlook.waitMs = Math.min(outlook.waitMs ?? Infinity, waitMs);
  };
  for (const model of call.models) {
    if (excluded.has(model.name) || !mayHelp(model, outlook)) continue;
    const request = call.request(model);
    const result = await callModel(app, claim, model, { ...call, request });
    if (result.kind === 'lost') return { kind: 'lost' };
    if (result.kind === 'unavailable') {
      soonest(result.waitMs);
      continue;
    }
    outlook.tried += 1;
    if (result.kind === 'answer') {
      const value = call.accept(result.answer);
      if (value !== null) return { ...result, value, model, failovers: outlook.tried - 1 };
      await settleRefused(app, claim, call, { model, number: result.number, row: result.row });
    }
    const fault = result.kind === 'failure' ? result.failure.fault : 'schema';
    outlook.lastFault = fault;
    const wait = afterFault(fault, result.kind === 'failure' ? result.failure.retryAfterMs : null);
    if (fault === 'aborted') return { kind: 'later', waitMs: 0, excluded: [...excluded] };
    if (wait === null) excluded.add(model.name);
    else soonest(wait);
    narrow(outlook, fault, model);
    if (faultRules[fault].next === 'stop') break;
  }
  if (outlook.waitMs !== null) return { kind: 'later', waitMs: outlook.waitMs, excluded: [...excluded] };
  return { kind: 'none', fault: outlook.lastFault, excluded: [...excluded] };
}

/** When the same model may be asked again with the same ticket: after a wait, or (null) never. */
function afterFault(fault: Fault, retryAfterMs: number | null): number | null {
  const rule = faultRules[fault];
  if (rule.tripsLongMs !== null) return rule.tripsLongMs;
  const isModelsFault = rule.countsAgainstBreaker || !rule.isAttempt;
  return isModelsFault ? (retryAfterMs ?? retryMs) : null;
}

/** Which of the remaining models can do better than the one that failed. */
function narrow(outlook: Outlook, fault: Fault, model: ModelHandle): void {
  const { next } = faultRules[fault];
  if (next === 'larger_window') outlook.minimumContext = model.chat.settings.contextTokens + 1;
  if (next === 'other_provider') outlook.skipProvider.add(model.chat.settings.provider.name);
}

function mayHelp(model: ModelHandle, outlook: Outlook): boolean {
  const { contextTokens, provider } = model.chat.settings;
  return contextTokens >= outlook.minimumContext && !outlook.skipProvider.has(provider.name);
}

/** A paid answer that cannot be used is still money: its row is settled with the fault. */
async function settleRefused<T>(
  app: App,
  claim: Pick<Claim<never>, 'ticketId' | 'token'>,
  call: ChainCall<T>,
  refused: { model: ModelHandle; number: number; row: Row },
): Promise<void> {
  const cell = { ...call.cell, model: refused.model.name, purpose: call.purpose };
  const row: Row = { ...refused.row, fault: 'schema' };
  await app.record.settle(claim.ticketId, [
    { number: refused.number, row, cell, fault: 'schema', countsTicket: false },
  ]);
}
