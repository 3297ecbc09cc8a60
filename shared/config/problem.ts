/** What can be wrong with a configuration, and how it is told. */
import { suggest } from './suggest.ts';

export type Path = readonly (string | number)[];

/** Something wrong at a path, before it is known where in the file that is. Never holds a secret. */
export type Finding = {
  path: Path;
  message: string;
  allowed?: string[];
  /** What the allowed names are, in the plural, as in "Models: small, large". */
  allowedLabel?: string;
  suggestion?: string;
  /** Points at the key instead of its value. */
  at?: 'key';
};

export type ConfigProblem = {
  file: string;
  /** Both count from 1. */
  line: number;
  column: number;
  /** As in `tiers.simple.models[1]`; empty for the file as a whole. */
  path: string;
  message: string;
  /** What stands in the file; never a secret. */
  value?: string;
  allowed?: string[];
  allowedLabel?: string;
  suggestion?: string;
};

/** One line: `tierline.yaml:12:5 tiers.simple.models[1]: unknown model "smal". Did you mean "small"? Models: small, large`. */
export function formatProblem(problem: ConfigProblem): string {
  const { file, line, column, path, message, suggestion, allowed } = problem;
  const place = `${file}:${line}:${column}${path === '' ? '' : ` ${path}`}`;
  const hints: string[] = [];
  if (suggestion !== undefined) hints.push(`Did you mean "${suggestion}"?`);
  if (allowed !== undefined) {
    const label = problem.allowedLabel ?? 'Allowed';
    hints.push(`${label}: ${allowed.length === 0 ? 'none' : allowed.join(', ')}`);
  }
  return `${place}: ${[hints.length === 0 ? message : `${message}.`, ...hints].join(' ')}`;
}

export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_$][\w-]*$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** A name that should exist and does not. `kind` is singular, as in `unknown model "smal"`. */
export function unknownName(input: {
  path: Path;
  kind: string;
  name: string;
  known: readonly string[];
}): Finding {
  const { path, kind, name, known } = input;
  const suggestion = suggest(name, known);
  const plural = `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}s`;
  return {
    path,
    message: `unknown ${kind} "${name}"`,
    allowed: [...known],
    allowedLabel: plural,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** True where the value at this path is a secret that no message may show. */
export function isSecretPath(path: Path): boolean {
  return path.some(
    (part) => part === 'apiKey' || part === 'secret' || part === 'token' || part === 'headers',
  );
}
