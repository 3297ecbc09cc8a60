/** What zod finds wrong, in words for people who write tierline.yaml. */
import { z } from 'zod';
import { configJsonSchema } from './json-schema.ts';
import { formatPath, isSecretPath, type Finding, type Path } from './problem.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/**
 * `value` is the document as written, so that a message never shows what a reference stands for. `schemaOf` makes the JSON
 * Schema that it was checked against, from which the keys are read that would have been right.
 */
export function findingsOf(
  issues: readonly Issue[],
  value: unknown,
  schemaOf: () => unknown = configJsonSchema,
): Finding[] {
  const unknown = issues.flatMap((issue) => describeUnknownKeys(issue, value, schemaOf));
  const missing = issues.flatMap((issue) => {
    const path = pathOf(issue);
    return isMissing(issue, path, value) ? [path] : [];
  });
  // A misspelt key is both unknown and missing; telling it once, with the right name, is enough.
  const untold = missing.filter(
    (path) =>
      !unknown.some(
        (finding) =>
          finding.suggestion === path.at(-1) &&
          formatPath(finding.path.slice(0, -1)) === formatPath(path.slice(0, -1)),
      ),
  );
  const others = issues.filter(
    (issue) => issue.code !== 'unrecognized_keys' && !isMissing(issue, pathOf(issue), value),
  );
  return [...unknown, ...untold.map(missingKey), ...others.flatMap((issue) => describeIssue(issue, value))];
}

function pathOf(issue: Issue): Path {
  return issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
}

function isMissing(issue: Issue, path: Path, root: unknown): boolean {
  const isAboutValue = ['invalid_type', 'invalid_value', 'invalid_union'].includes(issue.code);
  return isAboutValue && path.length > 0 && valueAt(root, path) === undefined;
}

function describeIssue(issue: Issue, root: unknown): Finding[] {
  const path = pathOf(issue);
  const written = valueAt(root, path);
  if (issue.code === 'invalid_type') {
    const is = isSecretPath(path) ? '' : `, is ${describeValue(written)}`;
    const isQuoted = issue.expected === 'number' && typeof written === 'string' && isNumeral(written);
    const cure = isQuoted ? ': write it without quotes' : '';
    return [{ path, message: `must be ${withArticle(issue.expected)}${is}${cure}` }];
  }
  if (issue.code === 'invalid_value') return [unknownValue(path, written, issue.values.map(String))];
  if (issue.code === 'invalid_union') return describeUnion(issue, path, root);
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    return [{ path, message: describeBound(issue, written) }];
  }
  if (issue.code === 'invalid_key') {
    return [{ path, message: issue.issues[0]?.message ?? issue.message, at: 'key' }];
  }
  return [{ path, message: issue.message, ...(issue.code === 'custom' ? customHints(issue.params) : {}) }];
}

const isNumeral = (text: string): boolean => /^-?\d+(?:\.\d+)?$/.test(text.trim());

function describeUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, root: unknown): Finding[] {
  if ('options' in issue) return [unknownValue(path, valueAt(root, path), optionsOf(issue.options))];
  if (issue.message !== 'Invalid input') return [{ path, message: issue.message }];
  // Of one value or a list of values: the branch that has the right form says best what is wrong.
  const branches = Array.isArray(valueAt(root, path)) ? issue.errors.toReversed() : issue.errors;
  const meant = branches.find((branch) =>
    branch.some((inner) => inner.code !== 'invalid_type' || inner.path.length > 0),
  );
  if (meant === undefined) return [{ path, message: 'must be one value or a list of values' }];
  return meant.flatMap((inner) => describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, root));
}

function describeUnknownKeys(issue: Issue, root: unknown, schemaOf: () => unknown): Finding[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const path = pathOf(issue);
  const allowed = keysAt(path, root, schemaOf());
  return issue.keys.map((key) => unknownKey(path, key, allowed));
}

function missingKey(path: Path): Finding {
  return { path: path.slice(0, -1), message: `missing key "${String(path.at(-1))}"` };
}

function unknownKey(path: Path, key: string, allowed: string[]): Finding {
  const suggestion = suggest(key, allowed);
  return {
    path: [...path, key],
    message: `unknown key "${key}"`,
    at: 'key',
    allowed,
    allowedLabel: 'Keys',
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function unknownValue(path: Path, written: unknown, allowed: string[]): Finding {
  const name = path.findLast((part) => typeof part === 'string') ?? 'value';
  if (typeof written !== 'string') {
    return { path, message: `must be one of its names, is ${describeValue(written)}`, allowed };
  }
  const suggestion = suggest(written, allowed);
  return {
    path,
    message: `unknown ${name} "${written}"`,
    allowed,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** zod's own message wherever a schema gave one, as for an empty text or list. */
function describeBound(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, written: unknown): string {
  if (issue.origin !== 'number' && issue.origin !== 'int') return issue.message;
  const bound =
    issue.code === 'too_small'
      ? `${issue.inclusive === true ? 'at least' : 'more than'} ${issue.minimum}`
      : `${issue.inclusive === true ? 'at most' : 'less than'} ${issue.maximum}`;
  return `must be ${bound}, is ${describeValue(written)}`;
}

function customHints(params: Record<string, unknown> | undefined): Partial<Finding> {
  const hints = z.object({ allowed: z.array(z.string()), allowedLabel: z.string() }).safeParse(params);
  return hints.success ? hints.data : {};
}

function withArticle(expected: string): string {
  const words: Record<string, string> = {
    int: 'a whole number',
    number: 'a number',
    string: 'text',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map of keys and values',
    record: 'a map of keys and values',
  };
  return words[expected] ?? expected;
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return `the text ${JSON.stringify(shortened(value))}`;
  return Array.isArray(value) ? 'a list' : 'a map';
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function optionsOf(options: unknown): string[] {
  return Array.isArray(options) ? options.map(String) : [];
}

export function valueAt(root: unknown, path: Path): unknown {
  let current = root;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    current = Reflect.get(current, part);
  }
  return current;
}

const nodeSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
});
type SchemaNode = z.output<typeof nodeSchema>;

/** The keys that may stand at a path, read from the JSON Schema. */
function keysAt(path: Path, root: unknown, schema: unknown): string[] {
  let nodes = alternatives(schema);
  for (const [depth, part] of path.entries()) {
    nodes = nodes.flatMap((node) => alternatives(childOf(node, part)));
    nodes = fitting(nodes, valueAt(root, path.slice(0, depth + 1)));
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

function childOf(node: SchemaNode, part: string | number): unknown {
  if (typeof part === 'number') return node.items;
  return node.properties?.[part] ?? node.additionalProperties;
}

function alternatives(schema: unknown): SchemaNode[] {
  const parsed = nodeSchema.safeParse(schema);
  if (!parsed.success) return [];
  const branches = parsed.data.anyOf ?? parsed.data.oneOf;
  return branches === undefined ? [parsed.data] : branches.flatMap(alternatives);
}

/** Of several alternatives the ones whose `type` is the written one. */
function fitting(nodes: SchemaNode[], written: unknown): SchemaNode[] {
  const type = valueAt(written, ['type']);
  const same = nodes.filter((node) => {
    const declared = valueAt(node.properties, ['type']);
    const names = [valueAt(declared, ['const']), valueAt(declared, ['enum'])].flat();
    return names.includes(type);
  });
  return same.length > 0 ? same : nodes;
}
