/** What must hold for the `when` of routes and trust rules: its names, and that it can match at all. */
import { unknownName, type Finding, type Path } from './problem.ts';
import type { Config } from './schema.ts';

type When = Config['trust'][number]['when'];
type Lists = Pick<When, 'queryType' | 'source' | 'flag' | 'tier'>;

/** `known`: what may stand under each name; what is not in it may be anything. */
export function checkWhen(
  path: Path,
  when: Lists,
  known: Partial<Record<keyof Lists, readonly string[]>>,
): Finding[] {
  const kinds = { queryType: 'query type', source: 'source', flag: 'flag', tier: 'tier' } as const;
  return (Object.keys(kinds) as (keyof Lists)[]).flatMap((key) => {
    const names = known[key];
    if (names === undefined) return [];
    return (when[key] ?? []).flatMap((name, position) =>
      names.includes(name)
        ? []
        : [unknownName({ path: [...path, key, position], kind: kinds[key], name, known: names })],
    );
  });
}

const listKeys = ['language', 'queryType', 'source', 'tag', 'lane', 'flag', 'tier'] as const;

/** True where every ticket that matches `narrow` matches `wide` too. */
export function covers(wide: When, narrow: When): boolean {
  const listsCover = listKeys.every((key) => {
    const allowed: readonly string[] | undefined = wide[key];
    return allowed === undefined || (narrow[key]?.every((value) => allowed.includes(value)) ?? false);
  });
  const below = wide.confidenceBelow === undefined || (narrow.confidenceBelow ?? 2) <= wide.confidenceBelow;
  const above = wide.complexityAbove === undefined || (narrow.complexityAbove ?? -1) >= wide.complexityAbove;
  return listsCover && below && above;
}

/** True where no ticket can match: no confidence is below 0, no complexity above 1. */
export const isImpossible = ({ confidenceBelow, complexityAbove }: When): boolean =>
  confidenceBelow === 0 || complexityAbove === 1;
