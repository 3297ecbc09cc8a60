/**
 * What all processes know and take together about one model and its provider's account: limits, calls in flight, openings,
 * the single probe. One round trip a question; the scripts beside this file say how it is kept.
 */
import { randomBytes } from 'node:crypto';
import { runScript } from '../redis.ts';
import type { Redis } from '../redis.ts';

export type BreakerSettings = { failures: number; windowMs: number; resetMs: number };

/** What the provider's account allows over all processes; what is not given has no limit. */
export type LimitSettings = {
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  concurrency?: number;
};

/**
 * How a call ended. `trip` opens at once, for long: the model where it is unknown, the whole account where the key is
 * refused or the quota is used up (`why`; the key where it is not said). `quietMs` is the wait that the provider asked for, `tooOften` its word that we call too
 * often; both hold for all processes without being a failure. `tokens`: used, null where it did not say.
 */
export type CallVerdict = (
  | { kind: 'success' }
  | { kind: 'failure' }
  | { kind: 'neutral' }
  | { kind: 'trip'; forMs: number; scope: 'model' | 'account'; why?: 'key' | 'quota' }
) & { quietMs?: number; tooOften?: boolean; tokens?: number | null };

/**
 * `isProbe`: the one trial call of all processes. `token` and `tokens` are what is given back at its end, which must be
 * reported where `mustReport`. `failures`: counted so far.
 */
export type Granted = {
  kind: 'granted';
  isProbe: boolean;
  token: string;
  tokens: number;
  mustReport: boolean;
  failures: number;
  /** By the process's own clock (performance.now()). */
  grantedAtMs: number;
};

/** `paceMs`: how far apart tickets that wait for this model should come back. */
type Refused = { kind: 'open' | 'quiet' | 'limited'; waitMs: number; paceMs: number };
export type Permit = Granted | Refused;

export type GateState = { kind: 'closed'; failures: number } | Opened;
type Opened = { kind: 'open'; waitMs: number; scope: 'model' | 'account' };

/**
 * Whose gate it is. `base` is the account's key base. The identities are digests of what calls go to and with which key:
 * with another one, what is open is forgotten.
 */
export type GateIdentity = { model: string; base: string; accountIdentity: string; modelIdentity: string };

/** The key base of a provider's account: all that is shared about it lies under one hash tag. */
export const accountBase = (prefix: string, provider: string): string => `{${prefix}:${provider}}:`;

/** A reopening comes up to a fifth later than it could, so that systems that failed together do not return together. */
const maxJitterPerMille = 200;

export type Gate = ReturnType<typeof createGate>;

export function createGate(
  redis: Redis,
  identity: GateIdentity,
  settings: { breaker: BreakerSettings; limits: LimitSettings },
  random: () => number,
) {
  const { model, base, accountIdentity, modelIdentity } = identity;
  const { failures, windowMs, resetMs } = settings.breaker;
  const { requestsPerMinute = 0, tokensPerMinute = 0, concurrency = 0 } = settings.limits;
  const key = `${base}account`;
  const identities = [accountIdentity, modelIdentity];
  const perMinute = [requestsPerMinute, tokensPerMinute];
  const processToken = randomBytes(6).toString('base64url');
  let reservations = 0;

  const report = async (
    permit: Granted,
    outcome: CallVerdict['kind'] | 'unmade',
    verdict: CallVerdict | null,
  ): Promise<GateState> => {
    const shared = [base, model, failures, windowMs, resetMs, ...identities, ...perMinute];
    const trip = verdict?.kind === 'trip' ? verdict : null;
    const [state, amount, scope] = await runScript(redis, { name: 'models/report', key, shared }, [
      trip ? `trip_${trip.scope}` : outcome,
      permit.token,
      Math.round(random() * maxJitterPerMille),
      trip?.forMs ?? 0,
      Math.round(verdict?.quietMs ?? 0),
      verdict?.tooOften ? 1 : 0,
      permit.tokens,
      verdict?.tokens ?? -1,
      trip?.why ?? 'key',
      Math.round(performance.now() - permit.grantedAtMs),
    ]);
    return stateOf(state, amount, scope);
  };

  return {
    /** `leaseMs` is longer than any call: after it a place in flight, or the probe, of a dead process is free again. */
    async reserve(leaseMs: number, tokens: number): Promise<Permit> {
      reservations += 1;
      const token = `${processToken}.${reservations}`;
      const shared = [base, model, windowMs, leaseMs, ...identities, ...perMinute, concurrency];
      const reply = await runScript(redis, { name: 'models/reserve', key, shared }, [token, tokens]);
      return permitOf(reply, { token, tokens });
    },

    report: (permit: Granted, verdict: CallVerdict): Promise<GateState> =>
      report(permit, verdict.kind, verdict),

    /** A call that was not made gives back what it took; null where it took nothing. */
    async giveBack(permit: Granted): Promise<GateState | null> {
      if (!permit.isProbe && !permit.mustReport && requestsPerMinute === 0) return null;
      return report(permit, 'unmade', null);
    },

    /** How long a ticket that must wait `waitMs` for this model should, so that not all come back together. */
    async spread({ waitMs, paceMs }: { waitMs: number; paceMs: number }): Promise<number> {
      const line = { name: 'models/spread' as const, key, shared: [base, model] };
      const [ms] = await runScript(redis, line, [Math.ceil(waitMs), Math.ceil(paceMs)]);
      return Number(ms);
    },
  };
}

function permitOf(
  [state, amount, third]: readonly unknown[],
  taken: Pick<Granted, 'token' | 'tokens'>,
): Permit {
  if (state === 'open' || state === 'quiet' || state === 'limited') {
    return { kind: state, waitMs: Number(amount), paceMs: Number(third) };
  }
  return {
    kind: 'granted',
    isProbe: state === 'probe',
    ...taken,
    mustReport: third === 1,
    failures: Number(amount),
    grantedAtMs: performance.now(),
  };
}

function stateOf(state: unknown, amount: unknown, scope: unknown): GateState {
  if (state !== 'open') return { kind: 'closed', failures: Number(amount) };
  return { kind: 'open', waitMs: Number(amount), scope: scope === 'account' ? 'account' : 'model' };
}

/** Opens or closes a model's breaker by hand, in all processes, until it is `auto` again. */
export async function forceBreaker(
  redis: Redis,
  { base, model }: { base: string; model: string },
  state: 'open' | 'closed' | 'auto',
): Promise<void> {
  const force = { name: 'models/force' as const, key: `${base}account`, shared: [base, model] };
  await runScript(redis, force, [state]);
}
