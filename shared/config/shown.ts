/** A configuration as it may be shown: as the file has it where it has it, with its defaults, and without a secret. */
import { dirname, relative } from 'node:path';
import { z } from 'zod';
import { valueAt } from './issues.ts';
import type { LoadedConfig } from './load.ts';
import { isSecretPath, type Path } from './problem.ts';
import { hasReference, referencesIn } from './references.ts';

export const shownSchema = z.object({
  /** With every default. References and paths are as written, so two machines with the same file show the same. */
  config: z.record(z.string(), z.unknown()),
  /** Only what stands in the file. */
  written: z.record(z.string(), z.unknown()),
  /** Prompts, context files and articles: their paths as seen from the file, and what tells their contents apart. */
  texts: z.record(z.string(), z.string()),
});
export type Shown = z.infer<typeof shownSchema>;

export function showConfig(loaded: Pick<LoadedConfig, 'config' | 'written' | 'file' | 'texts'>): Shown {
  const { config, written, file, texts } = loaded;
  const folder = dirname(file);
  return shownSchema.parse({
    config: show(config, written, []),
    written: show(written, written, []),
    texts: Object.fromEntries(texts.map(([path, content]) => [relative(folder, path), content])),
  });
}

/** `root` is the whole file as written. undefined: not shown. */
function show(value: unknown, root: unknown, path: Path): unknown {
  if (Array.isArray(value)) {
    const written = valueAt(root, path);
    // Secrets that are not set are left out of a list, which moves the others.
    const items: unknown[] = Array.isArray(written) ? written : value;
    return items.map((item, index) => show(item, root, [...path, index]));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, item]) => [key, show(item, root, [...path, key])] as const,
    );
    return Object.fromEntries(entries.filter(([, shown]) => shown !== undefined));
  }
  return showLeaf(value, writtenAt(root, path), path);
}

function showLeaf(value: unknown, written: unknown, path: Path): unknown {
  const text = typeof written === 'string' ? written : value;
  if (typeof text !== 'string') return value;
  if (!isSecretPath(path)) return withoutCredentials(text, path);
  // A key that the environment alone brings stands in no file.
  if (written === undefined) return undefined;
  return referencesIn(text).join(' ') || '***';
}

/** Where a single value stands for a list of one, it is the item. */
function writtenAt(root: unknown, path: Path): unknown {
  const found = valueAt(root, path);
  if (found !== undefined || typeof path.at(-1) !== 'number') return found;
  const list = valueAt(root, path.slice(0, -1));
  return typeof list === 'string' ? list : undefined;
}

/** Passwords and query parameters of addresses; of hooks the path too, for that is where theirs stands. */
function withoutCredentials(text: string, path: Path): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || hasReference(text) || !URL.canParse(text)) return text;
  const url = new URL(text);
  const isHook = path.at(-1) === 'webhook';
  if (!isHook && url.username === '' && url.password === '' && url.search === '') return text;
  const user = url.username === '' && url.password === '' ? '' : '***@';
  const rest = isHook ? '/***' : `${url.pathname}${url.search === '' ? '' : '?***'}`;
  return `${url.protocol}//${user}${url.host}${rest}`;
}
