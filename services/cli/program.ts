/** Every command that exists, each from its own file. */
import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { addBreakersCommands } from './breakers.ts';
import { addConfigCommands } from './config.ts';
import { addCostsCommand } from './costs.ts';
import { addDeadCommands } from './dead.ts';
import { addDeliveriesCommands } from './deliveries.ts';
import { addDoctorCommand } from './doctor.ts';
import { withExample } from './example.ts';
import { addExplainCommands } from './explain.ts';
import { addKeysCommands } from './keys.ts';
import { paint } from './output.ts';
import { addPricesCommands } from './prices.ts';
import { addQueuesCommands } from './queues.ts';
import { addReconcileCommand } from './reconcile.ts';
import { addRunCommand } from './run.ts';
import { addSourcesCommands } from './sources.ts';
import { addStartCommand } from './start.ts';
import { addStatusCommand } from './status.ts';
import { addTicketCommand } from './ticket.ts';
import { addTicketsCommand } from './tickets.ts';

export function buildProgram(): Command {
  const program = new Command('tierline')
    .description('Turns support tickets into replies at the least cost that keeps the quality.')
    .version(packageJson.version)
    .option('--config <file>', 'configuration file (default: TIERLINE_CONFIG, else tierline.yaml)')
    .configureHelp({
      showGlobalOptions: true,
      sortSubcommands: false,
      styleTitle: (title) => paint('bold', title),
    })
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'tierline: ')),
    })
    .showHelpAfterError('(add --help for help)');
  withExample(program, 'tierline start', 'tierline status', 'tierline explain "Where is my order?"');
  program.commandsGroup('Run:');
  addStartCommand(program);
  addRunCommand(program);
  program.commandsGroup('Watch:');
  addStatusCommand(program);
  addQueuesCommands(program);
  addSourcesCommands(program);
  addBreakersCommands(program);
  addCostsCommand(program);
  addReconcileCommand(program);
  program.commandsGroup('Tickets:');
  addTicketsCommand(program);
  addTicketCommand(program);
  addDeliveriesCommands(program);
  addDeadCommands(program);
  addExplainCommands(program);
  program.commandsGroup('Set up:');
  addDoctorCommand(program);
  addKeysCommands(program);
  addConfigCommands(program);
  addPricesCommands(program);
  return program;
}
