/** A ticket's whole story, from its stored record to what `GET /v1/tickets/{id}` and `tierline ticket` show. */
import { z } from 'zod';
import type { ToldFeedback } from '../feedback.ts';
import { usdNumber } from '../ledger/money.ts';
import { parseStored } from '../stored-json.ts';
import { classificationSchema, ticketSchema, trustModes } from '../ticket.ts';
import type { Classification, Ticket } from '../ticket.ts';
import { feedbackFrom } from './feedback.ts';
import { rowSchema } from './ledger-rows.ts';
import { visibleState } from './visible-state.ts';

type Attempt = {
  model: string;
  provider: string;
  purpose: string;
  fault: string | null;
  startedAt: string;
  durationMs: number | null;
  costUsd: number | null;
  /** True where the call may have been billed without our seeing its end. */
  possiblyBilled: boolean;
};

const deliverySchema = z.object({
  destination: z.string(),
  webhookId: z.string(),
  status: z.number().nullable(),
  outcome: z.string(),
  reason: z.string().optional(),
  at: z.string(),
});

const routeSchema = z.object({
  tier: z.string(),
  chain: z.array(z.string()),
  rule: z.number().nullable(),
  model: z.string().optional(),
  /** Who sends the answer, and the setting that says so where it is not the machine. */
  mode: z.enum(trustModes).optional(),
  by: z.string().nullish(),
  /** The checks that the reply failed. */
  checks: z.array(z.string()).optional(),
});

export type Trace = {
  ticketId: string;
  state: string;
  /** null once its retention has passed. */
  ticket: Ticket | null;
  classification: Classification | null;
  route: z.infer<typeof routeSchema> | null;
  attempts: Attempt[];
  /** The body as delivered or to be delivered, null before there is one. */
  reply: unknown;
  deliveries: z.infer<typeof deliverySchema>[];
  /** Everything that was spent on it; null while a call's cost is not known. */
  costUsd: number | null;
  supersededBy: string | null;
  cause: string | null;
  /** What became of the answer, oldest first. */
  feedback: ToldFeedback[];
  timeline: { at: string; state: string; detail: string | null }[];
};

type Stored = Record<string, string>;

const json = (text: string | undefined): unknown => (text === undefined ? null : JSON.parse(text));

export function traceOf(ticketId: string, stored: Stored, now = Date.now()): Trace {
  const attempts = attemptsOf(stored);
  const costs = attempts.map((attempt) => attempt.nanoUsd);
  const known = costs.filter((cost) => cost !== null);
  return {
    ticketId,
    state: visibleState(stored['st'] ?? 'purged', {
      leased: Boolean(stored['lt']),
      parkedUntil: Number(stored['pu'] ?? 0),
      now,
    }),
    // A record that is broken is why its ticket is a dead letter: people must be able to look at it.
    ticket: parseStored(ticketSchema, stored['tk'] ?? null),
    classification: parseStored(classificationSchema, stored['cls'] ?? null),
    route: stored['rte'] === undefined ? null : routeSchema.parse(json(stored['rte'])),
    attempts: attempts.map(({ nanoUsd, ...attempt }) => ({
      ...attempt,
      costUsd: nanoUsd === null ? null : usdNumber(nanoUsd),
    })),
    reply: json(stored['rep']),
    deliveries: stored['dlv'] === undefined ? [] : z.array(deliverySchema).parse(json(stored['dlv'])),
    costUsd: known.length < costs.length ? null : usdNumber(known.reduce((sum, cost) => sum + cost, 0)),
    supersededBy: stored['sb'] ?? null,
    cause:
      stored['why'] === undefined ? null : z.object({ cause: z.string() }).parse(json(stored['why'])).cause,
    feedback: feedbackFrom(stored['fb']),
    timeline: timelineOf(stored['tl']),
  };
}

function attemptsOf(stored: Stored): (Omit<Attempt, 'costUsd'> & { nanoUsd: number | null })[] {
  const count = Number(stored['an'] ?? '0');
  return Array.from({ length: count }, (_, i) => stored[`a${i + 1}`]).flatMap((text) => {
    if (text === undefined) return [];
    const isOpen = text.startsWith('o');
    const row = rowSchema.parse(JSON.parse(text.slice(1)));
    return {
      model: row.model,
      provider: row.provider,
      purpose: row.purpose,
      fault: row.fault ?? null,
      startedAt: new Date(row.startedAt).toISOString(),
      durationMs: row.durationMs ?? null,
      possiblyBilled: isOpen || row.possiblyBilled === true,
      nanoUsd: row.nanoUsd ?? null,
    };
  });
}

function timelineOf(text: string | undefined): Trace['timeline'] {
  const lines = text === undefined ? [] : text.split('\n');
  return lines.map((line) => {
    const [at = '0', state = '', ...detail] = line.split(' ');
    return {
      at: new Date(Number(at)).toISOString(),
      state: visibleState(state),
      detail: detail.join(' ') || null,
    };
  });
}
