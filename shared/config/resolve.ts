/** From the configuration to what a call needs: preset, provider, defaults and model put together. */
import type { ModelSettings, ProviderSettings } from '../models/chat.ts';
import { presetOf, traitsOf } from './presets.ts';
import type { Preset } from './presets/preset.ts';
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
      const traits = traitsOf(presetOf(provider), model.model);
      const resolved = providers.get(model.provider)!;
      return [
        name,
        {
          name,
          model: model.model,
          provider: { ...resolved, tokenParam: provider.tokenParam ?? traits.tokenParam },
          maxOutputTokens: model.maxOutputTokens,
          thinkingTokens: model.thinkingTokens ?? traits.thinkingTokens,
          contextTokens: model.contextTokens,
          timeoutMs: model.timeoutMs,
          firstByteTimeoutMs: model.firstByteTimeoutMs,
          idleTimeoutMs: model.idleTimeoutMs,
          structured: model.structured ?? provider.structured ?? traits.structured,
          cache: { ...traits.cache, ...provider.cache },
          params: withoutNulls({ ...traits.params, ...provider.extraBody, ...model.params }),
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
    baseUrl: baseUrlOf(provider, preset),
    apiKey,
    needsKey: needsKey(provider),
    keyHeader: provider.keyHeader ?? preset.keyHeader,
    headers: headersOf({ ...preset.headers, ...provider.headers }, apiKey),
    tokenParam: provider.tokenParam ?? preset.tokenParam,
    streams: provider.streams ?? preset.streams,
    streamUsage: provider.streamUsage ?? preset.streamUsage,
    faultCodes: preset.faultCodes,
    reportedCost: preset.reportedCost,
  };
}

/** People give the address of their own server as they open it: the API's path is then added. */
function baseUrlOf(provider: Config['providers'][string], { baseUrl, path }: Preset): string {
  const given = provider.baseUrl ?? baseUrl ?? '';
  if (path === null || given === '') return given;
  const url = new URL(given);
  return url.pathname === '/' && url.search === '' ? `${url.origin}${path}` : given;
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

/** False where the provider needs a key and has none, or where its address is a reference to nothing. */
export function isConfigured(config: Config, providerName: string): boolean {
  const provider = config.providers[providerName];
  if (provider === undefined || provider.baseUrl === null) return false;
  return typeof provider.apiKey === 'string' || !needsKey(provider);
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
