/** `tierline tickets`: finds tickets. */
import type { Command } from 'commander';
import type { App } from '../../shared/app.ts';
import { traceOf } from '../../shared/record/trace.ts';
import type { Trace } from '../../shared/record/trace.ts';
import { ends } from '../../shared/ticket.ts';
import type { End } from '../../shared/ticket.ts';
import { withApp } from './context.ts';
import { withExample } from './example.ts';
import { ageText, plural, usdExact } from './format.ts';
import { note, oneLine, printJson, printTable, suggestNext } from './output.ts';
import { askedStates, isEnd, openStates, stateStyle } from './states.ts';
import type { Cell } from './table.ts';
import { parseCount, parseSpan, requireName } from './usage.ts';

type Options = {
  state?: string;
  tier?: string;
  type?: string;
  language?: string;
  source?: string;
  externalId?: string;
  since?: string;
  limit: string;
  json?: boolean;
};

export function addTicketsCommand(program: Command): void {
  const command = program
    .command('tickets')
    .description('finds tickets: open ones first, the longest waiting first; then the newest ends')
    .option('--state <state>', `one of ${askedStates.join(', ')}`)
    .option('--tier <name>', 'of this tier')
    .option('--type <name>', 'of this query type')
    .option('--language <tag>', 'in this language, such as en or zh')
    .option('--source <name>', 'from this source')
    .option('--external-id <id>', 'with this id in your own system')
    .option('--since <span>', 'accepted in the last 12h, 7d …')
    .option('--limit <count>', 'at most this many', '50')
    .option('--json', 'as JSON, each with its whole trace')
    .action((options: Options) => {
      const limit = parseCount('--limit', options.limit);
      const sinceMs = options.since === undefined ? null : parseSpan('--since', options.since);
      if (options.state !== undefined) requireName('state', options.state, askedStates);
      return withApp(command, async (app) => {
        checkNames(app, options);
        const found = await findTickets(app, options, { limit, sinceMs });
        if (options.json) return printJson(found.traces);
        printFound(found, options, app.now());
      });
    });
  withExample(
    command,
    'tierline tickets --state handed_off --tier complex',
    'tierline tickets --external-id T-1001',
  );
}

/** A name that the configuration does not have is more often misspelt than gone. */
function checkNames(app: App, { tier, type, source }: Options): void {
  const { config } = app.runtime();
  if (tier !== undefined) requireName('tier', tier, Object.keys(config.tiers));
  if (type !== undefined) requireName('query type', type, Object.keys(config.classifier.queryTypes));
  if (source !== undefined) requireName('source', source, Object.keys(config.sources));
}

/** Ids that a search looks at in each list; a larger one would keep Redis busy. */
const mostLookedAt = 10_000;
const batch = 200;

type Found = { traces: Trace[]; lookedAt: number; isCut: boolean };
type Search = { limit: number; fits: (trace: Trace) => boolean };

async function findTickets(app: App, options: Options, bounds: Bounds): Promise<Found> {
  const { state } = options;
  const { limit } = bounds;
  const search = {
    limit,
    fits: filterOf(options, bounds.sinceMs === null ? null : app.now() - bounds.sinceMs),
  };
  const found: Found = { traces: [], lookedAt: 0, isCut: false };
  if (state === undefined || !isEnd(state))
    found.traces.push(...(await searchList(app, 'open', search, found)));
  const ended: Trace[] = [];
  for (const end of ends) {
    if (state === undefined || state === end) ended.push(...(await searchList(app, end, search, found)));
  }
  ended.sort((a, b) => endedAt(b).localeCompare(endedAt(a)));
  found.traces = [...found.traces, ...ended].slice(0, limit);
  return found;
}

type Bounds = { limit: number; sinceMs: number | null };

const endedAt = ({ timeline }: Trace): string => timeline.at(-1)?.at ?? '';

/** The first of a list that fit; what was looked at is added to `found`. */
async function searchList(
  app: App,
  list: 'open' | End,
  { limit, fits }: Search,
  found: Found,
): Promise<Trace[]> {
  const ids = await app.record.list(list, mostLookedAt);
  const traces: Trace[] = [];
  for (let start = 0; start < ids.length && traces.length < limit; start += batch) {
    const slice = ids.slice(start, start + batch);
    const stored = await Promise.all(slice.map((ticketId) => app.record.read(ticketId)));
    found.lookedAt += slice.length;
    for (const [i, fields] of stored.entries()) {
      const trace = fields && traceOf(slice[i]!, fields, app.now());
      if (trace && fits(trace)) traces.push(trace);
    }
  }
  found.isCut ||= ids.length === mostLookedAt && traces.length < limit;
  return traces.slice(0, limit);
}

function filterOf(options: Options, since: number | null): (trace: Trace) => boolean {
  const wanted: [string | undefined, (trace: Trace) => string | undefined][] = [
    [options.state === 'open' ? undefined : options.state, (trace) => trace.state],
    [options.tier, (trace) => trace.classification?.tier],
    [options.type, (trace) => trace.classification?.queryType],
    [options.language, (trace) => trace.classification?.language],
    [options.source, (trace) => trace.ticket?.source],
    [options.externalId, (trace) => trace.ticket?.externalId],
  ];
  const asked = wanted.filter(([value]) => value !== undefined);
  return (trace) =>
    asked.every(([value, read]) => read(trace) === value) &&
    (since === null || Date.parse(acceptedAt(trace)) >= since);
}

const acceptedAt = ({ timeline }: Trace): string => timeline[0]?.at ?? '';

/** As much of a message as a list can show, be it as wide as it likes. */
const messageColumns = 100;

function printFound(found: Found, options: Options, now: number): void {
  const { traces } = found;
  const isFiltered = Object.keys(options).some((name) => name !== 'limit' && name !== 'json');
  if (traces.length === 0) {
    note(
      isFiltered
        ? `None of the ${plural(found.lookedAt, 'ticket')} looked at fits.`
        : 'There is no ticket yet.',
    );
    if (found.isCut) tellCut();
    if (isFiltered) return suggestNext(['tickets', 'all of them']);
    return suggestNext(['start', 'starts everything here and shows how to post one']);
  }
  printTable(
    [
      'ticket',
      'state',
      { head: 'age', align: 'right' },
      'tier',
      { head: 'query type', shrinks: true },
      { head: 'lang', optional: true },
      { head: 'message', shrinks: true },
      { head: 'cost', align: 'right', optional: true },
      { head: 'source', optional: true },
      { head: 'external id', optional: true },
    ],
    traces.map((trace) => ticketRow(trace, now)),
  );
  if (traces.length === Number(options.limit)) {
    note(`\nThese are the first ${options.limit}; --limit shows more.`);
  }
  if (found.isCut) tellCut();
  const [first] = traces;
  suggestNext(
    [`ticket ${first!.ticketId}`, 'the story of one'],
    ...((openStates as readonly string[]).includes(first!.state)
      ? ([['queues', 'what waits']] as [string, string][])
      : []),
  );
}

function ticketRow(trace: Trace, now: number): Cell[] {
  const { ticketId, state, classification: labels, ticket } = trace;
  return [
    ticketId,
    { text: state, style: stateStyle(state) },
    ageText(now - Date.parse(acceptedAt(trace))),
    ...(labels ? [labels.tier, labels.queryType, labels.language] : ['', '', '']),
    ticket ? oneLine(ticket.subject || ticket.body, messageColumns) : '',
    usdExact(trace.costUsd),
    ...(ticket ? [ticket.source, ticket.externalId] : ['', '']),
  ];
}

const tellCut = (): void =>
  note(`Only ${mostLookedAt.toLocaleString('en-US')} tickets of each state were looked at.`);
