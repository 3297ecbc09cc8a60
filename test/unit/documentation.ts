/** The pages of the documentation and the examples in them. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..', '..');
export const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');

const guides = globSync('docs/*.md', { cwd: root });
export const guidePages = ['README.md', ...guides];
export const pages = [
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...guides,
  ...globSync('docs/*/**/*.md', { cwd: root }),
];

export type Block = {
  /** As in `README.md:41`, where its text begins. */
  place: string;
  page: string;
  /** What stands after the fence: `yaml`, `sh`, or nothing. */
  info: string;
  text: string;
};

/** The fenced blocks of a page. */
export function blocksOf(page: string): Block[] {
  const text = read(page);
  return [...text.matchAll(/^```([^\n]*)\n([^]*?)^```$/gm)].map((match) => ({
    place: `${page}:${text.slice(0, match.index).split('\n').length + 1}`,
    page,
    info: (match[1] ?? '').trim(),
    text: match[2] ?? '',
  }));
}
