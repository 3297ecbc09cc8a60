/** `tierline deliveries`: what arrived and what did not; sending it once more; and enabling a destination again. */
import type { Command } from 'commander';
import type { App } from '../../shared/app.ts';
import { deliveryStates, listDeliveries } from '../../shared/deliveries.ts';
import type { DeliveryState } from '../../shared/deliveries.ts';
import { createStandings } from '../../shared/destinations/standing.ts';
import { defaultReplayRate } from '../../shared/replay.ts';
import { resendOne } from '../../shared/resend.ts';
import { withApp } from './context.ts';
import { addRecoverCommand } from './deliveries-recover.ts';
import { withExample } from './example.ts';
import { agoText, plural } from './format.ts';
import { note, print, printJson, printTable, suggestNext, typeable } from './output.ts';
import type { Cell, Style } from './table.ts';
import { safe } from './text.ts';
import { parseCount, parseSpan, requireName } from './usage.ts';

type ListOptions = { destination?: string; state?: string; since?: string; limit: string; json?: boolean };

export function addDeliveriesCommands(program: Command): void {
  const command = program
    .command('deliveries')
    .description('what was delivered, what is on its way and what did not arrive; sends it once more');
  withExample(
    command,
    'tierline deliveries list --state failed',
    'tierline deliveries resend t_00k3v9z2m8q1x7c4b6n5a0s2',
    'tierline deliveries recover --destination shop-webhook --since 2h --dry-run',
  );
  addListCommand(command);
  addResendCommand(command);
  addRecoverCommand(command, `${defaultReplayRate}/s`);
  addEnableCommand(command);
}

function addListCommand(deliveries: Command): void {
  const command = deliveries
    .command('list', { isDefault: true })
    .description('those on their way first, then the newest that ended')
    .option('--destination <name>', 'to this destination')
    .option('--state <state>', `one of ${deliveryStates.join(', ')}`)
    .option('--since <span>', 'ended, tried or made ready in the last 2h, 1d …')
    .option('--limit <count>', 'at most this many', '50')
    .option('--json', 'as JSON')
    .action((options: ListOptions) => {
      const limit = parseCount('--limit', options.limit);
      const { destination, since } = options;
      if (options.state !== undefined) requireName('state', options.state, deliveryStates);
      const state = deliveryStates.find((one) => one === options.state);
      return withApp(command, async (app) => {
        const sinceMs = since === undefined ? undefined : app.now() - parseSpan('--since', since);
        const listed = await listDeliveries(app, { destination, state, sinceMs }, limit);
        if (listed.deliveries.length === 0 && destination !== undefined) requireDestination(app, destination);
        if (options.json) return printJson(listed);
        printDeliveries(listed, { now: app.now(), limit });
      });
    });
  withExample(
    command,
    'tierline deliveries list',
    'tierline deliveries list --destination shop-webhook --state retrying --since 1d',
  );
}

const styles: Record<DeliveryState, Style> = {
  waiting: 'yellow',
  retrying: 'yellow',
  delivered: 'green',
  failed: 'red',
};

type Listed = Awaited<ReturnType<typeof listDeliveries>>;

function printDeliveries({ deliveries, more }: Listed, how: { now: number; limit: number }): void {
  if (deliveries.length === 0) return note('There are no deliveries that fit.');
  printTable(
    [
      'ticket',
      'destination',
      { head: 'type', optional: true },
      'state',
      { head: 'since', align: 'right' },
      { head: 'attempts', align: 'right' },
      { head: 'status', align: 'right', optional: true },
      { head: 'next', align: 'right', optional: true },
      { head: 'why', shrinks: true },
    ],
    deliveries.map((one): Cell[] => [
      one.ticketId,
      one.destination,
      one.type,
      { text: one.state, style: styles[one.state] },
      one.at === null ? '' : agoText(how.now - Date.parse(one.at)),
      one.attempts,
      one.status ?? '',
      one.nextAt === null ? '' : one.nextAt,
      [one.cause, one.reason].filter((part) => part !== null).join(': '),
    ]),
  );
  if (more) note(`\nThese are the first ${how.limit}; --limit shows more.`);
  const failed = deliveries.find(({ state }) => state === 'failed');
  const [first] = deliveries;
  if (failed) {
    suggestNext(
      [`deliveries resend ${failed.ticketId}`, 'sends it again, under the same webhook-id'],
      [
        `deliveries recover --destination ${failed.destination} --since 1d --dry-run`,
        'all that failed there',
      ],
    );
  } else suggestNext([`ticket ${first!.ticketId}`, 'the story of one']);
}

function addResendCommand(deliveries: Command): void {
  const command = deliveries
    .command('resend')
    .description('sends what ended once more: the same bytes under the same webhook-id')
    .argument('<ticketIds...>')
    .option('--json', 'as JSON')
    .action((ids: string[], _options: unknown) =>
      withApp(command, async (app) => {
        const outcomes = [];
        for (const ticketId of new Set(ids)) outcomes.push(await resendOne(app, ticketId));
        if (outcomes.some(({ kind }) => kind !== 'resent')) process.exitCode = 1;
        if (command.optsWithGlobals<{ json?: boolean }>().json) return printJson({ tickets: outcomes });
        for (const one of outcomes) {
          if (one.kind === 'resent')
            print(`${one.ticketId}  on its way to ${one.destination} as ${one.webhookId}`);
          else print(`${safe(one.ticketId)}  not: ${safe(typeable(one.reason))}`);
        }
        const sent = outcomes.find(({ kind }) => kind === 'resent');
        if (sent) suggestNext([`ticket ${sent.ticketId}`, 'how it goes on']);
      }),
    );
  withExample(command, 'tierline deliveries resend t_00k3v9z2m8q1x7c4b6n5a0s2');
}

function addEnableCommand(deliveries: Command): void {
  const command = deliveries
    .command('enable')
    .description('delivers again to a destination that answered 410, in all processes')
    .argument('<destination>', 'a name under destinations')
    .option('--json', 'as JSON')
    .action((destination: string) =>
      withApp(command, async (app) => {
        requireDestination(app, destination);
        const wasDisabled = await createStandings(app.redis, app.prefix).enable(destination);
        if (command.optsWithGlobals<{ json?: boolean }>().json)
          return printJson({ destination, wasDisabled });
        if (!wasDisabled) return note(`Destination ${destination} was not disabled.`);
        const listed = await listDeliveries(app, { destination, state: 'failed' }, 1000);
        const failed = listed.more
          ? 'More than 1000 deliveries'
          : plural(listed.deliveries.length, 'delivery', 'deliveries');
        note(
          `Destination ${destination} gets deliveries again, from every process within a second. ${failed} to it failed.`,
        );
        suggestNext([
          `deliveries recover --destination ${destination} --since 1d --dry-run`,
          'what would be sent again',
        ]);
      }),
    );
  withExample(command, 'tierline deliveries enable shop-webhook');
}

function requireDestination(app: App, name: string): void {
  requireName('destination', name, Object.keys(app.runtime().config.destinations));
}
