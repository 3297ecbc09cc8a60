/** A small knowledge base for a test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { loadKnowledge, type Knowledge } from '../../shared/knowledge/load-knowledge.ts';

/** By file name, such as `shipping.en.md`: the title, then the paragraphs. */
export type Articles = Record<string, [title: string, ...paragraphs: string[]]>;

export function writeArticles(folder: string, articles: Articles): void {
  for (const [name, [title, ...paragraphs]] of Object.entries(articles)) {
    const [id = name, language = 'en'] = name.split('.');
    const front = `---\nid: ${id}\ntitle: ${JSON.stringify(title)}\nlanguage: ${language}\n---\n`;
    writeFileSync(join(folder, name), `${front}${paragraphs.join('\n\n')}\n`);
  }
}

export function knowledgeOf(context: TestContext, articles: Articles): Knowledge {
  const folder = mkdtempSync(join(tmpdir(), 'tierline-articles-'));
  context.after(() => rmSync(folder, { recursive: true }));
  writeArticles(folder, articles);
  return loadKnowledge(folder);
}
