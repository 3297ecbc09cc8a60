/**
 * Token counts of both APIs in one shape. null where the counts that money depends on are missing, or all zero, which no
 * call can have used: some gateways send that when they do not know.
 */
import type { Usage } from '../ticket.ts';
import { asCount, asRecord } from './json.ts';

/**
 * OpenAI's shape: `prompt_tokens` includes cached and written tokens, `completion_tokens` includes reasoning. Some
 * servers leave reasoning out of `completion_tokens` but have it, and bill it, in `total_tokens` (seen with Gemini and
 * xAI: https://github.com/Clarifai/clarifai-python/pull/978), so the larger of the two counts.
 */
export function openAiUsage(value: unknown): Usage | null {
  const usage = asRecord(value);
  const inputTokens = asCount(usage?.['prompt_tokens']);
  const completion = asCount(usage?.['completion_tokens']);
  if (usage === null || inputTokens === null || completion === null) return null;
  const prompt = asRecord(usage['prompt_tokens_details']);
  const details = asRecord(usage['completion_tokens_details']);
  const unlisted = Math.max(0, (asCount(usage['total_tokens']) ?? 0) - inputTokens - completion);
  const cached = asCount(prompt?.['cached_tokens']) ?? asCount(usage['prompt_cache_hit_tokens']) ?? 0;
  const cachedInputTokens = Math.min(cached, inputTokens);
  const written = asCount(prompt?.['cache_write_tokens']) ?? 0;
  const outputTokens = completion + unlisted;
  return unlessZero({
    inputTokens,
    cachedInputTokens,
    cacheWriteTokens: Math.min(written, inputTokens - cachedInputTokens),
    outputTokens,
    reasoningTokens: Math.min(asCount(details?.['reasoning_tokens']) ?? unlisted, outputTokens),
  });
}

/** Anthropic's shape: `input_tokens` leaves out what was read from and written to the cache; `output_tokens` is all. */
export function anthropicUsage(value: unknown): Usage | null {
  const usage = asRecord(value);
  const fresh = asCount(usage?.['input_tokens']);
  const outputTokens = asCount(usage?.['output_tokens']);
  if (usage === null || fresh === null || outputTokens === null) return null;
  const cachedInputTokens = asCount(usage['cache_read_input_tokens']) ?? 0;
  const cacheWriteTokens = asCount(usage['cache_creation_input_tokens']) ?? 0;
  const details = asRecord(usage['output_tokens_details']);
  const inputTokens = fresh + cachedInputTokens + cacheWriteTokens;
  return unlessZero({
    inputTokens,
    cachedInputTokens,
    cacheWriteTokens,
    outputTokens,
    reasoningTokens: Math.min(asCount(details?.['thinking_tokens']) ?? 0, outputTokens),
  });
}

function unlessZero(usage: Usage): Usage | null {
  return usage.inputTokens === 0 && usage.outputTokens === 0 ? null : usage;
}
