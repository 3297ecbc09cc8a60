/** The prices that @pydantic/genai-prices ships, in our terms. Its only importer. Nothing is fetched. */
import { calcPrice, findProvider } from '@pydantic/genai-prices';
import type { MatchLogic, ModelInfo, ModelPrice } from '@pydantic/genai-prices';
import type { Amounts, TheirBook, TheirModel } from './price-check.ts';

/** Our names of providers that have another one there. */
const otherNames: Record<string, string> = { gemini: 'google' };
const has = ['openai', 'anthropic', 'mistral', 'gemini', 'deepseek', 'groq', 'openrouter', 'azure'];

const keys = {
  input: 'input_mtok',
  cachedInput: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
  output: 'output_mtok',
} as const;

const providerOf = (provider: string) => findProvider({ providerId: otherNames[provider] ?? provider });

export const genaiPrices: TheirBook = {
  name: '@pydantic/genai-prices',
  providers: has,
  ids: (provider) => providerOf(provider)?.models.map(({ id }) => id) ?? [],
  find(provider, id, at) {
    const providerId = otherNames[provider] ?? provider;
    // The counts do not matter: what is wanted are the rates, which hold for any of them.
    const found = calcPrice({ input_tokens: 1, output_tokens: 1 }, id, { providerId, timestamp: at });
    if (found === null) return null;
    return theirs(found.model, found.model_price, id);
  },
};

function theirs(model: ModelInfo, price: ModelPrice, id: string): TheirModel {
  const edges = Object.values(price).flatMap((rate) =>
    typeof rate === 'object' ? rate.tiers.map(({ start }) => start) : [],
  );
  return {
    id: model.id,
    isExact: model.id === id || names(model.match, id),
    edges: [...new Set(edges)],
    amountsAt: (promptTokens) =>
      Object.fromEntries(
        Object.entries(keys).map(([part, key]) => [part, amountAt(price[key], promptTokens)]),
      ) as Amounts,
  };
}

function amountAt(rate: ModelPrice[string], promptTokens: number): number | null {
  if (rate === undefined) return null;
  if (typeof rate === 'number') return toMillionths(rate);
  const tiers = rate.tiers.filter(({ start }) => promptTokens > start).sort((a, b) => b.start - a.start);
  return toMillionths(tiers[0]?.price ?? rate.base);
}

/** A few are fractions without end, such as a twelfth. */
const toMillionths = (usd: number): number => Math.round(usd * 1_000_000) / 1_000_000;

/** Whether the id is named as it is, not only by how it begins or what it contains. */
function names(match: MatchLogic, id: string): boolean {
  if ('or' in match) return match.or.some((one) => names(one, id));
  if ('equals' in match) return match.equals.toLowerCase() === id.toLowerCase();
  if ('regex' in match) return new RegExp(match.regex).test(id);
  return 'starts_with' in match && match.starts_with === id;
}
