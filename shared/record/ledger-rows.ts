/** Ledger rows as the record's scripts take them: one per model call, opened before it, settled after it. */
import { z } from 'zod';
import type { Fault } from '../models/chat.ts';
import { faults } from '../models/chat.ts';
import { usageSchema } from '../ticket.ts';
import type { Usage } from '../ticket.ts';

const purposes = ['classify', 'answer', 'audit'] as const;
export type Purpose = (typeof purposes)[number];

/** A row as stored with its ticket. Money in integer nano-dollars; null is unknown, never zero. */
export const rowSchema = z.object({
  model: z.string(),
  provider: z.string(),
  purpose: z.enum(purposes),
  /** ms since the epoch. */
  startedAt: z.number(),
  configVersion: z.string(),
  durationMs: z.number().optional(),
  fault: z.enum(faults).nullable().optional(),
  usage: usageSchema.nullable().optional(),
  nanoUsd: z.number().int().nullable().optional(),
  servedModel: z.string().nullable().optional(),
  requestId: z.string().nullable().optional(),
  possiblyBilled: z.boolean().optional(),
  /** What the call cannot cost more than, by the price of its beginning; null where that is not known. */
  mostNanoUsd: z.number().int().nullable().optional(),
  priceVersion: z.string().nullable().optional(),
});
export type Row = z.infer<typeof rowSchema>;

/** The one cell of the cost cube that a call belongs to. */
export type Cell = { model: string; queryType: string; language: string; tier: string; purpose: Purpose };

export type SettledRow = { number: number; row: Row; cell: Cell; fault: Fault | null; countsTicket: boolean };

/** `led:2026112210`: the roll-up of one UTC hour. */
export function rollupKey(atMs: number): string {
  return `led:${new Date(atMs).toISOString().slice(0, 13).replace(/[-T]/g, '')}`;
}

/** The counters of a cell, in the order in which a roll-up stores them. `tickets` must stay the second (lib.lua). */
export const counterNames = [
  'calls',
  'tickets',
  'faults',
  'nanoUsd',
  'unpricedCalls',
  'possiblyBilledCalls',
  'durationMs',
  'inputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'outputTokens',
  'reasoningTokens',
] as const;
export type Counters = Record<(typeof counterNames)[number], number>;

/** What a row adds to its cell. */
function countersOf({ row, countsTicket }: SettledRow): Counters {
  return {
    calls: 1,
    tickets: Number(countsTicket),
    faults: row.fault ? 1 : 0,
    nanoUsd: row.nanoUsd ?? 0,
    unpricedCalls: row.nanoUsd === null ? 1 : 0,
    possiblyBilledCalls: row.possiblyBilled ? 1 : 0,
    durationMs: Math.max(0, row.durationMs ?? 0),
    ...(row.usage ?? noUsage),
  };
}

const noUsage: Usage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/** Names in a cell never contain `|`: the configuration's name rules and the language tags exclude it. */
const cellName = (cell: Cell): string =>
  `${cell.model}|${cell.queryType}|${cell.language}|${cell.tier}|${cell.purpose}`;

/** A call that may be on an invoice without our having seen what it came to. */
export const unseenSchema = rowSchema
  .pick({ model: true, provider: true, purpose: true, startedAt: true })
  .extend({
    ticketId: z.string(),
    number: z.number().int(),
    /** Until we heard no more of it; null where its process was killed. */
    durationMs: z.number().nullable(),
    mostNanoUsd: z.number().int().nullable(),
  });
export type UnseenCall = z.infer<typeof unseenSchema>;

function unseenLine(ticketId: string, { number, row }: SettledRow): string {
  if (!row.possiblyBilled) return '';
  const { model, provider, purpose, startedAt, durationMs = null, mostNanoUsd = null } = row;
  const call: UnseenCall = { ticketId, number, model, provider, purpose, startedAt, durationMs, mostNanoUsd };
  return `${startedAt} ${JSON.stringify(call)}`;
}

/** Arguments of lib.lua's settle_rows. `rollupLifeMs`: how long an hour's roll-up is kept. */
export function settleArguments(
  ticketId: string,
  rows: SettledRow[],
  rollupLifeMs: number,
): (string | number)[] {
  const args: (string | number)[] = [rows.length];
  for (const settled of rows) {
    const counters = countersOf(settled);
    args.push(
      settled.number,
      JSON.stringify(settled.row),
      rollupKey(settled.row.startedAt),
      rollupLifeMs,
      cellName(settled.cell),
      JSON.stringify(counterNames.map((name) => counters[name])),
      unseenLine(ticketId, settled),
    );
  }
  return args;
}
