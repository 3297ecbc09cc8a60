/** Model settings for tests: a healthy model of `api` at `url`, with whatever a test wants otherwise. */
import type { ModelSettings, ProviderSettings } from '../../shared/models/chat.ts';

export type SettingsChanges = Partial<Omit<ModelSettings, 'provider'>> & {
  provider?: Partial<ProviderSettings>;
};

/** `url` is a provider's, without a path. */
export function modelSettings(
  api: 'openai' | 'anthropic',
  url: string,
  changes: SettingsChanges = {},
): ModelSettings {
  return {
    name: 'small',
    model: 'small-1',
    maxOutputTokens: 400,
    contextTokens: 128_000,
    timeoutMs: 10_000,
    firstByteTimeoutMs: 10_000,
    idleTimeoutMs: 10_000,
    structured: 'json_schema',
    params: {},
    always: false,
    ...changes,
    provider: {
      name: 'fake',
      api,
      baseUrl: api === 'openai' ? `${url}/v1` : url,
      apiKey: 'test-key',
      needsKey: true,
      headers: {},
      tokenParam: 'max_tokens',
      streamUsage: true,
      extraBody: {},
      ...changes.provider,
    },
  };
}
