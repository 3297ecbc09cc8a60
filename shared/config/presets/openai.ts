/** OpenAI itself, and its models at Azure. */
import { openAiLike, slow, words, type Preset } from './preset.ts';

const efforts = words('low medium high xhigh max');
const sampling = words('temperature top_p logprobs top_logprobs');

/** developers.openai.com/api/docs/guides/latest-model: sampling only while reasoning is off. */
const onlyUnthinking = { names: sampling, needs: { name: 'reasoning_effort', value: 'none' } };
const unthinking = {
  params: { reasoning_effort: 'none' },
  onlyWith: onlyUnthinking,
  values: { reasoning_effort: ['none', ...efforts] },
};
const alwaysThinking = {
  params: { reasoning_effort: 'low' },
  ...slow,
  refuses: sampling,
  values: { reasoning_effort: efforts },
};
/** Since GPT-5.6 a write costs 1.25 times the input: developers.openai.com/api/docs/guides/prompt-caching. */
const explicitCache = { cache: { kind: 'openai_breakpoints', minTokens: 1024 } } as const;

/**
 * Effort `none` exists at Luna, Terra and GPT-6 Sol; 6.1 Sol and Astra begin at `low`:
 * docs.litellm.ai/blog/gpt_6_sol_luna, developers.openai.com/api/docs/models/gpt-6.1-terra, apidog.com/blog/gpt-6-1-sol-api.
 */
export const gptModels: Preset['models'] = [
  { prefix: 'gpt-6-luna', ...unthinking },
  { prefix: 'gpt-6.1-terra', ...unthinking },
  { prefix: 'gpt-6-sol', ...unthinking },
  { prefix: 'gpt-6', ...alwaysThinking },
  { prefix: 'gpt-5.6', ...unthinking },
  { prefix: 'gpt-5', ...alwaysThinking, values: {} },
];

/** The request properties of platform.openai.com/docs/api-reference/chat/create that suit a reply to a ticket. */
const chatParams =
  words(`frequency_penalty logit_bias logprobs metadata moderation prediction presence_penalty
  prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort safety_identifier seed service_tier stop
  store temperature top_logprobs top_p user verbosity`);

/** `max_tokens` is deprecated, and refused by models that reason: platform.openai.com/docs/api-reference/chat/create. */
export const openai: Preset = {
  ...openAiLike,
  baseUrl: 'https://api.openai.com/v1',
  keyEnv: 'OPENAI_API_KEY',
  tokenParam: 'max_completion_tokens',
  allowParams: chatParams,
  traits: { ...openAiLike.traits, structured: 'json_schema', cache: { kind: 'automatic', minTokens: 1024 } },
  models: gptModels.map((model) =>
    /^gpt-(?:5\.6|6)/.test(model.prefix) ? { ...model, ...explicitCache } : model,
  ),
};

/**
 * baseUrl is https://RESOURCE.openai.azure.com/openai/v1. Models are called by the names of their deployments, so a
 * deployment should be named like its model: learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle. The key
 * travels as `api-key`; a token of Entra ID needs `keyHeader: authorization`. What is kept of prompts:
 * learn.microsoft.com/azure/ai-foundry/openai/how-to/prompt-caching.
 */
export const azure: Preset = {
  ...openai,
  baseUrl: null,
  path: '/openai/v1',
  keyEnv: 'AZURE_OPENAI_API_KEY',
  keyHeader: 'api-key',
  allowParams:
    words(`frequency_penalty logit_bias logprobs metadata prediction presence_penalty prompt_cache_key
    reasoning_effort safety_identifier seed service_tier stop store temperature top_logprobs top_p user verbosity`),
  models: gptModels,
};
