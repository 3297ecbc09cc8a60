import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { buildProgram } from '../../services/cli/program.ts';
import { blocksOf, guidePages, pages, read, root } from './documentation.ts';

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
  const calls =
    /\b(?:log\.(?:debug|info|warn|error)\(|errorReporter\()([\s\S]{0,400}?)(?<!: )'([a-z_]+\.[a-z_]+)'/g;
  const logged = new Set([...sources.matchAll(calls)].map(([, , name = '']) => name));
  const table = read('docs/operating.md').split('## Log events')[1] ?? '';
  const explained = new Set([...table.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, name = '']) => name));
  assert.ok(logged.size > 25);
  assert.deepEqual([...explained].toSorted(), [...logged].toSorted());
});

test('every error code that the intake answers with is explained', () => {
  const file = 'services/ingest/problem.ts';
  const known = [...read(file).matchAll(/^ {2}'?([a-z-]+)'?: \{ status: \d+/gm)].map(([, code = '']) => code);
  const others = globSync('services/ingest/**/*.ts', { cwd: root }).filter((name) => name !== file);
  const code = others.map(read).join('\n');
  const used = known.filter((name) => code.includes(`'${name}'`));
  const table = read('docs/api.md').split('## Errors')[1] ?? '';
  assert.ok(used.length > 12);
  assert.deepEqual(
    used.filter((name) => !table.includes(`\`${name}\``)),
    [],
  );
});

test('the index of the guides names each of them', () => {
  const index = read('docs/README.md');
  for (const page of guidePages.filter((name) => name.startsWith('docs/') && name !== 'docs/README.md')) {
    assert.ok(index.includes(`](${path.basename(page)})`), page);
  }
});

/** Command lines in shell blocks, and those that stand in a sentence as code. */
function commandLines(page: string): string[] {
  const inShell = blocksOf(page)
    .filter(({ info }) => info === 'sh')
    .flatMap(({ text }) => text.split('\n'));
  const prose = read(page).replaceAll(/^```[^]*?^```$/gm, '');
  return [...inShell, ...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)];
}

/** What is wrong with a command line after `tierline`, or null. */
function unknownIn(program: Command, words: string[]): string | null {
  let command = program;
  const known = new Set(program.options.map(({ long }) => long ?? ''));
  for (const word of words) {
    const below = command.commands.find((candidate) => candidate.name() === word);
    if (below !== undefined) {
      command = below;
      for (const { long } of below.options) known.add(long ?? '');
    } else if (word.startsWith('--') && word !== '--help' && !known.has(word)) return word;
    else if (command.commands.length > 0 && /^[a-z]/.test(word)) return word;
  }
  return null;
}

test('every command and option that the documentation names exists', () => {
  const program = buildProgram();
  const scripts = new Set(Object.keys(packageJson.scripts));
  let count = 0;
  for (const page of guidePages) {
    for (const line of commandLines(page)) {
      const [, typed] = /(?:^|\s)(?:\.\/|npx )?tierline ([a-z][^|#;&>]*)/.exec(line) ?? [];
      if (typed !== undefined) {
        const words = typed.replaceAll(/"[^"]*"|'[^']*'/g, 'TEXT').split(/\s+/);
        assert.equal(unknownIn(program, words), null, `${page}: ${line}`);
        count += 1;
      }
      const [, script] = /\bnpm (?:run (?:-s )?)?(start|test|(?<=run )\w+|(?<=-s )\w+)/.exec(line) ?? [];
      if (script !== undefined) assert.ok(scripts.has(script), `${page}: ${line}`);
    }
  }
  assert.ok(count > 20);
});
