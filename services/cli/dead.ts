/** `tierline dead`: what stages gave up on, by cause; and the way back. */
import type { Command } from 'commander';
import type { App } from '../../shared/app.ts';
import { letterJson, listGroups, listLetters, wouldBecome } from '../../shared/dead-letter-json.ts';
import { deadLetterOf, groupDeadLetters } from '../../shared/dead-letters.ts';
import type { DeadLetter, DeadLetterFilter } from '../../shared/dead-letters.ts';
import { TierlineError } from '../../shared/errors.ts';
import type { ReplayOutcome } from '../../shared/revival.ts';
import { withApp } from './context.ts';
import { addExportCommand } from './dead-export.ts';
import { addFilterOptions, filterOf, requireKnown } from './dead-filter.ts';
import type { FilterOptions } from './dead-filter.ts';
import { addDropCommand, addReplayCommand, outcomeText } from './dead-replay.ts';
import { withExample } from './example.ts';
import { agoText, plural } from './format.ts';
import { note, paint, print, printJson, printTable, suggestNext } from './output.ts';
import { stateStyle } from './states.ts';
import type { Cell } from './table.ts';
import { safe } from './text.ts';
import { findTrace, printTrace } from './ticket.ts';
import { parseCount } from './usage.ts';

type ListOptions = FilterOptions & { all?: boolean; limit: string; json?: boolean };

export function addDeadCommands(program: Command): void {
  const dead = program
    .command('dead')
    .description('dead letters: what was given up on, handed to people or held; and putting it back');
  withExample(
    dead,
    'tierline dead list',
    'tierline dead replay --cause deadline --dry-run',
    'tierline dead replay --cause deadline',
  );
  addListCommand(dead);
  addShowCommand(dead);
  addReplayCommand(dead);
  addExportCommand(dead);
  addDropCommand(dead);
}

function addListCommand(dead: Command): void {
  const command = dead
    .command('list', { isDefault: true })
    .description('how many there are, by stage, tier and cause; or each of them')
    .option('--all', 'each ticket, the newest first')
    .option('--limit <count>', 'with --all: at most this many', '50')
    .option('--json', 'as JSON');
  addFilterOptions(command).action((options: ListOptions) => {
    const limit = parseCount('--limit', options.limit);
    return withApp(command, async (app) => {
      const filter = filterOf(options, app.now());
      if (options.all) return listAll(app, filter, limit, options.json ?? false);
      const listed = await listGroups(app, filter);
      if (listed.total === 0) await requireKnown(app, filter);
      if (options.json) return printJson(listed);
      printGroups(listed, app.now());
    });
  });
  withExample(command, 'tierline dead list', 'tierline dead list --all --cause poison --since 1d');
}

function printGroups({ groups, ...sums }: Awaited<ReturnType<typeof listGroups>>, now: number): void {
  if (sums.total === 0) return note('There are no dead letters.');
  printTable(
    [
      'tickets',
      { head: 'held', align: 'right' },
      'queue',
      { head: 'tier', optional: true },
      { head: 'cause', shrinks: true },
      { head: 'first', align: 'right' },
      { head: 'last', align: 'right' },
      { head: 'written again', align: 'right', optional: true },
      { head: 'for example', optional: true },
    ],
    groups.map((group): Cell[] => [
      group.count,
      { text: group.held || '', style: 'red' },
      group.queue,
      group.tier ?? '',
      group.cause,
      agoText(now - Date.parse(group.firstSeen)),
      agoText(now - Date.parse(group.lastSeen)),
      group.superseded || '',
      group.examples[0] ?? '',
    ]),
  );
  note(`\n${plural(sums.total, 'dead letter')}: ${sums.held} held, ${sums.handedOff} handed to people`);
  const [first] = groups;
  suggestNext(
    [`dead show ${first!.examples[0]}`, 'one of them: why, what was tried, and whether it can be put back'],
    ['dead replay --dry-run', 'what would become of them if they were put back'],
  );
}

async function listAll(app: App, filter: DeadLetterFilter, limit: number, asJson: boolean): Promise<void> {
  const listed = await listLetters(app, filter, limit);
  if (listed.tickets.length === 0) await requireKnown(app, filter);
  if (asJson) return printJson(listed);
  if (listed.tickets.length === 0) return note('There are no dead letters.');
  printTable(
    [
      'ticket',
      'state',
      { head: 'since', align: 'right' },
      'queue',
      { head: 'tier', optional: true },
      { head: 'cause', shrinks: true },
      { head: 'source', optional: true },
      { head: 'external id', optional: true },
      { head: 'written again', optional: true },
    ],
    listed.tickets.map((one): Cell[] => [
      one.ticketId,
      { text: one.state, style: stateStyle(one.state) },
      agoText(app.now() - Date.parse(one.at)),
      one.queue,
      one.tier ?? '',
      one.cause,
      one.source ?? '',
      one.externalId ?? '',
      one.supersededBy ?? '',
    ]),
  );
  if (listed.more) note(`\nThese are the first ${limit}; --limit shows more.`);
  suggestNext([`dead show ${listed.tickets[0]!.ticketId}`, 'the story of one']);
}

function addShowCommand(dead: Command): void {
  const command = dead
    .command('show')
    .description('one of them: why it was given up, what was tried, whether it can be put back')
    .argument('<ticketId>')
    .option('--full', 'all of the message and of the reply')
    .option('--json', 'as JSON')
    .action((ticketId: string, options: { full?: boolean; json?: boolean }) =>
      withApp(command, async (app) => {
        const trace = await findTrace(app, ticketId);
        const letter = deadLetterOf(ticketId, (await app.record.read(ticketId)) ?? {});
        if (letter === null) {
          throw new TierlineError(
            'not_dead',
            `Ticket ${ticketId} is no dead letter: it is ${trace.state}. Its story: tierline ticket ${ticketId}`,
          );
        }
        const would = await wouldBecome(app, ticketId);
        if (options.json) return printJson({ ...letterJson(letter), replay: would, trace });
        await printLetter(app, letter, would);
        print('');
        printTrace(trace, { now: app.now(), full: options.full ?? false });
        if (would.kind === 'replayed') suggestNext([`dead replay ${ticketId}`, 'puts it back']);
        if (would.kind === 'handed_off') {
          suggestNext([`dead replay ${ticketId} --after-handoff`, 'answers it although people were told']);
        }
      }),
    );
  withExample(command, 'tierline dead show t_00k3v9z2m8q1x7c4b6n5a0s2');
}

async function printLetter(app: App, letter: DeadLetter, would: ReplayOutcome): Promise<void> {
  const { queue, cause, tier } = letter;
  const groups = await groupDeadLetters(app, { queue, cause, ...(tier === null ? {} : { tier }) });
  const alike = groups.reduce((sum, { count }) => sum + count, 0);
  const fate = letter.state === 'dead' ? 'held: nobody was told' : 'handed to people';
  const lines: [string, string][] = [
    ['cause', `${cause} (${plural(alike, 'ticket')} of this queue)`],
    ['queue', queue],
    ['since', `${new Date(letter.atMs).toISOString()} (${agoText(app.now() - letter.atMs)}), ${fate}`],
    ['replay', outcomeText(would, true)],
  ];
  print(...lines.map(([label, text]) => paint('dim', label.padEnd(10)) + safe(text)));
}
