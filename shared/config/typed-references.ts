/** Numbers and switches that are given by reference: what a reference stands for is text, and the schema wants more. */
import type { z } from 'zod';
import { valueAt } from './issues.ts';
import type { Path } from './problem.ts';
import { hasReference } from './references.ts';
import { configSchema, type Config } from './schema.ts';

const decimalNumber = /^-?\d+(?:\.\d+)?$/;

/** `written` is `value` before its references were resolved. */
export function parseConfig(value: unknown, written: unknown): z.ZodSafeParseResult<Config> {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed;
  const typed = withTypedReferences(value, parsed.error.issues, written);
  return typed === null ? parsed : configSchema.safeParse(typed);
}

/**
 * A copy in which every reference that did not fit is a number or a switch where its text is one, and is left out where
 * it stands for nothing (`${env:NAME?}`), so that the default counts. null where nothing can be mended so.
 */
function withTypedReferences(value: unknown, issues: readonly z.core.$ZodIssue[], written: unknown): unknown {
  const copy: unknown = structuredClone(value);
  let isMended = false;
  for (const { path: found } of issues) {
    const path = found.map((part) => (typeof part === 'symbol' ? String(part) : part));
    const text = valueAt(written, path);
    if (typeof text === 'string' && hasReference(text) && mend(copy, path)) isMended = true;
  }
  return isMended ? copy : null;
}

function mend(root: unknown, path: Path): boolean {
  const parent = valueAt(root, path.slice(0, -1));
  const key = path.at(-1);
  if (typeof parent !== 'object' || parent === null || key === undefined) return false;
  const text: unknown = Reflect.get(parent, key);
  if (text === null && !Array.isArray(parent)) return Reflect.deleteProperty(parent, key);
  const typed = typeof text === 'string' ? typedOf(text.trim()) : undefined;
  return typed !== undefined && Reflect.set(parent, key, typed);
}

function typedOf(text: string): number | boolean | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  return decimalNumber.test(text) ? Number(text) : undefined;
}
