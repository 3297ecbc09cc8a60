/** The configured models, ready to be called, over one shared HTTP agent. */
import { TierlineError } from '../errors.ts';
import { createOutboundHttp } from '../outbound/fetch-over-undici.ts';
import type { OutboundHttp } from '../outbound/fetch-over-undici.ts';
import { createAnthropicModel } from './anthropic.ts';
import type { ChatModel, ModelSettings } from './chat.ts';
import { createOpenAiModel } from './openai.ts';

export type Models = {
  /** Throws `unknown_model` for a name that is not configured. */
  get: (name: string) => ChatModel;
  /** Closes every connection; calls that are still running fail. */
  close: () => Promise<void>;
};

/** `makeHouse` builds the models that answer from the knowledge base, which need more than HTTP. */
export function createModels(
  settings: Iterable<ModelSettings>,
  makeHouse: (settings: ModelSettings) => ChatModel,
): Models {
  const http = createOutboundHttp();
  const models = new Map<string, ChatModel>();
  for (const one of settings) models.set(one.name, createModel(one, http, makeHouse));
  return {
    get: (name) => {
      const model = models.get(name);
      if (model === undefined) throw new TierlineError('unknown_model', `No model is called "${name}".`);
      return model;
    },
    close: () => http.close(),
  };
}

function createModel(
  settings: ModelSettings,
  http: OutboundHttp,
  makeHouse: (settings: ModelSettings) => ChatModel,
): ChatModel {
  const { api } = settings.provider;
  if (api === 'house') return makeHouse(settings);
  return api === 'openai' ? createOpenAiModel(settings, http) : createAnthropicModel(settings, http);
}
