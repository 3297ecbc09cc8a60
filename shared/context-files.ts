/** The files of a tier's `context`, with the names by which replies refer to them. */
import { basename, dirname, relative } from 'node:path';
import type { SourceReference } from './ticket.ts';

export type ContextFile = SourceReference & { text: string };

/** `files` by absolute path. Their names are as seen from the folder that they have in common, never the whole path. */
export function contextFiles(files: readonly { path: string; text: string }[]): ContextFile[] {
  const folder = commonFolder(files.map(({ path }) => path));
  return files
    .filter(({ text }) => text.trim() !== '')
    .map(({ path, text }) => ({
      title: titleOf(text) ?? basename(path).replace(/\.[^.]+$/, ''),
      path: relative(folder, path).replaceAll('\\', '/'),
      text,
    }));
}

function commonFolder(paths: string[]): string {
  let folder = dirname(paths[0] ?? '');
  while (paths.some((path) => relative(folder, path).startsWith('..')) && folder !== dirname(folder)) {
    folder = dirname(folder);
  }
  return folder;
}

/** The first heading in Markdown. */
function titleOf(text: string): string | null {
  return /^#{1,3} +(\S[^\n]{0,200})$/m.exec(text.slice(0, 2000))?.[1]?.trim() ?? null;
}
