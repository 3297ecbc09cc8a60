/** Every command that exists, each from its own file. */
import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { addConfigCommands } from './config.ts';
import { addCostsCommand } from './costs.ts';
import { addExplainCommands } from './explain.ts';
import { addKeysCommands } from './keys.ts';
import { addQueuesCommands } from './queues.ts';
import { addRunCommand } from './run.ts';
import { addStartCommand } from './start.ts';
import { addTicketCommands } from './ticket.ts';

export function buildProgram(): Command {
  const program = new Command('tierline')
    .description('Turns support tickets into replies at the least cost that keeps the quality.')
    .version(packageJson.version)
    .option('--config <file>', 'configuration file (default: TIERLINE_CONFIG, else tierline.yaml)')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showHelpAfterError('(add --help for help)')
    .exitOverride();
  addStartCommand(program);
  addRunCommand(program);
  addTicketCommands(program);
  addQueuesCommands(program);
  addCostsCommand(program);
  addExplainCommands(program);
  addKeysCommands(program);
  addConfigCommands(program);
  return program;
}
