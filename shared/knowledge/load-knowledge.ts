/** Reads the knowledge base: a folder of Markdown articles with front matter, one file per language version. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { TierlineError } from '../errors.ts';
import type { Article } from './article.ts';
import { buildIndex, type LanguageIndex } from './language-index.ts';
import { passagesOf } from './passages.ts';
import { termsOf } from './terms.ts';

const languageTag = z.string().regex(/^[a-z]{2,3}$/, 'must be a primary language tag such as en');

const frontMatterSchema = z.strictObject({
  id: z.string().min(1),
  title: z.string().min(1),
  language: languageTag,
  url: z.url({ protocol: /^https?$/ }).optional(),
  /** By language; also how questions in a language that the article is not written in can find it. */
  keywords: z.record(languageTag, z.string()).optional(),
});

export type Knowledge = {
  /** The language versions of every article, by its id. */
  versions: ReadonlyMap<string, Article[]>;
  /** By language: the articles written in it, and those with keywords in it. */
  indexes: ReadonlyMap<string, LanguageIndex>;
};

function invalid(path: string, problem: string, cause?: unknown): TierlineError {
  return new TierlineError('knowledge_invalid', `knowledge article ${path}: ${problem}`, { cause });
}

function parseFrontMatter(path: string, text: string): z.infer<typeof frontMatterSchema> {
  let data: unknown;
  try {
    data = parseYaml(text);
  } catch (error) {
    const reason = error instanceof YAMLParseError ? ` (${error.message.split('\n')[0] ?? ''})` : '';
    throw invalid(path, `its front matter is not YAML${reason}`, error);
  }
  const result = frontMatterSchema.safeParse(data);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalid(path, `front matter ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function parseArticle(path: string, content: string): Article {
  const text = content.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const parts = /^---\n([\s\S]*?)\n---(?:\n([\s\S]*))?$/.exec(text);
  if (parts === null) throw invalid(path, 'it does not begin with front matter between two lines of ---');
  const { id, title, language, url, keywords } = parseFrontMatter(path, parts[1] ?? '');
  const passages = passagesOf(parts[2] ?? '').map((passage) => ({
    ...passage,
    headingTerms: new Set(termsOf(passage.heading ?? '', language)),
    textTerms: new Set(termsOf(passage.text, language)),
  }));
  if (passages.length === 0) throw invalid(path, 'it has no text');
  const keywordsByLanguage = new Map(Object.entries(keywords ?? {}));
  return { id, title, language, url: url ?? null, path, keywords: keywordsByLanguage, passages };
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .sort();
  } catch (error) {
    throw new TierlineError('knowledge_invalid', `knowledge folder ${folder}: cannot be read`, {
      cause: error,
    });
  }
}

function refuseDoubles(versions: Article[]): void {
  const seen = new Map<string, string>();
  for (const { id, language, path } of versions) {
    const other = seen.get(language);
    if (other !== undefined) throw invalid(path, `${other} is already article ${id} in language ${language}`);
    seen.set(language, path);
  }
}

/** Loads and indexes every `.md` file below the folder; throws `knowledge_invalid` with the file and what is wrong. */
export function loadKnowledge(folder: string): Knowledge {
  const articles = readFolder(folder).map((name) =>
    parseArticle(name.replaceAll(sep, '/'), readFileSync(join(folder, name), 'utf8')),
  );
  const versions = Map.groupBy(articles, ({ id }) => id);
  for (const group of versions.values()) refuseDoubles(group);
  const languages = new Set(articles.flatMap(({ language, keywords }) => [language, ...keywords.keys()]));
  return {
    versions,
    indexes: new Map([...languages].map((language) => [language, buildIndex(versions, language)])),
  };
}
