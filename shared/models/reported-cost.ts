/** What a gateway says that a call cost: it knows its own prices, and which provider it went to. */
import type { ProviderSettings } from './chat.ts';
import { asRecord } from './json.ts';
import type { HeaderReader } from './retry-after.ts';

const nanoPerUsd = 1e9;

/** Nano-dollars, or null where nothing is said. `usage` is the response's own. */
export function reportedNanoUsd(
  where: ProviderSettings['reportedCost'],
  { usage, headers }: { usage: unknown; headers: HeaderReader },
): number | null {
  if (where === 'usage.cost') return toNano(costInUsage(usage));
  if (where === null) return null;
  // LiteLLM says 0 of models whose price it does not know, too.
  const cost = Number.parseFloat(headers.get(where) ?? '');
  return cost > 0 ? toNano(cost) : null;
}

/**
 * OpenRouter's `cost` is what its account pays; with a key of one's own that is only the fee, and the provider bills the
 * rest: openrouter.ai/docs/use-cases/usage-accounting, openrouter.ai/docs/use-cases/byok.
 */
function costInUsage(usage: unknown): number | null {
  const said = asRecord(usage);
  const cost = said?.['cost'];
  if (said === null || typeof cost !== 'number') return null;
  if (said['is_byok'] !== true) return cost;
  const upstream = asRecord(said['cost_details'])?.['upstream_inference_cost'];
  return typeof upstream === 'number' ? cost + upstream : null;
}

function toNano(usd: number | null): number | null {
  const nano = usd === null ? Number.NaN : Math.round(usd * nanoPerUsd);
  return Number.isSafeInteger(nano) && nano >= 0 ? nano : null;
}
