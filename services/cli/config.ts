/** `tierline config`: checking the file before a system does, and its schema for editors. */
import type { Command } from 'commander';
import { configJsonSchema } from '../../shared/config/json-schema.ts';
import { readEnvironment } from '../environment.ts';
import { loadConfiguration } from './context.ts';
import { note, printJson } from './output.ts';
import { withExample } from './example.ts';

export function addConfigCommands(program: Command): void {
  const config = program.command('config').description('checks the configuration');
  const check = config
    .command('check')
    .description('validates the whole file; every problem with its line')
    .action(() => {
      const loaded = loadConfiguration(check, readEnvironment(process.env));
      for (const warning of loaded.warnings) note(`warning: ${warning}`);
      process.stdout.write(`${loaded.file} is valid (version ${loaded.version})\n`);
    });
  withExample(check, 'tierline config check --config tierline.yaml');
  const schema = config
    .command('schema')
    .description('prints the JSON Schema of the file')
    .action(() => printJson(configJsonSchema()));
  withExample(schema, 'tierline config schema > tierline.schema.json');
}
