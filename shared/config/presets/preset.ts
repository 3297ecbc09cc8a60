/**
 * What is known about a provider, as data: where its API is, what it takes and refuses, how its thinking is kept short
 * (thinking is billed as output and is on by default at most providers), what it keeps of prompts, and which of its
 * errors mean something else than elsewhere. A provider in tierline.yaml may override every property.
 */
import type { CacheRules, ModelSettings, ProviderSettings } from '../../models/chat.ts';

type Json = Record<string, unknown>;

/** What may differ between the models of one provider. */
export type ModelTraits = {
  structured: ModelSettings['structured'];
  cache: CacheRules;
  /** Properties of every request body: those that keep the thinking short. */
  params: Json;
  /** What the shortest thinking may take, in tokens, where it cannot be switched off. */
  thinkingTokens: number;
  /** Time-outs where the built-in ones are too short for a model that thinks before it writes, in milliseconds. */
  timeouts: Partial<Pick<ModelSettings, 'timeoutMs' | 'firstByteTimeoutMs' | 'idleTimeoutMs'>>;
  /** Properties that the model refuses although its provider knows them. */
  refuses: readonly string[];
  /** Properties that the model takes only while another one has a certain value. */
  onlyWith: { names: readonly string[]; needs: { name: string; value: string } } | null;
  /** The values that a property may have, or its `type` where it is an object; others are refused. */
  values: Record<string, readonly string[]>;
};

export type Preset = Pick<
  ProviderSettings,
  'api' | 'needsKey' | 'keyHeader' | 'tokenParam' | 'streams' | 'streamUsage' | 'faultCodes' | 'reportedCost'
> & {
  /** null where it differs by customer: the file must then name it. */
  baseUrl: string | null;
  /** Added to an address that has no path, at servers of the customer's own. */
  path: string | null;
  /** The environment variable of the key where the file names none. */
  keyEnv: string | null;
  /** `{apiKey}` stands for the key. */
  headers: Record<string, string>;
  /**
   * The request properties that the API takes, beyond what every call has. null: anything, for what stands behind it is
   * not known.
   */
  allowParams: readonly string[] | null;
  traits: ModelTraits;
  /** Models whose id begins so; the first match counts, and what it leaves out is as in `traits`. */
  models: ({ prefix: string; tokenParam?: ProviderSettings['tokenParam'] } & Partial<ModelTraits>)[];
};

/** The careful defaults of a server that speaks OpenAI's API and of which nothing else is known. */
export const openAiLike: Omit<Preset, 'baseUrl' | 'keyEnv'> = {
  api: 'openai',
  path: null,
  needsKey: true,
  keyHeader: 'authorization',
  headers: {},
  tokenParam: 'max_tokens',
  streams: true,
  streamUsage: true,
  faultCodes: {},
  reportedCost: null,
  allowParams: null,
  traits: {
    // Works with every model behind an unknown or mixed upstream; a 400 for `response_format` would fail every call.
    structured: 'prompt',
    cache: { kind: 'none', minTokens: 0 },
    params: {},
    thinkingTokens: 0,
    timeouts: {},
    refuses: [],
    onlyWith: null,
    values: {},
  },
  models: [],
};

/** A model that thinks for a while and says nothing meanwhile. */
export const slow: Pick<ModelTraits, 'thinkingTokens' | 'timeouts'> = {
  thinkingTokens: 1200,
  timeouts: { timeoutMs: 60_000, firstByteTimeoutMs: 20_000, idleTimeoutMs: 20_000 },
};

/** A list of request properties, written as words. */
export function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
