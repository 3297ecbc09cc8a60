/** Providers of their own models that speak OpenAI's API, each with its own exceptions. */
import { openAiLike, slow, words, type Preset } from './preset.ts';

const { traits } = openAiLike;

/**
 * Answers 422 to every property that it does not know, `max_completion_tokens` and `stream_options` among them, and sends
 * usage in streams unasked: github.com/editor-code-assistant/eca/issues/231, github.com/BerriAI/litellm/issues/8978. The
 * properties that it knows: docs.mistral.ai/api, as in github.com/mistralai/client-python (ChatCompletionRequest).
 */
export const mistral: Preset = {
  ...openAiLike,
  baseUrl: 'https://api.mistral.ai/v1',
  keyEnv: 'MISTRAL_API_KEY',
  streamUsage: false,
  allowParams:
    words(`frequency_penalty guardrails metadata prediction presence_penalty prompt_cache_key prompt_mode
    random_seed reasoning_effort safe_prompt stop temperature top_p`),
  traits: { ...traits, structured: 'json_schema', cache: { kind: 'automatic', minTokens: 1024 } },
};

/**
 * Answers 400 to properties that it does not know, such as `store`, `seed`, `metadata`. Gemini 3 cannot be kept from
 * thinking, and `low` is the one short level that all of its models take: ai.google.dev/gemini-api/docs/openai,
 * github.com/BerriAI/litellm-docs/pull/1505. The least that is kept of a prompt: github.com/BerriAI/litellm/discussions/39357.
 */
export const gemini: Preset = {
  ...openAiLike,
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  keyEnv: 'GEMINI_API_KEY',
  allowParams:
    words(`extra_body frequency_penalty max_completion_tokens presence_penalty reasoning_effort service_tier stop temperature
    top_p`),
  traits: {
    ...traits,
    structured: 'json_schema',
    cache: { kind: 'automatic', minTokens: 4096 },
    params: { reasoning_effort: 'low' },
    thinkingTokens: 800,
    values: { reasoning_effort: words('minimal low medium high') },
  },
  models: [
    {
      prefix: 'gemini-2.5-flash',
      params: { reasoning_effort: 'none' },
      thinkingTokens: 0,
      values: { reasoning_effort: words('none low medium high') },
    },
  ],
};

/**
 * Thinks by default; knows JSON mode, no JSON Schema: api-docs.deepseek.com/api/create-chat-completion,
 * api-docs.deepseek.com/guides/thinking_mode, api-docs.deepseek.com/guides/kv_cache.
 */
export const deepseek: Preset = {
  ...openAiLike,
  baseUrl: 'https://api.deepseek.com',
  keyEnv: 'DEEPSEEK_API_KEY',
  allowParams:
    words(`frequency_penalty logprobs presence_penalty reasoning_effort stop temperature thinking top_logprobs
    top_p user_id`),
  traits: {
    ...traits,
    structured: 'json_object',
    cache: { kind: 'automatic', minTokens: 64 },
    params: { thinking: { type: 'disabled' } },
    values: { thinking: ['enabled', 'disabled'] },
  },
};

/**
 * Model Studio, Singapore; keys are bound to their region, so override baseUrl elsewhere. JSON Schema on some models only.
 * Qwen 3.8 Max always thinks: dev.to/hassann/how-to-use-the-qwen-38-api-1cgm. `insufficient_quota` means too many tokens
 * in a minute, and an account without money has codes of its own: help.aliyun.com/en/model-studio/error-code-start,
 * alibabacloud.com/help/en/model-studio/rate-limit. Parameters: alibabacloud.com/help/en/model-studio/qwen-api-reference.
 */
export const qwen: Preset = {
  ...openAiLike,
  baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  keyEnv: 'DASHSCOPE_API_KEY',
  faultCodes: {
    insufficient_quota: 'rate_limited',
    'throttling.allocationquota': 'rate_limited',
    'allocationquota.freetieronly': 'quota',
    prepaidbilloverdue: 'quota',
    postpaidbilloverdue: 'quota',
    commoditynotpurchased: 'quota',
  },
  allowParams:
    words(`enable_search enable_thinking logprobs presence_penalty reasoning_effort repetition_penalty
    search_options seed stop temperature thinking_budget top_k top_logprobs top_p`),
  traits: {
    ...traits,
    structured: 'json_object',
    cache: { kind: 'automatic', minTokens: 256 },
    params: { enable_thinking: false },
  },
  models: [
    {
      prefix: 'qwen3.8-max',
      params: { reasoning_effort: 'low' },
      ...slow,
      refuses: ['enable_thinking'],
      values: { reasoning_effort: words('low medium xhigh') },
    },
  ],
};

/**
 * Always thinks; `minimal` is the lowest effort, and `stop` is refused: docs.litellm.ai/docs/providers/meta,
 * promptfoo.dev/docs/providers/meta, ocaml.org/p/chatoyant (Meta Model API, verified against dev.meta.ai). Ids that end in
 * -contributor train on prompts.
 */
export const meta: Preset = {
  ...openAiLike,
  baseUrl: 'https://api.meta.ai/v1',
  keyEnv: 'MODEL_API_KEY',
  tokenParam: 'max_completion_tokens',
  allowParams: words('frequency_penalty presence_penalty reasoning_effort temperature top_p'),
  traits: {
    ...traits,
    structured: 'json_schema',
    cache: { kind: 'automatic', minTokens: 1024 },
    params: { reasoning_effort: 'minimal' },
    thinkingTokens: 500,
    values: { reasoning_effort: words('minimal low medium high xhigh max') },
  },
};

/**
 * JSON Schema on some models only: console.groq.com/docs/structured-outputs. What each thinks:
 * console.groq.com/docs/reasoning. Parameters and codes: console.groq.com/docs/api-reference, console.groq.com/docs/errors,
 * console.groq.com/docs/spend-limits.
 */
export const groq: Preset = {
  ...openAiLike,
  baseUrl: 'https://api.groq.com/openai/v1',
  keyEnv: 'GROQ_API_KEY',
  tokenParam: 'max_completion_tokens',
  // The model's doing: its JSON did not fit, and Groq says so instead of handing it over.
  faultCodes: {
    json_validate_failed: 'schema',
    organization_restricted: 'auth',
    blocked_api_access: 'quota',
  },
  allowParams:
    words(`citation_options disable_tool_validation documents frequency_penalty include_reasoning max_tokens
    metadata presence_penalty reasoning_effort reasoning_format search_settings seed service_tier stop temperature top_p user`),
  traits: { ...traits, structured: 'json_object', cache: { kind: 'automatic', minTokens: 1024 } },
  models: [
    {
      prefix: 'openai/gpt-oss',
      structured: 'json_schema',
      params: { reasoning_effort: 'low' },
      thinkingTokens: 500,
      values: { reasoning_effort: words('low medium high') },
    },
    {
      prefix: 'qwen/',
      params: { reasoning_effort: 'none' },
      values: { reasoning_effort: ['none', 'default'] },
    },
  ],
};
