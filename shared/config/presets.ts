/** The known providers by the names that `preset:` takes. */
import type { ProviderSettings } from '../models/chat.ts';
import { anthropic, anthropicLike } from './presets/anthropic.ts';
import { deepseek, gemini, groq, meta, mistral, qwen } from './presets/clouds.ts';
import { litellm, openrouter, portkey, portkeySelfHosted, tokenmix } from './presets/gateways.ts';
import { ollama, vllm } from './presets/local.ts';
import { azure, openai } from './presets/openai.ts';
import { openAiLike, type ModelTraits, type Preset } from './presets/preset.ts';

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
  'portkey-self-hosted',
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
  'portkey-self-hosted': portkeySelfHosted,
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
  if (provider.api === 'house')
    return { ...openAiLike, api: 'house', baseUrl: '', keyEnv: null, needsKey: false };
  if (provider.api === 'anthropic') return anthropicLike;
  return { ...openAiLike, baseUrl: null, keyEnv: null };
}

/** What is known of a model by its id: what the preset says of all models, and what it says of this one. */
export function traitsOf(preset: Preset, model: string): ModelTraits & { tokenParam: Preset['tokenParam'] } {
  const known = preset.models.find(({ prefix }) => model.startsWith(prefix));
  return { tokenParam: preset.tokenParam, ...preset.traits, ...known };
}
