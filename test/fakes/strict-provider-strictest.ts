/** Mistral and Gemini: the two that refuse every property that they do not know. */
import { bareUsage, words } from './strict-provider-rules.ts';
import type { Json, StrictProvider } from './strict-provider-rules.ts';

const mistralApi =
  'https://docs.mistral.ai/api https://github.com/mistralai/client-python (ChatCompletionRequest)';
const eca = 'https://github.com/editor-code-assistant/eca/issues/231';

const mistralError = (message: unknown, type: string, code: string | null): Json => ({
  object: 'error',
  message,
  type,
  param: null,
  code,
});

export const mistral: StrictProvider = {
  preset: 'mistral',
  api: 'openai',
  origin: 'https://api.mistral.ai',
  path: '/v1/chat/completions',
  auth: { header: 'authorization', form: 'bearer', source: mistralApi },
  params: {
    known:
      words(`frequency_penalty guardrails metadata n parallel_tool_calls prediction presence_penalty prompt_cache_key
      prompt_mode random_seed reasoning_effort response_format safe_prompt stop temperature tool_choice tools top_p`),
    unknown: 'refused',
    source: mistralApi,
  },
  limit: { names: ['max_tokens'], isRequired: false, source: eca },
  takesStreamOptions: false,
  partProperties: [],
  models: words('mistral-small-2603 mistral-medium-3-5').map((id) => ({
    id,
    formats: ['json_schema', 'json_object'],
    source: 'https://docs.mistral.ai/capabilities/structured_output/structured_output_overview',
  })),
  flaws: {
    unknownParam: {
      status: 422,
      body: mistralError(
        {
          detail: [
            {
              type: 'extra_forbidden',
              loc: ['body', '{param}'],
              msg: 'Extra inputs are not permitted',
              input: 1,
            },
          ],
        },
        'invalid_request_error',
        null,
      ),
      source: eca,
      fault: 'bad_request',
    },
    wrongKey: {
      status: 401,
      body: { message: 'Unauthorized', request_id: 'a580d263fb1521778782b22104efb415' },
      source: 'https://github.com/elastic/elasticsearch/pull/128538',
      fault: 'auth',
    },
    unknownModel: {
      status: 400,
      body: mistralError('Invalid model: {model}', 'invalid_model', '1500'),
      source: 'https://docs.mistral.ai/api (as in its clients: {"type":"invalid_model","code":"1500"})',
      fault: 'not_found',
    },
  },
  incidents: {
    rateLimited: {
      status: 429,
      body: { ...mistralError('Rate limit exceeded', 'rate_limited', '1300'), raw_status_code: 429 },
      source: 'https://github.com/raycast/extensions/issues/31107',
      fault: 'rate_limited',
    },
    tooLong: {
      status: 400,
      body: mistralError(
        'Prompt contains 300000 tokens, too large for model with 262144 maximum context length',
        'invalid_request_error',
        '3051',
      ),
      source: 'https://docs.mistral.ai/resources/known-limitations',
      fault: 'too_long',
    },
    overloaded: {
      status: 429,
      body: mistralError(
        'Service tier capacity exceeded for this model.',
        'service_tier_capacity_exceeded',
        '3505',
      ),
      source: 'https://docs.mistral.ai/resources/known-limitations',
      fault: 'overloaded',
    },
    serverError: {
      status: 500,
      body: mistralError('Service unavailable.', 'internal_server_error', '1000'),
      source: mistralApi,
      fault: 'overloaded',
    },
  },
  filterFinish: null,
  usage: bareUsage,
  tells: { cached: false, thinking: false },
  streamUsage: 'beside finish',
};

const compat = 'https://ai.google.dev/gemini-api/docs/openai';
const troubleshooting = 'https://ai.google.dev/gemini-api/docs/troubleshooting';

const googleError = (code: number, status: string, message: string, details?: unknown[]): Json[] => [
  { error: { code, message, status, ...(details === undefined ? {} : { details }) } },
];
const efforts = words('minimal low medium high');

export const gemini: StrictProvider = {
  preset: 'gemini',
  api: 'openai',
  origin: 'https://generativelanguage.googleapis.com',
  path: '/v1beta/openai/chat/completions',
  auth: { header: 'authorization', form: 'bearer', source: compat },
  params: {
    known:
      words(`audio extra_body frequency_penalty modalities n parallel_tool_calls presence_penalty reasoning_effort
      response_format service_tier stop temperature tool_choice tools top_p`),
    unknown: 'refused',
    source: `${compat} https://github.com/Vali-98/ChatterUI/issues/227`,
  },
  limit: { names: ['max_tokens', 'max_completion_tokens'], isRequired: false, source: compat },
  takesStreamOptions: true,
  partProperties: [],
  models: [
    ...words('gemini-3.5-flash-lite gemini-3.8-flash').map((id) => ({
      id,
      formats: ['json_schema', 'json_object'] as const,
      values: { reasoning_effort: efforts },
      thinks: { brief: { reasoning_effort: 'low' }, short: 400 },
      source: `${compat} https://github.com/BerriAI/litellm-docs/pull/1505`,
    })),
    {
      id: 'gemini-2.5-flash',
      formats: ['json_schema', 'json_object'],
      values: { reasoning_effort: words('none low medium high') },
      thinks: { off: { reasoning_effort: 'none' } },
      source: compat,
    },
  ],
  flaws: {
    unknownParam: {
      status: 400,
      body: googleError(
        400,
        'INVALID_ARGUMENT',
        'Invalid JSON payload received. Unknown name "{param}": Cannot find field.',
      ),
      source: 'https://github.com/Vali-98/ChatterUI/issues/227',
      fault: 'bad_request',
    },
    badValue: {
      status: 400,
      body: googleError(400, 'INVALID_ARGUMENT', 'Invalid value at "{param}".'),
      source: troubleshooting,
      fault: 'bad_request',
    },
    wrongKey: {
      status: 400,
      body: googleError(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'API_KEY_INVALID',
          domain: 'googleapis.com',
        },
      ]),
      source: troubleshooting,
      fault: 'auth',
    },
    unknownModel: {
      status: 404,
      body: googleError(404, 'NOT_FOUND', 'models/{model} is not found for API version v1main.'),
      source: troubleshooting,
      fault: 'not_found',
    },
  },
  incidents: {
    rateLimited: {
      status: 429,
      body: googleError(
        429,
        'RESOURCE_EXHAUSTED',
        'You exceeded your current quota, please check your plan and billing details.',
        [
          {
            '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
            violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel' }],
          },
          { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '37s' },
        ],
      ),
      source: 'https://ai.google.dev/gemini-api/docs/rate-limits',
      fault: 'rate_limited',
      retryAfterMs: 37_000,
    },
    quota: {
      status: 429,
      body: googleError(
        429,
        'RESOURCE_EXHAUSTED',
        'You exceeded your current quota, please check your plan and billing details.',
        [
          {
            '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
            violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }],
          },
        ],
      ),
      source: 'https://ai.google.dev/gemini-api/docs/rate-limits',
      fault: 'quota',
    },
    tooLong: {
      status: 400,
      body: googleError(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1300000) exceeds the maximum number of tokens allowed (1048576).',
      ),
      source: troubleshooting,
      fault: 'too_long',
    },
    overloaded: {
      status: 503,
      body: googleError(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
      source: troubleshooting,
      fault: 'overloaded',
    },
    serverError: {
      status: 500,
      body: googleError(500, 'INTERNAL', 'An internal error has occurred.'),
      source: troubleshooting,
      fault: 'server_error',
    },
  },
  errorInStream: {
    data: googleError(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
    fault: 'overloaded',
    source: troubleshooting,
  },
  filterFinish: 'content_filter',
  // Thinking is missing from completion_tokens and stands in total_tokens: github.com/Clarifai/clarifai-python/pull/978.
  usage: ({ input, cached, output, thinking }) => ({
    prompt_tokens: input,
    completion_tokens: output - thinking,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
  }),
  tells: { cached: true, thinking: true },
  streamUsage: 'asked',
};
