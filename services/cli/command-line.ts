/** The command line: builds the program, and turns what goes wrong into a few words and an exit code. */
import { CommanderError } from 'commander';
import { TierlineError } from '../../shared/errors.ts';
import { note, typeable } from './output.ts';
import { buildProgram } from './program.ts';
import { safeLines } from './text.ts';

/** 0 success, 1 failure, 2 wrong usage. A command that found something wrong sets 1 itself. */
export async function main(): Promise<void> {
  // A reader that has seen enough, as in `tierline tickets | head`, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  try {
    await buildProgram().parseAsync(process.argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    // Commander has told its own by then.
    if (!(error instanceof CommanderError)) note(`tierline: ${safeLines(typeable(textOf(error)))}`);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof TierlineError && error.code === 'usage' ? 2 : 1;
}

function textOf(error: unknown): string {
  if (error instanceof TierlineError) return error.message;
  if (process.env['LOG_LEVEL'] === 'debug' && error instanceof Error) return error.stack ?? error.message;
  const said = error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error);
  return `This should not happen, please report it: ${said}\nLOG_LEVEL=debug shows where.`;
}
