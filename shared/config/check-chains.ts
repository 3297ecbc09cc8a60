/** What must hold for a chain of models: its names and its time-outs. */
import type { PriceBook } from '../ledger/price-book.ts';
import type { FileText } from './check-context.ts';
import { unknownName, type Finding, type Path } from './problem.ts';
import type { Config } from './schema.ts';

export type FileFacts = {
  fileText: FileText;
  isFolder: (path: string) => boolean;
  /** The shipped prices under those of a file of one's own. Throws TierlineError `price_book_invalid`. */
  priceBook: (own: string | null) => PriceBook;
};

type Chain = { path: Path; tier: string; models: readonly string[] };

/** `names`: the chain at `path`, or the one name that stands there. */
export function checkChain(config: Config, path: Path, names: readonly string[] | string): Finding[] {
  const known = Object.keys(config.models);
  const list = typeof names === 'string' ? [names] : names;
  return list.flatMap((name, index): Finding[] => {
    const at = typeof names === 'string' ? path : [...path, index];
    if (!known.includes(name)) return [unknownName({ path: at, kind: 'model', name, known })];
    if (list.indexOf(name) < index) return [{ path: at, message: `"${name}" stands twice in this chain` }];
    return [];
  });
}

/** A deadline that one call alone can outlast would end tickets in the middle of their first answer. */
export function checkDeadlines(config: Config, { path, tier, models }: Chain): Finding[] {
  const settings = config.tiers[tier]!;
  const slowest = models
    .map((name) => ({ name, timeoutMs: config.models[name]?.timeoutMs ?? 0 }))
    .reduce((worst, model) => (model.timeoutMs > worst.timeoutMs ? model : worst), {
      name: '',
      timeoutMs: 0,
    });
  return (['deadlineMs', 'backlogDeadlineMs'] as const)
    .filter((key) => settings[key] < slowest.timeoutMs)
    .map((key) => ({
      path: path[0] === 'tiers' ? [...path, key] : path,
      message: `the ${key} ${settings[key]} of tier "${tier}" is shorter than the timeoutMs ${slowest.timeoutMs} of model "${slowest.name}"`,
    }));
}
