/** What a configured model costs: by its own `price`, else by the row of the price book that is meant. */
import { presets } from '../config/presets.ts';
import type { Config } from '../config/schema.ts';
import type { ModelSettings } from '../models/chat.ts';
import type { Price } from './money.ts';
import { findRow, type PriceBook, type PriceRow, type Seller } from './price-book.ts';
import { bookPrice, overridePrice, type ServiceTier } from './price-rates.ts';

/** null where no price is known. `promptTokens`: cached ones included. */
export type Pricing = (atMs: number, promptTokens: number, serviceTier?: ServiceTier) => Price | null;

type Priced = Pick<ModelSettings, 'name' | 'model' | 'params'> & {
  provider: Pick<ModelSettings['provider'], 'api' | 'baseUrl' | 'name'>;
};

/** Without a service tier given, the one counts that the model's calls ask for. */
export function pricingOf(config: Config, model: Priced, book: PriceBook): Pricing {
  const { price: override } = config.models[model.name]!;
  const asked = tierNames.get(model.params['service_tier']) ?? null;
  const row = override === null ? rowOf(config, model, book) : null;
  return (atMs, promptTokens, serviceTier) => {
    const tier = serviceTier ?? asked;
    if (tier === null) return null;
    if (override !== null) return overridePrice(override, tier);
    if (row === null) return null;
    return bookPrice(row.prices, { at: new Date(atMs), promptTokens, serviceTier: tier }, book.version);
  };
}

/** The row of the book that a model's calls are priced by where it has no `price` of its own. */
export function rowOf(config: Config, model: Omit<Priced, 'params'>, book: PriceBook): PriceRow | null {
  const { pricedAs } = config.models[model.name]!;
  if (pricedAs !== undefined) return rowNamed(book, pricedAs);
  const seller = sellerOf(config, model.provider);
  return findRow(book, seller, seller.key === 'house' ? 'house' : model.model);
}

/** `provider/id`, as `pricedAs` and `tierline prices list` name a row. */
export function rowNamed(book: PriceBook, name: string): PriceRow | null {
  const slash = name.indexOf('/');
  const seller = name.slice(0, Math.max(0, slash));
  return findRow(book, { key: seller, name: seller }, name.slice(slash + 1));
}

/** A provider without a preset is known by its address; anywhere else a gateway is assumed. */
function sellerOf(config: Config, { name, api, baseUrl }: Priced['provider']): Seller {
  if (api === 'house') return { key: 'house', name };
  const { preset } = config.providers[name]!;
  return { key: preset ?? presetAt(baseUrl) ?? 'gateway', name };
}

function presetAt(baseUrl: string): string | undefined {
  const host = hostOf(baseUrl);
  const isPublic = host !== null && !host.startsWith('localhost');
  return isPublic
    ? Object.entries(presets).find(([, preset]) => hostOf(preset.baseUrl ?? '') === host)?.[0]
    : undefined;
}

function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null;
}

/** What `service_tier` stands for in a request; the names that are not here have a price that nobody told us. */
const tierNames = new Map<unknown, ServiceTier>([
  [undefined, 'standard'],
  ['auto', 'standard'],
  ['default', 'standard'],
  ['standard', 'standard'],
  ['standard_only', 'standard'],
  ['on_demand', 'standard'],
  ['flex', 'flex'],
  ['priority', 'priority'],
  ['fast', 'priority'],
]);
