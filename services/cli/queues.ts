/** `tierline queues`, and pausing them. */
import type { Command } from 'commander';
import { TierlineError } from '../../shared/errors.ts';
import { readOverview } from '../../shared/overview.ts';
import type { QueueStatus } from '../../shared/overview.ts';
import type { App } from '../../shared/app.ts';
import { withApp } from './context.ts';
import { note, printJson, printTable } from './output.ts';
import { withExample } from './example.ts';

export function addQueuesCommands(program: Command): void {
  const queues = program
    .command('queues')
    .description('depth of every queue; pause and resume them')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) =>
      withApp(queues, async (app) => {
        const overview = await readOverview(app);
        if (options.json) return printJson(overview);
        printTable(
          ['queue', 'waiting', 'active', ''],
          overview.queues.map((one) => [one.queue, one.waiting, one.active, one.paused ? 'paused' : '']),
        );
        const { open, leased, parked } = overview.tickets;
        note(`\n${open} open tickets, ${leased} being worked on, ${parked} parked`);
      }),
    );
  withExample(queues, 'tierline queues');
  for (const verb of ['pause', 'resume'] as const) {
    const command = queues
      .command(verb)
      .description(verb === 'pause' ? 'its tickets are kept and wait' : 'its tickets are worked on again')
      .argument('<queue>')
      .action((name: string) =>
        withApp(command, async (app) => {
          await requireQueue(app, name);
          await app.hints[verb](name);
          note(`${name} is ${verb === 'pause' ? 'paused' : 'running'}`);
        }),
      );
    withExample(command, `tierline queues ${verb} tier.simple`);
  }
}

async function requireQueue(app: App, name: string): Promise<QueueStatus> {
  const { queues } = await readOverview(app);
  const found = queues.find((one) => one.queue === name);
  if (!found)
    throw new TierlineError(
      'usage',
      `there is no queue "${name}". Queues: ${queues.map((one) => one.queue).join(', ')}`,
    );
  return found;
}
