/** `tierline status`: the whole system on one screen; exit 1 when something is wrong, and what. */
import type { Command } from 'commander';
import { findingsOf } from '../../shared/status/findings.ts';
import { readStatus } from '../../shared/status/read-status.ts';
import { placeOf } from '../../shared/redis.ts';
import { readEnvironment } from '../environment.ts';
import { findRedisUrl, withApp } from './context.ts';
import { withExample } from './example.ts';
import { printJson, suggestNext } from './output.ts';
import { printStatus } from './status-screen.ts';

export function addStatusCommand(program: Command): void {
  const command = program
    .command('status')
    .description('the whole system on one screen; exits with 1 when something is wrong, and says what')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) =>
      withApp(command, async (app, loaded) => {
        const place = placeOf(await findRedisUrl(readEnvironment(process.env)));
        const status = await readStatus(app, place);
        const findings = findingsOf(status, loaded.version);
        const ok = findings.every(({ level }) => level !== 'wrong');
        if (!ok) process.exitCode = 1;
        if (options.json) return printJson({ ok, findings, ...status });
        printStatus(status, findings);
        if (status.deadLetters.held > 0) suggestNext(['dead list --state dead', 'what is held, and why']);
        else if (!ok) suggestNext(['doctor', 'checks Redis, providers, files and ports']);
        else suggestNext(['tickets', 'the tickets'], ['costs', 'what they cost']);
      }),
    );
  withExample(command, 'tierline status', 'tierline status --json | jq .findings');
}
