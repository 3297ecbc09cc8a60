/** What was told of each condition and what is still to be sent. Pure: the next entry from the last one and what is seen. */
import { z } from 'zod';
import { conditionSchema } from './condition.ts';
import type { Condition } from './condition.ts';

const messageSchema = z.object({
  /** `webhook-id`: the same however often it is tried. */
  webhookId: z.string(),
  type: z.enum(['alert.raised', 'alert.resolved']),
  condition: conditionSchema,
  /** When the condition began; when it was last seen to hold, for one that is over. ms since the epoch. */
  sinceMs: z.number(),
  untilMs: z.number().nullable(),
  /** When that was noticed. */
  madeMs: z.number(),
  attempts: z.number().int(),
  nextMs: z.number(),
});
export type AlertMessage = z.infer<typeof messageSchema>;

export const entrySchema = z.object({
  /** As it was told. */
  condition: conditionSchema,
  firing: z.boolean(),
  sinceMs: z.number(),
  /** When it was last seen to hold. */
  seenMs: z.number(),
  /** Oldest first; sent one after the other. */
  outbox: z.array(messageSchema),
});
export type AlertEntry = z.infer<typeof entrySchema>;

/** `gone`: it does not hold. `unknown`: it cannot be told now. */
export type Sight = { kind: 'holds'; condition: Condition } | { kind: 'gone' } | { kind: 'unknown' };

/** `newId` makes a `webhook-id`. */
type Moment = { nowMs: number; quietMs: number; newId: () => string };

/** null: nothing to remember. */
export function nextEntry(entry: AlertEntry | null, sight: Sight, moment: Moment): AlertEntry | null {
  if (sight.kind === 'holds') return held(entry, sight.condition, moment);
  if (entry === null) return null;
  if (!entry.firing) return entry.outbox.length === 0 ? null : entry;
  const { nowMs, quietMs } = moment;
  if (sight.kind === 'unknown') return { ...entry, seenMs: nowMs };
  if (nowMs - entry.seenMs < quietMs) return entry;
  const { condition, sinceMs, seenMs } = entry;
  const message = messageOf({ type: 'alert.resolved', condition, sinceMs, untilMs: seenMs }, moment);
  return { ...entry, firing: false, outbox: [...entry.outbox, message] };
}

function held(entry: AlertEntry | null, condition: Condition, moment: Moment): AlertEntry {
  const { nowMs } = moment;
  if (entry?.firing) return { ...entry, seenMs: nowMs };
  // Its end was never told, so it has not ended.
  if (entry?.outbox.at(-1)?.attempts === 0) {
    return { ...entry, firing: true, seenMs: nowMs, outbox: entry.outbox.slice(0, -1) };
  }
  const sinceMs = condition.sinceMs ?? nowMs;
  const message = messageOf({ type: 'alert.raised', condition, sinceMs, untilMs: null }, moment);
  return { condition, firing: true, sinceMs, seenMs: nowMs, outbox: [...(entry?.outbox ?? []), message] };
}

type Said = Pick<AlertMessage, 'type' | 'condition' | 'sinceMs' | 'untilMs'>;

const messageOf = (said: Said, { nowMs, newId }: Moment): AlertMessage => ({
  ...said,
  webhookId: newId(),
  madeMs: nowMs,
  attempts: 0,
  nextMs: nowMs,
});

/** Longer waits come with each failure; a receiver that is back is told within five minutes. */
const backoffMs = [1000, 5000, 15_000, 60_000, 300_000];

const afterFailure = (attempts: number): number => backoffMs[Math.min(attempts, backoffMs.length) - 1] ?? 0;

/**
 * Takes the message that is due, so that nobody else tries it before `leaseMs` (longer than an attempt) and its wait are over.
 * null where none is due.
 */
export function claimMessage(
  entry: AlertEntry,
  { nowMs, leaseMs }: { nowMs: number; leaseMs: number },
): { entry: AlertEntry; message: AlertMessage } | null {
  const [first, ...rest] = entry.outbox;
  if (first === undefined || first.nextMs > nowMs) return null;
  const attempts = first.attempts + 1;
  const message = { ...first, attempts, nextMs: nowMs + leaseMs + afterFailure(attempts) };
  return { entry: { ...entry, outbox: [message, ...rest] }, message };
}

/** After an attempt: the message goes, or waits. null: nothing is left to remember. */
export function settleMessage(
  entry: AlertEntry,
  webhookId: string,
  outcome: { kind: 'arrived' } | { kind: 'failed'; nowMs: number; retryAfterMs: number | null },
): AlertEntry | null {
  const outbox = entry.outbox.flatMap((message) => {
    if (message.webhookId !== webhookId) return message;
    if (outcome.kind === 'arrived') return [];
    const waitMs = Math.max(afterFailure(message.attempts), Math.min(outcome.retryAfterMs ?? 0, 3_600_000));
    return { ...message, nextMs: outcome.nowMs + waitMs };
  });
  return !entry.firing && outbox.length === 0 ? null : { ...entry, outbox };
}
