/** The command line: builds the program, and turns what goes wrong into one sentence and an exit code. */
import { CommanderError } from 'commander';
import { TierlineError } from '../../shared/errors.ts';
import { buildProgram } from './program.ts';

/** 0 success, 1 failure, 2 wrong usage. */
async function main(): Promise<void> {
  try {
    await buildProgram().parseAsync(process.argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (error instanceof TierlineError) process.stderr.write(`tierline: ${error.message}\n`);
    else if (!(error instanceof CommanderError))
      process.stderr.write(`tierline: ${String(error instanceof Error ? error.stack : error)}\n`);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof TierlineError && error.code === 'usage' ? 2 : 1;
}

await main();
