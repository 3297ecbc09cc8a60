/** Is every call in the ledger once, and at what it came to? Pure. */
import type { Row } from '../../shared/record/ledger-rows.ts';
import type { Seen, SeenCall, SeenRow } from './invariants.ts';

/**
 * Every call has its row: the answered ones under their request id, all others (killed, cut, given up, refused) in a row
 * without one that was open as the call came. What was answered and did not come back to us must be called possibly billed,
 * and so must a row without a call. Free is only what a server refused, and what was given up before anything was sent. At the
 * end every row is settled.
 */
export function moneyViolations(name: string, rows: SeenRow[], calls: SeenCall[]): string[] {
  const found: string[] = [];
  const ids = new Map(rows.flatMap(({ row }) => (row.requestId ? [[row.requestId, row] as const] : [])));
  const unnamed = rows.filter(({ row }) => !row.requestId);
  const unseen = calls.filter((call) => !ids.has(call.requestId));
  const refused = unseen.filter((call) => call.text === null);
  const free = unnamed.filter((one) => !isDoubtful(one) && !mayBeUnsent(one.row));
  const unpaid = unmatched(free, refused, ({ row }, call) => wasOpenAt(row, call));
  for (const { row } of unpaid) {
    found.push(
      `money: a call of ${row.model} for ${name} (${row.fault ?? 'no fault'}) is called free, and was not refused`,
    );
  }
  for (const { isOpen, row } of rows)
    if (isOpen) found.push(`money: a call of ${row.model} for ${name} is in no total`);
  const rowless = unmatched(
    unseen,
    unnamed,
    (call, one) => wasOpenAt(one.row, call) && (call.text === null || isDoubtful(one)),
  );
  if (rowless.length > 0) {
    const doubtful = unnamed.filter(isDoubtful).length;
    found.push(
      `money: ${name} has ${calls.length} calls, ${unseen.length} of them (${unseen.length - refused.length} answered) ` +
        `without a row of their own, and ${unnamed.length} rows (${doubtful} possibly billed) for these; ` +
        `none is for ${rowless.map(({ requestId }) => requestId).join(', ')}`,
    );
  }
  for (const [requestId, row] of ids) {
    if (!calls.some((call) => call.requestId === requestId))
      found.push(`money: ${name} has a row for ${requestId}, which was no call of it`);
    if (typeof row.nanoUsd !== 'number') found.push(`money: ${name} has no cost for ${requestId}`);
  }
  if (ids.size + unnamed.length !== rows.length) found.push(`money: ${name} has two rows for one call`);
  return found;
}

const isDoubtful = ({ isOpen, row }: SeenRow): boolean => isOpen || row.possiblyBilled === true;

/** Faults that may end a call before a byte of it has left us: where it was sent after all, a call is without a row. */
const beforeSending = new Set(['aborted', 'connection', 'timeout_first_byte', 'timeout_total']);
const mayBeUnsent = ({ fault }: Row): boolean => beforeSending.has(fault ?? '');

/** A server on a busy machine reads a request a while after it was sent, even when its sender has given up. */
const readsWithinMs = 5000;

/** A row whose process did not live to settle it has no duration. */
const wasOpenAt = ({ startedAt, durationMs }: Row, { arrivedAt }: SeenCall): boolean =>
  arrivedAt >= startedAt && arrivedAt <= startedAt + (durationMs ?? Infinity) + readsWithinMs;

/** Those of `some` for which none of `others` is left, where as many as possible get one of their own that fits. */
function unmatched<A, B>(some: readonly A[], others: readonly B[], fits: (a: A, b: B) => boolean): A[] {
  const takenBy = new Map<B, A>();
  const find = (one: A, tried: Set<B>): boolean =>
    others.some((other) => {
      if (tried.has(other) || !fits(one, other)) return false;
      tried.add(other);
      const holder = takenBy.get(other);
      if (holder !== undefined && !find(holder, tried)) return false;
      takenBy.set(other, one);
      return true;
    });
  return some.filter((one) => !find(one, new Set()));
}

/** The roll-ups are the sum of the rows. */
export function rollupViolations({ tickets, costs }: Pick<Seen, 'tickets' | 'costs'>): string[] {
  const settled = tickets.flatMap((ticket) => ticket.rows.filter(({ isOpen }) => !isOpen));
  const nanoUsd = settled.reduce((sum, { row }) => sum + (row.nanoUsd ?? 0), 0);
  const found: string[] = [];
  if (costs.calls !== settled.length)
    found.push(`money: ${settled.length} settled rows, ${costs.calls} calls in the roll-ups`);
  if (costs.nanoUsd !== nanoUsd)
    found.push(`money: rows of ${nanoUsd} nano-dollars, roll-ups of ${costs.nanoUsd}`);
  const doubtful = settled.filter(({ row }) => row.possiblyBilled === true).length;
  if (costs.possiblyBilledCalls !== doubtful)
    found.push(
      `money: ${doubtful} rows are possibly billed, ${costs.possiblyBilledCalls} calls in the roll-ups`,
    );
  return found;
}
