/** What the knowledge base is made of. */

export type Passage = {
  /** The heading above it, null before the first one. */
  heading: string | null;
  /** Plain text: no Markdown, no HTML. */
  text: string;
};

/** One language version of an article. */
export type Article = {
  /** The same in all its language versions. */
  id: string;
  title: string;
  /** A primary language tag such as `en`. */
  language: string;
  url: string | null;
  /** Relative to the knowledge folder, with forward slashes. */
  path: string;
  /** By language, words that customers use and the text does not. */
  keywords: ReadonlyMap<string, string>;
  /** By language, what customers ask, in their own words. */
  questions: ReadonlyMap<string, readonly string[]>;
  /** The query types that it may answer, as this language version names them. */
  queryTypes: readonly string[];
  /** At least one, in the order of the article. */
  passages: IndexedPassage[];
};

/** A passage with its terms, cut once when it is loaded. */
type IndexedPassage = Passage & {
  headingTerms: ReadonlySet<string>;
  textTerms: ReadonlySet<string>;
};
