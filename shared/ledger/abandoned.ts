/** Calls whose end nobody saw, because the process that made them was killed. */
import type { App } from '../app.ts';
import type { Cell, SettledRow } from '../record/ledger-rows.ts';
import { rowSchema } from '../record/ledger-rows.ts';
import type { Claim } from '../record/record.ts';
import { parseStored } from '../stored-json.ts';
import { classificationSchema } from '../ticket.ts';

/** Where the money of a ticket is booked that nobody has classified yet. */
export const unclassified = { queryType: 'unclassified', language: 'und', tier: 'unclassified' };

/**
 * Settles what earlier claims of this ticket left open, as possibly billed at an unknown price, so that the totals know of
 * it. A usual claim (the first one since progress) costs nothing here.
 */
export async function settleAbandoned(
  app: Pick<App, 'record' | 'log'>,
  claim: Pick<Claim<never>, 'ticketId' | 'claims'>,
  cell: Omit<Cell, 'model' | 'purpose'>,
): Promise<void> {
  if (claim.claims <= 1) return;
  await settleOpenRows(app, { ticketId: claim.ticketId, calls: Infinity }, () => cell);
}

/** The same for a ticket that nobody will claim again, or not in that state: superseded, cancelled, restarted. */
export async function settleOrphan(
  app: Pick<App, 'record' | 'log'>,
  orphan: { ticketId: string; calls: number },
): Promise<void> {
  await settleOpenRows(app, orphan, (stored) => {
    const labels = parseStored(classificationSchema, stored['cls'] ?? null);
    return labels
      ? { queryType: labels.queryType, language: labels.language, tier: labels.tier }
      : unclassified;
  });
}

async function settleOpenRows(
  app: Pick<App, 'record' | 'log'>,
  { ticketId, calls }: { ticketId: string; calls: number },
  cellOf: (stored: Record<string, string>) => Omit<Cell, 'model' | 'purpose'>,
): Promise<void> {
  const stored = (await app.record.read(ticketId)) ?? {};
  const cell = cellOf(stored);
  const abandoned = Object.entries(stored).flatMap(([field, text]): SettledRow[] => {
    const number = /^a(\d+)$/.exec(field)?.[1];
    if (number === undefined || Number(number) > calls || !text.startsWith('o')) return [];
    const opened = parseStored(rowSchema, text.slice(1));
    if (opened === null) return [];
    const fault = 'aborted';
    const row = { ...opened, fault, usage: null, nanoUsd: null, possiblyBilled: true } as const;
    const { model, purpose } = opened;
    return [{ number: Number(number), row, cell: { ...cell, model, purpose }, fault, countsTicket: false }];
  });
  await app.record.settle(ticketId, abandoned);
  for (const { row } of abandoned) {
    app.log.warn({ ticketId, model: row.model, purpose: row.purpose }, 'call.abandoned');
  }
}
