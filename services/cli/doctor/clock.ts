/** Clocks that should agree: ours, the one of Redis, those of providers. */
import { ageText } from '../format.ts';
import { fail, ok, warn } from './check.ts';
import type { Check } from './check.ts';

const warnFromMs = 2000;
/** Deadlines and costs go to the wrong minute, and receivers refuse signatures that are some minutes off. */
const failFromMs = 30_000;

/** `aheadMs`: how far the other clock is ahead of ours. `graceMs`: how exactly that can be known. */
export function checkClock(whose: string, aheadMs: number, graceMs: number): Check {
  const offMs = Math.abs(aheadMs);
  if (offMs < warnFromMs + graceMs) return ok('clock', `${whose} and this machine agree`);
  const direction = aheadMs > 0 ? 'ahead of' : 'behind';
  const message = `the clock of ${whose} is ${ageText(offMs)} ${direction} this machine's`;
  const cure = 'Set both by a time server (`timedatectl set-ntp true`).';
  return offMs < failFromMs + graceMs ? warn('clock', message, cure) : fail('clock', message, cure);
}
