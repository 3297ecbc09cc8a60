/**
 * The pipeline on one page: its stages, their queues, the hints that travel on them, and how often a stage may try.
 *
 *   accept ─▶ [classify] ─▶ [tier.<name>] ─▶ [deliver] ─▶ an end
 *                 └───────────────┴──▶ [<queue>.dead] ─▶ results: hand-off to people (then [deliver]), or held
 *
 * The ticket's record is the truth (shared/record/). A job on a queue is only a hint: "look at ticket T in state S".
 * Losing or doubling one is harmless: `claim` says no to a hint that is stale, the sweeper makes new ones.
 */
import { z } from 'zod';
import { ticketIdPattern } from './record/keys.ts';
import type { Lane } from './ticket.ts';

/** The states in which a ticket waits for work. Everything else is an end (see `ends` in ticket.ts). */
export const states = ['classify', 'answer', 'deliver', 'dead_letter'] as const;
export type State = (typeof states)[number];

/** How long a worker owns a claimed ticket without renewing; a killed worker's ticket is back after this. */
export const leaseMs = 15_000;
/** Claims without progress after which a ticket is given up as poisoned: it takes down whoever touches it. */
export const maxClaims = 5;
/** A waiting ticket whose hint is gone is hinted again once it has waited for this long. */
export const auditAgeMs = 15_000;

const laneSuffix: Record<Lane, string> = { live: '', backlog: '.backlog' };

export const classifyQueue = (lane: Lane): string => `classify${laneSuffix[lane]}`;
export const tierQueue = (tier: string, lane: Lane): string => `tier.${tier}${laneSuffix[lane]}`;
export const deliverQueue = (lane: Lane): string => `deliver${laneSuffix[lane]}`;

/** The dead-letter queue of a stage's queue; both lanes of a queue share it. */
export function deadQueueOf(queue: string): string {
  return `${queue.replace(/\.backlog$/, '')}.dead`;
}

/** The tier whose queue this is, or whose dead-letter queue; null for other stages. */
export function tierOfQueue(queue: string): string | null {
  return /^tier\.(.+?)(?:\.backlog|\.dead)?$/.exec(queue)?.[1] ?? null;
}

/** A hint's job data. Queue schemas only ever gain optional fields, so that old and new processes can run together. */
export const hintSchema = z.object({ ticketId: z.string().regex(ticketIdPattern) });

/** A hint that must be on a queue: what the record's scripts return and `Hints.add` takes. */
export type Hint = { ticketId: string; state: State; queue: string; sequence: number };

/** The idempotency key of a hint: one job per transition. Never contains anything but our own id, state and number. */
export const jobIdOf = (hint: Hint): string => `${hint.ticketId}_${hint.state}_${hint.sequence}`;
