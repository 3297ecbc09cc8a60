/**
 * Token counts of both APIs in one shape. null where the counts that money depends on are missing, or all zero, which no
 * call can have used: some gateways send that when they do not know.
 */
import type { Usage } from '../ticket.ts';
import { asCount, asRecord } from './json.ts';
import type { JsonRecord } from './json.ts';

/**
 * OpenAI's shape: `prompt_tokens` includes cached and written tokens, `completion_tokens` includes reasoning. Some
 * servers leave reasoning out of `completion_tokens` but have it, and bill it, in `total_tokens` (seen with Gemini and
 * xAI: https://github.com/Clarifai/clarifai-python/pull/978), so the larger of the two counts.
 */
export function openAiUsage(value: unknown): Usage | null {
  const usage = asRecord(value);
  const prompt = asCount(usage?.['prompt_tokens']);
  const completion = asCount(usage?.['completion_tokens']);
  if (usage === null || prompt === null || completion === null) return null;
  const total = asCount(usage['total_tokens']) ?? 0;
  const { read, written } = cacheCounts(usage);
  const inputTokens = prompt + leftOut(usage, { prompt, completion, total });
  const unlisted = Math.max(0, total - inputTokens - completion);
  const cachedInputTokens = Math.min(read, inputTokens);
  const outputTokens = completion + unlisted;
  const details = asRecord(usage['completion_tokens_details']);
  return unlessZero({
    inputTokens,
    cachedInputTokens,
    cacheWriteTokens: Math.min(written, inputTokens - cachedInputTokens),
    outputTokens,
    reasoningTokens: Math.min(asCount(details?.['reasoning_tokens']) ?? unlisted, outputTokens),
  });
}

/** OpenAI's own places, DeepSeek's, and those that gateways take over from Anthropic. */
function cacheCounts(usage: JsonRecord): { read: number; written: number } {
  const details = asRecord(usage['prompt_tokens_details']);
  return {
    read:
      asCount(details?.['cached_tokens']) ??
      asCount(usage['prompt_cache_hit_tokens']) ??
      asCount(usage['cache_read_input_tokens']) ??
      0,
    written: asCount(details?.['cache_write_tokens']) ?? asCount(usage['cache_creation_input_tokens']) ?? 0,
  };
}

/**
 * The cached tokens that `prompt_tokens` leaves out: Portkey keeps Anthropic's way of counting under OpenAI's names. Only
 * the sum tells; without this they would count as output, which costs many times as much.
 */
function leftOut(
  usage: JsonRecord,
  { prompt, completion, total }: { prompt: number; completion: number; total: number },
): number {
  const read = asCount(usage['cache_read_input_tokens']) ?? 0;
  const written = asCount(usage['cache_creation_input_tokens']) ?? 0;
  return total === prompt + completion + read + written ? read + written : 0;
}

/** Anthropic's shape: `input_tokens` leaves out what was read from and written to the cache; `output_tokens` is all. */
export function anthropicUsage(value: unknown): Usage | null {
  const usage = asRecord(value);
  const fresh = asCount(usage?.['input_tokens']);
  const outputTokens = asCount(usage?.['output_tokens']);
  if (usage === null || fresh === null || outputTokens === null) return null;
  const cachedInputTokens = asCount(usage['cache_read_input_tokens']) ?? 0;
  const cacheWriteTokens = asCount(usage['cache_creation_input_tokens']) ?? 0;
  const forAnHour = asCount(asRecord(usage['cache_creation'])?.['ephemeral_1h_input_tokens']) ?? 0;
  const details = asRecord(usage['output_tokens_details']);
  const inputTokens = fresh + cachedInputTokens + cacheWriteTokens;
  return unlessZero({
    inputTokens,
    cachedInputTokens,
    cacheWriteTokens,
    ...(forAnHour === 0 ? {} : { cacheWrite1hTokens: Math.min(forAnHour, cacheWriteTokens) }),
    outputTokens,
    reasoningTokens: Math.min(asCount(details?.['thinking_tokens']) ?? 0, outputTokens),
  });
}

function unlessZero(usage: Usage): Usage | null {
  return usage.inputTokens === 0 && usage.outputTokens === 0 ? null : usage;
}
