/**
 * The only importer of opossum. One circuit per model and process stops calls at once and without a round trip; what all
 * processes know together (failures, openings, the single probe) is kept in Redis by reserve.lua and report.lua.
 *
 * opossum's own timer never half-opens it: with N processes that would be N probes. Nor are its timeout, abort controller
 * and capacity used: a timeout there leaves the call running, the controller is shared by all calls, a full capacity counts
 * as a failure.
 */
import CircuitBreaker from 'opossum';
import { randomBytes } from 'node:crypto';
import { runScript } from './redis.ts';
import type { Redis } from './redis.ts';

const NEVER_MS = 2 ** 31 - 1;

export type BreakerSettings = { failures: number; windowMs: number; resetMs: number };

/**
 * How a call ended, for the breaker. `trip` opens it at once, for long: a refused key, an exhausted quota. `quietMs` is the
 * wait that the provider asked for, which holds for all processes without being a failure.
 */
export type CallVerdict = (
  | { kind: 'success' }
  | { kind: 'failure' }
  | { kind: 'neutral' }
  | { kind: 'trip'; forMs: number }
) & { quietMs?: number };

/** `probe` names the one trial call of all processes; null for a usual call. */
export type Granted = { kind: 'granted'; probe: string | null };
export type Permit = Granted | { kind: 'open' | 'quiet'; waitMs: number };

export type Breaker = {
  /** Asks the circuit here, then the one shared by all processes. */
  reserve: (probeLeaseMs: number) => Promise<Permit>;
  /** Runs a permitted call through the circuit. Returns what `call` returned; `verdictOf` says what it means for it. */
  run: <T>(permit: Granted, call: () => Promise<T>, verdictOf: (result: T) => CallVerdict) => Promise<T>;
  /** Gives back a permit whose call will not be made, so that another one can be the probe. */
  release: (permit: Granted) => Promise<void>;
  /** For status pages: open here, and until when (ms, this process's clock). */
  isOpen: () => boolean;
  close: () => void;
};

export type BreakerEvents = {
  onOpen?: (model: string, waitMs: number) => void;
  onClose?: (model: string) => void;
};

export function createBreaker(
  redis: Redis,
  identity: { model: string; key: string },
  settings: BreakerSettings,
  options: { now: () => number; random: () => number } & BreakerEvents,
): Breaker {
  const circuit = createCircuit(identity.model, settings);
  const local = createLocalState(identity.model, circuit, options);
  const processToken = randomBytes(6).toString('base64url');
  let reservations = 0;

  const report = async (verdict: CallVerdict, probe: string | null): Promise<void> => {
    const [state, amount] = await runScript(redis, { name: 'models/report', key: identity.key, shared: [] }, [
      verdict.kind,
      probe ?? '',
      settings.failures,
      settings.windowMs,
      settings.resetMs,
      Math.round(options.random() * 200),
      verdict.kind === 'trip' ? verdict.forMs : 0,
      Math.round(verdict.quietMs ?? 0),
    ]);
    if (state === 'open') local.opened(Number(amount));
    else local.closed(Number(amount));
  };
  const release = async ({ probe }: Granted): Promise<void> => {
    if (probe !== null) await report({ kind: 'neutral' }, probe);
  };

  return {
    release,

    async reserve(probeLeaseMs) {
      const waitMs = local.waitMs();
      if (circuit.opened && waitMs > 0) return { kind: 'open', waitMs };
      reservations += 1;
      const probe = `${processToken}.${reservations}`;
      const shared = [probeLeaseMs, settings.windowMs];
      const reservation = { name: 'models/reserve', key: identity.key, shared } as const;
      const [state, amount] = await runScript(redis, reservation, [probe]);
      if (state === 'open') local.opened(Number(amount));
      if (state === 'open' || state === 'quiet') return { kind: state, waitMs: Number(amount) };
      // The circuit stays open for a probe: only its success closes it.
      if (state === 'probe') return { kind: 'granted', probe };
      local.closed(Number(amount));
      return { kind: 'granted', probe: null };
    },

    async run(permit, call, verdictOf) {
      try {
        const { value, verdict } = await fire(circuit, call, verdictOf);
        // A usual call of a healthy model costs no second round trip.
        const isNews = isFailure(verdict) || permit.probe !== null || verdict.quietMs !== undefined;
        if (isNews || (verdict.kind === 'success' && local.failures() > 0)) {
          await report(verdict, permit.probe);
        }
        return value;
      } catch (error) {
        await release(permit);
        throw error;
      }
    },

    isOpen: () => circuit.opened && local.waitMs() > 0,
    close: () => circuit.shutdown(),
  };
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
  return {
    failures: () => failures,
    waitMs: () => openUntil - options.now(),
    opened(waitMs: number): void {
      if (openUntil === 0) options.onOpen?.(model, waitMs);
      openUntil = options.now() + waitMs;
      circuit.open();
    },
    closed(failuresCounted: number): void {
      failures = failuresCounted;
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
