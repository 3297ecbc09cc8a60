/** Which files of a knowledge folder are its articles. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Paths below the folder, sorted. Names that begin with a dot are left out: editors and version control keep such files, and
 * a mounted ConfigMap keeps every file again below one. Links are followed. Throws where the folder cannot be read.
 */
export function articleFiles(folder: string): string[] {
  const found: string[] = [];
  // `above` are the folders on the way down: a link back to one of them is not followed.
  const visit = (below: string, above: readonly number[]): void => {
    const { ino } = statSync(join(folder, below));
    if (above.includes(ino)) return;
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const name = join(below, entry.name);
      if (isFolder(join(folder, name), entry)) visit(name, [...above, ino]);
      else if (name.endsWith('.md')) found.push(name);
    }
  };
  visit('', []);
  return found.sort();
}

function isFolder(
  path: string,
  entry: { isDirectory: () => boolean; isSymbolicLink: () => boolean },
): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
