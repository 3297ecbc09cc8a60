/** What a body that does not fit its schema is answered with: one error for each field, in our words. */
import type { z } from 'zod';
import { errorAt, isShowable, maxErrors } from './field-errors.ts';
import type { Path } from './field-errors.ts';
import type { ProblemError } from './problem.ts';

/** The first thing wrong with a field says enough: an empty text is blank, too. */
export function firstOfEach(errors: readonly ProblemError[]): ProblemError[] {
  const first = errors.filter(({ pointer }, i) => errors.findIndex((one) => one.pointer === pointer) === i);
  return first.slice(0, maxErrors);
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of one issue in `input`; unknown fields come together in one. */
export function errorsOf(issue: z.core.$ZodIssue, input: Record<string, unknown>): ProblemError[] {
  const { path } = issue;
  if (issue.code !== 'unrecognized_keys') return [errorAt(path, textOf(issue, input))];
  return issue.keys
    .slice(0, maxErrors)
    .map((key) =>
      isShowable(key)
        ? errorAt([...path, key], 'is not a known field')
        : errorAt(path, 'has a field that is not known'),
    );
}

/** In our words: zod's own may change, and must never come to quote a value. */
function textOf(issue: z.core.$ZodIssue, input: Record<string, unknown>): string {
  if (issue.code === 'invalid_type') {
    if (isAbsent(input, issue.path)) return 'is required';
    return `must be ${typeNames[issue.expected] ?? 'of another type'}`;
  }
  if (issue.code === 'too_big') {
    return `must have at most ${issue.maximum} ${issue.origin === 'array' ? 'entries' : 'characters'}`;
  }
  if (issue.code === 'too_small') return 'must not be empty';
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  // These two carry the texts that stand in the schema.
  if (issue.code === 'invalid_format' || issue.code === 'custom') return issue.message;
  return 'does not fit';
}

const typeNames: Record<string, string> = {
  string: 'a string',
  array: 'a list',
  object: 'an object',
  number: 'a number',
  boolean: 'true or false',
  record: 'an object',
};

function isAbsent(input: Record<string, unknown>, path: Path): boolean {
  let value: unknown = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return true;
    value = Reflect.get(value, key);
  }
  return value === undefined;
}
