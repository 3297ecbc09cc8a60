/**
 * How a request asks the provider to keep its beginning for the calls that follow. Where keeping is asked for, it is for
 * the instructions alone, which come first and are the same for many tickets; a ticket is never worth keeping.
 */
import type { ChatRequest, ModelSettings } from './chat.ts';
import type { JsonRecord } from './json.ts';
import { staticKey, staticTokens } from './prompt-tokens.ts';
import { tokenFamilyOf } from './token-weights.ts';

function isWorthKeeping(request: ChatRequest, { cache, model }: ModelSettings): boolean {
  return staticTokens(request.system, tokenFamilyOf(model)) >= cache.minTokens;
}

/**
 * The content of the system message: plain text, or one block with the provider's mark at its end. `text` is the request's
 * instructions with whatever else is the same for every call of its kind.
 */
export function systemContent(
  text: string,
  request: ChatRequest,
  settings: ModelSettings,
): string | JsonRecord[] {
  const { kind } = settings.cache;
  if (kind === 'cache_control' && isWorthKeeping(request, settings)) {
    return [{ type: 'text', text, cache_control: { type: 'ephemeral' } }];
  }
  if (kind === 'openai_breakpoints' && isWorthKeeping(request, settings)) {
    return [{ type: 'text', text, prompt_cache_breakpoint: { mode: 'explicit' } }];
  }
  return text;
}

/**
 * Properties of the whole request. `explicit` also where there is no mark: otherwise OpenAI would keep the ticket too, and
 * a token that is kept costs a quarter more. The key leads calls with the same beginning to the same machines:
 * developers.openai.com/api/docs/guides/prompt-caching.
 */
export function cacheOptions(request: ChatRequest, settings: ModelSettings): JsonRecord {
  if (settings.cache.kind !== 'openai_breakpoints') return {};
  return {
    prompt_cache_options: { mode: 'explicit' },
    ...(isWorthKeeping(request, settings)
      ? { prompt_cache_key: `tierline-${staticKey(request.system)}` }
      : {}),
  };
}
