/** `tierline costs`: the ledger as a table. */
import type { Command } from 'commander';
import { costSides, readCosts } from '../../shared/ledger/costs.ts';
import type { Costs, CostSide } from '../../shared/ledger/costs.ts';
import { formatUsd } from '../../shared/ledger/money.ts';
import { withApp } from './context.ts';
import { withExample } from './example.ts';
import { countText, percentText, plural, usdColumn, usdText } from './format.ts';
import { note, print, printJson, printTable, suggestNext } from './output.ts';
import type { Cell } from './table.ts';
import { parseNames, parseSpan, requireName } from './usage.ts';

const formats = ['table', 'csv', 'json'] as const;
type Options = { since: string; by: string; format: string; json?: boolean };

export function addCostsCommand(program: Command): void {
  const command = program
    .command('costs')
    .description('what was spent, by model, query type, language and tier')
    .option('--since <span>', 'how far back, such as 12h, 7d or 2w (whole hours, UTC)', '7d')
    .option('--by <sides>', `any of ${costSides.join(',')}`, 'model,queryType,language,tier')
    .option('--format <format>', formats.join(', '), 'table')
    .option('--json', 'as --format json')
    .action((options: Options) => {
      const by = parseNames('side', options.by, costSides);
      const spanMs = parseSpan('--since', options.since);
      requireName('format', options.format, formats);
      return withApp(command, async (app) => {
        const untilMs = app.now();
        const costs = await readCosts(app, { sinceMs: untilMs - spanMs, untilMs, by });
        if (options.json || options.format === 'json') return printJson(costs);
        if (options.format === 'csv') return printCsv(costs, by);
        printForPeople(costs, by, options.since);
      });
    });
  withExample(command, 'tierline costs --since 7d --by model,language', 'tierline costs --format csv');
}

/** Names in cells never need quoting: the configuration's name rules exclude commas and quotes. */
function printCsv(costs: Costs, by: CostSide[]): void {
  const head = [...by, 'calls', 'faults', 'tickets', 'inputTokens', 'outputTokens', 'costUsd'];
  const rows = costs.rows.map((row) => [
    ...by.map((side) => row[side] ?? ''),
    row.calls,
    row.faults,
    row.tickets,
    row.inputTokens,
    row.outputTokens,
    formatUsd(Number(row.nanoUsd)),
  ]);
  print(...[head, ...rows].map((row) => row.join(',')));
}

const headOf: Record<CostSide, string> = {
  model: 'model',
  queryType: 'query type',
  language: 'language',
  tier: 'tier',
  purpose: 'purpose',
};

function printForPeople(costs: Costs, by: CostSide[], since: string): void {
  if (costs.calls === 0) {
    note(`No model was called in the last ${since}, so nothing was spent.`);
    return suggestNext(
      ['costs --since 30d', 'further back'],
      ['explain "Where is my order?"', 'what a ticket would cost'],
    );
  }
  const amounts = usdColumn(costs.rows.map((row) => Number(row.nanoUsd)));
  const total = Number(costs.totalNanoUsd);
  printTable(
    [
      ...by.map((side) => ({ head: headOf[side], shrinks: true })),
      { head: 'tickets', align: 'right' as const },
      { head: 'calls', align: 'right' as const },
      { head: 'faults', align: 'right' as const, optional: true },
      { head: 'tokens in', align: 'right' as const, optional: true },
      { head: 'out', align: 'right' as const, optional: true },
      { head: 'cost', align: 'right' as const },
      { head: 'share', align: 'right' as const },
    ],
    costs.rows.map((row, i) => [
      ...by.map((side) => row[side] || '-'),
      countText(row.tickets),
      countText(row.calls),
      row.faults > 0 ? { text: countText(row.faults), style: 'red' } : '0',
      countText(row.inputTokens),
      countText(row.outputTokens),
      amountOf(row, amounts[i]!),
      percentText(Number(row.nanoUsd), total),
    ]),
  );
  note(`\n${usdText(total)} in all, for ${plural(costs.calls, 'call')} in the last ${since}`);
  tellUnknown(costs);
  suggestNext(['costs --by model', 'per model'], ['costs --json', 'exact amounts, to the nano-dollar']);
}

/** What is not known is never shown as nothing. */
function amountOf({ calls, unpricedCalls }: Costs['rows'][number], amount: string): Cell {
  if (unpricedCalls === 0) return amount;
  return { text: unpricedCalls === calls ? 'unknown' : `≥ ${amount}`, style: 'yellow' };
}

function tellUnknown({ unpricedCalls, possiblyBilledCalls }: Costs): void {
  if (unpricedCalls > 0) {
    const have = unpricedCalls === 1 ? 'has' : 'have';
    note(
      `${plural(unpricedCalls, 'call')} ${have} no known cost and ${unpricedCalls === 1 ? 'is' : 'are'} not in that sum: a model without a price, or a response without usage. ` +
        '`tierline doctor` names models without a price.',
    );
  }
  if (possiblyBilledCalls > 0) {
    note(`${plural(possiblyBilledCalls, 'call')} may be on the invoice besides: nobody saw how they ended.`);
  }
}
