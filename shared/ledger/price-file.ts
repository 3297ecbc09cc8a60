/** Reads a price file: the whole of it is right, or none of it is used. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { findingsOf, valueAt } from '../config/issues.ts';
import { formatPath, formatProblem, type Finding } from '../config/problem.ts';
import { parseSource } from '../config/source.ts';
import { TierlineError } from '../errors.ts';
import { priceFileSchema, type PriceFile } from './price-schema.ts';

/** What each file held last: the shipped one is read with every configuration, and takes 50 ms to parse. */
const parsed = new Map<string, { text: string; prices: PriceFile }>();

/**
 * What comes back is shared between callers: it must not be changed.
 * @throws TierlineError `price_book_invalid` with every problem on its own line, as `prices.yaml:12:5 path: what is wrong`.
 */
export function readPriceFile(file: string): PriceFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new TierlineError('price_book_invalid', `the price file ${file} cannot be read`, { cause: error });
  }
  const last = parsed.get(file);
  if (last?.text === text) return last.prices;
  const prices = parsePriceFile(text, file);
  parsed.set(file, { text, prices });
  return prices;
}

/** `file` is only for messages. */
export function parsePriceFile(text: string, file: string): PriceFile {
  const source = parseSource(text);
  if (source.kind === 'unreadable') {
    throw invalid(source.problems.map((problem) => formatProblem({ file, path: '', ...problem })));
  }
  const result = priceFileSchema.safeParse(source.value);
  const findings = result.success
    ? ambiguousNames(result.data)
    : findingsOf(result.error.issues, source.value, () => z.toJSONSchema(priceFileSchema, { io: 'input' }));
  if (result.success && findings.length === 0) return result.data;
  const problems = findings
    .map(({ at, path, ...finding }) => {
      const value = valueAt(source.value, path);
      const isShown = ['string', 'number', 'boolean'].includes(typeof value);
      const place = source.locate(path, at);
      return {
        file,
        ...place,
        path: formatPath(path),
        ...finding,
        ...(isShown ? { value: String(value) } : {}),
      };
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
  throw invalid(problems.map(formatProblem));
}

/** A name that two models of one provider claim would have two prices. */
function ambiguousNames(file: PriceFile): Finding[] {
  return Object.entries(file.providers).flatMap(([provider, { models }]) => {
    const claimed = new Map(Object.keys(models).map((id) => [id, id]));
    return Object.entries(models).flatMap(([id, { aliases }]) =>
      aliases.flatMap((alias, index): Finding[] => {
        const other = claimed.get(alias);
        claimed.set(alias, id);
        if (other === undefined) return [];
        const path = ['providers', provider, 'models', id, 'aliases', index];
        return [{ path, message: `"${alias}" is also a name of "${other}"` }];
      }),
    );
  });
}

function invalid(problems: string[]): TierlineError {
  return new TierlineError('price_book_invalid', problems.join('\n'));
}
