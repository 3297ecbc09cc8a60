import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { configJsonSchema } from '../../shared/config/json-schema.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const pages = ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...globSync('docs/**/*.md', { cwd: root })];
const sources = globSync('{services,shared}/**/*.ts', { cwd: root }).map(read).join('\n');

/** As code hosts make them from headings. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

test('every relative link of the documentation leads to a file, and to a heading in it', () => {
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? page : path.join(path.dirname(page), file);
      assert.ok(existsSync(path.join(root, linked)), `${page}: ${target}`);
      if (anchor === undefined) continue;
      const anchors = [...read(linked).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
      assert.ok(anchors.includes(anchor), `${page}: ${target}`);
    }
  }
});

test('every log event of the code is explained, and no other', () => {
  const calls = /\b(?:log\.(?:debug|info|warn|error)\(|errorReporter\()([\s\S]{0,400}?)'([a-z_]+\.[a-z_]+)'/g;
  const logged = new Set([...sources.matchAll(calls)].map(([, , name = '']) => name));
  const table = read('docs/operating.md').split('## Log events')[1] ?? '';
  const explained = new Set([...table.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, name = '']) => name));
  assert.ok(logged.size > 25);
  assert.deepEqual([...explained].toSorted(), [...logged].toSorted());
});

/** The names of all options: keys of `properties` anywhere in the schema. */
function optionNames(node: unknown, names = new Set<string>()): Set<string> {
  if (typeof node !== 'object' || node === null) return names;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'properties') for (const name of Object.keys(value as object)) names.add(name);
    optionNames(value, names);
  }
  return names;
}

test('every option of the configuration is documented', () => {
  const page = read('docs/configuration.md');
  const words = new Set(page.match(/[A-Za-z]+/g));
  assert.deepEqual(
    [...optionNames(configJsonSchema())].filter((name) => !words.has(name)),
    [],
  );
});
