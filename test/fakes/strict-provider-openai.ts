/** OpenAI's Chat Completions, at OpenAI and at Azure, and Anthropic's Messages. */
import { openAiError, openAiUsage, words } from './strict-provider-rules.ts';
import type { StrictModel, StrictProvider } from './strict-provider-rules.ts';

const reference = 'https://platform.openai.com/docs/api-reference/chat/create';
const errorCodes = 'https://platform.openai.com/docs/guides/error-codes';
const latestModel = 'https://developers.openai.com/api/docs/guides/latest-model';

const formats = ['json_schema', 'json_object'] as const;
const sampling = words('temperature top_p logprobs top_logprobs');

export const gptModels: StrictModel[] = [
  ...['gpt-6-luna', 'gpt-6-sol', 'gpt-6.1-terra'].map((id): StrictModel => ({
    id,
    formats,
    onlyWith: { names: sampling, needs: { reasoning_effort: 'none' } },
    values: { reasoning_effort: words('none low medium high xhigh max') },
    thinks: { off: { reasoning_effort: 'none' } },
    source: `${latestModel} https://docs.litellm.ai/blog/gpt_6_sol_luna`,
  })),
  ...['gpt-6.1-sol', 'gpt-6-astra'].map((id): StrictModel => ({
    id,
    formats,
    refuses: sampling,
    values: { reasoning_effort: words('low medium high xhigh max') },
    thinks: { brief: { reasoning_effort: 'low' }, short: 700 },
    source: `${latestModel} https://github.com/yologdev/yoagent/releases/tag/v0.27.4`,
  })),
];

export const openai: StrictProvider = {
  preset: 'openai',
  api: 'openai',
  origin: 'https://api.openai.com',
  path: '/v1/chat/completions',
  auth: {
    header: 'authorization',
    form: 'bearer',
    source: 'https://platform.openai.com/docs/api-reference/authentication',
  },
  params: {
    known:
      words(`audio frequency_penalty function_call functions logit_bias logprobs metadata modalities moderation n
      parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention
      reasoning_effort response_format safety_identifier seed service_tier stop store temperature tool_choice tools
      top_logprobs top_p user verbosity web_search_options`),
    unknown: 'refused',
    source: reference,
  },
  // The models of today reason, and refuse max_tokens.
  limit: { names: ['max_completion_tokens'], isRequired: false, source: reference },
  takesStreamOptions: true,
  partProperties: ['prompt_cache_breakpoint'],
  models: gptModels,
  flaws: {
    unknownParam: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        'unknown_parameter',
        "Unknown parameter: '{param}'.",
        '{param}',
      ),
      source: errorCodes,
      fault: 'bad_request',
    },
    badValue: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        'unsupported_value',
        "Unsupported value: '{param}' does not support this value with this model.",
        '{param}',
      ),
      source: 'https://portkey.ai/error-library/unsupported-parameter-error-10525',
      fault: 'bad_request',
    },
    wrongKey: {
      status: 401,
      body: openAiError(
        'invalid_request_error',
        'invalid_api_key',
        'Incorrect API key provided: wrong-key. You can find your API key at https://platform.openai.com/account/api-keys.',
      ),
      source: errorCodes,
      fault: 'auth',
    },
    unknownModel: {
      status: 404,
      body: openAiError(
        'invalid_request_error',
        'model_not_found',
        'The model `{model}` does not exist or you do not have access to it.',
      ),
      source: errorCodes,
      fault: 'not_found',
    },
  },
  incidents: {
    rateLimited: {
      status: 429,
      headers: {
        'x-ratelimit-limit-requests': '500',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1m4s',
        'x-ratelimit-remaining-tokens': '149000',
        'x-ratelimit-reset-tokens': '6ms',
      },
      body: openAiError(
        'requests',
        'rate_limit_exceeded',
        'Rate limit reached for gpt-6-luna in organization org-1 on requests per min (RPM): Limit 500, Used 500, Requested 1.',
      ),
      source: 'https://platform.openai.com/docs/guides/rate-limits',
      fault: 'rate_limited',
      retryAfterMs: 64_000,
    },
    quota: {
      status: 429,
      body: openAiError(
        'insufficient_quota',
        'insufficient_quota',
        'You exceeded your current quota, please check your plan and billing details.',
      ),
      source: errorCodes,
      fault: 'quota',
    },
    tooLong: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        'context_length_exceeded',
        "This model's maximum context length is 1050000 tokens. However, your messages resulted in 1200000 tokens.",
        'messages',
      ),
      source: errorCodes,
      fault: 'too_long',
    },
    filtered: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        'invalid_prompt',
        'Invalid prompt: your prompt was flagged as potentially violating our usage policy.',
      ),
      source: 'https://github.com/BeehiveInnovations/pal-mcp-server/issues/178',
      fault: 'filtered',
    },
    overloaded: {
      status: 503,
      body: openAiError(
        'service_unavailable_error',
        null,
        'The engine is currently overloaded, please try again later.',
      ),
      source: errorCodes,
      fault: 'overloaded',
    },
    serverError: {
      status: 500,
      body: openAiError('server_error', null, 'The server had an error while processing your request.'),
      source: errorCodes,
      fault: 'server_error',
    },
  },
  errorInStream: {
    data: openAiError('server_error', null, 'The server had an error while processing your request.'),
    fault: 'server_error',
    source: errorCodes,
  },
  filterFinish: 'content_filter',
  usage: (counts) => ({
    ...openAiUsage(counts),
    prompt_tokens_details: { cached_tokens: counts.cached, cache_write_tokens: 0, audio_tokens: 0 },
  }),
  tells: { cached: true, thinking: true },
  streamUsage: 'asked',
};

const azureErrors = 'https://www.developersdigest.tech/errors/api/azure-openai';

export const azure: StrictProvider = {
  ...openai,
  preset: 'azure',
  origin: null,
  path: '/openai/v1/chat/completions',
  auth: {
    header: 'api-key',
    form: 'bare',
    source: 'https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle',
  },
  headers: { authorization: null },
  params: {
    ...openai.params,
    known: words(`audio frequency_penalty function_call functions logit_bias logprobs metadata modalities n
      parallel_tool_calls prediction presence_penalty prompt_cache_key reasoning_effort response_format safety_identifier
      seed service_tier stop store temperature tool_choice tools top_logprobs top_p user verbosity`),
    source: 'https://learn.microsoft.com/azure/ai-foundry/openai/latest',
  },
  partProperties: [],
  flaws: {
    ...openai.flaws,
    wrongKey: {
      status: 401,
      body: {
        error: {
          code: '401',
          message:
            'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription.',
        },
      },
      source: azureErrors,
      fault: 'auth',
    },
    unknownModel: {
      status: 404,
      body: {
        error: {
          code: 'DeploymentNotFound',
          message: 'The API deployment for this resource does not exist.',
        },
      },
      source: azureErrors,
      fault: 'not_found',
    },
  },
  incidents: {
    ...openai.incidents,
    rateLimited: {
      status: 429,
      headers: { 'retry-after': '13', 'retry-after-ms': '12345', 'x-ratelimit-remaining-tokens': '0' },
      body: {
        error: {
          code: 'RateLimitReached',
          message:
            'Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 13 seconds.',
        },
      },
      source: `${azureErrors}/429-rate-limit-exceeded`,
      fault: 'rate_limited',
      retryAfterMs: 12_345,
    },
    filtered: {
      status: 400,
      body: {
        error: {
          message:
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
          type: null,
          param: 'prompt',
          code: 'content_filter',
          status: 400,
          innererror: {
            code: 'ResponsibleAIPolicyViolation',
            content_filter_result: { violence: { filtered: true, severity: 'medium' } },
          },
        },
      },
      source: 'https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter',
      fault: 'filtered',
    },
  },
  firstChunk: { choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] },
};
