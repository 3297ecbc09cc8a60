/** Reads tierline.yaml: the whole of it is right, or none of it is used. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { FileFacts } from './check-chains.ts';
import { checkConfig } from './check.ts';
import { findingsOf, valueAt } from './issues.ts';
import { formatPath, isSecretPath, type ConfigProblem, type Finding, type Path } from './problem.ts';
import { presetOf } from './presets.ts';
import { hasReference, resolveReferences, type BrokenReference } from './references.ts';
import { configSchema, type Config } from './schema.ts';
import { parseSource, type Source } from './source.ts';

export type LoadedConfig = {
  kind: 'loaded';
  config: Config;
  /** The first 12 hexadecimal digits of the file's SHA-256. */
  version: string;
  warnings: ConfigProblem[];
};
export type InvalidConfig = { kind: 'invalid'; problems: ConfigProblem[] };

type Environment = Record<string, string | undefined>;
type ParsedSource = Extract<Source, { kind: 'parsed' }>;

/** Problems are sorted by their place in the file; there is at least one where the result is `invalid`. */
export function loadConfig(input: { file: string; env: Environment }): LoadedConfig | InvalidConfig {
  const { file, env } = input;
  const atStart = (message: string): InvalidConfig => ({
    kind: 'invalid',
    problems: [{ file, line: 1, column: 1, path: '', message }],
  });
  const bytes = readBytes(file);
  if (bytes.kind === 'unreadable') return atStart(bytes.message);
  if (!isUtf8(bytes.content)) return atStart('the file is not UTF-8 text');
  const source = parseSource(bytes.content.toString('utf8'));
  if (source.kind === 'unreadable') {
    return { kind: 'invalid', problems: source.problems.map((problem) => ({ file, path: '', ...problem })) };
  }
  if (source.value === null || source.value === undefined) return atStart('the file is empty');
  const folder = dirname(resolve(file));
  const result = interpret(source.value, { env, folder });
  const place = (findings: Finding[]): ConfigProblem[] => placed(findings, file, source);
  if (result.kind === 'invalid') return { kind: 'invalid', problems: place(result.problems) };
  const version = createHash('sha256').update(bytes.content).digest('hex').slice(0, 12);
  const unclear = source.unclear.map((problem) => ({ file, path: '', ...problem }));
  return {
    kind: 'loaded',
    config: result.config,
    version,
    warnings: [...unclear, ...place(result.warnings)],
  };
}

type Interpreted =
  | { kind: 'valid'; config: Config; warnings: Finding[] }
  | { kind: 'invalid'; problems: Finding[] };

function interpret(written: unknown, place: { env: Environment; folder: string }): Interpreted {
  const { env, folder } = place;
  const { value, broken } = resolveReferences(written, { env, folder, readText });
  const references = judgeReferences(broken);
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) {
    // What a broken reference left behind is already told.
    const found = findingsOf(parsed.error.issues, written).filter(
      ({ path }) => !broken.some((reference) => startsWith(path, reference.path)),
    );
    return { kind: 'invalid', problems: [...references.problems, ...found] };
  }
  const config = absolutePaths(withPresetKeys(parsed.data, env), folder);
  const checked = checkConfig(config, fileFacts);
  const problems = [...references.problems, ...checked.problems];
  if (problems.length > 0) return { kind: 'invalid', problems };
  const warnings = [...references.warnings, ...literalSecrets(written), ...checked.warnings];
  return { kind: 'valid', config, warnings };
}

/** A provider without its key is unconfigured, a source without its secret refuses webhooks; anything else is wrong. */
function judgeReferences(broken: BrokenReference[]): { problems: Finding[]; warnings: Finding[] } {
  const problems: Finding[] = [];
  const warnings: Finding[] = [];
  for (const { path, message } of broken) {
    const [section, , key] = path;
    if (section === 'providers' && key === 'apiKey') continue;
    if (section === 'sources' && key === 'secret') {
      warnings.push({ path, message: `${message}: webhooks of this source are refused` });
    } else {
      problems.push({ path, message });
    }
  }
  return { problems, warnings };
}

/** "Secrets only by reference": one that stands in the file is in every copy and every backup of it. */
function literalSecrets(written: unknown): Finding[] {
  const warnings: Finding[] = [];
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value))
        visit(item, [...path, Array.isArray(value) ? Number(key) : key]);
      return;
    }
    const [section, , key] = path;
    const isSecret =
      (section === 'providers' && key === 'apiKey') ||
      ((section === 'sources' || section === 'destinations') && key === 'secret');
    if (!isSecret || typeof value !== 'string' || hasReference(value)) return;
    warnings.push({
      path,
      message: 'a secret stands in the file; refer to it by ${env:NAME} or ${file:/path}',
    });
  };
  visit(written, []);
  return warnings;
}

/** Where the file names no key, the preset's own environment variable is read. */
function withPresetKeys(config: Config, env: Environment): Config {
  for (const provider of Object.values(config.providers)) {
    if (provider.apiKey === '') provider.apiKey = null;
    if (provider.apiKey !== undefined) continue;
    const { keyEnv } = presetOf(provider);
    const key = keyEnv === null ? undefined : env[keyEnv];
    if (key !== undefined && key !== '') provider.apiKey = key;
  }
  return config;
}

function absolutePaths(config: Config, folder: string): Config {
  for (const tier of Object.values(config.tiers)) {
    tier.context = tier.context.map((file) => resolve(folder, file));
    if (tier.prompt !== null) tier.prompt = resolve(folder, tier.prompt);
  }
  for (const destination of Object.values(config.destinations)) {
    if (destination.type === 'log') destination.path = resolve(folder, destination.path);
  }
  if (config.knowledge !== null) config.knowledge.folder = resolve(folder, config.knowledge.folder);
  return config;
}

function placed(findings: Finding[], file: string, source: ParsedSource): ConfigProblem[] {
  return findings
    .map(({ at, path: found, ...rest }) => {
      const path = asWritten(found, source.value);
      const value = valueAt(source.value, path);
      const isShown = ['string', 'number', 'boolean'].includes(typeof value) && !isSecretPath(path);
      return {
        file,
        ...source.locate(path, at),
        path: formatPath(path),
        ...rest,
        ...(isShown ? { value: String(value) } : {}),
      };
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Without the index of an item where a single value stands for a list of one. */
function asWritten(path: Path, root: unknown): Path {
  const list = path.slice(0, -1);
  const isItem = typeof path.at(-1) === 'number' && typeof valueAt(root, list) === 'string';
  return isItem ? list : path;
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((part, index) => path[index] === part);
}

type Bytes = { kind: 'read'; content: Buffer } | { kind: 'unreadable'; message: string };

function readBytes(file: string): Bytes {
  try {
    return { kind: 'read', content: readFileSync(file) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return {
      kind: 'unreadable',
      message: code === 'ENOENT' ? 'the file does not exist' : `the file cannot be read (${code})`,
    };
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

const fileFacts: FileFacts = {
  fileBytes: (path) => {
    // A file that exists and may not be read is found only by reading it.
    const text = readText(path);
    return text === null ? null : Buffer.byteLength(text);
  },
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
};
