/** What is different between two configurations as they are shown. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { valueAt } from './issues.ts';
import { formatPath, type Path } from './problem.ts';
import type { Shown } from './shown.ts';

/**
 * Values are JSON. One of them is missing where there is nothing on that side; what is on the other is then as its file has
 * it, without the defaults, which would hide it.
 */
export type Change = { path: string; running?: unknown; next?: unknown };

export function differencesBetween(running: Shown, next: Shown): Change[] {
  const found: Found[] = [];
  compare(running.config, next.config, [], found);
  const changes = found.map(({ path, ...values }): Found => {
    if (!('running' in values)) return { path, next: valueAt(next.written, path) ?? values.next };
    if (!('next' in values)) return { path, running: valueAt(running.written, path) ?? values.running };
    return { path, ...values };
  });
  const texts: Found[] = [];
  compare(running.texts, next.texts, ['texts'], texts);
  const named = ({ path, ...values }: Found): Change => ({ path: formatPath(path), ...values });
  return [...changes.map(named), ...tierOrder(running, next), ...texts.map(named)];
}

type Found = { path: Path; running?: unknown; next?: unknown };

function compare(running: unknown, next: unknown, path: Path, found: Found[]): void {
  if (isDeepStrictEqual(running, next)) return;
  if (running === undefined) found.push({ path, next });
  else if (next === undefined) found.push({ path, running });
  else if (isObject(running) && isObject(next)) {
    for (const key of new Set([...Object.keys(running), ...Object.keys(next)])) {
      compare(running[key], next[key], [...path, key], found);
    }
  } else if (isListOfObjects(running) && isListOfObjects(next)) compareLists(running, next, path, found);
  else found.push({ path, running, next });
}

/** An entry that is put in or taken out moves the others, which are not different for that. */
function compareLists(running: unknown[], next: unknown[], path: Path, found: Found[]): void {
  const shorter = Math.min(running.length, next.length);
  let start = 0;
  while (start < shorter && isDeepStrictEqual(running[start], next[start])) start += 1;
  let end = 0;
  while (end < shorter - start && isDeepStrictEqual(running.at(-1 - end), next.at(-1 - end))) end += 1;
  const [before, after] = [running.slice(start, running.length - end), next.slice(start, next.length - end)];
  const isPaired = before.length === after.length;
  for (const [index, item] of before.entries()) {
    compare(item, isPaired ? after[index] : undefined, [...path, start + index], found);
  }
  if (isPaired) return;
  for (const [index, item] of after.entries()) compare(undefined, item, [...path, start + index], found);
}

/** Tiers stand in rising order, so their order is part of what is said. */
function tierOrder(running: Shown, next: Shown): Change[] {
  const [before, after] = [running, next].map(({ config }) => Object.keys(config['tiers'] ?? {}));
  const isKept = (name: string): boolean => before!.includes(name) && after!.includes(name);
  if (isDeepStrictEqual(before!.filter(isKept), after!.filter(isKept))) return [];
  return [{ path: 'tiers (their order)', running: before, next: after }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfObjects(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}
