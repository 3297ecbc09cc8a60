import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { projectFolder } from '../chaos/project-copy.ts';
import { yaml } from '../integration/config-reload-world.ts';

type Ended = { code: number; stdout: string; stderr: string };

/** `tierline config check …` in a folder with this file. */
function check(t: TestContext, text: string, ...args: string[]): Promise<Ended> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tierline-check-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, 'articles'));
  writeFileSync(path.join(folder, 'articles', 'a.md'), 'no front matter');
  writeFileSync(path.join(folder, 'tierline.yaml'), text);
  const main = path.join(projectFolder, 'services/cli/main.ts');
  // A relative name, as people give it.
  const options = { cwd: folder, env: { PATH: process.env['PATH'], TIERLINE_CONFIG: 'tierline.yaml' } };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'config', 'check', ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

test('config check says that a file is valid, and which version it is', async (t) => {
  const people = await check(t, yaml());
  assert.equal(people.code, 0, people.stderr);
  assert.match(people.stdout, /tierline\.yaml is valid \(version [0-9a-f]{12}\)/);
  const machine = await check(t, yaml(), '--json');
  const { valid, version, problems } = JSON.parse(machine.stdout) as Record<string, unknown>;
  assert.equal(valid, true);
  assert.ok(people.stdout.includes(String(version)));
  assert.deepEqual(problems, []);
});

test('config check shows every problem with its line, and ends with 1', async (t) => {
  const many = Array.from({ length: 9 }, (_, i) => `  t${i}: { models: [gone] }\n`).join('');
  const text = yaml().replace('destinations:', `${many}destinations:`);
  const people = await check(t, text);
  assert.equal(people.code, 1);
  assert.equal(
    people.stderr.match(/tierline\.yaml:\d+:\d+ tiers\.t\d\.models\[0\]: unknown model "gone"/g)?.length,
    9,
  );
  const machine = await check(t, text, '--json');
  assert.equal(machine.code, 1);
  assert.equal((JSON.parse(machine.stdout) as { problems: unknown[] }).problems.length, 9);
});

test('config check reads the articles too', async (t) => {
  const { code, stderr } = await check(t, yaml('knowledge: { folder: articles }\n'));
  assert.equal(code, 1);
  assert.match(
    stderr,
    /tierline\.yaml:10:\d+ knowledge\.folder: knowledge article a\.md: it does not begin with front matter/,
  );
});
