/** A gate in words, for pages and tables. */
import type { GateStatus } from './gate-state.ts';

const reasons: Record<NonNullable<GateStatus['why']>, string> = {
  key: 'the provider refuses the key',
  quota: 'the account has no quota left',
  models: 'several models of the provider fail',
  failures: 'its calls fail',
  unknown: 'the provider does not know the model',
};

/** Why it is not simply closed; empty where it is. */
export function gateReason({ why, forced, state, quietUntilMs, rateShare }: GateStatus): string {
  if (forced !== null) return 'by hand, until `tierline breakers auto`';
  if (why !== null) return reasons[why];
  if (quietUntilMs !== null) return 'the provider asked to be left alone';
  if (state === 'limited') return rateShare < 1 ? 'the provider said we call too often' : 'it is coming back';
  return rateShare < 0.995 ? 'the provider said we call too often' : '';
}

/** `open: its calls fail, next probe in 12 s`. */
export function gateText(gate: GateStatus, nowMs: number): string {
  const state = gate.forced === null ? gate.state : `${gate.state} by hand`;
  const reason = gate.forced === null ? gateReason(gate) : '';
  const probe = gate.state === 'open' && gate.forced === null ? probeText(gate.untilMs ?? 0, nowMs) : '';
  return `${state}${reason === '' ? '' : `: ${reason}`}${probe === '' ? '' : `, ${probe}`}`;
}

export function probeText(untilMs: number, nowMs: number): string {
  const seconds = Math.ceil((untilMs - nowMs) / 1000);
  if (seconds <= 0) return 'the next call is its probe';
  return seconds < 120 ? `next probe in ${seconds} s` : `next probe in ${Math.round(seconds / 60)} min`;
}
