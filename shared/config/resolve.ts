/** From the configuration to what a call needs: preset, provider, defaults and model put together. */
import type { ModelSettings, ProviderSettings } from '../models/chat.ts';
import { presetOf } from './presets.ts';
import type { Config } from './schema.ts';

type Json = Record<string, unknown>;

/** The settings of every model, by its name. A later part wins: preset, provider, `defaults.models`, model. */
export function resolveModels(config: Config): Map<string, ModelSettings> {
  const providers = new Map(
    Object.keys(config.providers).map((name) => [name, resolveProvider(config, name)] as const),
  );
  return new Map(
    Object.entries(config.models).map(([name, model]) => {
      const provider = config.providers[model.provider]!;
      const preset = presetOf(provider);
      const known = preset.modelParams.find(({ prefix }) => model.model.startsWith(prefix));
      return [
        name,
        {
          name,
          model: model.model,
          provider: providers.get(model.provider)!,
          maxOutputTokens: model.maxOutputTokens,
          contextTokens: model.contextTokens,
          timeoutMs: model.timeoutMs,
          firstByteTimeoutMs: model.firstByteTimeoutMs,
          idleTimeoutMs: model.idleTimeoutMs,
          structured: model.structured ?? provider.structured ?? preset.structured,
          params: withoutNulls({ ...known?.params, ...model.params }),
          always: model.always,
        },
      ];
    }),
  );
}

export function resolveProvider(config: Config, name: string): ProviderSettings {
  const provider = config.providers[name]!;
  const preset = presetOf(provider);
  const apiKey = provider.apiKey ?? null;
  return {
    name,
    api: provider.api ?? preset.api,
    baseUrl: provider.baseUrl ?? preset.baseUrl ?? '',
    apiKey,
    needsKey: needsKey(provider),
    headers: headersOf({ ...preset.headers, ...provider.headers }, apiKey),
    tokenParam: provider.tokenParam ?? preset.tokenParam,
    streamUsage: provider.streamUsage ?? preset.streamUsage,
    extraBody: withoutNulls({ ...preset.extraBody, ...provider.extraBody }),
  };
}

/**
 * The models of a chain that can be called, in its order. Models of unconfigured providers are left out; a house model
 * too where any other is left, unless it has `always`. Empty: the ticket can only be handed off.
 */
export function usableChain(config: Config, names: readonly string[]): string[] {
  const configured = names.filter((name) => {
    const model = config.models[name];
    return model !== undefined && isConfigured(config, model.provider);
  });
  const hasOther = configured.some((name) => !isHouse(config, name));
  return configured.filter((name) => !hasOther || !isHouse(config, name) || config.models[name]!.always);
}

/** False where the provider needs a key and has none. */
export function isConfigured(config: Config, providerName: string): boolean {
  const provider = config.providers[providerName];
  return provider !== undefined && (typeof provider.apiKey === 'string' || !needsKey(provider));
}

export function isHouse(config: Config, modelName: string): boolean {
  const provider = config.providers[config.models[modelName]?.provider ?? ''];
  return provider !== undefined && (provider.api ?? presetOf(provider).api) === 'house';
}

/** A provider for which the file names a key needs it, whatever its preset says. */
function needsKey(provider: Config['providers'][string]): boolean {
  return provider.needsKey ?? (provider.apiKey !== undefined || presetNeedsKey(provider));
}

function presetNeedsKey(provider: Config['providers'][string]): boolean {
  return provider.preset !== undefined && presetOf(provider).needsKey;
}

function headersOf(headers: Record<string, string | null>, apiKey: string | null): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === null || (apiKey === null && value.includes('{apiKey}'))) continue;
    result[name] = value.replaceAll('{apiKey}', () => apiKey ?? '');
  }
  return result;
}

function withoutNulls(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}
