/** From the text of one Markdown file with front matter to an article. */
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { TierlineError } from '../errors.ts';
import type { Article } from './article.ts';
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
  /** By language, as the keywords. */
  questions: z.record(languageTag, z.array(z.string().min(1))).optional(),
  /** What the article may answer; what one language version names counts for all. */
  queryTypes: z.array(z.string().min(1)).optional(),
});

export function invalidArticle(path: string, problem: string, cause?: unknown): TierlineError {
  return new TierlineError('knowledge_invalid', `knowledge article ${path}: ${problem}`, { cause });
}

function parseFrontMatter(path: string, text: string): z.infer<typeof frontMatterSchema> {
  let data: unknown;
  try {
    data = parseYaml(text);
  } catch (error) {
    const reason = error instanceof YAMLParseError ? ` (${error.message.split('\n')[0] ?? ''})` : '';
    throw invalidArticle(path, `its front matter is not YAML${reason}`, error);
  }
  const result = frontMatterSchema.safeParse(data);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue?.path.map(String).join('.') ?? '';
  throw invalidArticle(path, `front matter ${place}: ${issue?.message ?? ''}`);
}

/** Throws `knowledge_invalid` with the path and what is wrong. */
export function parseArticle(path: string, content: string): Article {
  const text = content.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const parts = /^---\n([\s\S]*?)\n---(?:\n([\s\S]*))?$/.exec(text);
  if (parts === null) {
    throw invalidArticle(path, 'it does not begin with front matter between two lines of ---');
  }
  const { id, title, language, url, keywords, questions, queryTypes } = parseFrontMatter(
    path,
    parts[1] ?? '',
  );
  const passages = passagesOf(parts[2] ?? '').map((passage) => ({
    ...passage,
    headingTerms: new Set(termsOf(passage.heading ?? '', language)),
    textTerms: new Set(termsOf(passage.text, language)),
  }));
  if (passages.length === 0) throw invalidArticle(path, 'it has no text');
  return {
    id,
    title,
    language,
    url: url ?? null,
    path,
    keywords: new Map(Object.entries(keywords ?? {})),
    questions: new Map(Object.entries(questions ?? {})),
    queryTypes: queryTypes ?? [],
    passages,
  };
}
