/** The text of a configuration as YAML (JSON is YAML too), and where in it a path stands. */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
} from 'yaml';
import type { Path } from './problem.ts';

type Place = { line: number; column: number };
type SyntaxProblem = Place & { message: string };

export type Source =
  | { kind: 'parsed'; value: unknown; locate: (path: Path, at?: 'key') => Place; unclear: SyntaxProblem[] }
  | { kind: 'unreadable'; problems: SyntaxProblem[] };

export function parseSource(text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const report = (error: YAMLError): SyntaxProblem => ({
    ...placeOf(error.pos[0]),
    message: describe(error, text),
  });
  // The first break in the grammar makes the parser stumble over what follows; keys that repeat do not.
  const grammar = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY').slice(0, 1);
  const problems = [
    ...(grammar.length > 0 ? grammar : document.errors).map(report),
    ...brokenAliases(document).map(({ offset, name }) => ({
      ...placeOf(offset),
      message: `there is no anchor &${name} above this alias`,
    })),
  ];
  if (problems.length > 0) return { kind: 'unreadable', problems };
  try {
    return {
      kind: 'parsed',
      value: document.toJS({ maxAliasCount: 100 }),
      locate: (path, at) => placeOf(offsetOf(document, path, at)),
      unclear: document.warnings.map(report),
    };
  } catch {
    // All that is left to fail is the guard against aliases that multiply into a huge document.
    return { kind: 'unreadable', problems: [{ line: 1, column: 1, message: 'too many aliases' }] };
  }
}

function describe(error: YAMLError, text: string): string {
  if (error.code === 'TAB_AS_INDENT') return 'a tab cannot indent in YAML; use spaces';
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^("[^"\n]*"|'[^'\n]*'|[^\s:,}]+)/.exec(text.slice(error.pos[0]))?.[0] ?? '';
    return `the key "${key.replaceAll(/^["']|["']$/g, '')}" stands twice in the same place`;
  }
  if (error.code === 'MULTIPLE_DOCS') return 'a second YAML document begins here; only one is read';
  return `not valid YAML: ${error.message}`;
}

function brokenAliases(document: Document): { offset: number; name: string }[] {
  const broken: { offset: number; name: string }[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) {
        broken.push({ offset: alias.range?.[0] ?? 0, name: alias.source });
      }
    },
  });
  return broken;
}

/** Where the value of a path begins; where it does not exist, the key of its nearest parent that does. */
function offsetOf(document: Document, path: Path, at: 'key' | undefined): number {
  let node: unknown = document.contents;
  let keyOffset = 0;
  for (const [depth, part] of path.entries()) {
    const child = childOf(isAlias(node) ? node.resolve(document) : node, part);
    // A single value that stands for a list of one is itself the item.
    if (child === null) return (isScalar(node) ? offsetOfNode(node) : null) ?? keyOffset;
    node = child.value;
    keyOffset = child.keyOffset ?? offsetOfNode(node) ?? keyOffset;
    if (at === 'key' && depth === path.length - 1) return keyOffset;
  }
  // A block below its key begins on a later line; the key says better what is meant.
  const isBlock = (isMap(node) || isSeq(node)) && node.flow !== true;
  return isBlock ? keyOffset : (offsetOfNode(node) ?? keyOffset);
}

function childOf(node: unknown, part: string | number): { keyOffset: number | null; value: unknown } | null {
  if (isSeq(node)) {
    const value = node.items[Number(part)];
    return value === undefined ? null : { keyOffset: null, value };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find((item: Pair) => isScalar(item.key) && String(item.key.value) === String(part));
  return pair === undefined ? null : { keyOffset: offsetOfNode(pair.key), value: pair.value };
}

function offsetOfNode(node: unknown): number | null {
  return isNode(node) ? ((node as Node).range?.[0] ?? null) : null;
}
