/** `tierline run <role…>`: one process, any set of roles, until SIGTERM. */
import type { Command } from 'commander';
import { createLog } from '../../shared/log.ts';
import { readEnvironment } from '../environment.ts';
import { roles as allRoles } from '../roles.ts';
import type { Role } from '../roles.ts';
import { findRedisUrl, loadConfiguration } from './context.ts';
import { onHangUp } from './hang-up.ts';
import { untilStopped } from './stop.ts';
import { withExample } from './example.ts';
import { print } from './output.ts';
import { requireName } from './usage.ts';

export function addRunCommand(program: Command): void {
  const command = program
    .command('run')
    .description(`runs roles in this process: ${allRoles.join(', ')}, all`)
    .argument('<role...>', 'what this process is to do')
    .option(
      '--tier <name>',
      'with tier: only this tier (repeatable)',
      (name: string, names: string[]) => [...names, name],
      [],
    )
    .option('--json', 'prints the addresses as one line of JSON')
    .action(async (names: string[], options: { tier: string[]; json?: boolean }) => {
      const roles = parseRoles(names);
      const environment = readEnvironment(process.env);
      const loaded = loadConfiguration(command, environment);
      for (const tier of options.tier) requireName('tier', tier, Object.keys(loaded.config.tiers));
      const redisUrl = await findRedisUrl(environment);
      const log = createLog(environment.logLevel ?? 'info');
      for (const warning of loaded.warnings) log.warn({ warning }, 'configuration.warning');
      const { startSystem } = await import('../system.ts');
      const system = await startSystem({
        roles,
        tiers: options.tier.length > 0 ? options.tier : null,
        loaded: loaded.whole,
        redisUrl,
        environment,
        log,
      });
      const { ingestUrl, consoleUrl } = system;
      if (options.json) print(JSON.stringify({ ingest: ingestUrl, console: consoleUrl }));
      if (ingestUrl && !options.json) print(`ingest ${ingestUrl}`);
      if (consoleUrl && !options.json) print(`console ${consoleUrl}`);
      onHangUp(system.reload);
      await untilStopped(() => system.close(), log);
    });
  withExample(command, 'tierline run all', 'tierline run classifier tier --tier simple --tier standard');
}

const known = [...allRoles, 'all'] as const;

function parseRoles(names: string[]): Role[] {
  for (const name of names) requireName('role', name, known);
  return names.includes('all') ? [...allRoles] : (names as Role[]);
}
