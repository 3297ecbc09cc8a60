/**
 * What is known about each provider, as data: where its API is, how the output limit is called there, and how its
 * thinking is kept short (thinking is billed as output and is on by default at most providers).
 * A provider in tierline.yaml may override every property.
 */
import type { ModelSettings, ProviderSettings } from '../models/chat.ts';

type Json = Record<string, unknown>;

export type Preset = Pick<
  ProviderSettings,
  'api' | 'needsKey' | 'tokenParam' | 'streamUsage' | 'extraBody'
> & {
  /** null where it differs by customer: the file must then name it. */
  baseUrl: string | null;
  /** The environment variable of the key where the file names none. */
  keyEnv: string | null;
  structured: ModelSettings['structured'];
  /** `{apiKey}` stands for the key. */
  headers: Record<string, string>;
  /** `params` of models whose id begins so; the first match counts. */
  modelParams: { prefix: string; params: Json }[];
};

const openaiLike: Omit<Preset, 'baseUrl' | 'keyEnv'> = {
  api: 'openai',
  needsKey: true,
  tokenParam: 'max_tokens',
  streamUsage: true,
  // Works with every model behind an unknown or mixed upstream; a 400 for `response_format` would fail every call.
  structured: 'prompt',
  headers: {},
  extraBody: {},
  modelParams: [],
};

/**
 * `max_tokens` is deprecated: platform.openai.com/docs/api-reference/chat/create.
 * Effort `none` exists at Luna, Terra and GPT-6 Sol; 6.1 Sol begins at `low`:
 * developers.openai.com/api/docs/models/gpt-6.1-terra, apidog.com/blog/gpt-6-1-sol-api,
 * docs.oxen.ai/inference-api/reference/models/gpt-6-luna.
 */
const openai: Preset = {
  ...openaiLike,
  baseUrl: 'https://api.openai.com/v1',
  keyEnv: 'OPENAI_API_KEY',
  tokenParam: 'max_completion_tokens',
  structured: 'json_schema',
  modelParams: [
    { prefix: 'gpt-6-luna', params: { reasoning_effort: 'none' } },
    { prefix: 'gpt-6.1-terra', params: { reasoning_effort: 'none' } },
    { prefix: 'gpt-6-sol', params: { reasoning_effort: 'none' } },
    { prefix: 'gpt-6.1-sol', params: { reasoning_effort: 'low' } },
  ],
};

/**
 * Sonnet 5.5 refuses `disabled` and wants `between_tools`; Opus 5.5 and Fable always think:
 * platform.claude.com/docs/en/models/sonnet-5-5/whats-new-sonnet-5-5,
 * platform.claude.com/docs/en/models/haiku-5-5/overview.
 */
const anthropic: Preset = {
  ...openaiLike,
  api: 'anthropic',
  baseUrl: 'https://api.anthropic.com',
  keyEnv: 'ANTHROPIC_API_KEY',
  structured: 'json_schema',
  modelParams: [
    { prefix: 'claude-haiku-5-5', params: { thinking: { type: 'disabled' } } },
    { prefix: 'claude-sonnet-5-5', params: { thinking: { type: 'between_tools' } } },
  ],
};

/** Answers 422 to `max_completion_tokens` and `stream_options`, and sends usage in streams unasked: github.com/openai/openai-agents-python/issues/442, github.com/editor-code-assistant/eca/issues/231. */
const mistral: Preset = {
  ...openaiLike,
  baseUrl: 'https://api.mistral.ai/v1',
  keyEnv: 'MISTRAL_API_KEY',
  streamUsage: false,
  structured: 'json_schema',
};

/** Thinking cannot be switched off, and `low` is the one short level that every Gemini 3 model takes: ai.google.dev/gemini-api/docs/openai, github.com/BerriAI/litellm-docs/pull/1505. */
const gemini: Preset = {
  ...openaiLike,
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  keyEnv: 'GEMINI_API_KEY',
  structured: 'json_schema',
  extraBody: { reasoning_effort: 'low' },
};

/** Thinks by default; knows JSON mode, no JSON Schema: api-docs.deepseek.com. */
const deepseek: Preset = {
  ...openaiLike,
  baseUrl: 'https://api.deepseek.com',
  keyEnv: 'DEEPSEEK_API_KEY',
  structured: 'json_object',
  extraBody: { thinking: { type: 'disabled' } },
};

/** Model Studio, Singapore; keys are bound to their region, so override baseUrl elsewhere. JSON Schema on some models only: alibabacloud.com/help/en/model-studio. */
const qwen: Preset = {
  ...openaiLike,
  baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  keyEnv: 'DASHSCOPE_API_KEY',
  structured: 'json_object',
  extraBody: { enable_thinking: false },
};

/** Muse Spark always thinks; `minimal` is its lowest effort: docs.litellm.ai/docs/providers/meta, promptfoo.dev/docs/providers/meta. Ids that end in -contributor train on prompts. */
const meta: Preset = {
  ...openaiLike,
  baseUrl: 'https://api.meta.ai/v1',
  keyEnv: 'MODEL_API_KEY',
  tokenParam: 'max_completion_tokens',
  structured: 'json_schema',
  extraBody: { reasoning_effort: 'minimal' },
};

/** JSON Schema on some models only: console.groq.com/docs/structured-outputs. */
const groq: Preset = {
  ...openaiLike,
  baseUrl: 'https://api.groq.com/openai/v1',
  keyEnv: 'GROQ_API_KEY',
  tokenParam: 'max_completion_tokens',
  structured: 'json_object',
};

/** openrouter.ai/docs/api-reference/overview; EU: eu.openrouter.ai. */
const openrouter: Preset = {
  ...openaiLike,
  baseUrl: 'https://openrouter.ai/api/v1',
  keyEnv: 'OPENROUTER_API_KEY',
};

/** tokenmix.ai/docs/chat-completions. */
const tokenmix: Preset = {
  ...openaiLike,
  baseUrl: 'https://api.tokenmix.ai/v1',
  keyEnv: 'TOKENMIX_API_KEY',
};

/** The proxy's own port: docs.litellm.ai/docs/simple_proxy. */
const litellm: Preset = { ...openaiLike, baseUrl: 'http://localhost:4000/v1', keyEnv: 'LITELLM_API_KEY' };

/** The key travels in a header of its own; name the upstream with the header x-portkey-provider or x-portkey-config: portkey.ai/docs/welcome/integration-guides/openai. */
const portkey: Preset = {
  ...openaiLike,
  baseUrl: 'https://api.portkey.ai/v1',
  keyEnv: 'PORTKEY_API_KEY',
  headers: { 'x-portkey-api-key': '{apiKey}' },
};

/** baseUrl is https://RESOURCE.openai.azure.com/openai/v1: learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle. */
const azure: Preset = {
  ...openaiLike,
  baseUrl: null,
  keyEnv: 'AZURE_OPENAI_API_KEY',
  tokenParam: 'max_completion_tokens',
  structured: 'json_schema',
};

/** docs.ollama.com/api/openai-compatibility. */
const ollama: Preset = {
  ...openaiLike,
  baseUrl: 'http://localhost:11434/v1',
  needsKey: false,
  keyEnv: null,
  structured: 'json_schema',
};

/** docs.vllm.ai, OpenAI-compatible server. */
const vllm: Preset = {
  ...openaiLike,
  baseUrl: 'http://localhost:8000/v1',
  needsKey: false,
  keyEnv: null,
  structured: 'json_schema',
};

const bareAnthropic: Preset = { ...openaiLike, api: 'anthropic', baseUrl: null, keyEnv: null };
const house: Preset = { ...openaiLike, api: 'house', baseUrl: '', keyEnv: null, needsKey: false };

export const presetNames = [
  'openai',
  'anthropic',
  'mistral',
  'gemini',
  'deepseek',
  'qwen',
  'meta',
  'groq',
  'openrouter',
  'tokenmix',
  'litellm',
  'portkey',
  'azure',
  'ollama',
  'vllm',
] as const;
export type PresetName = (typeof presetNames)[number];

export const presets: Record<PresetName, Preset> = {
  openai,
  anthropic,
  mistral,
  gemini,
  deepseek,
  qwen,
  meta,
  groq,
  openrouter,
  tokenmix,
  litellm,
  portkey,
  azure,
  ollama,
  vllm,
};

/** What a provider begins with: its preset, or the careful defaults of its bare API. */
export function presetOf(provider: {
  preset?: PresetName | undefined;
  api?: ProviderSettings['api'] | undefined;
}): Preset {
  if (provider.preset !== undefined) return presets[provider.preset];
  if (provider.api === 'house') return house;
  if (provider.api === 'anthropic') return bareAnthropic;
  return { ...openaiLike, baseUrl: null, keyEnv: null };
}
