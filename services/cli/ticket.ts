/** `tierline ticket` and `tierline tickets`. */
import type { Command } from 'commander';
import type { App } from '../../shared/app.ts';
import { TierlineError } from '../../shared/errors.ts';
import { traceOf } from '../../shared/record/trace.ts';
import type { Trace } from '../../shared/record/trace.ts';
import { ends } from '../../shared/ticket.ts';
import type { End } from '../../shared/ticket.ts';
import { withApp } from './context.ts';
import { note, oneLine, printJson, printTable } from './output.ts';
import { withExample } from './example.ts';

const openStates = ['queued', 'classifying', 'answering', 'parked', 'delivering'];

export function addTicketCommands(program: Command): void {
  const one = program
    .command('ticket')
    .description('the whole trace of one ticket')
    .argument('<ticketId>')
    .option('--json', 'as JSON')
    .action((ticketId: string, options: { json?: boolean }) =>
      withApp(one, async (app) => {
        const trace = await findTrace(app, ticketId);
        if (options.json) printJson(trace);
        else printTrace(trace);
      }),
    );
  withExample(one, 'tierline ticket t_00k3v9z2m8q1x7c4b6n5a0s2');

  const many = program
    .command('tickets')
    .description('finds tickets, the newest ends first')
    .option('--state <state>', `only these: ${[...openStates, ...ends].join(', ')}`)
    .option('--tier <name>', 'only of this tier')
    .option('--limit <count>', 'at most this many', '50')
    .option('--json', 'as JSON')
    .action((options: { state?: string; tier?: string; limit: string; json?: boolean }) =>
      withApp(many, async (app) => {
        const traces = await findTickets(app, options);
        if (options.json) return printJson(traces);
        printTable(
          ['ticket', 'state', 'tier', 'query type', 'language', 'source', 'external id'],
          traces.map((trace) => [
            trace.ticketId,
            trace.state,
            trace.classification?.tier ?? '',
            trace.classification?.queryType ?? '',
            trace.classification?.language ?? '',
            trace.ticket?.source ?? '',
            trace.ticket?.externalId ?? '',
          ]),
        );
        if (traces[0]) note(`\nThe story of one: tierline ticket ${traces[0].ticketId}`);
      }),
    );
  withExample(many, 'tierline tickets --state handed_off --tier complex');
}

async function findTrace(app: App, ticketId: string): Promise<Trace> {
  const stored = await app.record.read(ticketId);
  if (!stored)
    throw new TierlineError('unknown_ticket', `there is no ticket ${JSON.stringify(ticketId.slice(0, 60))}`);
  return traceOf(ticketId, stored);
}

type Query = { state?: string; tier?: string; limit: string };

const isEnd = (state: string): state is End => (ends as readonly string[]).includes(state);

async function findTickets(app: App, query: Query): Promise<Trace[]> {
  const limit = parseLimit(query);
  const { state, tier } = query;
  const fits = (trace: Trace): boolean =>
    (state === undefined || trace.state === state) &&
    (tier === undefined || trace.classification?.tier === tier);
  // A filter looks into the record, so more ids than the limit may have to be read.
  const scanned = tier === undefined && (state === undefined || isEnd(state)) ? limit : Math.max(limit, 5000);
  const found: Trace[] = [];
  for (const list of listsFor(state)) {
    for (const ticketId of await app.record.list(list, scanned)) {
      if (found.length >= limit) return found;
      const stored = await app.record.read(ticketId);
      const trace = stored && traceOf(ticketId, stored);
      if (trace && fits(trace)) found.push(trace);
    }
  }
  return found;
}

function listsFor(state: string | undefined): readonly ('open' | End)[] {
  if (state === undefined) return ['open', ...ends];
  return isEnd(state) ? [state] : ['open'];
}

function parseLimit({ limit, state }: Query): number {
  const states = [...openStates, ...ends];
  if (state !== undefined && !states.includes(state)) {
    throw new TierlineError('usage', `there is no state "${state}". States: ${states.join(', ')}`);
  }
  const count = Number(limit);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new TierlineError('usage', '--limit takes a whole number from 1');
  }
  return count;
}

function printTrace(trace: Trace): void {
  const { classification: labels, ticket, route } = trace;
  const lines = [`${trace.ticketId}  ${trace.state}${trace.cause ? ` (${trace.cause})` : ''}`];
  if (ticket)
    lines.push(
      `from ${ticket.source}, ${ticket.externalId}, ${ticket.createdAt}: ${oneLine(ticket.subject || ticket.body, 80)}`,
    );
  else lines.push('its content is past its retention');
  if (labels) {
    const flags = labels.flags.length > 0 ? `, flags ${labels.flags.join(' ')}` : '';
    lines.push(
      `${labels.queryType} in ${labels.language}, tier ${labels.tier}, confidence ${labels.confidence} by ${labels.decidedBy}${flags}`,
    );
  }
  if (route)
    lines.push(
      `route ${route.rule === null ? 'of the tier' : `routes[${route.rule}]`}: ${route.chain.join(' > ')}`,
    );
  if (trace.supersededBy) lines.push(`answered together with ${trace.supersededBy}`);
  lines.push(`cost ${trace.costUsd === null ? 'unknown' : `$${trace.costUsd}`}`);
  process.stdout.write(`${lines.join('\n')}\n\n`);
  printTable(
    ['at', 'state', 'detail'],
    trace.timeline.map(({ at, state, detail }) => [at, state, detail ?? '']),
  );
  if (trace.attempts.length > 0) {
    process.stdout.write('\n');
    printTable(
      ['call', 'model', 'provider', 'outcome', 'ms', 'cost'],
      trace.attempts.map((one) => [
        one.purpose,
        one.model,
        one.provider,
        one.fault ?? (one.durationMs === null ? 'not seen to end' : 'ok'),
        one.durationMs ?? 0,
        one.costUsd === null ? 'unknown' : `$${one.costUsd}`,
      ]),
    );
  }
  if (trace.deliveries.length > 0) {
    process.stdout.write('\n');
    printTable(
      ['delivery', 'destination', 'status', 'outcome', 'at'],
      trace.deliveries.map((one) => [one.webhookId, one.destination, one.status ?? '', one.outcome, one.at]),
    );
  }
}
