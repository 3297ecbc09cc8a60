/** What must hold for the rules of trust and for disclosures, and which of them do nothing. */
import { flagNames } from '../flag-names.ts';
import { checkWhen, covers, isImpossible } from './check-when.ts';
import type { Finding } from './problem.ts';
import type { Config } from './schema.ts';

export function checkTrust(config: Config): { problems: Finding[]; warnings: Finding[] } {
  const { classifier } = config;
  const known = {
    // The classifier says `other` by itself.
    queryType: [...new Set([...Object.keys(classifier.queryTypes), 'other'])],
    source: Object.keys(config.sources),
    flag: [...new Set([...Object.keys(classifier.flags), ...flagNames])],
    tier: Object.keys(config.tiers),
  };
  const problems = config.trust.flatMap(({ when }, index) =>
    checkWhen(['trust', index, 'when'], when, known),
  );
  if (problems.length > 0) return { problems, warnings: [] };
  const warnings = config.trust.flatMap((_, index) => warningsOf(config, index));
  return { problems, warnings: [...warnings, ...checkDisclosures(config)] };
}

function warningsOf(config: Config, index: number): Finding[] {
  const { when, mode } = config.trust[index]!;
  const path = ['trust', index];
  if (isImpossible(when)) return [{ path, message: 'can never match: no ticket is as its when says' }];
  const before = config.trust.findIndex((rule, earlier) => earlier < index && covers(rule.when, when));
  if (before !== -1) {
    return [{ path, message: `can never match: trust[${before}] matches all of its tickets first` }];
  }
  if (mode !== 'auto') return [];
  const isAll = (names: string[] | undefined, section: 'tiers' | 'sources'): boolean =>
    names !== undefined && names.every((name) => config[section][name]?.mode === 'draft');
  const section = isAll(when.tier, 'tiers') ? 'tiers' : isAll(when.source, 'sources') ? 'sources' : null;
  if (section === null) return [];
  const names = (section === 'tiers' ? when.tier : when.source) ?? [];
  const settings = names.map((name) => `${section}.${name}.mode`).join(', ');
  return [{ path, message: `sends nothing: ${settings} is draft, and the more careful one wins` }];
}

function checkDisclosures({ sources }: Config): Finding[] {
  return Object.entries(sources).flatMap(([name, { disclosure }]) => {
    if (disclosure === undefined || Object.hasOwn(disclosure, 'en')) return [];
    const languages = Object.keys(disclosure).join(', ');
    const message = `has no line in en, so replies in other languages than ${languages} have none`;
    return [{ path: ['sources', name, 'disclosure'], message }];
  });
}
