/**
 * The files that a configuration is made of, as they were when it was read, and whether they still are. Told by content:
 * whoever replaces, rewrites or re-links a file without changing what it says has changed nothing.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { articleFiles } from '../knowledge/article-files.ts';

export type Inputs = {
  files: string[];
  /** Folders of articles. */
  folders: string[];
};

/** The content of a file in a few characters; null where it cannot be read. */
type Fingerprint = string | null;
export type Contents = ReadonlyMap<string, Fingerprint>;

function fingerprintOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64url');
}

export type Recorder = {
  /** null where it cannot be read; that is remembered too. */
  read: (path: string) => Buffer | null;
  /** All articles of a folder. */
  readFolder: (folder: string) => void;
  inputs: () => Inputs;
  /** What was read: paths and fingerprints, articles included. */
  contents: () => Contents;
};

/** Reads for whoever reads a configuration, and remembers what that was. A file that is read twice is the same both times. */
export function createRecorder(): Recorder {
  const files = new Map<string, Buffer | null>();
  const articles = new Map<string, Fingerprint>();
  const folders = new Set<string>();
  return {
    read(path) {
      const known = files.get(path);
      if (known !== undefined) return known;
      const content = readOrNull(path);
      files.set(path, content);
      return content;
    },
    readFolder(folder) {
      folders.add(folder);
      for (const path of articlesOf(folder)) {
        const content = readOrNull(path);
        articles.set(path, content === null ? null : fingerprintOf(content));
      }
    },
    inputs: () => ({ files: [...files.keys()], folders: [...folders] }),
    contents() {
      const contents = new Map(articles);
      for (const [path, content] of files)
        contents.set(path, content === null ? null : fingerprintOf(content));
      return contents;
    },
  };
}

/**
 * A file whose time of change is this close to when it was read may have changed once more within the same tick of the
 * file system's clock, of which some are as coarse as two seconds.
 */
const coarseClockMs = 3000;

/**
 * Looks at files again and again, and reads only those whose size, times or place on the disk changed. A look follows links
 * anew each time, from the path that was given: a swapped link is another file.
 */
export function createLookout(
  now: () => number,
  statOf: (path: string) => Stats | undefined = (path) => statSync(path, { throwIfNoEntry: false }),
): (inputs: Inputs) => Contents {
  const known = new Map<
    string,
    { mark: string; readAtMs: number; changedAtMs: number; content: Fingerprint }
  >();
  const look = (path: string): Fingerprint => {
    const stats = statOf(path);
    if (stats === undefined) {
      known.delete(path);
      return null;
    }
    const { dev, ino, size, mtimeMs, ctimeMs } = stats;
    const mark = `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
    const before = known.get(path);
    const isSettled = before !== undefined && before.readAtMs - before.changedAtMs > coarseClockMs;
    if (before?.mark === mark && isSettled) return before.content;
    const readAtMs = now();
    const bytes = readOrNull(path);
    const content = bytes === null ? null : fingerprintOf(bytes);
    known.set(path, { mark, readAtMs, changedAtMs: Math.max(mtimeMs, ctimeMs), content });
    return content;
  };
  return ({ files, folders }) => {
    const contents = new Map<string, Fingerprint>();
    for (const path of files)
      contents.set(
        path,
        safely(() => look(path)),
      );
    for (const path of folders.flatMap(articlesOf))
      contents.set(
        path,
        safely(() => look(path)),
      );
    return contents;
  };
}

export function isSame(one: Contents, other: Contents): boolean {
  return one.size === other.size && [...one].every(([path, content]) => other.get(path) === content);
}

function articlesOf(folder: string): string[] {
  try {
    return articleFiles(folder).map((name) => join(folder, name));
  } catch {
    // A folder that cannot be read is told by whoever needs its articles.
    return [];
  }
}

/** statSync throws for more than a file that is missing: a folder on the way that is a file, or may not be entered. */
function safely(look: () => Fingerprint): Fingerprint {
  try {
    return look();
  } catch {
    return null;
  }
}

function readOrNull(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
