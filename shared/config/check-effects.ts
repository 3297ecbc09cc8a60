/** Options that the configuration already knows and that nothing acts upon yet. */
import type { Finding, Path } from './problem.ts';
import type { Config } from './schema.ts';

/** One warning for each option that is set and has no effect, so that nobody relies on it. */
export function withoutEffect(config: Config): Finding[] {
  const paths: Path[] = [];
  if (config.budgets !== null) paths.push(['budgets']);
  if (config.alerts !== null) paths.push(['alerts']);
  if (config.baseline !== null) paths.push(['baseline']);
  if (config.defaults.models.limits !== undefined) paths.push(['defaults', 'models', 'limits']);
  const inherited = Object.keys(config.defaults.models.limits ?? {}).length;
  for (const [name, model] of Object.entries(config.models)) {
    if (Object.keys(model.limits).length > inherited) paths.push(['models', name, 'limits']);
    if (model.price?.batchMultiplier !== undefined) paths.push(['models', name, 'price', 'batchMultiplier']);
  }
  for (const [name, source] of Object.entries(config.sources)) {
    if (source.only !== undefined) paths.push(['sources', name, 'only']);
    if (source.share !== undefined) paths.push(['sources', name, 'share']);
  }
  return paths.map((path) => ({ path, message: 'has no effect in this version', at: 'key' as const }));
}
