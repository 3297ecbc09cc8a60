/** Along a chain of models: the first usable answer, or what to do instead. */
import { z } from 'zod';
import type { App } from '../app.ts';
import type { Claim } from '../record/record.ts';
import type { Cell, Purpose, Row } from '../record/ledger-rows.ts';
import { callModel } from './call.ts';
import type { ModelHandle } from './call.ts';
import type { ChatAnswer, ChatRequest, Fault, ModelSettings } from './chat.ts';
import { faultRules, longTripMs } from './faults.ts';
import type { FaultRule } from './faults.ts';
import { fitsWindow, promptTokens } from './prompt-tokens.ts';

/** What a ticket has been through on its chain; kept with it while it is parked. */
export const triedSchema = z.object({
  /** Models that said no to it for good, by name. */
  excluded: z.array(z.string()),
  /** Passes along the chain that used up an attempt: a call failed, and not as a probe or for a rate limit. */
  failed: z.number().int(),
  /** Passes that only met rate limits. */
  limited: z.number().int(),
});
export type Tried = z.infer<typeof triedSchema>;
export const nothingTried: Tried = { excluded: [], failed: 0, limited: 0 };

export type ChainResult<T> =
  | {
      kind: 'answer';
      value: T;
      answer: ChatAnswer;
      model: ModelHandle;
      number: number;
      row: Row;
      /** Models of the chain that were passed over before this one. */
      failovers: number;
      /** Those among them that were not asked, for the ticket does not fit into them. */
      tooLong: string[];
    }
  /** Nothing can answer now; `waitMs` is the earliest moment at which something may. */
  | { kind: 'later'; waitMs: number; waitsFor: WaitsFor | null; tried: Tried }
  /** Every model of the chain has said no for good (the last one's fault), or there were enough attempts. */
  | { kind: 'none'; cause: Fault | 'attempts'; tried: Tried }
  /** Our own doing: the process drains, or the lease went to somebody else in the middle of a call. */
  | { kind: 'aborted' }
  | { kind: 'lost' };

/** The model that will be free first, and how far apart those who wait for it should come back. */
type WaitsFor = { model: ModelHandle; paceMs: number };

export type ChainCall<T> = {
  models: ModelHandle[];
  request: (model: ModelHandle) => ChatRequest;
  /** The answer's last proof: null refuses it, as fault `schema`. */
  accept: (answer: ChatAnswer) => T | null;
  purpose: Purpose;
  cell: Omit<Cell, 'model' | 'purpose'>;
  signal: AbortSignal;
  tried: Tried;
};

/** A model that failed is asked again with the same ticket after this, doubled with every pass, at most the longest. */
const retryMs = 1000;
const longestRetryMs = 60_000;
/** A breaker takes a dead provider out after a few passes; more than these fail because of the ticket, and cost money. */
const maxFailedPasses = 10;

type Pass = {
  excluded: Set<string>;
  /** Left out of this pass only. */
  skipped: Set<string>;
  /** Not asked in this pass: its window is too small for this ticket. Told anew in the next, for windows are settings. */
  tooLong: string[];
  waitMs: number | null;
  waitsFor: WaitsFor | null;
  retryMs: number;
  lastFault: Fault | null;
  hasFailed: boolean;
  wasLimited: boolean;
};

export async function firstAnswer<T>(
  app: App,
  claim: Pick<Claim<never>, 'ticketId' | 'token'>,
  call: ChainCall<T>,
): Promise<ChainResult<T>> {
  const { failed, limited, excluded } = call.tried;
  const pass: Pass = {
    excluded: new Set(excluded),
    skipped: new Set(),
    tooLong: [],
    waitMs: null,
    waitsFor: null,
    retryMs: Math.min(retryMs * 2 ** (failed + limited), longestRetryMs),
    lastFault: null,
    hasFailed: false,
    wasLimited: false,
  };
  for (const [position, model] of call.models.entries()) {
    if (pass.excluded.has(model.name) || pass.skipped.has(model.name)) continue;
    const request = call.request(model);
    if (!fitsWindow(request, model.chat.settings)) {
      noteTooLong(app, claim, pass, { model, request });
      continue;
    }
    const result = await callModel(app, claim, model, { ...call, request });
    if (result.kind === 'lost') return { kind: 'lost' };
    if (result.kind === 'unavailable') {
      waitAtMost(pass, result.waitMs, { model, paceMs: result.paceMs });
    } else if (result.kind === 'answer') {
      const value = call.accept(result.answer);
      if (value !== null) return { ...result, value, model, failovers: position, tooLong: pass.tooLong };
      await settleRefused(app, claim, call, { model, number: result.number, row: result.row });
      noteFault(pass, call.models, { model, fault: 'schema', retryAfterMs: null, isProbe: false });
    } else {
      const { fault, retryAfterMs } = result.failure;
      if (fault === 'aborted') return { kind: 'aborted' };
      noteFault(pass, call.models, { model, fault, retryAfterMs, isProbe: result.isProbe });
    }
  }
  return concludePass(pass, call.tried);
}

/** A prompt that surely does not fit is not sent: some servers cut it in silence, instructions first. */
function noteTooLong(
  app: App,
  claim: Pick<Claim<never>, 'ticketId'>,
  pass: Pass,
  { model, request }: { model: ModelHandle; request: ChatRequest },
): void {
  const { settings } = model.chat;
  pass.tooLong.push(model.name);
  pass.lastFault ??= 'too_long';
  app.log.warn(
    {
      ticketId: claim.ticketId,
      model: model.name,
      promptTokens: promptTokens(request, settings),
      contextTokens: settings.contextTokens,
    },
    'call.too_long',
  );
}

function waitAtMost(pass: Pass, waitMs: number, waitsFor: WaitsFor | null): void {
  if (pass.waitMs !== null && pass.waitMs <= waitMs) return;
  pass.waitMs = waitMs;
  pass.waitsFor = waitsFor;
}

/** What a fault means for this ticket: which models are still worth asking, now or later. */
function noteFault(
  pass: Pass,
  models: ModelHandle[],
  failed: { model: ModelHandle; fault: Fault; retryAfterMs: number | null; isProbe: boolean },
): void {
  const { model, fault } = failed;
  const rule = faultRules[fault];
  pass.lastFault = fault;
  if (!rule.isAttempt) pass.wasLimited = true;
  else if (!failed.isProbe) pass.hasFailed = true;

  const mayRecover = rule.countsAgainstBreaker || !rule.isAttempt || rule.tripsLong !== null;
  if (mayRecover) {
    const tripMs = rule.tripsLong === null ? null : longTripMs;
    // Some say "at once" for ever: never earlier than asked, and later with every pass.
    waitAtMost(pass, tripMs ?? Math.max(failed.retryAfterMs ?? 0, pass.retryMs), null);
  }
  for (const other of models) {
    if (other !== model && !sharesFault(model.chat.settings, other.chat.settings, rule)) continue;
    (mayRecover ? pass.skipped : pass.excluded).add(other.name);
  }
}

/** True where asking the other model instead would end in the same way. */
function sharesFault(failed: ModelSettings, other: ModelSettings, { next }: FaultRule): boolean {
  if (next === 'larger_window') return other.contextTokens <= failed.contextTokens;
  return next === 'other_provider' && other.provider.name === failed.provider.name;
}

function concludePass(pass: Pass, before: Tried): Exclude<ChainResult<never>, { kind: 'answer' }> {
  const tried: Tried = {
    excluded: [...pass.excluded],
    failed: before.failed + (pass.hasFailed ? 1 : 0),
    limited: before.limited + (pass.wasLimited && !pass.hasFailed ? 1 : 0),
  };
  if (pass.waitMs === null) return { kind: 'none', cause: pass.lastFault ?? 'attempts', tried };
  if (tried.failed >= maxFailedPasses) return { kind: 'none', cause: 'attempts', tried };
  return { kind: 'later', waitMs: pass.waitMs, waitsFor: pass.waitsFor, tried };
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
