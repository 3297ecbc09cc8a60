/** `tierline config diff`: what a file would change in the system that runs. */
import type { Command } from 'commander';
import path from 'node:path';
import { stringify } from 'yaml';
import { differencesBetween } from '../../shared/config/differences.ts';
import type { Change } from '../../shared/config/differences.ts';
import { showConfig } from '../../shared/config/shown.ts';
import type { Shown } from '../../shared/config/shown.ts';
import { TierlineError } from '../../shared/errors.ts';
import { agreementOf } from '../../shared/processes/agreement.ts';
import type { Agreement } from '../../shared/processes/agreement.ts';
import { listProcesses } from '../../shared/processes/list.ts';
import { readPublished } from '../../shared/processes/published.ts';
import { connectRedis, waitForRedis } from '../../shared/redis.ts';
import { readEnvironment } from '../environment.ts';
import type { ProcessEnvironment } from '../environment.ts';
import { configFileOf, findRedisUrl, loadConfigurationFile, nearName } from './context.ts';
import { withExample } from './example.ts';
import { plural } from './format.ts';
import { note, outputWidth, paint, print, printJson } from './output.ts';
import { cut, safe } from './text.ts';

type Options = { json?: boolean; exitCode?: boolean };

export function addDiffCommand(config: Command): void {
  const command = config
    .command('diff')
    .description('what a file would change in the running system; secrets are never shown')
    .argument('[file]', 'the file; where not given, the one that other commands use')
    .option('--exit-code', 'exits with 1 where something is different, as git diff does')
    .option('--json', 'as JSON')
    .action(async (given: string | undefined, options: Options) => {
      const environment = readEnvironment(process.env);
      const loaded = loadConfigurationFile(
        given === undefined ? configFileOf(command, environment) : path.resolve(given),
      );
      const next = showConfig(loaded.whole);
      const running = await readRunning(environment);
      const changes = differencesBetween(running.shown, next);
      if (changes.length > 0 && options.exitCode) process.exitCode = 1;
      const { version, file } = loaded;
      if (options.json)
        return printJson({ running: running.agreement, file: { path: file, version }, changes });
      if (!running.agreement.agreed) noteVersions(running.agreement);
      printChanges(changes, { file, version, running });
    });
  withExample(command, 'tierline config diff', 'tierline config diff candidate.yaml --exit-code');
}

type Running = { shown: Shown; agreement: Agreement; version: string };

const patienceMs = 3000;

/** @throws TierlineError `nothing_runs` where no process says that it does. */
async function readRunning(environment: ProcessEnvironment): Promise<Running> {
  const { prefix } = environment;
  const redisUrl = await findRedisUrl(environment);
  const redis = connectRedis(redisUrl, 'patient', () => undefined);
  try {
    await waitForRedis(redis, redisUrl, patienceMs);
    const processes = await listProcesses(redis, prefix);
    const agreement = agreementOf(processes, Date.now(), prefix);
    const { version } = agreement;
    const shown = version === null ? null : await readPublished(redis, prefix, version);
    if (version !== null && shown !== null) return { shown, agreement, version };
  } finally {
    redis.disconnect();
  }
  throw new TierlineError(
    'nothing_runs',
    `No process runs on key prefix "${prefix}" of this Redis, so there is nothing to compare with. ` +
      'Start one (tierline start), or set REDIS_URL and TIERLINE_PREFIX to the system that you mean.',
  );
}

function noteVersions({ versions }: Agreement): void {
  const each = versions.map(
    ({ version, processes, hosts }) =>
      `${version} (${plural(processes, 'process', 'processes')} on ${hosts.join(', ')})`,
  );
  note(`Several versions run: ${each.join('; ')}. This compares with the first.\n`);
}

function printChanges(changes: Change[], sides: { file: string; version: string; running: Running }): void {
  const { file, version, running } = sides;
  const processes = running.agreement.versions[0]?.processes ?? 0;
  const runs = `what runs (version ${running.version}, ${plural(processes, 'process', 'processes')})`;
  if (changes.length === 0) {
    print(`${nearName(file)} (version ${version}) says the same as ${runs}.`);
    return;
  }
  print(`- ${runs}`, `+ ${nearName(file)} (version ${version})`, '');
  for (const { path: place, running: before, next: after } of changes) {
    print(paint('bold', safe(place)));
    if (before !== undefined) printSide('-', before);
    if (after !== undefined) printSide('+', after);
  }
  note(`\n${plural(changes.length, 'difference')}`);
}

function printSide(sign: '-' | '+', value: unknown): void {
  const line = `${sign} ${safe(stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim())}`;
  print(paint(sign === '-' ? 'red' : 'green', cut(line, outputWidth())));
}
