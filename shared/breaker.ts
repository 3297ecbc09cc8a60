/**
 * The only importer of opossum. One circuit per model and process stops calls at once and without a round trip; what all
 * processes know together (failures, openings, the single probe, limits) is kept in Redis, see models/gate.ts.
 *
 * opossum's own timer never half-opens it: with N processes that would be N probes. Nor are its timeout, abort controller
 * and capacity used: a timeout there leaves the call running, the controller is shared by all calls, a full capacity counts
 * as a failure.
 */
import CircuitBreaker from 'opossum';
import { createGate } from './models/gate.ts';
import type {
  BreakerSettings,
  CallVerdict,
  Gate,
  GateIdentity,
  GateState,
  Granted,
  LimitSettings,
  Permit,
} from './models/gate.ts';
import type { Redis } from './redis.ts';

const NEVER_MS = 2 ** 31 - 1;

export type Breaker = {
  /** Asks the circuit here, then what all processes share; takes what the call needs. `leaseMs`: longer than any call. */
  reserve: (leaseMs: number, tokens: number) => Promise<Permit>;
  /** Runs a permitted call through the circuit. Returns what `call` returned; `verdictOf` says what it means for it. */
  run: <T>(permit: Granted, call: () => Promise<T>, verdictOf: (result: T) => CallVerdict) => Promise<T>;
  /** Gives back a permit whose call will not be made, so that another one can be the probe. */
  release: (permit: Granted) => Promise<void>;
  spread: Gate['spread'];
  /** For status pages: open here, and until when (ms, this process's clock). */
  isOpen: () => boolean;
  close: () => void;
};

export type BreakerEvents = {
  onOpen?: (model: string, waitMs: number, scope: 'model' | 'account') => void;
  onClose?: (model: string) => void;
  /** A report that failed although nobody waits for it. */
  onError: (error: Error) => void;
};

/** What is open is asked again after so long, should somebody have closed it by hand. */
const askAgainMs = 2000;

export function createBreaker(
  redis: Redis,
  identity: GateIdentity,
  settings: { breaker: BreakerSettings; limits: LimitSettings },
  options: { now: () => number; random: () => number } & BreakerEvents,
): Breaker {
  const gate = createGate(redis, identity, settings, options.random);
  const circuit = createCircuit(identity.model, settings.breaker);
  const local = createLocalState(identity.model, circuit, options);
  const report = async (permit: Granted, verdict: CallVerdict): Promise<void> => {
    local.follow(await gate.report(permit, verdict));
  };
  return {
    async release(permit) {
      const state = await gate.giveBack(permit);
      if (state) local.follow(state);
    },

    async reserve(leaseMs, tokens) {
      const waitMs = local.knownWaitMs();
      if (circuit.opened && waitMs > 0) return { kind: 'open', waitMs, paceMs: 50 };
      const permit = await gate.reserve(leaseMs, tokens);
      if (permit.kind === 'open') local.follow({ kind: 'open', waitMs: permit.waitMs, scope: 'model' });
      // The circuit stays open for a probe: only its success closes it.
      if (permit.kind === 'granted' && !permit.isProbe) {
        local.follow({ kind: 'closed', failures: permit.failures });
      }
      return permit;
    },

    async run(permit, call, verdictOf) {
      const { value, verdict } = await fire(circuit, call, verdictOf).catch(async (error: unknown) => {
        await report(permit, { kind: 'neutral' });
        throw error;
      });
      if (isNews(permit, verdict, local.failures())) {
        // What the call brought is paid for, and stays whatever becomes of the report.
        const reported = report(permit, verdict).catch(options.onError);
        // What a usual success gives back is nothing that its answer has to wait for.
        if (permit.isProbe || verdict.kind !== 'success') await reported;
      }
      return value;
    },

    spread: (wait) => gate.spread(wait),
    isOpen: () => circuit.opened && local.waitMs() > 0,
    close: () => circuit.shutdown(),
  };
}

/** A usual call of a healthy model without limits costs no second round trip. */
function isNews(permit: Granted, verdict: CallVerdict, failuresCounted: number): boolean {
  if (permit.isProbe || permit.mustReport || isFailure(verdict)) return true;
  if (verdict.quietMs !== undefined || verdict.tooOften === true) return true;
  return verdict.kind === 'success' && failuresCounted > 0;
}

type Action = () => Promise<void>;
type Circuit = CircuitBreaker<[Action], void>;

function createCircuit(name: string, settings: BreakerSettings): Circuit {
  return new CircuitBreaker((action: Action) => action(), {
    name,
    timeout: false,
    errorThresholdPercentage: 50,
    volumeThreshold: settings.failures,
    rollingCountTimeout: settings.windowMs,
    rollingCountBuckets: 10,
    resetTimeout: NEVER_MS,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
}

/** What this process knows of the shared breaker, and its circuit, which follows. */
function createLocalState(model: string, circuit: Circuit, options: { now: () => number } & BreakerEvents) {
  // The shared count as last heard of: a success is news only while it is above zero.
  let failures = 0;
  // 0 while this process believes the model may be called. The circuit may also open by its own statistics; the shared
  // breaker then decides within the same call whether it stays so.
  let openUntil = 0;
  let askedAt = 0;
  return {
    failures: () => failures,
    waitMs: () => openUntil - options.now(),
    /** 0 where it is time to ask again. */
    knownWaitMs: () => (options.now() < askedAt + askAgainMs ? openUntil - options.now() : 0),
    follow(state: GateState): void {
      if (state.kind === 'open') {
        if (openUntil === 0) options.onOpen?.(model, state.waitMs, state.scope);
        askedAt = options.now();
        openUntil = askedAt + state.waitMs;
        circuit.open();
        return;
      }
      failures = state.failures;
      if (openUntil !== 0) options.onClose?.(model);
      openUntil = 0;
      circuit.close();
    },
  };
}

class BreakerFailure extends Error {}

/** Calls through the circuit, which learns the verdict by being thrown at. Throws only what `call` threw. */
async function fire<T>(
  circuit: Circuit,
  call: () => Promise<T>,
  verdictOf: (result: T) => CallVerdict,
): Promise<{ value: T; verdict: CallVerdict }> {
  let ended: { value: T; verdict: CallVerdict } | null = null;
  const action = async (): Promise<void> => {
    const value = await call();
    const verdict = verdictOf(value);
    ended = { value, verdict };
    if (isFailure(verdict)) throw new BreakerFailure();
  };
  try {
    await circuit.fire(action).catch((error: unknown) => {
      // A probe, or the circuit shut between permit and fire: the permit counts all the same.
      if (isOpenCircuit(error)) return action();
      throw error;
    });
  } catch (error) {
    if (!(error instanceof BreakerFailure)) throw error;
  }
  return ended!;
}

const isFailure = ({ kind }: CallVerdict): boolean => kind === 'failure' || kind === 'trip';

function isOpenCircuit(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EOPENBREAKER';
}
