/** Reads the knowledge base: a folder of Markdown articles with front matter, one file per language version. */
import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { TierlineError } from '../errors.ts';
import { articleFiles } from './article-files.ts';
import type { Article } from './article.ts';
import { buildIndex, type LanguageIndex } from './language-index.ts';
import { invalidArticle, parseArticle } from './parse-article.ts';

export type Knowledge = {
  /** The language versions of every article, by its id. */
  versions: ReadonlyMap<string, readonly Article[]>;
  /** By language: the articles written in it, and those with keywords or questions in it. */
  indexes: ReadonlyMap<string, LanguageIndex>;
  /**
   * By query type that any article names: the id of the one article that names nothing else, null where there is no such
   * article or several. Empty where no article names any.
   */
  answersTo: ReadonlyMap<string, string | null>;
};

function readFolder(folder: string): string[] {
  try {
    return articleFiles(folder);
  } catch (error) {
    throw new TierlineError('knowledge_invalid', `knowledge folder ${folder}: cannot be read`, {
      cause: error,
    });
  }
}

function refuseDoubles(versions: readonly Article[]): void {
  const seen = new Map<string, string>();
  for (const { id, language, path } of versions) {
    const other = seen.get(language);
    if (other !== undefined) {
      throw invalidArticle(path, `${other} is already article ${id} in language ${language}`);
    }
    seen.set(language, path);
  }
}

function answersByType(versionsById: ReadonlyMap<string, readonly Article[]>): Map<string, string | null> {
  const answers = new Map<string, string | null>();
  const named = [...versionsById].map(([id, versions]) => ({
    id,
    types: new Set(versions.flatMap(({ queryTypes }) => queryTypes)),
  }));
  for (const type of new Set(named.flatMap(({ types }) => [...types]))) {
    const only = named.filter(({ types }) => types.size === 1 && types.has(type));
    answers.set(type, only.length === 1 ? (only[0]?.id ?? null) : null);
  }
  return answers;
}

/** Loads and indexes every `.md` file below the folder; throws `knowledge_invalid` with the file and what is wrong. */
export function loadKnowledge(folder: string): Knowledge {
  const articles = readFolder(folder).map((name) =>
    parseArticle(name.replaceAll(sep, '/'), readFileSync(join(folder, name), 'utf8')),
  );
  const versions = Map.groupBy(articles, ({ id }) => id);
  for (const group of versions.values()) refuseDoubles(group);
  const languages = new Set(
    articles.flatMap(({ language, keywords, questions }) => [
      language,
      ...keywords.keys(),
      ...questions.keys(),
    ]),
  );
  return {
    versions,
    indexes: new Map([...languages].map((language) => [language, buildIndex(versions, language)])),
    answersTo: answersByType(versions),
  };
}
