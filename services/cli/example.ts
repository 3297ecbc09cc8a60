import type { Command } from 'commander';

/** A command with an example at the top of its help. */
export function withExample(command: Command, example: string): Command {
  return command.addHelpText('before', `Example:\n  ${example}\n`).exitOverride();
}
