/** `tierline run <role…>`: one process, any set of roles, until SIGTERM. */
import type { Command } from 'commander';
import { TierlineError } from '../../shared/errors.ts';
import { createLog } from '../../shared/log.ts';
import { readEnvironment } from '../environment.ts';
import { roles as allRoles } from '../roles.ts';
import type { Role } from '../roles.ts';
import { findRedisUrl, loadConfiguration } from './context.ts';
import { untilStopped } from './stop.ts';
import { withExample } from './example.ts';

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
    .action(async (names: string[], options: { tier: string[] }) => {
      const environment = readEnvironment(process.env);
      const loaded = loadConfiguration(command, environment);
      const log = createLog(environment.logLevel ?? 'info');
      for (const warning of loaded.warnings) log.warn({ warning }, 'configuration.warning');
      const { startSystem } = await import('../system.ts');
      const system = await startSystem({
        roles: parseRoles(names),
        tiers: options.tier.length > 0 ? options.tier : null,
        loaded,
        redisUrl: await findRedisUrl(environment),
        environment,
        log,
      });
      if (system.ingestUrl) process.stdout.write(`ingest ${system.ingestUrl}\n`);
      if (system.consoleUrl) process.stdout.write(`console ${system.consoleUrl}\n`);
      await untilStopped(() => system.close(), log);
    });
  withExample(command, 'tierline run classifier tier --tier simple --tier standard');
}

function parseRoles(names: string[]): Role[] {
  const known: readonly string[] = [...allRoles, 'all'];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new TierlineError('usage', `there is no role "${unknown[0]}". Roles: ${known.join(', ')}`);
  }
  return names.includes('all') ? [...allRoles] : (names as Role[]);
}
