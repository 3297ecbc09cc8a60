/** The time bounds of one call: in total, to the first byte and between bytes, together with the caller's signal. */
import type { Fault } from './chat.ts';

export type BoundFault = Extract<Fault, 'timeout_total' | 'timeout_first_byte' | 'timeout_idle' | 'aborted'>;

export type BoundTimes = {
  totalMs: number;
  /** To the first byte of the body; null for a call whose first byte comes with its last. */
  firstByteMs: number | null;
  idleMs: number;
};

export type Bounds = {
  /** Aborts when a bound is exceeded or the caller gives up; the connection is closed then. */
  signal: AbortSignal;
  /** Bytes have arrived. */
  touch: () => void;
  /** The answer is complete; what is left of the response is waited for at most `ms`. */
  linger: (ms: number) => void;
  /** What ended the call; null while nothing has. */
  fault: () => BoundFault | null;
  /** Must be called when the call is over: leaves no timer and no listener behind. */
  end: () => void;
};

/** Starts the clock. */
export function startBounds(times: BoundTimes, callerSignal: AbortSignal): Bounds {
  const controller = new AbortController();
  let fired: BoundFault | null = null;
  let hasBytes = false;
  const fire = (fault: BoundFault): void => {
    fired = fault;
    end();
    controller.abort();
  };
  const onCallerAbort = (): void => fire('aborted');
  const total = setTimeout(fire, times.totalMs, 'timeout_total');
  // One timer for the gap: to the first byte at first, then from byte to byte.
  let gap = times.firstByteMs === null ? null : setTimeout(fire, times.firstByteMs, 'timeout_first_byte');
  const end = (): void => {
    clearTimeout(total);
    if (gap !== null) clearTimeout(gap);
    callerSignal.removeEventListener('abort', onCallerAbort);
  };
  const startGap = (ms: number): void => {
    if (gap !== null) clearTimeout(gap);
    gap = fired === null ? setTimeout(fire, ms, 'timeout_idle') : null;
  };
  if (callerSignal.aborted) fire('aborted');
  else callerSignal.addEventListener('abort', onCallerAbort, { once: true });
  return {
    signal: controller.signal,
    touch: () => {
      if (hasBytes) gap?.refresh();
      else startGap(times.idleMs);
      hasBytes = true;
    },
    linger: startGap,
    fault: () => fired,
    end,
  };
}
