/** When a delivery that failed is tried again. */

const dayMs = 24 * 60 * 60 * 1000;
/** Svix's server uses the same share (svix-webhooks, server/svix-server/src/worker.rs). */
const jitterShare = 0.2;

/**
 * Milliseconds to wait before the attempt with the 0-based number `attempt` (which is also the number of attempts
 * already made); null when the schedule has no such attempt. Each step varies by 20 % either way.
 *
 * `retryAfterMs` only ever lengthens the wait. It counts up to 24 h, or up to the step where that is longer: a receiver
 * may ask for patience, but not put a reply off for ever. It is lengthened by up to 20 % and never shortened, so that
 * replies refused together do not come back together, and none comes back before the moment it was asked to wait for.
 */
export function nextDeliveryDelayMs(
  scheduleMs: readonly number[],
  attempt: number,
  retryAfterMs: number | null,
  random: () => number,
): number | null {
  const stepMs = scheduleMs[attempt];
  if (stepMs === undefined) return null;
  const share = random();
  const scheduledMs = stepMs * (1 - jitterShare + 2 * jitterShare * share);
  const askedMs = Math.min(retryAfterMs ?? 0, Math.max(stepMs, dayMs));
  return Math.round(Math.max(scheduledMs, askedMs * (1 + jitterShare * share)));
}
