import type { Command } from 'commander';
import { paint } from './output.ts';

/** A command with examples at the top of its help, which throws instead of ending the process. */
export function withExample(command: Command, ...examples: string[]): Command {
  const title = paint('bold', examples.length === 1 ? 'Example:' : 'Examples:');
  const lines = examples.map((example) => `  ${example}`).join('\n');
  return command.addHelpText('before', `${title}\n${lines}\n`).exitOverride();
}
