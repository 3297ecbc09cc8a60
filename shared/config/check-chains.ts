/** What must hold for a chain of models: its names, its time-outs, and that what it is given fits into it. */
import { unknownName, type Finding, type Path } from './problem.ts';
import { isHouse } from './resolve.ts';
import type { Config } from './schema.ts';

export type FileFacts = {
  /** The size of a file, or null where it cannot be read as one. */
  fileBytes: (path: string) => number | null;
  isFolder: (path: string) => boolean;
};

type Chain = { path: Path; tier: string; models: readonly string[] };

/** `names`: the chain at `path`, or the one name that stands there. */
export function checkChain(config: Config, path: Path, names: readonly string[] | string): Finding[] {
  const known = Object.keys(config.models);
  const list = typeof names === 'string' ? [names] : names;
  return list.flatMap((name, index): Finding[] => {
    const at = typeof names === 'string' ? path : [...path, index];
    if (!known.includes(name)) return [unknownName({ path: at, kind: 'model', name, known })];
    if (list.indexOf(name) < index) return [{ path: at, message: `"${name}" stands twice in this chain` }];
    return [];
  });
}

/** A deadline that one call alone can outlast would end tickets in the middle of their first answer. */
export function checkDeadlines(config: Config, { path, tier, models }: Chain): Finding[] {
  const settings = config.tiers[tier]!;
  const slowest = models
    .map((name) => ({ name, timeoutMs: config.models[name]?.timeoutMs ?? 0 }))
    .reduce((worst, model) => (model.timeoutMs > worst.timeoutMs ? model : worst), {
      name: '',
      timeoutMs: 0,
    });
  return (['deadlineMs', 'backlogDeadlineMs'] as const)
    .filter((key) => settings[key] < slowest.timeoutMs)
    .map((key) => ({
      path: path[0] === 'tiers' ? [...path, key] : path,
      message: `the ${key} ${settings[key]} of tier "${tier}" is shorter than the timeoutMs ${slowest.timeoutMs} of model "${slowest.name}"`,
    }));
}

/** English text has about four bytes per token; denser scripts have fewer tokens per byte, so this refuses only what is surely too much. */
const bytesPerToken = 4;

/** Context and prompt of the tier, and the answer, must leave room in every model that gets them. */
export function checkFits(config: Config, { path, tier, models }: Chain, facts: FileFacts): Finding[] {
  const { context, prompt } = config.tiers[tier]!;
  const files = prompt === null ? context : [...context, prompt];
  const bytes = files.reduce((sum, file) => sum + (facts.fileBytes(file) ?? 0), 0);
  const contextTokens = Math.ceil(bytes / bytesPerToken);
  if (contextTokens === 0) return [];
  return models.flatMap((name, index): Finding[] => {
    const model = config.models[name];
    if (model === undefined || isHouse(config, name)) return [];
    if (contextTokens + model.maxOutputTokens <= model.contextTokens) return [];
    return [
      {
        path: [...path, index],
        message: `the files of tier "${tier}" (about ${contextTokens} tokens) and an answer of ${model.maxOutputTokens} do not fit into the contextTokens ${model.contextTokens} of model "${name}"`,
      },
    ];
  });
}
