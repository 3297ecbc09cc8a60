/** Options that the configuration already knows and that nothing acts upon yet. */
import type { Finding, Path } from './problem.ts';
import type { Config } from './schema.ts';

/** One warning for each option that is set and has no effect, so that nobody relies on it. */
export function withoutEffect(config: Config): Finding[] {
  const paths: Path[] = [];
  if (config.budgets !== null) paths.push(['budgets']);
  if (config.baseline !== null) paths.push(['baseline']);
  return paths.map((path) => ({ path, message: 'has no effect in this version', at: 'key' as const }));
}
