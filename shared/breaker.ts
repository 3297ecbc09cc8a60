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

/** How a call ended, for the breaker. `trip` opens it at once, for long: a refused key, an exhausted quota. */
export type CallVerdict =
  | { kind: 'success' }
  | { kind: 'failure' }
  | { kind: 'neutral' }
  | { kind: 'trip'; forMs: number };

export type Permit =
  | { kind: 'granted'; failures: number; probe: string | null }
  | { kind: 'open'; waitMs: number };

class BreakerFailure extends Error {}

export type Breaker = {
  /** Asks the circuit here, then the one shared by all processes. */
  reserve: (probeLeaseMs: number) => Promise<Permit>;
  /** Runs a permitted call through the circuit. Returns what `call` returned; `verdictOf` says what it means for it. */
  run: <T>(
    permit: Permit & { kind: 'granted' },
    call: () => Promise<T>,
    verdictOf: (result: T) => CallVerdict,
  ) => Promise<T>;
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
  const circuit = new CircuitBreaker((call: () => Promise<unknown>) => call(), {
    name: identity.model,
    timeout: false,
    errorThresholdPercentage: 50,
    volumeThreshold: settings.failures,
    rollingCountTimeout: settings.windowMs,
    rollingCountBuckets: 10,
    resetTimeout: NEVER_MS,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
  const processToken = randomBytes(6).toString('base64url');
  let reservations = 0;
  // 0 while this process believes the model may be called. The circuit may also open by its own statistics; the shared
  // breaker then decides within the same call whether it stays so.
  let openUntil = 0;
  const opened = (waitMs: number): void => {
    if (openUntil === 0) options.onOpen?.(identity.model, waitMs);
    openUntil = options.now() + waitMs;
    circuit.open();
  };
  const closed = (): void => {
    if (openUntil !== 0) options.onClose?.(identity.model);
    openUntil = 0;
    circuit.close();
  };
  const report = async (verdict: CallVerdict, probe: string | null): Promise<void> => {
    const reply = await runScript(redis, 'models/report', identity.key, [
      verdict.kind,
      probe ?? '',
      settings.failures,
      settings.windowMs,
      settings.resetMs,
      Math.round(options.random() * 200),
      verdict.kind === 'trip' ? verdict.forMs : 0,
    ]);
    if (reply[0] === 'open') opened(Number(reply[1]));
    else closed();
  };

  return {
    async reserve(probeLeaseMs) {
      const waitMs = openUntil - options.now();
      if (circuit.opened && waitMs > 0) return { kind: 'open', waitMs };
      reservations += 1;
      const probe = `${processToken}.${reservations}`;
      const reply = await runScript(redis, 'models/reserve', identity.key, [
        probe,
        probeLeaseMs,
        settings.windowMs,
      ]);
      if (reply[0] === 'open') {
        opened(Number(reply[1]));
        return { kind: 'open', waitMs: Number(reply[1]) };
      }
      if (circuit.opened) closed();
      if (reply[0] === 'probe') return { kind: 'granted', failures: settings.failures, probe };
      return { kind: 'granted', failures: Number(reply[1]), probe: null };
    },

    async run(permit, call, verdictOf) {
      const outcome: { result?: { value: Awaited<ReturnType<typeof call>> } } = {};
      const action = async (): Promise<void> => {
        const value = await call();
        outcome.result = { value };
        const verdict = verdictOf(value);
        if (verdict.kind === 'failure' || verdict.kind === 'trip') throw new BreakerFailure();
      };
      try {
        await circuit.fire(action);
      } catch (error) {
        // The circuit shut between permit and fire: another call of this process just failed. The permit still counts.
        if (!(error instanceof BreakerFailure) && !outcome.result) {
          if (isOpenCircuit(error)) await action().catch(onlyBreakerFailures);
          else throw error;
        }
      }
      const { value } = outcome.result!;
      const verdict = verdictOf(value);
      // A success is news only to a breaker that counts failures; the usual call costs no second round trip.
      const isNews = verdict.kind === 'failure' || verdict.kind === 'trip' || permit.probe !== null;
      if (isNews || (verdict.kind === 'success' && permit.failures > 0)) await report(verdict, permit.probe);
      return value;
    },

    isOpen: () => circuit.opened && openUntil > options.now(),
    close: () => circuit.shutdown(),
  };
}

function isOpenCircuit(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EOPENBREAKER';
}

function onlyBreakerFailures(error: unknown): void {
  if (!(error instanceof BreakerFailure)) throw error;
}
