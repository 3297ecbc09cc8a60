/** `tierline costs`: the ledger as a table. */
import type { Command } from 'commander';
import { TierlineError } from '../../shared/errors.ts';
import { costSides, readCosts, usdText } from '../../shared/ledger/costs.ts';
import type { Costs, CostSide } from '../../shared/ledger/costs.ts';
import { withApp } from './context.ts';
import { note, printJson, printTable } from './output.ts';
import { withExample } from './example.ts';

const unitMs: Record<string, number> = { h: 3_600_000, d: 86_400_000 };

export function addCostsCommand(program: Command): void {
  const command = program
    .command('costs')
    .description('what was spent, by model, query type, language and tier')
    .option('--since <span>', 'hours or days back, such as 12h or 7d', '7d')
    .option('--by <sides>', `any of ${costSides.join(',')}`, 'model,queryType,language,tier')
    .option('--format <format>', 'table, csv or json', 'table')
    .option('--json', 'as --format json')
    .action((options: { since: string; by: string; format: string; json?: boolean }) =>
      withApp(command, async (app) => {
        const by = parseSides(options.by);
        const untilMs = app.now();
        const costs = await readCosts(app, { sinceMs: untilMs - parseSpan(options.since), untilMs, by });
        print(costs, by, options.json ? 'json' : options.format);
      }),
    );
  withExample(command, 'tierline costs --since 7d --by model,language');
}

function parseSpan(text: string): number {
  const match = /^(\d{1,4})([hd])$/.exec(text);
  if (!match)
    throw new TierlineError('usage', `--since takes hours or days, such as 12h or 7d, not "${text}"`);
  return Number(match[1]) * (unitMs[match[2]!] ?? 0);
}

function parseSides(text: string): CostSide[] {
  const wanted = text.split(',').map((side) => side.trim());
  const unknown = wanted.find((side) => !(costSides as readonly string[]).includes(side));
  if (unknown !== undefined)
    throw new TierlineError('usage', `--by does not know "${unknown}". It takes ${costSides.join(', ')}`);
  return costSides.filter((side) => wanted.includes(side));
}

function print(costs: Costs, by: CostSide[], format: string): void {
  if (format === 'json') return printJson(costs);
  const head = [...by, 'calls', 'faults', 'tickets', 'inputTokens', 'outputTokens', 'costUsd'];
  const cells = costs.rows.map((row) => [
    ...by.map((side) => row[side] ?? ''),
    row.calls,
    row.faults,
    row.tickets,
    row.inputTokens,
    row.outputTokens,
    usdText(row.nanoUsd),
  ]);
  if (format === 'csv') {
    // Names in cells never need quoting: the configuration's name rules exclude commas and quotes.
    process.stdout.write(`${[head, ...cells].map((row) => row.join(',').replaceAll('$', '')).join('\n')}\n`);
    return;
  }
  if (format !== 'table')
    throw new TierlineError('usage', `--format takes table, csv or json, not "${format}"`);
  printTable(head, cells);
  note(`\n${costs.calls} calls, ${usdText(costs.totalNanoUsd)} in all`);
  if (costs.unpricedCalls > 0)
    note(
      `${costs.unpricedCalls} calls have no known cost and are not in that sum: a model without a price, or a response without usage`,
    );
  if (costs.possiblyBilledCalls > 0)
    note(`${costs.possiblyBilledCalls} calls were not seen to end and may be on the invoice`);
}
