/** The configuration and the files that it names. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { TierlineError } from '../../../shared/errors.ts';
import { isConfigured, isHouse, usableChain } from '../../../shared/config/resolve.ts';
import { formatProblem } from '../../../shared/config/problem.ts';
import type { ConfigProblem } from '../../../shared/config/problem.ts';
import type { InvalidConfig, LoadedConfig } from '../../../shared/config/load.ts';
import { presetOf } from '../../../shared/config/presets.ts';
import type { Config } from '../../../shared/config/schema.ts';
import { loadKnowledge } from '../../../shared/knowledge/load-knowledge.ts';
import { nearName } from '../context.ts';
import { plural } from '../format.ts';
import { clause, fail, note, ok, warn } from './check.ts';
import type { Check } from './check.ts';

const tell = (problem: ConfigProblem): string => formatProblem({ ...problem, file: nearName(problem.file) });

export function checkFile(loaded: LoadedConfig | InvalidConfig): Check[] {
  if (loaded.kind === 'invalid') {
    return loaded.problems.map((problem) =>
      fail('configuration', clause(tell(problem)), 'Mend that line; nothing starts before it is right.'),
    );
  }
  const file = nearName(loaded.file);
  return [
    ok('configuration', `${file} is valid (version ${loaded.version})`),
    ...loaded.warnings.map((problem) => warn('configuration', clause(tell(problem)), null)),
  ];
}

/** Prompts, context and articles were found by reading the configuration; here they are read as a start reads them. */
export async function checkTexts(config: Config, texts: LoadedConfig['texts']): Promise<Check[]> {
  const checks: Check[] = [];
  if (config.knowledge !== null) {
    try {
      const articles = loadKnowledge(config.knowledge.folder).versions.size;
      checks.push(
        articles > 0
          ? ok('files', `${plural(articles, 'article')} in ${nearName(config.knowledge.folder)}`)
          : warn(
              'files',
              `there is no article in ${nearName(config.knowledge.folder)}`,
              'Put Markdown articles there, or correct knowledge.folder.',
            ),
      );
    } catch (error) {
      if (!(error instanceof TierlineError)) throw error;
      checks.push(fail('files', clause(error.message), 'Mend that article, or take it out of the folder.'));
    }
  }
  const others = Object.values(config.tiers).flatMap(({ context, prompt }) =>
    [...context, prompt ?? []].flat(),
  );
  const read = new Set(others).size;
  if (read > 0 && texts.length > 0)
    checks.push(ok('files', `${plural(read, 'prompt and context file')} can be read`));
  for (const [name, destination] of Object.entries(config.destinations)) {
    if (destination.type === 'log') checks.push(await checkWritable(name, destination.path));
  }
  return checks;
}

/** Folders are made when the first reply is written; the nearest one that is there must let us. */
async function checkWritable(name: string, file: string): Promise<Check> {
  const refused = await whyNotWritable(file);
  if (refused === null) return ok('files', `destination ${name} writes to ${nearName(file)}`);
  return fail(
    'files',
    `destination ${name} cannot write ${nearName(file)} (${refused})`,
    `Correct destinations.${name}.path, or the rights of its folder.`,
  );
}

async function whyNotWritable(file: string): Promise<string | null> {
  for (let place = file; ; place = path.dirname(place)) {
    try {
      await access(place, constants.W_OK);
      return null;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      if (code !== 'ENOENT' || path.dirname(place) === place) return code;
    }
  }
}

/** Who can answer, as the keys of this environment have it. */
export function checkChains(config: Config): Check[] {
  const checks: Check[] = [];
  const missing = Object.entries(config.providers).filter(([name]) => !isConfigured(config, name));
  if (missing.length > 0) {
    const names = missing.map(([name, provider]) => {
      const { keyEnv } = presetOf(provider);
      return keyEnv === null ? name : `${name} (${keyEnv})`;
    });
    checks.push(
      note(
        'provider',
        `not configured, and so their models are skipped: ${names.join(', ')}`,
        'Set the key of one to use it.',
      ),
    );
  }
  const hasModel = Object.keys(config.models).some(
    (model) => !isHouse(config, model) && isConfigured(config, config.models[model]!.provider),
  );
  if (!hasModel) {
    checks.push(
      note(
        'models',
        'no model is configured: tickets are answered from the articles, or handed to people',
        "Set one provider's key, such as OPENAI_API_KEY.",
      ),
    );
  }
  for (const [tier, { models }] of Object.entries(config.tiers)) {
    if (usableChain(config, models).length > 0) continue;
    checks.push(
      warn(
        'models',
        `no model of tier ${tier} can be used: its tickets go to people at once`,
        `Configure a provider of its chain (${models.join(', ')}), or add a house model to it.`,
      ),
    );
  }
  return checks;
}
