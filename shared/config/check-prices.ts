/** Whether it is known what each model costs. A model without a price works; nobody shall find out by the invoice. */
import { TierlineError } from '../errors.ts';
import { pricingOf, rowNamed, rowOf } from '../ledger/model-pricing.ts';
import { allRows, type PriceBook } from '../ledger/price-book.ts';
import type { Finding } from './problem.ts';
import { isConfigured, resolveModels } from './resolve.ts';
import type { Config } from './schema.ts';
import { suggest } from './suggest.ts';

/** `loadBook`: throws `price_book_invalid`. */
export function checkPrices(
  config: Config,
  loadBook: (own: string | null) => PriceBook,
  at: Date = new Date(),
): { problems: Finding[]; warnings: Finding[] } {
  let book: PriceBook;
  try {
    book = loadBook(config.prices);
  } catch (error) {
    if (!(error instanceof TierlineError) || error.code !== 'price_book_invalid') throw error;
    return { problems: [{ path: ['prices'], message: error.message }], warnings: [] };
  }
  const problems = Object.keys(config.models).flatMap((name) => checkPricedAs(config, name, book));
  return { problems, warnings: problems.length > 0 ? [] : withoutPrice(config, book, at) };
}

function checkPricedAs(config: Config, name: string, book: PriceBook): Finding[] {
  const { price, pricedAs } = config.models[name]!;
  const path = ['models', name, 'pricedAs'];
  if (pricedAs === undefined) return [];
  if (price !== null) return [{ path, message: 'stands beside "price": only one of them can count' }];
  if (rowNamed(book, pricedAs) !== null) return [];
  const known = allRows(book).flatMap(({ provider, model, aliases }) =>
    [model, ...aliases].map((id) => `${provider}/${id}`),
  );
  const suggestion = suggest(pricedAs, known);
  const message = `the price book has no "${pricedAs}" (tierline prices list --all shows what it has)`;
  return [{ path, message, ...(suggestion === undefined ? {} : { suggestion }) }];
}

function withoutPrice(config: Config, book: PriceBook, at: Date): Finding[] {
  // A provider that is not there is told elsewhere, and its models cannot be resolved.
  if (Object.values(config.models).some(({ provider }) => !Object.hasOwn(config.providers, provider)))
    return [];
  return [...resolveModels(config).values()].flatMap((settings): Finding[] => {
    // Its models are not called.
    if (!isConfigured(config, settings.provider.name)) return [];
    const price = pricingOf(config, settings, book);
    if (price(at.getTime(), 0) !== null) return [];
    const { name, model, provider, params } = settings;
    const isOnlyTier = price(at.getTime(), 0, 'standard') !== null;
    const tier = isOnlyTier ? ` at service_tier ${JSON.stringify(params['service_tier'])}` : '';
    const yet = !isOnlyTier && rowOf(config, settings, book) !== null ? ' at this time' : '';
    const message =
      `the price of "${model}" at provider "${provider.name}"${tier} is not known${yet}, so what its calls cost is ` +
      'reported as unknown. Give it a "price" here, or a row in infra/prices.yaml';
    return [{ path: ['models', name, 'model'], message }];
  });
}
