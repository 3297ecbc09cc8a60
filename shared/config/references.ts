/**
 * `${env:NAME}` and `${file:/path}` in the strings of a configuration; `?` before the brace: may be missing;
 * `${env:NAME:-text}`: the text where the variable is not set.
 */
import { resolve } from 'node:path';
import type { Path } from './problem.ts';

export type ReferenceSources = {
  env: Record<string, string | undefined>;
  /** The text of a file, or null where it cannot be read. */
  readText: (path: string) => string | null;
  /** Relative file references start here. */
  folder: string;
};

export type BrokenReference = { path: Path; message: string };

const pattern = /\$(\$?)\{(?:(env|file):)?([^}]*)\}/g;

/**
 * Replaces the references in all strings; a string with one that leads nowhere becomes null and is reported.
 * `$${` stands for a plain `${`. An empty variable or file counts as not set.
 */
export function resolveReferences(
  value: unknown,
  sources: ReferenceSources,
): { value: unknown; broken: BrokenReference[] } {
  const broken: BrokenReference[] = [];
  const visit = (current: unknown, path: Path): unknown => {
    if (typeof current === 'string') return resolveText(current, path);
    if (Array.isArray(current)) return current.map((item, index) => visit(item, [...path, index]));
    if (typeof current !== 'object' || current === null) return current;
    return Object.fromEntries(
      Object.entries(current).map(([key, item]) => [key, visit(item, [...path, key])]),
    );
  };
  const resolveText = (text: string, path: Path): string | null => {
    const failures: string[] = [];
    let isMissing = false;
    const result = text.replace(pattern, (whole, escape: string, kind: string | undefined, name: string) => {
      if (escape !== '') return whole.slice(1);
      const found = lookUp(kind, name, sources);
      if (found.kind === 'found') return found.text;
      isMissing = true;
      if (found.message !== null) failures.push(found.message);
      return '';
    });
    broken.push(...failures.map((message) => ({ path, message })));
    return isMissing ? null : result;
  };
  return { value: visit(value, []), broken };
}

export function hasReference(text: string): boolean {
  return text.search(pattern) !== -1;
}

/** The references of a text without what stands around them. */
export function referencesIn(text: string): string[] {
  return [...text.matchAll(pattern)].filter(([, escape]) => escape === '').map(([whole]) => whole);
}

/** `message` is null where the reference says itself that it may be missing. */
type Found = { kind: 'found'; text: string } | { kind: 'missing'; message: string | null };

function lookUp(kind: string | undefined, written: string, sources: ReferenceSources): Found {
  if (kind === undefined) {
    return { kind: 'missing', message: `\${${written}} is neither \${env:NAME} nor \${file:/path}` };
  }
  const [variable = '', ...fallback] = kind === 'env' ? written.split(':-') : [written];
  if (fallback.length > 0) {
    return { kind: 'found', text: sources.env[variable] || fallback.join(':-') };
  }
  const isOptional = written.endsWith('?');
  const name = isOptional ? written.slice(0, -1) : written;
  const missing = (message: string): Found => ({ kind: 'missing', message: isOptional ? null : message });
  if (kind === 'env') {
    const text = sources.env[name] ?? '';
    return text === '' ? missing(`the environment variable ${name} is not set`) : { kind: 'found', text };
  }
  // Secret files end in a line break more often than not.
  const text = sources.readText(resolve(sources.folder, name))?.trim() ?? '';
  return text === '' ? missing(`the file ${name} cannot be read or is empty`) : { kind: 'found', text };
}
