/** A ledger row for tests, and what the ledger makes of it. */
import { readCosts } from '../../shared/ledger/costs.ts';
import { rollupKey } from '../../shared/record/ledger-rows.ts';
import type { Cell, SettledRow } from '../../shared/record/ledger-rows.ts';
import type { RecordWorld } from './record-world.ts';

const startedAt = Date.UTC(2026, 10, 22, 10);
export const rowNanoUsd = 123_456_789_012;

export function ledgerRow(w: RecordWorld, sides: { queryType: string }) {
  const cell: Cell = { model: 'small', language: 'en', tier: 'simple', purpose: 'answer', ...sides };
  return {
    key: rollupKey(startedAt),
    settled: (number: number, countsTicket: boolean): SettledRow => ({
      number,
      cell,
      fault: null,
      countsTicket,
      row: {
        model: 'small',
        provider: 'fake',
        purpose: 'answer',
        startedAt,
        configVersion: 'v1',
        durationMs: 5,
        nanoUsd: rowNanoUsd,
      },
    }),
    /** What the roll-ups hold for this query type. */
    counter: async (): Promise<{ calls: number; tickets: number; nanoUsd: string }> => {
      const costs = await readCosts(w, { sinceMs: startedAt, untilMs: startedAt, by: ['queryType'] });
      const row = costs.rows.find(({ queryType }) => queryType === sides.queryType);
      return { calls: row?.calls ?? 0, tickets: row?.tickets ?? 0, nanoUsd: row?.nanoUsd ?? '0' };
    },
  };
}
