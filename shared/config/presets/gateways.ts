/** Gateways: other providers' models behind one address. */
import { gptModels } from './openai.ts';
import { openAiLike, slow, words, type Preset } from './preset.ts';

const withSchema = { structured: 'json_schema' } as const;
const automatic = { cache: { kind: 'automatic', minTokens: 1024 } } as const;

/** How OpenRouter is asked to keep the thinking short: openrouter.ai/docs/use-cases/reasoning-tokens. */
const effort = (value: string) => ({ params: { reasoning: { effort: value } } });
const unthinking = { params: { reasoning: { enabled: false } } };

/**
 * openrouter.ai/docs/api-reference/overview, /parameters, /use-cases/usage-accounting, /features/prompt-caching,
 * /features/structured-outputs; EU: eu.openrouter.ai. An empty key answers 403 with a text of its own:
 * openrouter.ai/docs/api/errors.
 */
export const openrouter: Preset = {
  ...openAiLike,
  baseUrl: 'https://openrouter.ai/api/v1',
  keyEnv: 'OPENROUTER_API_KEY',
  reportedCost: 'usage.cost',
  allowParams:
    words(`frequency_penalty logit_bias logprobs max_completion_tokens metadata min_p models plugins prediction presence_penalty
    prompt_cache_key prompt_cache_options provider reasoning reasoning_effort repetition_penalty route safety_identifier seed
    service_tier session_id stop temperature top_a top_k top_logprobs top_p transforms usage user verbosity`),
  models: [
    ...gptModels.map(({ prefix, thinkingTokens }) => ({
      prefix: `openai/${prefix}`,
      ...effort(thinkingTokens === undefined ? 'none' : 'low'),
      ...withSchema,
      ...(thinkingTokens === undefined ? {} : slow),
      cache: /^gpt-(?:5\.6|6)/.test(prefix)
        ? ({ kind: 'openai_breakpoints', minTokens: 1024 } as const)
        : automatic.cache,
    })),
    { prefix: 'openai/', ...automatic },
    {
      prefix: 'anthropic/claude-opus-5.5',
      ...effort('low'),
      ...withSchema,
      ...slow,
      cache: { kind: 'cache_control', minTokens: 512 },
    },
    {
      prefix: 'anthropic/claude-haiku-5.5',
      ...unthinking,
      ...withSchema,
      cache: { kind: 'cache_control', minTokens: 512 },
    },
    {
      prefix: 'anthropic/claude-sonnet-5.5',
      ...unthinking,
      ...withSchema,
      cache: { kind: 'cache_control', minTokens: 512 },
    },
    { prefix: 'anthropic/', cache: { kind: 'cache_control', minTokens: 4096 } },
    {
      prefix: 'google/gemini',
      ...effort('low'),
      ...withSchema,
      thinkingTokens: 800,
      cache: { kind: 'automatic', minTokens: 4096 },
    },
    { prefix: 'deepseek/', ...unthinking, cache: { kind: 'automatic', minTokens: 64 } },
  ],
};

/** tokenmix.ai/docs/chat-completions; its models have their makers' ids. */
export const tokenmix: Preset = {
  ...openAiLike,
  baseUrl: 'https://api.tokenmix.ai/v1',
  keyEnv: 'TOKENMIX_API_KEY',
  allowParams: words('frequency_penalty presence_penalty reasoning_effort seed stop temperature top_p user'),
  models: gptModels.map((model) => ({ ...model, tokenParam: 'max_completion_tokens' as const })),
};

/**
 * The proxy's own port: docs.litellm.ai/docs/simple_proxy. Its models have the names that its own configuration gives them;
 * one that is named like an OpenAI model is called like one. What a call cost stands in a header:
 * docs.litellm.ai/docs/proxy/response_headers.
 */
export const litellm: Preset = {
  ...openAiLike,
  baseUrl: 'http://localhost:4000/v1',
  path: '/v1',
  keyEnv: 'LITELLM_API_KEY',
  reportedCost: 'x-litellm-response-cost',
  faultCodes: { budget_exceeded: 'quota' },
  models: gptModels,
};

/**
 * Statuses of its own: a budget or limit that the operator set is used up (412), a guardrail said no (446):
 * portkey.ai/docs/product/guardrails, portkey.ai/docs/product/ai-gateway/virtual-keys/budget-limits.
 */
const portkeyFaults = { '412': 'quota', '446': 'filtered', hooks_failed: 'filtered' } as const;

/** `max_completion_tokens` is what it translates for every provider, and what OpenAI wants. */
const portkeyLike = {
  ...openAiLike,
  tokenParam: 'max_completion_tokens',
  faultCodes: portkeyFaults,
} as const;

/**
 * Portkey's cloud. The key travels in a header of its own; models are named `@integration/model`, or a header
 * x-portkey-config names what to do: portkey.ai/docs/product/model-catalog.
 */
export const portkey: Preset = {
  ...portkeyLike,
  baseUrl: 'https://api.portkey.ai/v1',
  keyEnv: 'PORTKEY_API_KEY',
  keyHeader: 'x-portkey-api-key',
  models: gptModels.map((model) => ({ ...model, ...withSchema, prefix: `@openai/${model.prefix}` })),
};

/**
 * The gateway that runs on one's own machine: the key is the provider's own, and the header x-portkey-provider (or
 * x-portkey-config) says whose: github.com/Portkey-AI/gateway. As npm installs it (1.15.2), it answers 500 to every
 * streamed call; its Docker image streams, so set `streams: true` there.
 */
export const portkeySelfHosted: Preset = {
  ...portkeyLike,
  baseUrl: 'http://localhost:8787/v1',
  path: '/v1',
  keyEnv: null,
  streams: false,
  models: gptModels,
};
