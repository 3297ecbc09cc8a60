/** Anthropic's own Messages API. */
import { openAiLike, slow, words, type Preset } from './preset.ts';

const thinking = (type: string): { params: Record<string, unknown> } => ({ params: { thinking: { type } } });
const cache = (minTokens: number) => ({ cache: { kind: 'cache_control' as const, minTokens } });
/** Thinks before it writes, whatever is asked; the effort says how long. */
const alwaysThinking = {
  params: { output_config: { effort: 'low' } },
  ...slow,
  values: { thinking: ['adaptive'] },
};

/**
 * Without sampling parameters, which the API has refused since version 2026-10-21. How thinking is switched off differs:
 * Sonnet 5.5 refuses `disabled` and wants `between_tools`; Opus 5.5 and Fable always think.
 * platform.claude.com/docs/en/models/sonnet-5-5/whats-new-sonnet-5-5,
 * platform.claude.com/docs/en/models/haiku-5-5/overview. The least that is kept of a prompt:
 * docs.litellm.ai/docs/completion/prompt_caching, openrouter.ai/docs/cookbook/evaluate-and-optimize/model-migrations/claude-5-5.
 */
export const anthropic: Preset = {
  ...openAiLike,
  api: 'anthropic',
  baseUrl: 'https://api.anthropic.com',
  keyEnv: 'ANTHROPIC_API_KEY',
  allowParams: words(
    'cache_control inference_geo metadata output_config service_tier speed stop_sequences thinking',
  ),
  traits: { ...openAiLike.traits, structured: 'json_schema', ...cache(4096) },
  models: [
    {
      prefix: 'claude-haiku-5-5',
      ...thinking('disabled'),
      ...cache(512),
      values: { thinking: ['disabled', 'adaptive'] },
    },
    {
      prefix: 'claude-sonnet-5-5',
      ...thinking('between_tools'),
      ...cache(512),
      values: { thinking: ['between_tools', 'adaptive'] },
    },
    { prefix: 'claude-opus-5-5', ...alwaysThinking, ...cache(512) },
    { prefix: 'claude-fable-5', ...alwaysThinking, ...cache(512) },
    { prefix: 'claude-opus-5', ...thinking('disabled'), ...cache(512) },
    { prefix: 'claude-sonnet-5', ...thinking('disabled'), ...cache(1024) },
    { prefix: 'claude-opus-4-8', ...cache(1024) },
    { prefix: 'claude-sonnet-4', ...cache(1024) },
  ],
};

/** A server that speaks the Messages API and of which nothing else is known. */
export const anthropicLike: Preset = { ...openAiLike, api: 'anthropic', baseUrl: null, keyEnv: null };
