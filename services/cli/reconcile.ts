/** `tierline reconcile`: what should be on the providers' invoices, and what may be on them besides. */
import type { Command } from 'commander';
import { reconcile, reconcileSides } from '../../shared/ledger/reconcile.ts';
import type { ReconcileRow, ReconcileSide, Reconciliation } from '../../shared/ledger/reconcile.ts';
import { withApp } from './context.ts';
import { withExample } from './example.ts';
import { countText, plural, usdText } from './format.ts';
import { note, print, printJson, printTable, suggestNext } from './output.ts';
import type { Cell } from './table.ts';
import { parseNames, parseSpan, usageError } from './usage.ts';

type Options = { since: string; until?: string; by: string; json?: boolean };

const callsShown = 20;

export function addReconcileCommand(program: Command): void {
  const command = program
    .command('reconcile')
    .description('per provider and day: what is known, and what may be on the invoice besides')
    .option(
      '--since <when>',
      'a day such as 2026-11-01, or how far back, such as 30d (whole days, UTC)',
      '30d',
    )
    .option('--until <when>', 'the last day, in the same way (default: today)')
    .option('--by <sides>', `any of ${reconcileSides.join(',')}`, 'provider')
    .option('--json', 'as JSON, with each call whose end nobody saw')
    .action((options: Options) => {
      const by = parseNames('side', options.by, reconcileSides);
      const now = Date.now();
      const sinceMs = parseMoment('--since', options.since, now);
      const untilMs = options.until === undefined ? now : parseMoment('--until', options.until, now);
      if (sinceMs > untilMs) throw usageError('--since must not be after --until.');
      return withApp(command, async (app) => {
        const found = await reconcile(app, { sinceMs, untilMs, by });
        if (options.json) return printJson(found);
        printForPeople(found, by);
      });
    });
  withExample(
    command,
    'tierline reconcile --since 2026-11-01 --until 2026-11-30',
    'tierline reconcile --by provider,model --json',
  );
}

/** A day (its beginning, UTC), or a span back from now. */
function parseMoment(option: string, text: string, now: number): number {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return now - parseSpan(option, text);
  const ms = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text)) {
    throw usageError(`${option} ${text} is no day of the calendar.`);
  }
  return ms;
}

function printForPeople(found: Reconciliation, by: readonly ReconcileSide[]): void {
  const { rows, total, possiblyBilled } = found;
  if (rows.length === 0) {
    note(`No model was called from ${found.since.slice(0, 10)} to ${found.until.slice(0, 10)}.`);
    return suggestNext(['reconcile --since 90d', 'further back']);
  }
  printTable(
    [
      'day (UTC)',
      ...by.map((side) => ({ head: side, shrinks: true })),
      { head: 'calls', align: 'right' as const },
      { head: 'known', align: 'right' as const },
      { head: 'possibly billed', align: 'right' as const },
      { head: 'at most', align: 'right' as const },
      { head: 'unpriced', align: 'right' as const },
    ],
    [
      ...rows.map((row): Cell[] => [
        row.day,
        ...by.map((side) => row[side] ?? (side === 'provider' ? '(not configured)' : '')),
        ...amounts(row),
      ]),
      ['in all', ...by.map(() => ''), ...amounts(total)],
    ],
  );
  if (possiblyBilled.length > 0) {
    print('', 'Calls whose end nobody saw, and when each ran at most:');
    printTable(
      [
        'ticket',
        'model',
        { head: 'provider', optional: true },
        'from',
        'to',
        { head: 'at most', align: 'right' },
      ],
      possiblyBilled
        .slice(-callsShown)
        .map((call): Cell[] => [
          call.ticketId,
          call.model,
          call.provider,
          call.since,
          call.until,
          call.atMostUsd === null ? 'unknown' : usdText(Math.round(call.atMostUsd * 1e9)),
        ]),
    );
    const more = possiblyBilled.length - callsShown;
    if (more > 0) note(`The newest ${callsShown}; --json has the other ${countText(more)}.`);
  }
  if (total.possiblyBilledCalls + total.unpricedCalls > 0) {
    note(
      `\nAn invoice may exceed the known sum by ${plural(total.possiblyBilledCalls, 'call')} whose end nobody saw, ` +
        `and by ${plural(total.unpricedCalls, 'call')} without a price or a usage.`,
    );
  }
  suggestNext(['costs --by model', 'the same money by what it was for']);
}

function amounts(row: Omit<ReconcileRow, 'day'>): Cell[] {
  const { possiblyBilledCalls, possiblyBilledAtMostNanoUsd: most, unpricedCalls } = row;
  const isUnsure = possiblyBilledCalls > 0;
  return [
    countText(row.calls),
    usdText(Number(row.knownNanoUsd)),
    { text: countText(possiblyBilledCalls), style: isUnsure ? 'yellow' : null },
    isUnsure ? (most === null ? 'unknown' : usdText(Number(most))) : '',
    { text: countText(unpricedCalls), style: unpricedCalls > 0 ? 'yellow' : null },
  ];
}
