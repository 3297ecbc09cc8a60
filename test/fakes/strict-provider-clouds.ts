/** DeepSeek, Qwen, Meta and Groq. */
import { openAiError, openAiUsage, words } from './strict-provider-rules.ts';
import type { StrictProvider } from './strict-provider-rules.ts';

const deepseekCodes = 'https://api-docs.deepseek.com/quick_start/error_codes';
const deepseekChat = 'https://api-docs.deepseek.com/api/create-chat-completion';

export const deepseek: StrictProvider = {
  preset: 'deepseek',
  api: 'openai',
  origin: 'https://api.deepseek.com',
  path: '/chat/completions',
  auth: { header: 'authorization', form: 'bearer', source: deepseekChat },
  params: {
    known:
      words(`frequency_penalty logprobs presence_penalty reasoning_effort response_format stop temperature thinking
      tool_choice tools top_logprobs top_p user_id`),
    unknown: 'ignored',
    source: deepseekChat,
  },
  limit: { names: ['max_tokens'], isRequired: false, source: deepseekChat },
  takesStreamOptions: true,
  partProperties: [],
  models: words('deepseek-flash deepseek-v4-pro').map((id) => ({
    id,
    formats: ['json_object'],
    values: { thinking: [{ type: 'enabled' }, { type: 'disabled' }] },
    thinks: { off: { thinking: { type: 'disabled' } } },
    source:
      'https://api-docs.deepseek.com/guides/thinking_mode https://github.com/UKGovernmentBEIS/inspect_ai/issues/4916',
  })),
  flaws: {
    badValue: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        'invalid_request_error',
        'This {param} type is unavailable now',
      ),
      source: 'https://github.com/UKGovernmentBEIS/inspect_ai/issues/4916',
      fault: 'bad_request',
    },
    wrongKey: {
      status: 401,
      body: openAiError(
        'authentication_error',
        'invalid_request_error',
        'Authentication Fails, Your api key: ****-key is invalid',
      ),
      source: deepseekCodes,
      fault: 'auth',
    },
    unknownModel: {
      status: 400,
      body: openAiError('invalid_request_error', 'invalid_request_error', 'Model Not Exist'),
      source: deepseekCodes,
      fault: 'not_found',
    },
  },
  incidents: {
    rateLimited: {
      status: 429,
      body: openAiError('rate_limit_error', 'rate_limit_error', 'Rate limit reached.'),
      source: deepseekCodes,
      fault: 'rate_limited',
    },
    quota: {
      status: 402,
      body: openAiError('unknown_error', 'invalid_request_error', 'Insufficient Balance'),
      source: deepseekCodes,
      fault: 'quota',
    },
    tooLong: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        'invalid_request_error',
        "This model's maximum context length is 1048576 tokens. However, you requested 1200000 tokens.",
      ),
      source: deepseekCodes,
      fault: 'too_long',
    },
    filtered: {
      status: 400,
      body: openAiError('invalid_request_error', 'invalid_request_error', 'Content Exists Risk'),
      source: deepseekCodes,
      fault: 'filtered',
    },
    overloaded: {
      status: 503,
      body: openAiError('server_error', null, 'The server is overloaded due to high traffic.'),
      source: deepseekCodes,
      fault: 'overloaded',
    },
    serverError: {
      status: 500,
      body: openAiError('server_error', null, 'Our server encounters an issue.'),
      source: deepseekCodes,
      fault: 'server_error',
    },
  },
  filterFinish: 'content_filter',
  usage: ({ input, cached, output, thinking }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_cache_hit_tokens: cached,
    prompt_cache_miss_tokens: input - cached,
    completion_tokens_details: { reasoning_tokens: thinking },
  }),
  tells: { cached: true, thinking: true },
  streamUsage: 'beside finish',
  thinkingText: 'reasoning_content',
  // While a request waits: api-docs.deepseek.com/quick_start/rate_limit.
  keepAlive: { stream: ': keep-alive\n\n: keep-alive\n\n', plain: '\n\n\n' },
};

const aliyunCodes = 'https://help.aliyun.com/en/model-studio/error-code';
const aliyunLimits = 'https://www.alibabacloud.com/help/en/model-studio/rate-limit';
const aliyunChat = 'https://www.alibabacloud.com/help/en/model-studio/qwen-api-reference';

export const qwen: StrictProvider = {
  preset: 'qwen',
  api: 'openai',
  origin: 'https://dashscope-intl.aliyuncs.com',
  path: '/compatible-mode/v1/chat/completions',
  auth: { header: 'authorization', form: 'bearer', source: aliyunChat },
  params: {
    known:
      words(`enable_search enable_thinking logprobs modalities n parallel_tool_calls presence_penalty reasoning_effort
      repetition_penalty response_format search_options seed stop temperature thinking_budget tool_choice tools top_k
      top_logprobs top_p`),
    unknown: 'ignored',
    source: aliyunChat,
  },
  limit: { names: ['max_tokens'], isRequired: false, source: aliyunChat },
  takesStreamOptions: true,
  partProperties: ['cache_control'],
  models: [
    {
      id: 'qwen3.8-flash',
      formats: ['json_object'],
      thinks: { off: { enable_thinking: false } },
      source: aliyunChat,
    },
    {
      id: 'qwen3.8-max',
      formats: ['json_object', 'json_schema'],
      refuses: ['enable_thinking'],
      values: { reasoning_effort: words('low medium xhigh') },
      thinks: { brief: { reasoning_effort: 'low' }, short: 700 },
      source:
        'https://dev.to/hassann/how-to-use-the-qwen-38-api-1cgm https://docs.venice.ai/models/qwen-3-8-max.md',
    },
  ],
  flaws: {
    badValue: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        'invalid_parameter_error',
        'The value of {param} is not supported.',
      ),
      source: aliyunCodes,
      fault: 'bad_request',
    },
    wrongKey: {
      status: 401,
      body: openAiError('invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.'),
      source: 'https://help.aliyun.com/en/model-studio/error-code-start',
      fault: 'auth',
    },
    unknownModel: {
      status: 404,
      body: openAiError(
        'invalid_request_error',
        'model_not_found',
        'The model `{model}` does not exist or you do not have access to it.',
      ),
      source: aliyunCodes,
      fault: 'not_found',
    },
  },
  incidents: {
    // The tokens of this minute, in the words that elsewhere mean an empty account.
    rateLimited: {
      status: 429,
      body: openAiError(
        'insufficient_quota',
        'insufficient_quota',
        'You exceeded your current quota, please check your plan and billing details.',
      ),
      source: aliyunLimits,
      fault: 'rate_limited',
    },
    quota: {
      status: 400,
      body: openAiError(
        'Arrearage',
        'Arrearage',
        'Access denied, please make sure your account is in good standing.',
      ),
      source: aliyunCodes,
      fault: 'quota',
    },
    tooLong: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        'invalid_parameter_error',
        '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 983616]',
      ),
      source: 'https://www.alibabacloud.com/help/en/model-studio/coding-plan-faq',
      fault: 'too_long',
    },
    filtered: {
      status: 400,
      body: openAiError(
        'data_inspection_failed',
        'data_inspection_failed',
        'Input text data may contain inappropriate content.',
      ),
      source: aliyunCodes,
      fault: 'filtered',
    },
    overloaded: {
      status: 503,
      body: openAiError('server_error', 'ModelUnavailable', 'Model is unavailable, please try again later.'),
      source: aliyunCodes,
      fault: 'overloaded',
    },
    serverError: {
      status: 500,
      body: openAiError('internal_error', 'internal_error', 'An internal error has occured.'),
      source: aliyunCodes,
      fault: 'server_error',
    },
  },
  filterFinish: 'content_filter',
  usage: openAiUsage,
  tells: { cached: true, thinking: true },
  streamUsage: 'asked',
  thinkingText: 'reasoning_content',
};

const metaDocs = 'https://docs.litellm.ai/docs/providers/meta https://www.promptfoo.dev/docs/providers/meta/';
const metaRules = 'https://ocaml.org/p/chatoyant/latest/doc/src/chatoyant.provider/meta.ml.html';

/** How its errors look is not published where everybody can read it; OpenAI's form, which it follows, stands in. */
export const meta: StrictProvider = {
  preset: 'meta',
  api: 'openai',
  origin: 'https://api.meta.ai',
  path: '/v1/chat/completions',
  auth: { header: 'authorization', form: 'bearer', source: metaDocs },
  params: {
    known: words(
      'frequency_penalty presence_penalty reasoning_effort response_format temperature tools top_p',
    ),
    unknown: 'refused',
    source: metaRules,
  },
  limit: {
    names: ['max_completion_tokens'],
    isRequired: false,
    source: 'https://www.promptfoo.dev/docs/providers/meta/',
  },
  takesStreamOptions: true,
  partProperties: [],
  models: words('muse-ember-1.0 muse-spark-1.3 muse-wonder-1.0').map((id) => ({
    id,
    formats: ['json_schema'],
    values: { reasoning_effort: words('minimal low medium high xhigh max') },
    thinks: { brief: { reasoning_effort: 'minimal' }, short: 300 },
    source: `${metaRules} https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/partner-models/meta/muse-ember-1-0`,
  })),
  flaws: {
    unknownParam: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        'unsupported_parameter',
        "'{param}' is not supported.",
        '{param}',
      ),
      source: metaRules,
      fault: 'bad_request',
    },
    badValue: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        'unsupported_value',
        "'{param}' has an unsupported value.",
        '{param}',
      ),
      source: metaRules,
      fault: 'bad_request',
    },
    wrongKey: {
      status: 401,
      body: openAiError('invalid_request_error', 'invalid_api_key', 'Invalid API key.'),
      source: metaDocs,
      fault: 'auth',
    },
    unknownModel: {
      status: 404,
      body: openAiError('invalid_request_error', 'model_not_found', 'The model {model} was not found.'),
      source: metaDocs,
      fault: 'not_found',
    },
  },
  incidents: {
    rateLimited: {
      status: 429,
      headers: { 'retry-after': '3' },
      body: openAiError('rate_limit_error', 'rate_limit_exceeded', 'Too many requests.'),
      source: metaDocs,
      fault: 'rate_limited',
      retryAfterMs: 3000,
    },
  },
  filterFinish: 'content_filter',
  usage: openAiUsage,
  tells: { cached: true, thinking: true },
  streamUsage: 'asked',
};

const groqErrors = 'https://console.groq.com/docs/errors';
const groqApi = 'https://console.groq.com/docs/api-reference';

export const groq: StrictProvider = {
  preset: 'groq',
  api: 'openai',
  origin: 'https://api.groq.com',
  path: '/openai/v1/chat/completions',
  auth: { header: 'authorization', form: 'bearer', source: groqApi },
  params: {
    known:
      words(`citation_options compound_custom disable_tool_validation documents exclude_domains frequency_penalty
      function_call functions include_domains include_reasoning logit_bias logprobs metadata n parallel_tool_calls
      presence_penalty reasoning_effort reasoning_format response_format search_settings seed service_tier stop temperature
      tool_choice tools top_logprobs top_p user`),
    unknown: 'refused',
    source: groqApi,
  },
  limit: { names: ['max_completion_tokens', 'max_tokens'], isRequired: false, source: groqApi },
  takesStreamOptions: true,
  partProperties: [],
  models: [
    ...words('openai/gpt-oss-20b openai/gpt-oss-120b').map((id) => ({
      id,
      formats: ['json_schema', 'json_object'] as const,
      refuses: words('logit_bias logprobs top_logprobs'),
      values: { reasoning_effort: words('low medium high') },
      thinks: { brief: { reasoning_effort: 'low' }, short: 250 },
      source: 'https://console.groq.com/docs/structured-outputs https://console.groq.com/docs/reasoning',
    })),
    {
      id: 'qwen/qwen3-32b',
      formats: ['json_object'],
      refuses: words('logit_bias logprobs top_logprobs'),
      values: { reasoning_effort: ['none', 'default'] },
      thinks: { off: { reasoning_effort: 'none' } },
      source: 'https://console.groq.com/docs/reasoning',
    },
  ],
  flaws: {
    unknownParam: {
      status: 400,
      body: openAiError('invalid_request_error', null, "property '{param}' is unsupported"),
      source: groqErrors,
      fault: 'bad_request',
    },
    badValue: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        null,
        '`{param}` has a value that this model does not support',
      ),
      source:
        'https://v0.app/chat/groq-api-integration-jJZDjObZqiy (This model does not support response format json_schema)',
      fault: 'bad_request',
    },
    wrongKey: {
      status: 401,
      body: openAiError('invalid_request_error', 'invalid_api_key', 'Invalid API Key'),
      source: groqErrors,
      fault: 'auth',
    },
    unknownModel: {
      status: 404,
      body: openAiError(
        'invalid_request_error',
        'model_not_found',
        'The model `{model}` does not exist or you do not have access to it.',
      ),
      source: groqErrors,
      fault: 'not_found',
    },
  },
  incidents: {
    rateLimited: {
      status: 429,
      headers: {
        'retry-after': '7',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '7.66s',
      },
      body: openAiError(
        'tokens',
        'rate_limit_exceeded',
        'Rate limit reached for model in organization org_1.',
      ),
      source: 'https://console.groq.com/docs/rate-limits',
      fault: 'rate_limited',
      retryAfterMs: 7000,
    },
    quota: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        'blocked_api_access',
        'API access is blocked: the spend limit was reached.',
      ),
      source: 'https://console.groq.com/docs/spend-limits',
      fault: 'quota',
    },
    tooLong: {
      status: 413,
      body: openAiError(
        'tokens',
        'rate_limit_exceeded',
        'Request too large for model on tokens per minute (TPM): Limit 6000, Requested 8000, please reduce your message size.',
      ),
      source: groqErrors,
      fault: 'too_long',
    },
    overloaded: {
      status: 498,
      body: openAiError('invalid_request_error', 'capacity_exceeded', 'Flex tier capacity exceeded.'),
      source: 'https://console.groq.com/docs/flex-processing',
      fault: 'overloaded',
    },
    serverError: {
      status: 500,
      body: openAiError('internal_server_error', null, 'Internal Server Error'),
      source: groqErrors,
      fault: 'server_error',
    },
  },
  errorInStream: {
    data: openAiError('invalid_request_error', 'json_validate_failed', 'Failed to validate JSON.'),
    fault: 'schema',
    source: 'https://console.groq.com/docs/structured-outputs',
  },
  filterFinish: null,
  usage: openAiUsage,
  tells: { cached: true, thinking: true },
  streamUsage: 'x_groq',
  thinkingText: 'reasoning',
};
