/** `providers` and `models`: who is called, how, and within which bounds. */
import { z } from 'zod';
import { priceOverrideSchema } from '../ledger/price-schema.ts';
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
      .describe('A known provider, which brings its api, its baseUrl and its quirks.'),
    api: z
      .enum(['openai', 'anthropic', 'house'])
      .exactOptional()
      .describe('The API it speaks; house answers from the knowledge base. Needed without a preset.'),
    baseUrl: httpUrl
      .nullable()
      .exactOptional()
      .meta({
        description:
          'The address of its API, on any network. Needed without a preset. A reference to nothing leaves the provider unconfigured.',
        examples: ['http://10.0.0.7:4000/v1'],
      }),
    apiKey: z
      .string()
      .nullable()
      .exactOptional()
      .meta({
        description: "The key, as a reference. Without one the preset's own variable is read.",
        examples: ['${env:OPENAI_API_KEY}'],
      }),
    needsKey: z
      .boolean()
      .exactOptional()
      .describe('false for a server without keys: the provider then counts as configured without one.'),
    keyHeader: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/, { error: 'must be the name of a header, in lower case' })
      .exactOptional()
      .meta({
        description:
          'The header that carries the key: as a bearer token in authorization, bare in any other.',
        examples: ['api-key'],
      }),
    headers: z
      .record(z.string(), z.string().nullable())
      .default({})
      .meta({
        description:
          "Headers of every call, beside the preset's; {apiKey} stands for the key, null removes one.",
        examples: [{ 'x-team': 'support' }],
      }),
    tokenParam: z
      .enum(['max_tokens', 'max_completion_tokens'])
      .exactOptional()
      .describe("The API's name for the limit of an answer's length."),
    streams: z
      .boolean()
      .exactOptional()
      .describe(
        'false for a server that cannot stream: answers then come whole, bounded by timeoutMs alone.',
      ),
    streamUsage: z
      .boolean()
      .exactOptional()
      .describe('Whether streamed calls ask for their usage by stream_options.'),
    structured: structured.exactOptional(),
    cache: z
      .strictObject({
        kind: z
          .enum(['none', 'automatic', 'cache_control', 'openai_breakpoints'])
          .exactOptional()
          .describe("How a prompt's beginning is marked, where it is to be kept."),
        minTokens: z
          .int()
          .nonnegative()
          .exactOptional()
          .describe('The shortest beginning that is kept, in tokens.'),
      })
      .exactOptional()
      .describe("What it keeps of prompts for later calls; the preset's, if not given."),
    allowParams: z
      .array(text)
      .exactOptional()
      .meta({
        description: 'Names that params and extraBody may use beside the preset\'s; ["*"] allows everything.',
        examples: [['seed']],
      }),
    extraBody: jsonObject.default({}).meta({
      description: "Put into every request body, beside the preset's; null removes a property.",
      examples: [{ service_tier: 'flex' }],
    }),
  })
  .describe('A provider of models.');

const limitsSchema = z
  .strictObject({
    requestsPerMinute: positiveInt.exactOptional().describe('The most calls per minute, over all processes.'),
    tokensPerMinute: positiveInt.exactOptional().describe('The most tokens per minute, over all processes.'),
    concurrency: positiveInt.exactOptional().describe('The most calls at the same time, over all processes.'),
  })
  .describe("What the provider's account allows, over all processes. Tickets wait, or go to the next model.");

export const breakerDefaults = { failures: 3, windowMs: 60_000, resetMs: 15_000 };

const breakerSchema = z
  .strictObject({
    failures: positiveInt
      .exactOptional()
      .describe('How many failures within windowMs open it.')
      .meta({ default: breakerDefaults.failures }),
    windowMs: milliseconds
      .exactOptional()
      .describe('How long a failure counts, in milliseconds.')
      .meta({ default: breakerDefaults.windowMs }),
    resetMs: milliseconds
      .exactOptional()
      .describe('How long it stays open before a single probe, in milliseconds.')
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
    .describe('The longest answer, in tokens; thinkingTokens come on top.')
    .meta({ default: modelDefaults.maxOutputTokens }),
  contextTokens: positiveInt
    .exactOptional()
    .describe(
      'What fits into one call, in tokens, prompt and answer together. By default what is known of the model; 128000 where nothing is.',
    )
    .meta({ default: modelDefaults.contextTokens }),
  timeoutMs: milliseconds
    .exactOptional()
    .describe('The longest that a call may take in all, in milliseconds.')
    .meta({ default: modelDefaults.timeoutMs }),
  firstByteTimeoutMs: milliseconds
    .exactOptional()
    .describe('The longest wait for the beginning of the answer, in milliseconds.')
    .meta({ default: modelDefaults.firstByteTimeoutMs }),
  idleTimeoutMs: milliseconds
    .exactOptional()
    .describe('The longest wait between two pieces of the answer, in milliseconds.')
    .meta({ default: modelDefaults.idleTimeoutMs }),
  thinkingTokens: z
    .int()
    .nonnegative()
    .exactOptional()
    .describe('Room for thinking that cannot be switched off, in tokens; by default what the preset knows.'),
  structured: structured.exactOptional(),
  limits: limitsSchema.exactOptional(),
  breaker: breakerSchema.exactOptional(),
  params: jsonObject.exactOptional().meta({
    description: "Put into the model's request bodies, over extraBody; null removes a property.",
    examples: [{ temperature: 0.3 }],
  }),
};

export const modelSchema = z
  .strictObject({
    provider: text.describe('A name under providers.'),
    model: text.exactOptional().meta({
      description: "The provider's own id of the model. Needed, but not for a house model.",
      examples: ['gpt-6-luna'],
    }),
    always: z
      .boolean()
      .default(false)
      .describe('Uses a house model even where another model of the chain is configured.'),
    ...modelOptions,
    price: priceOverrideSchema
      .exactOptional()
      .describe(
        'What it costs, in USD per million tokens with at most 6 decimals; wins over infra/prices.yaml.',
      ),
    pricedAs: text.exactOptional().meta({
      description:
        'The model of infra/prices.yaml that it costs as much as, where its own name does not say so: an Azure deployment, a name at a gateway.',
      examples: ['openai/gpt-6-luna'],
    }),
  })
  .describe('A model that chains can name.');

export const modelDefaultsSchema = z.strictObject(modelOptions).describe('Defaults of every model.');
