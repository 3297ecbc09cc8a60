/** `npm run demo`: a minute with simulated providers. Nothing of it stays behind, and nobody's key is used. */
import { constants } from 'node:os';
import { Command, CommanderError, Option } from 'commander';
import { TierlineError } from '../../shared/errors.ts';
import { readEnvironment } from '../environment.ts';
import { parseMix } from './mix.ts';
import { Stopped } from './stopped.ts';

const smallest = 50;
const largest = 5000;

const program = new Command('npm run demo --')
  .description(
    'Shows Tierline at work for a minute: simulated providers, a backlog, an outage, and the money.',
  )
  .option('--json', 'prints one JSON object and nothing else')
  .option('--seed <number>', 'other tickets, other failures', wholeNumber('--seed', 0, 2 ** 31), 1)
  .option('--tickets <number>', 'how many tickets', wholeNumber('--tickets', smallest, largest), 500)
  .option('--mix <percent>', 'simple/standard/complex tickets', '60/30/10')
  .addOption(new Option('--counts <file>', "the simulated servers' own counts, as JSON").hideHelp())
  .addHelpText('before', 'Example:\n  npm run demo\n  npm run -s demo -- --json\n')
  .showHelpAfterError('(add --help for help)')
  .exitOverride();

function wholeNumber(option: string, from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= from && value <= to) return value;
    throw new TierlineError('usage', `${option} takes a whole number from ${from} to ${to}, not "${text}"`);
  };
}

type Given = { json?: boolean; seed: number; tickets: number; mix: string; counts?: string };

/** 0 success, 1 failure, 2 wrong usage, 128 + the signal's number where it was stopped. */
async function main(): Promise<void> {
  try {
    program.parse(process.argv);
    const given = program.opts<Given>();
    const { redisUrl, logLevel } = readEnvironment(process.env);
    const { runDemo } = await import('./run.ts');
    await runDemo({
      seed: given.seed,
      count: given.tickets,
      mix: parseMix(given.mix),
      json: given.json ?? false,
      countsFile: given.counts ?? null,
      redisUrl,
      logLevel: logLevel ?? 'fatal',
    });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (error instanceof Stopped)
      process.stderr.write('tierline: the demo was stopped; nothing of it is left\n');
    else if (error instanceof TierlineError) process.stderr.write(`tierline: ${error.message}\n`);
    else if (!(error instanceof CommanderError))
      process.stderr.write(`tierline: ${String(error instanceof Error ? error.stack : error)}\n`);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof Stopped) return 128 + constants.signals[error.signal];
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof TierlineError && error.code === 'usage' ? 2 : 1;
}

await main();
