/** Language tags: old and regional ones made primary, and languages that no detector tells apart joined into groups. */

/** The first member is reported where nothing else decides. `eld` knows the one that is its own code for the group. */
const groups: { name: string; members: string[]; eld: string }[] = [
  // News text of the two is told apart in four cases of five, tickets in every second one (measured).
  { name: 'id-ms', members: ['id', 'ms'], eld: 'ms' },
  // Serbian in Latin letters; Serbian in Cyrillic is a language of its own here.
  { name: 'hr-sr-bs', members: ['hr', 'bs', 'sr'], eld: 'hr' },
  { name: 'no-nb-nn', members: ['no', 'nb', 'nn'], eld: 'no' },
  { name: 'tl-fil', members: ['tl', 'fil'], eld: 'tl' },
];

/** Withdrawn and individual codes (IANA language subtag registry). */
const replaced: Record<string, string> = {
  in: 'id',
  iw: 'he',
  ji: 'yi',
  mo: 'ro',
  cmn: 'zh',
  yue: 'zh',
  sh: 'hr',
  zsm: 'ms',
};

/** `pt_BR` → `pt`; null for what is no language tag, and for `und`. */
export function primaryTag(tag: string | null): string | null {
  const primary = /^\s{0,4}([a-z]{2,3})(?:[-_]|\s{0,4}$)/iu.exec(tag?.slice(0, 40) ?? '')?.[1]?.toLowerCase();
  if (primary === undefined || primary === 'und' || primary === 'mul') return null;
  return replaced[primary] ?? primary;
}

export const groupOf = (language: string): string | null =>
  groups.find((group) => group.members.includes(language))?.name ?? null;

/** The detector's codes for a configured language (`id` → `ms`; `sr` → `sr` in Cyrillic, `hr` in Latin letters). */
export const eldCodesOf = (language: string): string[] => {
  const group = groups.find(({ members }) => members.includes(language));
  return group === undefined ? [language] : [...new Set([language, group.eld])];
};

/** Which member of its group a detected code is reported as: the first preferred one, else the group's first. */
export function memberOf(eldCode: string, preferred: (string | null)[]): string {
  const group = groups.find(({ eld }) => eld === eldCode);
  if (group === undefined) return eldCode;
  return preferred.find((tag) => tag !== null && group.members.includes(tag)) ?? group.members[0] ?? eldCode;
}
