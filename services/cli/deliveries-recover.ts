/** `tierline deliveries recover`: all that could not be delivered to a destination, sent again. */
import type { Command } from 'commander';
import { replayKinds } from '../../shared/replay.ts';
import type { ReplayReport } from '../../shared/replay.ts';
import { recoverDeliveries } from '../../shared/resend.ts';
import { withApp } from './context.ts';
import { progressOf, replayText } from './dead-replay.ts';
import { withExample } from './example.ts';
import { durationText, plural } from './format.ts';
import { note, printJson, printTable, suggestNext } from './output.ts';
import type { Cell } from './table.ts';
import { parseCount, parseRate, parseSpan, requireName } from './usage.ts';

type Flags = {
  destination: string;
  since: string;
  dryRun?: boolean;
  rate: string;
  limit?: string;
  json?: boolean;
};

export function addRecoverCommand(deliveries: Command, usualRate: string): void {
  const command = deliveries
    .command('recover')
    .description('sends again what could not be delivered to a destination, the first that failed first')
    .requiredOption('--destination <name>', 'to this destination')
    .requiredOption('--since <span>', 'failed in the last 2h, 1d …')
    .option('--dry-run', 'says what would become of them; changes nothing')
    .option('--rate <rate>', 'at most so many of them', usualRate)
    .option('--limit <count>', 'at most this many')
    .option('--json', 'as JSON')
    .action((options: Flags) => {
      const { destination } = options;
      const perSecond = parseRate('--rate', options.rate);
      const spanMs = parseSpan('--since', options.since);
      const limit = options.limit === undefined ? Infinity : parseCount('--limit', options.limit);
      return withApp(command, async (app) => {
        requireName('destination', destination, Object.keys(app.runtime().config.destinations));
        const wanted = { destination, sinceMs: app.now() - spanMs, limit };
        const how = { dry: options.dryRun ?? false, perSecond };
        const report = await recoverDeliveries(app, wanted, how, progressOf('looked at'));
        if (options.json) return printJson(report);
        printReport(report, destination);
      });
    });
  withExample(
    command,
    'tierline deliveries recover --destination shop-webhook --since 2h --dry-run',
    'tierline deliveries recover --destination shop-webhook --since 1d --rate 5/s',
  );
}

function printReport(report: ReplayReport, destination: string): void {
  const { counts, dryRun, left, lastStartsInMs, total } = report;
  if (total === 0) return note(`Nothing failed to be delivered to ${destination} since then.`);
  printTable(
    ['tickets', 'outcome'],
    replayKinds
      .filter((kind) => counts[kind] > 0)
      .map((kind): Cell[] => [
        counts[kind],
        { text: replayText(kind, dryRun), style: kind === 'replayed' ? 'green' : 'yellow' },
      ]),
  );
  if (left > 0)
    note(`\n${plural(left, 'more ticket')} failed there and ${left === 1 ? 'is' : 'are'} beyond --limit.`);
  if (lastStartsInMs > 0) note(`\nThe last one's turn comes in ${durationText(lastStartsInMs)}, by itself.`);
  if (dryRun) note('\nNothing was changed.');
  else suggestNext([`deliveries list --destination ${destination}`, 'how they go on']);
}
