/** `tierline config`: checking the file before a system does, its schema for editors, and how it differs from what runs. */
import type { Command } from 'commander';
import { editorSchema } from '../../shared/config/json-schema.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { formatProblem } from '../../shared/config/problem.ts';
import type { ConfigProblem } from '../../shared/config/problem.ts';
import { TierlineError } from '../../shared/errors.ts';
import { loadKnowledge } from '../../shared/knowledge/load-knowledge.ts';
import { problemOf } from '../../shared/reload/take.ts';
import { readEnvironment } from '../environment.ts';
import { addDiffCommand } from './config-diff.ts';
import { configFileOf, nearName } from './context.ts';
import { withExample } from './example.ts';
import { note, print, printJson, suggestNext } from './output.ts';

export function addConfigCommands(program: Command): void {
  const config = program
    .command('config')
    .description('checks the configuration, and compares it with what runs');
  withExample(config, 'tierline config check', 'tierline config diff');
  const check = config
    .command('check')
    .description('validates the whole file and the articles; every problem with its line')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) => {
      const checked = checkFile(configFileOf(check, readEnvironment(process.env)));
      if (options.json) printJson(checked);
      if (!checked.valid && options.json) process.exitCode = 1;
      else if (!checked.valid) {
        throw new TierlineError(
          'bad_configuration',
          ['the configuration cannot be used.', ...checked.problems].join('\n'),
        );
      } else if (!options.json) printChecked(checked);
    });
  withExample(check, 'tierline config check', 'tierline config check --config candidate.yaml');
  const schema = config
    .command('schema')
    .description('prints the JSON Schema of the file')
    .option('--json', 'as it is anyway')
    .action(() => printJson(editorSchema()));
  withExample(schema, 'tierline config schema > tierline.schema.json');
  addDiffCommand(config);
}

type Checked = {
  valid: boolean;
  file: string;
  /** As on ledger rows; null where the file cannot be used. */
  version: string | null;
  problems: string[];
  warnings: string[];
};

function checkFile(file: string): Checked {
  const tell = (problem: ConfigProblem): string =>
    formatProblem({ ...problem, file: nearName(problem.file) });
  const loaded = loadConfig({ file, env: process.env });
  if (loaded.kind === 'invalid') {
    return { valid: false, file, version: null, problems: loaded.problems.map(tell), warnings: [] };
  }
  const { config, version } = loaded;
  const warnings = loaded.warnings.map(tell);
  try {
    if (config.knowledge !== null) loadKnowledge(config.knowledge.folder);
  } catch (error) {
    const problem = problemOf(error, { file: nearName(file), locate: loaded.locate });
    return { valid: false, file, version: null, problems: [problem], warnings };
  }
  return { valid: true, file, version, problems: [], warnings };
}

function printChecked({ file, version, warnings }: Checked): void {
  for (const warning of warnings) note(`warning: ${warning}`);
  print(`${file} is valid (version ${version})`);
  suggestNext(['config diff', 'what would change in a running system']);
}
