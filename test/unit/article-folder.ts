/** Folders of articles for tests, removed when the test ends. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

export function folderWith(context: TestContext, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'knowledge-'));
  context.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

type Head = { id: string; title: string; language: string; keywords?: string; extra?: string };

/** `keywords` are lines of YAML by language, `extra` any other line of front matter. */
export function articleFile({ id, title, language, keywords, extra }: Head, body: string): string {
  return [
    '---',
    `id: ${id}`,
    `title: ${title}`,
    `language: ${language}`,
    ...(keywords === undefined ? [] : ['keywords:', keywords]),
    ...(extra === undefined ? [] : [extra]),
    '---',
    body,
  ].join('\n');
}
