/** `tierline dead replay` and `dead drop`. */
import type { Command } from 'commander';
import {
  defaultReplayRate,
  dropDeadLetters,
  dropKinds,
  replayDeadLetters,
  replayKinds,
} from '../../shared/replay.ts';
import type { DropReport, ReplayReport, Selection } from '../../shared/replay.ts';
import type { ReplayOutcome } from '../../shared/revival.ts';
import { withApp } from './context.ts';
import { addFilterOptions, filterOf, isFiltered, refuseBoth, requireKnown } from './dead-filter.ts';
import type { FilterOptions } from './dead-filter.ts';
import { withExample } from './example.ts';
import { countText, durationText, plural } from './format.ts';
import { note, print, printJson, printTable, suggestNext } from './output.ts';
import type { Cell } from './table.ts';
import { parseCount, parseRate, usageError } from './usage.ts';

type ReplayFlags = FilterOptions & {
  dryRun?: boolean;
  rate: string;
  limit?: string;
  afterHandoff?: boolean;
  json?: boolean;
};

/** Named one by one, at most so many outcomes are printed. */
const namedAtMost = 20;

export function addReplayCommand(dead: Command): void {
  const command = dead
    .command('replay')
    .description('puts them back where they came from; those named, those that fit, or all')
    .argument('[ticketIds...]')
    .option('--dry-run', 'says what would become of them; changes nothing')
    .option('--rate <rate>', 'at most so many of them', `${defaultReplayRate}/s`)
    .option('--limit <count>', 'at most this many, the first that ended first')
    .option('--after-handoff', 'also those that people were told of, if the customer has not written again')
    .option('--json', 'as JSON');
  addFilterOptions(command).action((ids: string[], options: ReplayFlags) => {
    const perSecond = parseRate('--rate', options.rate);
    refuseBoth(ids, options);
    const limit = options.limit === undefined ? Infinity : parseCount('--limit', options.limit);
    return withApp(command, async (app) => {
      const filter = filterOf(options, app.now());
      const selection: Selection = ids.length > 0 ? { ids: ids.slice(0, limit) } : { filter, limit };
      const how = { dry: options.dryRun ?? false, afterHandoff: options.afterHandoff ?? false, perSecond };
      const report = await replayDeadLetters(app, selection, how, progressOf('looked at'));
      if (report.total === 0) await requireKnown(app, filter);
      // Whoever names a ticket wants to know that it was not put back.
      if (ids.length > 0 && report.tickets.some(isRefused)) process.exitCode = 1;
      if (options.json) return printJson(report);
      printReplay(report, ids.length > 0);
    });
  });
  withExample(
    command,
    'tierline dead replay --cause deadline --tier simple --dry-run',
    'tierline dead replay t_00k3v9z2m8q1x7c4b6n5a0s2',
    'tierline dead replay --after-handoff --rate 2/s',
  );
}

/** That it is on its way already is what was wanted. */
const isRefused = ({ kind }: ReplayOutcome): boolean =>
  kind !== 'replayed' && kind !== 'not_dead' && kind !== 'changed';

const texts: Record<ReplayOutcome['kind'], [done: string, would: string]> = {
  replayed: ['put back', 'would be put back'],
  superseded: ['not: the customer has written again', 'would not: the customer has written again'],
  busy: [
    'not now: another message of the conversation is being answered',
    'would not now: another message of the conversation comes first',
  ],
  handed_off: [
    'not: people have it; --after-handoff answers it all the same',
    'would not: people have it; --after-handoff answers it all the same',
  ],
  emptied: ['not: its content is past its retention', 'would not: its content is past its retention'],
  dropped: ['not: it was dropped', 'would not: it was dropped'],
  changed: ['not: somebody else was faster', 'would not: somebody else was faster'],
  not_dead: ['not: it is no dead letter any more', 'would not: it is no dead letter any more'],
  no_destination: [
    'not: its source has no destination in the configuration',
    'would not: its source has no destination in the configuration',
  ],
  unknown: ['not: there is no such ticket', 'would not: there is no such ticket'],
};

export const replayText = (kind: ReplayOutcome['kind'], dry: boolean): string => texts[kind][dry ? 1 : 0];

export function outcomeText(outcome: ReplayOutcome, dry: boolean): string {
  const text = texts[outcome.kind][dry ? 1 : 0];
  if (outcome.kind === 'superseded' || outcome.kind === 'busy') return `${text} (${outcome.by})`;
  if (outcome.kind !== 'replayed') return text;
  const generation = outcome.generation > 1 ? `, as generation ${outcome.generation}` : '';
  return `${text} to ${outcome.queue}${generation}`;
}

function printReplay(report: ReplayReport, isNamed: boolean): void {
  const { counts, tickets, dryRun, left, lastStartsInMs } = report;
  if (report.total === 0) return note('There are no dead letters that fit.');
  if (isNamed && tickets.length <= namedAtMost) {
    print(...tickets.map((one) => `${one.ticketId}  ${outcomeText(one, dryRun)}`));
  } else {
    printTable(
      ['tickets', 'outcome'],
      replayKinds
        .filter((kind) => counts[kind] > 0)
        .map((kind): Cell[] => [
          counts[kind],
          { text: replayText(kind, dryRun), style: kind === 'replayed' ? 'green' : 'yellow' },
        ]),
    );
  }
  if (left > 0) note(`\n${plural(left, 'more ticket')} fit and ${left === 1 ? 'is' : 'are'} beyond --limit.`);
  if (lastStartsInMs > 0) note(`\nThe last one's turn comes in ${durationText(lastStartsInMs)}, by itself.`);
  if (dryRun) note('\nNothing was changed.');
  else if (counts.replayed > 0) {
    const [first] = tickets.filter(({ kind }) => kind === 'replayed');
    suggestNext([`ticket ${first!.ticketId}`, 'how it goes on'], ['queues', 'what waits']);
  }
}

type DropFlags = FilterOptions & { yes?: boolean; limit?: string; json?: boolean };

export function addDropCommand(dead: Command): void {
  const command = dead
    .command('drop')
    .description('cancels held ones: nobody will answer them. Named ones, or those that fit')
    .argument('[ticketIds...]')
    .option('--yes', 'does it; without it, says what would be dropped')
    .option('--limit <count>', 'at most this many, the first that ended first')
    .option('--json', 'as JSON');
  addFilterOptions(command).action((ids: string[], options: DropFlags) => {
    refuseBoth(ids, options);
    if (ids.length === 0 && !isFiltered(options)) {
      throw usageError('Say which to drop: ids, or --cause, --tier, --queue, --state, --since.');
    }
    const limit = options.limit === undefined ? Infinity : parseCount('--limit', options.limit);
    return withApp(command, async (app) => {
      const filter = filterOf(options, app.now());
      const selection: Selection = ids.length > 0 ? { ids: ids.slice(0, limit) } : { filter, limit };
      const report = await dropDeadLetters(app, selection, { dry: !options.yes }, progressOf('looked at'));
      if (report.total === 0) await requireKnown(app, filter);
      if (ids.length > 0 && report.counts.dropped < report.total) process.exitCode = 1;
      if (options.json) printJson(report);
      else printDrop(report);
      if (report.dryRun && report.counts.dropped > 0) {
        throw usageError('Nothing was dropped. It cannot be undone: add --yes to do it.');
      }
    });
  });
  withExample(command, 'tierline dead drop --cause poison --since 1d --yes');
}

const dropTexts: Record<(typeof dropKinds)[number], [done: string, would: string]> = {
  dropped: ['dropped: they end as cancelled', 'would be dropped'],
  handed_off: ['not: people have them', 'would not: people have them'],
  not_dead: ['not: no dead letters any more', 'would not: no dead letters any more'],
  unknown: ['not: there is no such ticket', 'would not: there is no such ticket'],
};

function printDrop({ counts, total, dryRun }: DropReport): void {
  if (total === 0) return note('There are no dead letters that fit.');
  printTable(
    ['tickets', 'outcome'],
    dropKinds
      .filter((kind) => counts[kind] > 0)
      .map((kind): Cell[] => [counts[kind], dropTexts[kind][dryRun ? 1 : 0]]),
  );
}

const reportEvery = 1000;

export function progressOf(what: string) {
  return (done: number, total: number): void => {
    if (total > reportEvery && (done % reportEvery === 0 || done === total)) {
      note(`${what}: ${countText(done)} of ${countText(total)}`);
    }
  };
}
