/** Reads tierline.yaml: the whole of it is right, or none of it is used. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { FileFacts } from './check-chains.ts';
import { checkConfig } from './check.ts';
import { checkFixed } from './check-fixed.ts';
import { createRecorder, type Recorder } from './inputs.ts';
import { loadPriceBook } from '../ledger/price-book.ts';
import { findingsOf, valueAt } from './issues.ts';
import { formatPath, isSecretPath, type ConfigProblem, type Finding, type Path } from './problem.ts';
import { presetOf } from './presets.ts';
import { hasReference, resolveReferences, type BrokenReference } from './references.ts';
import type { Config } from './schema.ts';
import { parseSource, type Source } from './source.ts';
import { parseConfig } from './typed-references.ts';

export type LoadedConfig = {
  kind: 'loaded';
  config: Config;
  /**
   * The first 12 hexadecimal digits of a SHA-256: of the file's bytes where it names no texts, else of these and of its
   * prompts, context files and articles. Secrets have no part in it.
   */
  version: string;
  warnings: ConfigProblem[];
  /** Its absolute path, as it was given: links in it are not followed. */
  file: string;
  /** What stands in the file, before references and defaults. Literal secrets are in it. */
  written: unknown;
  /** Where something of it stands. */
  locate: ParsedSource['locate'];
  /** Everything that was read. */
  read: Recorder;
  /** Its prompts, context files and articles: absolute path and fingerprint, sorted. */
  texts: [string, string][];
  /** The same file in the same environment, read anew; what cannot change beside `running` is a problem then. */
  again: (running: Config) => LoadedConfig | InvalidConfig;
};
export type InvalidConfig = { kind: 'invalid'; problems: ConfigProblem[]; read: Recorder };

type Environment = Record<string, string | undefined>;
type ParsedSource = Extract<Source, { kind: 'parsed' }>;

type Input = {
  file: string;
  env: Environment;
  /** What runs already, where this is to take its place. */
  running?: Config;
};

/** Problems are sorted by their place in the file; there is at least one where the result is `invalid`. */
export function loadConfig(input: Input): LoadedConfig | InvalidConfig {
  const { file } = input;
  const path = resolve(file);
  const read = createRecorder();
  const invalid = (problems: ConfigProblem[]): InvalidConfig => ({ kind: 'invalid', problems, read });
  const atStart = (message: string): InvalidConfig =>
    invalid([{ file, line: 1, column: 1, path: '', message }]);
  const bytes = read.read(path);
  if (bytes === null) return atStart(whyUnreadable(path));
  if (!isUtf8(bytes)) return atStart('the file is not UTF-8 text');
  const source = parseSource(bytes.toString('utf8'));
  if (source.kind === 'unreadable') {
    return invalid(source.problems.map((problem) => ({ file, path: '', ...problem })));
  }
  if (source.value === null || source.value === undefined) return atStart('the file is empty');
  const result = interpret(source.value, input, read);
  const place = (findings: Finding[]): ConfigProblem[] => placed(findings, file, source);
  if (result.kind === 'invalid') return invalid(place(result.problems));
  const unclear = source.unclear.map((problem) => ({ file, path: '', ...problem }));
  const texts = textsAmong(read, new Set([path, ...result.secretFiles]));
  return {
    kind: 'loaded',
    config: result.config,
    version: versionOf(bytes, texts, dirname(path)),
    warnings: [...unclear, ...place(result.warnings)],
    file: path,
    written: source.value,
    locate: source.locate,
    read,
    texts,
    again: (running) => loadConfig({ ...input, running }),
  };
}

function textsAmong(read: Recorder, others: ReadonlySet<string>): [string, string][] {
  return [...read.contents()]
    .flatMap(([path, content]): [string, string][] =>
      content === null || others.has(path) ? [] : [[path, content]],
    )
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Texts are named as seen from the file, so that two copies of the same folder are the same version. */
function versionOf(bytes: Buffer, texts: [string, string][], folder: string): string {
  const hash = createHash('sha256').update(bytes);
  for (const [path, content] of texts) hash.update(`\0${relative(folder, path)} ${content}`);
  return hash.digest('hex').slice(0, 12);
}

type Interpreted =
  | { kind: 'valid'; config: Config; warnings: Finding[]; secretFiles: Set<string> }
  | { kind: 'invalid'; problems: Finding[] };

function interpret(written: unknown, { file, env, running }: Input, read: Recorder): Interpreted {
  const folder = dirname(resolve(file));
  const secretFiles = new Set<string>();
  const readText = (path: string): string | null => {
    secretFiles.add(path);
    return read.read(path)?.toString('utf8') ?? null;
  };
  const { value, broken } = resolveReferences(written, { env, folder, readText });
  const references = judgeReferences(broken);
  const parsed = parseConfig(value, written);
  if (!parsed.success) {
    // What a broken reference left behind is already told.
    const found = findingsOf(parsed.error.issues, written).filter(
      ({ path }) => !broken.some((reference) => startsWith(path, reference.path)),
    );
    return { kind: 'invalid', problems: [...references.problems, ...found] };
  }
  const config = absolutePaths(withPresetKeys(parsed.data, env), folder);
  if (config.knowledge !== null) read.readFolder(config.knowledge.folder);
  const checked = checkConfig(config, factsOf(read));
  const fixed = running === undefined ? [] : checkFixed(config, running);
  const problems = [...references.problems, ...checked.problems, ...fixed];
  if (problems.length > 0) return { kind: 'invalid', problems };
  const warnings = [...references.warnings, ...literalSecrets(written), ...checked.warnings];
  return { kind: 'valid', config, warnings, secretFiles };
}

/** A provider without its key or address is unconfigured, a source without its secret refuses webhooks; anything else is wrong. */
function judgeReferences(broken: BrokenReference[]): { problems: Finding[]; warnings: Finding[] } {
  const problems: Finding[] = [];
  const warnings: Finding[] = [];
  for (const { path, message } of broken) {
    const [section, , key] = path;
    if (section === 'providers' && (key === 'apiKey' || key === 'baseUrl')) continue;
    if (section === 'sources' && key === 'secret') {
      warnings.push({ path, message: `${message}: webhooks of this source are refused` });
    } else {
      problems.push({ path, message });
    }
  }
  return { problems, warnings };
}

const secretKeys: Record<string, readonly string[]> = {
  providers: ['apiKey'],
  sources: ['secret'],
  destinations: ['secret', 'token'],
};

const isSecretAt = ([section, name, key]: Path): boolean =>
  section === 'alerts' ? name === 'secret' : (secretKeys[String(section)] ?? []).includes(String(key));

/** "Secrets only by reference": one that stands in the file is in every copy and every backup of it. */
function literalSecrets(written: unknown): Finding[] {
  const warnings: Finding[] = [];
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value))
        visit(item, [...path, Array.isArray(value) ? Number(key) : key]);
      return;
    }
    if (!isSecretAt(path) || typeof value !== 'string' || hasReference(value)) return;
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
  if (config.prices !== null) config.prices = resolve(folder, config.prices);
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

function whyUnreadable(path: string): string {
  try {
    accessSync(path, constants.R_OK);
    return 'the file cannot be read: it is no file';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return code === 'ENOENT' ? 'the file does not exist' : `the file cannot be read (${code})`;
  }
}

const factsOf = (read: Recorder): FileFacts => ({
  // A file that exists and may not be read is found only by reading it.
  fileText: (path) => read.read(path)?.toString('utf8') ?? null,
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  priceBook(own) {
    if (own !== null) read.read(own);
    return loadPriceBook(own);
  },
});
