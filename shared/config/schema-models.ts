/** `providers` and `models`: who is called, how, and within which bounds. */
import { z } from 'zod';
import { priceOverrideSchema } from '../ledger/price-book.ts';
import { presetNames } from './presets.ts';
import { httpUrl, milliseconds, positiveInt, text } from './schema-common.ts';

const structured = z
  .enum(['json_schema', 'json_object', 'prompt'])
  .describe('How JSON is asked for: by schema, as any JSON object, or in the prompt alone.');

const jsonObject = z.record(z.string(), z.unknown());

export const providerSchema = z
  .strictObject({
    preset: z
      .enum(presetNames)
      .exactOptional()
      .describe('Brings api, baseUrl and quirks of a known provider.'),
    api: z
      .enum(['openai', 'anthropic', 'house'])
      .exactOptional()
      .describe('The API it speaks; house answers from the knowledge base. Needed without a preset.'),
    baseUrl: httpUrl.exactOptional().describe('Where its API is; any network. Needed without a preset.'),
    apiKey: z
      .string()
      .nullable()
      .exactOptional()
      .describe("A reference such as ${env:NAME}. Without one the preset's own variable is read."),
    needsKey: z
      .boolean()
      .exactOptional()
      .describe('False for a server without keys: the provider then counts as configured without one.'),
    headers: z
      .record(z.string(), z.string().nullable())
      .default({})
      .describe("Sent with every call, beside the preset's; {apiKey} stands for the key, null removes one."),
    tokenParam: z
      .enum(['max_tokens', 'max_completion_tokens'])
      .exactOptional()
      .describe('What the API calls the output limit.'),
    streamUsage: z
      .boolean()
      .exactOptional()
      .describe('Whether streams are asked for usage by stream_options.'),
    structured: structured.exactOptional(),
    extraBody: jsonObject
      .default({})
      .describe("Added to every request body, beside the preset's; null removes a property."),
  })
  .describe('A provider of models.');

const limitsSchema = z
  .strictObject({
    requestsPerMinute: positiveInt.exactOptional().describe('Calls per minute over all processes.'),
    tokensPerMinute: positiveInt.exactOptional().describe('Tokens per minute over all processes.'),
    concurrency: positiveInt.exactOptional().describe('Calls at the same time over all processes.'),
  })
  .describe("What the provider's account allows. No effect in this version.");

export const breakerDefaults = { failures: 3, windowMs: 60_000, resetMs: 15_000 };

const breakerSchema = z
  .strictObject({
    failures: positiveInt
      .exactOptional()
      .describe('Failures within the window that open it.')
      .meta({ default: breakerDefaults.failures }),
    windowMs: milliseconds.exactOptional().meta({ default: breakerDefaults.windowMs }),
    resetMs: milliseconds
      .exactOptional()
      .describe('How long it stays open before a single probe.')
      .meta({ default: breakerDefaults.resetMs }),
  })
  .describe('The circuit breaker, shared by all processes.');

export const modelDefaults = {
  maxOutputTokens: 800,
  contextTokens: 128_000,
  timeoutMs: 30_000,
  firstByteTimeoutMs: 10_000,
  idleTimeoutMs: 5_000,
};

/** What a model and `defaults.models` have in common. */
const modelOptions = {
  maxOutputTokens: positiveInt
    .exactOptional()
    .describe('The longest answer, reasoning included.')
    .meta({ default: modelDefaults.maxOutputTokens }),
  contextTokens: positiveInt
    .exactOptional()
    .describe('What fits into one call, prompt and answer together.')
    .meta({ default: modelDefaults.contextTokens }),
  timeoutMs: milliseconds
    .exactOptional()
    .describe('The whole call.')
    .meta({ default: modelDefaults.timeoutMs }),
  firstByteTimeoutMs: milliseconds
    .exactOptional()
    .describe('Until the answer begins.')
    .meta({ default: modelDefaults.firstByteTimeoutMs }),
  idleTimeoutMs: milliseconds
    .exactOptional()
    .describe('Between two pieces of the answer.')
    .meta({ default: modelDefaults.idleTimeoutMs }),
  structured: structured.exactOptional(),
  limits: limitsSchema.exactOptional(),
  breaker: breakerSchema.exactOptional(),
  params: jsonObject
    .exactOptional()
    .describe("Added to the model's request bodies, over extraBody; null removes a property."),
};

export const modelSchema = z
  .strictObject({
    provider: text.describe('A name under providers.'),
    model: text.exactOptional().describe("The provider's own id of the model. Needed except at house."),
    always: z
      .boolean()
      .default(false)
      .describe('Uses a house model even where another model of the chain is configured.'),
    ...modelOptions,
    price: priceOverrideSchema
      .exactOptional()
      .describe(
        'USD per million tokens; wins over infra/prices.yaml. batchMultiplier has no effect in this version.',
      ),
  })
  .describe('A model that chains can name.');

export const modelDefaultsSchema = z.strictObject(modelOptions).describe('Defaults of every model.');
