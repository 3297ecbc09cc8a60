/** Ledger rows as the record's scripts take them: one per model call, opened before it, settled after it. */
import { z } from 'zod';
import type { Fault } from '../models/chat.ts';
import { faults } from '../models/chat.ts';
import { usageSchema } from '../ticket.ts';

export const purposes = ['classify', 'answer', 'audit'] as const;
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
  priceVersion: z.string().nullable().optional(),
});
export type Row = z.infer<typeof rowSchema>;

/** The one cell of the cost cube that a call belongs to. */
export type Cell = { model: string; queryType: string; language: string; tier: string; purpose: Purpose };

export type SettledRow = { number: number; row: Row; cell: Cell; fault: Fault | null; countsTicket: boolean };

/** Hour buckets are kept this long. */
const rollupLifeMs = 400 * 86_400_000;

/** `led:2026112210`: the roll-up of one UTC hour. */
export function rollupKey(atMs: number): string {
  return `led:${new Date(atMs).toISOString().slice(0, 13).replace(/[-T]/g, '')}`;
}

/** Names in a cell never contain `|`: the configuration's name rules and the language tags exclude it. */
export const cellPrefix = (cell: Cell): string =>
  `${cell.model}|${cell.queryType}|${cell.language}|${cell.tier}|${cell.purpose}|`;

/** What a row adds to its cell; a counter that would add nothing is left out. */
function countersOf({ row, countsTicket }: SettledRow): [string, number][] {
  const usage = row.usage;
  const counters: [string, number][] = [
    ['calls', 1],
    ['tickets', countsTicket ? 1 : 0],
    ['faults', row.fault ? 1 : 0],
    ['inputTokens', usage?.inputTokens ?? 0],
    ['cachedInputTokens', usage?.cachedInputTokens ?? 0],
    ['cacheWriteTokens', usage?.cacheWriteTokens ?? 0],
    ['outputTokens', usage?.outputTokens ?? 0],
    ['reasoningTokens', usage?.reasoningTokens ?? 0],
    ['nanoUsd', row.nanoUsd ?? 0],
    ['unpricedCalls', row.nanoUsd === null ? 1 : 0],
    ['possiblyBilledCalls', row.possiblyBilled ? 1 : 0],
    ['durationMs', row.durationMs ?? 0],
  ];
  return counters.filter(([, amount]) => amount !== 0);
}

/** Arguments of lib.lua's settle_rows. */
export function settleArguments(rows: SettledRow[]): (string | number)[] {
  const args: (string | number)[] = [rows.length];
  for (const settled of rows) {
    const counters = countersOf(settled);
    args.push(
      settled.number,
      JSON.stringify(settled.row),
      rollupKey(settled.row.startedAt),
      rollupLifeMs,
      cellPrefix(settled.cell),
      counters.length,
      ...counters.flat(),
    );
  }
  return args;
}
