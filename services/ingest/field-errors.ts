/** Errors that name a field by its JSON pointer, and the search for text that nothing after us could carry. */
import type { ProblemError } from './problem.ts';

export type Path = readonly PropertyKey[];

/** Enough to mend a body by, and no more work for a hostile one. */
export const maxErrors = 20;
const maxDepth = 32;
/** A longer key is not repeated in an error. */
const maxShownKeyCharacters = 100;

export function errorAt(path: Path, text: string): ProblemError {
  const names = path.map(String);
  const pointer = names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { pointer, detail: `${names.length === 0 ? 'the body' : names.join('.')} ${text}` };
}

export function isShowable(key: string): boolean {
  return key.length <= maxShownKeyCharacters && textError(key) === null;
}

/** Looks into every string and every key, also of fields that the schema leaves open. */
export function textErrorsOf(value: unknown): ProblemError[] {
  const errors: ProblemError[] = [];
  collect(value, [], errors);
  return errors;
}

/** Control characters but tab, line feed and carriage return; DEL and C1 (U+007F to U+009F) are let through. */
const refusedControl = /[\p{Cc}--[\t\n\r\u007f-\u009f]]/v;

/** What stores, mails and helpdesks cannot carry: NUL and its like break them, unpaired surrogates are no text at all. */
function textError(text: string): string | null {
  if (!text.isWellFormed()) return 'an unpaired surrogate';
  const control = refusedControl.exec(text)?.[0];
  if (control === undefined) return null;
  return `the control character U+${(control.codePointAt(0) ?? 0).toString(16).padStart(4, '0').toUpperCase()}`;
}

/** A body can hold half a million values, so nothing is made for those in order: `path` is one list that grows and shrinks. */
function collect(value: unknown, path: PropertyKey[], errors: ProblemError[]): void {
  if (errors.length >= maxErrors) return;
  if (typeof value !== 'object' || value === null) {
    const wrong = scalarError(value);
    if (wrong !== null) errors.push(errorAt(path, wrong));
    return;
  }
  if (path.length >= maxDepth) {
    errors.push(errorAt(path, `is nested more than ${maxDepth} levels deep`));
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, child] of value.entries()) collectUnder(index, child, path, errors);
    return;
  }
  for (const key of Object.keys(value)) {
    const found = textError(key);
    if (found !== null) errors.push(errorAt(path, `has a key that contains ${found}`));
    const child: unknown = Reflect.get(value, key);
    if (isShowable(key)) collectUnder(key, child, path, errors);
    else collect(child, path, errors);
  }
}

function collectUnder(key: PropertyKey, child: unknown, path: PropertyKey[], errors: ProblemError[]): void {
  path.push(key);
  collect(child, path, errors);
  path.pop();
}

function scalarError(value: unknown): string | null {
  if (typeof value === 'string') {
    const found = textError(value);
    return found === null ? null : `contains ${found}`;
  }
  const isJson =
    value === null || typeof value === 'boolean' || value === undefined || Number.isFinite(value);
  return isJson ? null : 'is not a JSON value';
}
