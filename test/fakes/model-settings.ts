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
    thinkingTokens: 0,
    timeoutMs: 10_000,
    firstByteTimeoutMs: 10_000,
    idleTimeoutMs: 10_000,
    structured: 'json_schema',
    cache: { kind: 'none', minTokens: 0 },
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
      streams: true,
      streamUsage: true,
      keyHeader: 'authorization',
      faultCodes: {},
      reportedCost: null,
      ...changes.provider,
    },
  };
}
