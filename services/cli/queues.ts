/** `tierline queues`, and pausing them. */
import type { Command } from 'commander';
import type { App } from '../../shared/app.ts';
import { readOverview } from '../../shared/overview.ts';
import { listProcesses } from '../../shared/processes/list.ts';
import { deadQueueOf } from '../../shared/stages.ts';
import { readStages } from '../../shared/status/stages.ts';
import type { StageStatus } from '../../shared/status/stages.ts';
import { withApp } from './context.ts';
import { withExample } from './example.ts';
import { ageText, plural } from './format.ts';
import { note, printJson, printTable, suggestNext } from './output.ts';
import type { Cell } from './table.ts';
import { requireName } from './usage.ts';

export function addQueuesCommands(program: Command): void {
  const queues = program
    .command('queues')
    .description('what waits on each queue, for how long, and who works on it')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) =>
      withApp(queues, async (app) => {
        const processes = await listProcesses(app.redis, app.prefix);
        const [stages, overview] = await Promise.all([readStages(app, processes), readOverview(app)]);
        if (options.json) return printJson({ ...overview, stages });
        const dead = overview.queues.filter(({ queue, waiting }) => queue.endsWith('.dead') && waiting > 0);
        printTable(
          ['queue', 'waiting', 'backlog', 'parked', 'active', 'workers', 'oldest', ''],
          [
            ...stages.map((stage) => stageRow(stage)),
            ...dead.map(({ queue, waiting, active }): Cell[] => [queue, waiting, 0, 0, active, '', '', '']),
          ],
        );
        const { open, leased, parked } = overview.tickets;
        note(`\n${plural(open, 'open ticket')}, ${leased} being worked on, ${parked} parked`);
        if (open > 0) suggestNext(['tickets --state open', 'the tickets, the longest waiting first']);
        else suggestNext(['status', 'the whole system on one screen']);
      }),
    );
  withExample(queues, 'tierline queues', 'tierline queues pause tier.simple');
  addPause(queues, 'pause');
  addPause(queues, 'resume');
}

function stageRow(stage: StageStatus): Cell[] {
  const { oldestAgeSeconds: age, sloSeconds: slo } = stage;
  const oldest = age === null ? '' : ageText(age * 1000);
  const isLate = age !== null && slo !== null && age > slo;
  const state = stage.paused ? 'paused' : stage.backlogPaused ? 'backlog paused' : '';
  const isIdle = stage.workers === 0 && stage.waiting + stage.backlog + stage.parked > 0;
  return [
    stage.queue,
    stage.waiting,
    stage.backlog,
    stage.parked,
    stage.active,
    isIdle ? { text: 0, style: 'red' } : stage.workers,
    isLate ? { text: oldest, style: 'red' } : oldest,
    { text: state, style: 'yellow' },
  ];
}

/** The queues that a name stands for: with a queue goes its backlog lane, which can also be named by itself. */
function queuesMeant(name: string, all: readonly string[]): string[] {
  requireName('queue', name, all);
  const backlog = `${name}.backlog`;
  return all.includes(backlog) ? [name, backlog] : [name];
}

async function queueNames(app: App): Promise<string[]> {
  const stages = await readStages(app, []);
  return stages.flatMap(({ queue }) => [queue, `${queue}.backlog`, deadQueueOf(queue)]);
}

function addPause(queues: Command, verb: 'pause' | 'resume'): void {
  const isPause = verb === 'pause';
  const command = queues
    .command(verb)
    .description(
      isPause
        ? 'takes no more tickets off a queue; they are kept, running ones are finished, deadlines go on'
        : 'takes tickets off a queue again',
    )
    .argument('<queue>', 'as `tierline queues` shows it; <queue>.backlog for imported tickets only')
    .action((name: string) =>
      withApp(command, async (app) => {
        const meant = queuesMeant(name, await queueNames(app));
        for (const queue of meant) await app.hints[verb](queue);
        // The option belongs to `queues`, which takes it wherever it stands.
        if (command.optsWithGlobals<{ json?: boolean }>().json)
          return printJson({ queues: meant, paused: isPause });
        note(
          isPause
            ? `${name} is paused. Its tickets are kept, and their deadlines go on.`
            : `${name} is worked on again.`,
        );
        if (isPause) suggestNext([`queues resume ${name}`, 'goes on']);
        else suggestNext(['queues', 'what waits']);
      }),
    );
  withExample(command, `tierline queues ${verb} tier.simple`);
}
