/** The presets of shared/config/presets.ts as a table. */
import { presetNames, presets, type PresetName } from '../../shared/config/presets.ts';
import type { Preset } from '../../shared/config/presets/preset.ts';
import { code, yamlFlow } from './allowed.ts';
import { markdownTable } from './table.ts';

/** What is left to do for whoever uses it, and what the data alone does not tell. */
const advice: Partial<Record<PresetName, string>> = {
  qwen: 'keys belong to a region, and this address is Singapore: elsewhere set `baseUrl`',
  meta: 'ids that end in `-contributor` let Meta train on prompts',
  openrouter:
    'model ids as OpenRouter has them, such as `openai/gpt-6-luna`; for the EU, `https://eu.openrouter.ai/api/v1`',
  litellm: 'model ids as your proxy names them; set `baseUrl` where it runs elsewhere',
  portkey: 'model ids as `@integration/model`, or `headers: { x-portkey-config: … }`',
  'portkey-self-hosted':
    "`apiKey` is the provider's own, and `headers: { x-portkey-provider: openai }` says whose",
  azure:
    '`baseUrl` is `https://RESOURCE.openai.azure.com`; `model` is the name of your deployment: name it like its model',
  ollama: 'set `baseUrl` where it runs elsewhere',
  vllm: 'set `baseUrl` where it runs elsewhere',
};

export function presetTable(): string {
  const rows = presetNames.map((name) => {
    const preset: Preset = presets[name];
    return [
      code(name),
      preset.baseUrl === null ? 'yours' : code(preset.baseUrl),
      preset.keyEnv === null ? 'none' : code(preset.keyEnv),
      code(preset.api),
      code(preset.traits.structured),
      [...notesOn(preset), advice[name] ?? []].flat().join('; '),
    ];
  });
  return markdownTable(['preset', '`baseUrl`', 'key variable', '`api`', '`structured`', 'notes'], rows);
}

function notesOn(preset: Preset): string[] {
  const { needsKey, keyHeader, streamUsage, headers, models, traits, reportedCost } = preset;
  const notes: string[] = [];
  if (!needsKey) notes.push('works without a key');
  if (keyHeader !== 'authorization') notes.push(`key in the header ${code(keyHeader)}`);
  if (!streamUsage) notes.push('not asked for usage in streams');
  if (reportedCost !== null) notes.push('reports what a call cost');
  if (Object.keys(traits.params).length > 0) notes.push(`sends ${code(yamlFlow(traits.params))}`);
  if (traits.thinkingTokens > 0) notes.push(`still thinks, up to ${traits.thinkingTokens} tokens`);
  const own = [...new Set(models.map(({ prefix }) => code(`${prefix}*`)))];
  if (own.length > 0) {
    notes.push(`own settings for ${own.length > 3 ? `${own.length} groups of models` : own.join(', ')}`);
  }
  for (const [header, value] of Object.entries(headers)) notes.push(`header ${code(`${header}: ${value}`)}`);
  if (traits.cache.kind !== 'none') {
    const from = traits.cache.minTokens;
    notes.push(from > 0 ? `caches prompts of ${from} tokens or more` : 'caches prompts');
  }
  return notes;
}
