/** The rules of every provider that has a preset. */
import type { PresetName } from '../../shared/config/presets.ts';
import { anthropic } from './strict-provider-anthropic.ts';
import { deepseek, groq, meta, qwen } from './strict-provider-clouds.ts';
import { litellm, openrouter, portkey, portkeySelfHosted, tokenmix } from './strict-provider-gateways.ts';
import { ollama, vllm } from './strict-provider-local.ts';
import { azure, openai } from './strict-provider-openai.ts';
import type { StrictProvider } from './strict-provider-rules.ts';
import { gemini, mistral } from './strict-provider-strictest.ts';

export const strictProviders: Record<PresetName, StrictProvider> = {
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
