/** `tierline dead export`: dead letters with what the customers wrote, for another program or for people. */
import { once } from 'node:events';
import type { Command } from 'commander';
import { letterJson, lettersWithTickets } from '../../shared/dead-letter-json.ts';
import type { LetterWithTicket } from '../../shared/dead-letter-json.ts';
import { withApp } from './context.ts';
import { addFilterOptions, filterOf, requireKnown } from './dead-filter.ts';
import type { FilterOptions } from './dead-filter.ts';
import { withExample } from './example.ts';
import { plural } from './format.ts';
import { note } from './output.ts';
import { parseCount, requireName } from './usage.ts';

const formats = ['jsonl', 'csv'] as const;
type Options = FilterOptions & { format: string; limit?: string };

export function addExportCommand(dead: Command): void {
  const command = dead
    .command('export')
    .description('writes them to the output, the newest first, with what the customers wrote')
    .option('--format <format>', formats.join(' or '), 'jsonl')
    .option('--limit <count>', 'at most this many');
  addFilterOptions(command).action((options: Options) => {
    requireName('format', options.format, formats);
    const limit = options.limit === undefined ? Infinity : parseCount('--limit', options.limit);
    return withApp(command, async (app) => {
      const filter = filterOf(options, app.now());
      const isCsv = options.format === 'csv';
      if (isCsv) await write(csvLine(columns));
      let count = 0;
      for await (const letter of lettersWithTickets(app, filter)) {
        if (count === limit) break;
        const { ticket, ...rest } = letter;
        await write(
          isCsv ? csvLine(cellsOf(letter)) : `${JSON.stringify({ ...letterJson(rest), ticket })}\n`,
        );
        count += 1;
      }
      if (count === 0) await requireKnown(app, filter);
      note(`${plural(count, 'dead letter')} written`);
    });
  });
  withExample(command, 'tierline dead export --format csv --since 1d > given-up.csv');
}

/** Waits where the reader is slower. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

const columns = [
  'ticketId',
  'state',
  'queue',
  'tier',
  'cause',
  'at',
  'supersededBy',
  'source',
  'externalId',
  'conversationId',
  'messageId',
  'createdAt',
  'language',
  'requesterEmail',
  'requesterName',
  'subject',
  'body',
];

function cellsOf({ ticket, ...letter }: LetterWithTicket): string[] {
  const { ticketId, state, queue, tier, cause, at, supersededBy } = letterJson(letter);
  const own = [ticketId, state, queue, tier, cause, at, supersededBy];
  const theirs = ticket && [
    ticket.source,
    ticket.externalId,
    ticket.conversationId,
    ticket.messageId,
    ticket.createdAt,
    ticket.language,
    ticket.requester.email,
    ticket.requester.name,
    ticket.subject,
    ticket.body,
  ];
  return columns.map((_, i) => [...own, ...(theirs ?? [])][i] ?? '');
}

/** RFC 4180. A cell that a spreadsheet would take for a formula begins with an apostrophe instead. */
export function csvLine(cells: readonly string[]): string {
  const quoted = cells.map((cell) => {
    const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${quoted.join(',')}\r\n`;
}
