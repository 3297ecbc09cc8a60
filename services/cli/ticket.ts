/** `tierline ticket`: the whole story of one ticket. */
import type { Command } from 'commander';
import { z } from 'zod';
import type { App } from '../../shared/app.ts';
import { TierlineError } from '../../shared/errors.ts';
import { ticketIdPattern } from '../../shared/record/keys.ts';
import { traceOf } from '../../shared/record/trace.ts';
import type { Trace } from '../../shared/record/trace.ts';
import { ends } from '../../shared/ticket.ts';
import { withApp } from './context.ts';
import { withExample } from './example.ts';
import { factLines } from './facts.ts';
import type { Fact } from './facts.ts';
import { agoText, durationText, usdExact } from './format.ts';
import { oneLine, outputWidth, paint, print, printJson, printTable, suggestNext } from './output.ts';
import { stateStyle } from './states.ts';
import { safe, safeLines, wrap } from './text.ts';

type Options = { json?: boolean; full?: boolean };

export function addTicketCommand(program: Command): void {
  const command = program
    .command('ticket')
    .description('the whole story of one ticket: text, labels, calls, cost, reply, deliveries')
    .argument('<ticketId>')
    .option('--full', 'all of the message and of the reply')
    .option('--json', 'as JSON')
    .action((ticketId: string, options: Options) =>
      withApp(command, async (app) => {
        const trace = await findTrace(app, ticketId);
        if (options.json) return printJson(trace);
        printTrace(trace, { now: app.now(), full: options.full ?? false });
        if (!(ends as readonly string[]).includes(trace.state))
          suggestNext(['queues', 'what it waits behind']);
        else suggestNext(['tickets', 'the others'], ['costs', 'what they cost together']);
      }),
    );
  withExample(command, 'tierline ticket t_00k3v9z2m8q1x7c4b6n5a0s2');
}

export async function findTrace(app: App, ticketId: string): Promise<Trace> {
  const stored = await app.record.read(ticketId);
  if (stored) return traceOf(ticketId, stored);
  const given = JSON.stringify(ticketId.slice(0, 60));
  if (ticketIdPattern.test(ticketId)) {
    throw new TierlineError(
      'unknown_ticket',
      `There is no ticket ${given}. It may be past its retention, or belong to another system (REDIS_URL, TIERLINE_PREFIX).`,
    );
  }
  throw new TierlineError(
    'unknown_ticket',
    `There is no ticket ${given}. Ids look like t_00k3v9z2m8q1x7c4b6n5a0s2. ` +
      'If it is the id in your own system: tierline tickets --external-id ' +
      safe(ticketId.slice(0, 60)),
  );
}

/** As much of a note as a line can show. */
const noteColumns = 200;

/** Of a message or a reply, unless all is asked for. */
const linesShown = 8;

export function printTrace(trace: Trace, how: { now: number; full: boolean }): void {
  const state = paint(stateStyle(trace.state), trace.state);
  print(`${paint('bold', trace.ticketId)}  ${state}${trace.cause ? ` (${safe(trace.cause)})` : ''}`);
  print(...factLines(headerOf(trace, how.now)));
  const { ticket } = trace;
  if (ticket) {
    const text = ticket.subject === '' ? ticket.body : `${ticket.subject}\n${ticket.body}`;
    printText('message', text, how.full);
  }
  const reply = replySchema.safeParse(trace.reply);
  if (reply.success) printText(reply.data.type.replace('ticket.', ''), reply.data.data.text, how.full);
  printTimeline(trace);
  printCalls(trace);
  printDeliveries(trace);
  printFeedback(trace);
}

/** The part of what is delivered that is printed. */
const replySchema = z.object({ type: z.string(), data: z.object({ text: z.string() }) });

function headerOf(trace: Trace, now: number): Fact[] {
  const { classification: labels, ticket, route } = trace;
  const lines: Fact[] = [];
  if (ticket) {
    const who = ticket.requester.name ?? ticket.requester.email;
    const created = `${ticket.createdAt} (${agoText(now - Date.parse(ticket.createdAt))})`;
    lines.push(['from', `${ticket.source}, ${ticket.externalId}${who ? `, ${who}` : ''}, ${created}`]);
  } else {
    lines.push(['from', 'its content is past its retention']);
  }
  if (labels) {
    const flags = labels.flags.length > 0 ? `, flags ${labels.flags.join(' ')}` : '';
    lines.push([
      'labels',
      `${labels.queryType} in ${labels.language}, tier ${labels.tier}, complexity ${labels.complexity}, confidence ${labels.confidence} by ${labels.decidedBy}${flags}`,
    ]);
  }
  if (route) {
    const rule = route.rule === null ? 'of the tier' : `routes[${route.rule}]`;
    lines.push(['route', `${rule}: ${route.chain.join(' > ')}`]);
  }
  if (trace.supersededBy) lines.push(['together', `answered together with ${trace.supersededBy}`]);
  lines.push(['cost', usdExact(trace.costUsd)]);
  return lines;
}

function printText(title: string, text: string, full: boolean): void {
  const width = Math.min(outputWidth(), 100);
  const lines = wrap(safeLines(text.trim()), width - 2);
  const shown = full ? lines : lines.slice(0, linesShown);
  print('', paint('bold', title), ...shown.map((line) => `  ${line}`.trimEnd()));
  if (shown.length < lines.length) {
    print(paint('dim', `  … ${lines.length - shown.length} more lines: --full shows them`));
  }
}

function printTimeline({ timeline }: Trace): void {
  const start = Date.parse(timeline[0]?.at ?? '');
  print('');
  printTable(
    ['at', { head: 'after', align: 'right' }, 'state', { head: 'detail', shrinks: true }],
    timeline.map(({ at, state, detail }) => [
      at,
      durationText(Date.parse(at) - start),
      { text: state, style: stateStyle(state) },
      detail ?? '',
    ]),
  );
}

function printCalls({ attempts }: Trace): void {
  if (attempts.length === 0) return;
  print('');
  printTable(
    [
      'call',
      'model',
      'provider',
      { head: 'outcome', shrinks: true },
      { head: 'took', align: 'right' },
      { head: 'cost', align: 'right' },
    ],
    attempts.map((one) => {
      const ended = one.durationMs === null ? 'not seen to end' : 'ok';
      return [
        one.purpose,
        one.model,
        one.provider,
        { text: one.fault ?? ended, style: one.fault === null && ended === 'ok' ? 'green' : 'red' },
        one.durationMs === null ? '' : durationText(one.durationMs),
        usdExact(one.costUsd),
      ];
    }),
  );
}

function printDeliveries({ deliveries }: Trace): void {
  if (deliveries.length === 0) return;
  print('');
  printTable(
    [
      { head: 'delivery', optional: true },
      'destination',
      { head: 'status', align: 'right' },
      'outcome',
      { head: 'reason', shrinks: true },
      'at',
    ],
    deliveries.map((one) => [
      one.webhookId,
      one.destination,
      one.status ?? '',
      { text: one.outcome, style: stateStyle(one.outcome) },
      one.reason ?? '',
      one.at,
    ]),
  );
}

function printFeedback({ feedback }: Trace): void {
  if (feedback.length === 0) return;
  print('');
  printTable(
    ['feedback', 'by', { head: 'label', shrinks: true }, { head: 'note', shrinks: true }, 'at'],
    feedback.map(({ outcome, by, label, note, at }) => [
      outcome,
      by,
      [label?.queryType, label?.tier, label?.language].filter(Boolean).join(', '),
      oneLine(note ?? '', noteColumns),
      at,
    ]),
  );
}
