/**
 * `npm run docs`: writes what is made from the schema and the presets. `-- --demo` also runs the demo and writes its numbers
 * into the guides; `-- --demo FILE` takes what `npm run -s demo -- --json` printed before.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hasDemoBlock, parseDemoFigures, withDemoNumbers } from './demo-block.ts';
import { generatedFiles, root } from './generated.ts';

function write(file: string, content: string): void {
  writeFileSync(path.join(root, file), content);
  process.stdout.write(`${file}\n`);
}

function runDemo(): string {
  const demo = spawnSync('npm', ['run', '-s', 'demo', '--', '--json'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (demo.status !== 0) throw new Error('the demo failed');
  return demo.stdout;
}

function fillDemoNumbers(json: string): void {
  const figures = parseDemoFigures(json);
  for (const page of ['README.md', ...globSync('docs/*.md', { cwd: root })]) {
    const text = readFileSync(path.join(root, page), 'utf8');
    const toRoot = page.includes('/') ? '../' : '';
    if (hasDemoBlock(text)) write(page, withDemoNumbers(text, figures, toRoot));
  }
}

const [option, file] = process.argv.slice(2);
if (option === undefined || option === '--demo') {
  for (const [name, content] of Object.entries(generatedFiles())) write(name, content);
  if (option === '--demo') fillDemoNumbers(file === undefined ? runDemo() : readFileSync(file, 'utf8'));
} else {
  process.stderr.write(`There is no option ${option}. Usage: npm run docs [-- --demo [FILE]]\n`);
  process.exitCode = 2;
}
