/** OpenRouter, TokenMix, a LiteLLM proxy, and Portkey in the cloud and on one's own machine. */
import { gptModels } from './strict-provider-openai.ts';
import { openAiError, openAiUsage, words } from './strict-provider-rules.ts';
import type { Json, StrictModel, StrictProvider } from './strict-provider-rules.ts';

const bearer = { header: 'authorization', form: 'bearer' } as const;
const routerErrors = 'https://openrouter.ai/docs/api/errors';
const routerParams = 'https://openrouter.ai/docs/api-reference/parameters';

const routerError = (code: number, message: string, metadata?: Json): Json => ({
  error: { code, message, ...(metadata === undefined ? {} : { metadata }) },
  user_id: 'user_1',
});

const viaRouter = (
  id: string,
  thinks: StrictModel['thinks'],
  formats: StrictModel['formats'],
): StrictModel => ({
  id,
  formats,
  thinks: thinks ?? {},
  source:
    'https://openrouter.ai/docs/use-cases/reasoning-tokens https://openrouter.ai/docs/cookbook/evaluate-and-optimize/model-migrations/claude-5-5',
});

const bothFormats = ['json_schema', 'json_object'] as const;

export const openrouter: StrictProvider = {
  preset: 'openrouter',
  api: 'openai',
  origin: 'https://openrouter.ai',
  path: '/api/v1/chat/completions',
  auth: { ...bearer, source: 'https://openrouter.ai/docs/api-reference/authentication' },
  params: {
    known:
      words(`debug frequency_penalty include_reasoning logit_bias logprobs metadata min_p modalities models
      parallel_tool_calls plugins prediction presence_penalty prompt_cache_key prompt_cache_options provider reasoning
      reasoning_effort repetition_penalty response_format route safety_identifier seed service_tier session_id stop
      structured_outputs temperature tool_choice tools top_a top_k top_logprobs top_p transforms usage user verbosity`),
    unknown: 'ignored',
    source: routerParams,
  },
  limit: { names: ['max_tokens', 'max_completion_tokens'], isRequired: false, source: routerParams },
  takesStreamOptions: true,
  partProperties: ['cache_control', 'prompt_cache_breakpoint'],
  models: [
    ...['openai/gpt-6-luna', 'openai/gpt-6.1-terra'].map((id) =>
      viaRouter(id, { off: { reasoning: { effort: 'none' } } }, bothFormats),
    ),
    viaRouter('openai/gpt-6.1-sol', { brief: { reasoning: { effort: 'low' } }, short: 700 }, bothFormats),
    viaRouter('anthropic/claude-haiku-5.5', { off: { reasoning: { enabled: false } } }, ['json_schema']),
    viaRouter('deepseek/deepseek-v4.1-flash', { off: { reasoning: { enabled: false } } }, ['json_object']),
    viaRouter(
      'google/gemini-3.8-flash',
      { brief: { reasoning: { effort: 'low' } }, short: 400 },
      bothFormats,
    ),
  ],
  flaws: {
    wrongKey: {
      status: 401,
      body: routerError(401, 'User not found.'),
      source: routerErrors,
      fault: 'auth',
    },
    badValue: {
      status: 400,
      body: routerError(400, 'Invalid {param}'),
      source: routerErrors,
      fault: 'bad_request',
    },
    unknownModel: {
      status: 400,
      body: routerError(400, '{model} is not a valid model ID'),
      source: routerErrors,
      fault: 'not_found',
    },
  },
  incidents: {
    rateLimited: {
      status: 429,
      headers: { 'retry-after': '9' },
      body: routerError(429, 'Provider returned error', {
        raw: 'rate-limited upstream',
        provider_name: 'Chutes',
      }),
      source: routerErrors,
      fault: 'rate_limited',
      retryAfterMs: 9000,
    },
    quota: {
      status: 402,
      body: routerError(402, 'Insufficient credits. Add more using https://openrouter.ai/settings/credits'),
      source: routerErrors,
      fault: 'quota',
    },
    tooLong: {
      status: 400,
      body: routerError(
        400,
        "This endpoint's maximum context length is 128000 tokens. However, you requested about 200000 tokens.",
      ),
      source: routerErrors,
      fault: 'too_long',
    },
    filtered: {
      status: 403,
      body: routerError(403, 'Input was flagged by moderation', {
        reasons: ['violence'],
        flagged_input: '…',
        provider_name: 'OpenAI',
      }),
      source: routerErrors,
      fault: 'filtered',
    },
    overloaded: {
      status: 503,
      headers: { 'retry-after': '2' },
      body: routerError(503, 'There is no available model provider that meets your routing requirements'),
      source: routerErrors,
      fault: 'overloaded',
      retryAfterMs: 2000,
    },
    serverError: {
      status: 502,
      body: routerError(502, 'Provider returned error', { provider_name: 'DeepInfra' }),
      source: routerErrors,
      fault: 'server_error',
    },
  },
  errorIn200: {
    body: routerError(429, 'Provider returned error', { provider_name: 'OpenAI' }),
    fault: 'rate_limited',
    source: routerErrors,
  },
  errorInStream: {
    data: {
      id: 'gen-1',
      object: 'chat.completion.chunk',
      provider: 'OpenAI',
      error: { code: 502, message: 'Provider disconnected' },
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
    },
    fault: 'server_error',
    source: 'https://openrouter.ai/docs/api/reference/errors-and-debugging',
  },
  filterFinish: 'content_filter',
  usage: (counts) => ({
    ...openAiUsage(counts),
    cost: 0.000123,
    is_byok: false,
    cost_details: { upstream_inference_cost: null },
  }),
  tells: { cached: true, thinking: true },
  streamUsage: 'beside finish',
  thinkingText: 'reasoning',
  keepAlive: { stream: ': OPENROUTER PROCESSING\n\n', plain: '\n   \n' },
  reportedNanoUsd: 123_000,
};

const tokenmixDocs = 'https://tokenmix.ai/docs/chat-completions';

/** How it words its errors is not published; OpenAI's form, which it says it keeps to, stands in. */
export const tokenmix: StrictProvider = {
  preset: 'tokenmix',
  api: 'openai',
  origin: 'https://api.tokenmix.ai',
  path: '/v1/chat/completions',
  auth: { ...bearer, source: tokenmixDocs },
  params: {
    known: words(
      'frequency_penalty presence_penalty reasoning_effort response_format seed stop temperature tools top_p user',
    ),
    unknown: 'ignored',
    source: tokenmixDocs,
  },
  // It hands on what it is given, and OpenAI's models of today refuse max_tokens.
  limit: { names: ['max_completion_tokens'], isRequired: false, source: tokenmixDocs },
  takesStreamOptions: true,
  partProperties: [],
  models: gptModels,
  flaws: {
    badValue: {
      status: 400,
      body: openAiError(
        'invalid_request_error',
        'unsupported_value',
        'Unsupported value: {param}',
        '{param}',
      ),
      source: tokenmixDocs,
      fault: 'bad_request',
    },
    wrongKey: {
      status: 401,
      body: openAiError('invalid_request_error', 'invalid_api_key', 'Invalid API key'),
      source: tokenmixDocs,
      fault: 'auth',
    },
    unknownModel: {
      status: 404,
      body: openAiError('invalid_request_error', 'model_not_found', 'Model {model} not found'),
      source: tokenmixDocs,
      fault: 'not_found',
    },
  },
  incidents: {
    quota: {
      status: 403,
      body: openAiError('insufficient_user_quota', 'insufficient_user_quota', 'Insufficient balance'),
      source: tokenmixDocs,
      fault: 'quota',
    },
    rateLimited: {
      status: 429,
      body: openAiError('rate_limit_error', 'rate_limit_exceeded', 'Too many requests'),
      source: tokenmixDocs,
      fault: 'rate_limited',
    },
  },
  filterFinish: 'content_filter',
  usage: openAiUsage,
  tells: { cached: true, thinking: true },
  streamUsage: 'asked',
};

const litellmErrors = 'https://docs.litellm.ai/docs/exception_mapping';
const litellmError = (message: string, type: string, code: string): Json =>
  openAiError(type, code, message, 'None');

export const litellm: StrictProvider = {
  preset: 'litellm',
  api: 'openai',
  origin: null,
  path: '/v1/chat/completions',
  auth: { ...bearer, source: 'https://docs.litellm.ai/docs/proxy/virtual_keys' },
  params: {
    known:
      words(`frequency_penalty logit_bias logprobs metadata n presence_penalty reasoning_effort response_format seed stop
      temperature thinking tools top_logprobs top_p user`),
    unknown: 'ignored',
    source: 'https://docs.litellm.ai/docs/completion/input',
  },
  limit: {
    names: ['max_tokens', 'max_completion_tokens'],
    isRequired: false,
    source: 'https://docs.litellm.ai/docs/completion/input',
  },
  takesStreamOptions: true,
  partProperties: ['cache_control'],
  models: gptModels,
  flaws: {
    badValue: {
      status: 400,
      body: litellmError(
        'litellm.BadRequestError: OpenAIException - Unsupported value: {param}',
        'invalid_request_error',
        '400',
      ),
      source: litellmErrors,
      fault: 'bad_request',
    },
    wrongKey: {
      status: 401,
      body: litellmError('Authentication Error, Invalid proxy server token passed.', 'auth_error', '401'),
      source: litellmErrors,
      fault: 'auth',
    },
    unknownModel: {
      status: 400,
      body: litellmError(
        "{'error': '/chat/completions: Invalid model name passed in model={model}. Call `/v1/models` to view available models for your key.'}",
        'None',
        '400',
      ),
      source: 'https://github.com/BerriAI/litellm (proxy route_llm_request)',
      fault: 'not_found',
    },
  },
  incidents: {
    rateLimited: {
      status: 429,
      headers: { 'retry-after': '5' },
      body: litellmError(
        'No deployments available for selected model, Try again in 5 seconds. Passed model=gpt-6-luna.',
        'None',
        '429',
      ),
      source: 'https://docs.litellm.ai/docs/routing',
      fault: 'rate_limited',
      retryAfterMs: 5000,
    },
    quota: {
      status: 400,
      body: litellmError(
        'Budget has been exceeded! Current cost: 10.2, Max budget: 10.0',
        'budget_exceeded',
        '400',
      ),
      source: 'https://docs.litellm.ai/docs/proxy/users',
      fault: 'quota',
    },
    tooLong: {
      status: 400,
      body: litellmError(
        'litellm.ContextWindowExceededError: litellm.BadRequestError: the request is too large for this model.',
        'invalid_request_error',
        '400',
      ),
      source: litellmErrors,
      fault: 'too_long',
    },
    filtered: {
      status: 400,
      body: litellmError(
        'litellm.ContentPolicyViolationError: AzureException',
        'invalid_request_error',
        '400',
      ),
      source: litellmErrors,
      fault: 'filtered',
    },
    overloaded: {
      status: 503,
      body: litellmError('litellm.ServiceUnavailableError: AnthropicException - Overloaded', 'None', '503'),
      source: litellmErrors,
      fault: 'overloaded',
    },
    serverError: {
      status: 500,
      body: litellmError('litellm.InternalServerError: OpenAIException - Connection error.', 'None', '500'),
      source: litellmErrors,
      fault: 'server_error',
    },
  },
  errorInStream: {
    data: litellmError('litellm.RateLimitError: AnthropicException', 'throttling_error', '429'),
    fault: 'rate_limited',
    source: litellmErrors,
  },
  filterFinish: 'content_filter',
  usage: openAiUsage,
  tells: { cached: true, thinking: true },
  streamUsage: 'asked',
  answerHeaders: { 'x-litellm-response-cost': '4.56e-05', 'x-litellm-model-id': 'abc' },
  reportedNanoUsd: 45_600,
};

const portkeyDocs = 'https://portkey.ai/docs/api-reference/inference-api/headers';
const guardrail = 'https://portkey.ai/docs/product/guardrails';

const portkeyLike = {
  api: 'openai',
  params: {
    known:
      words(`frequency_penalty logit_bias logprobs metadata n presence_penalty reasoning_effort response_format seed
      service_tier stop store temperature tools top_logprobs top_p user`),
    unknown: 'ignored',
    source: 'https://portkey.ai/docs/api-reference/inference-api/chat',
  },
  // It hands OpenAI what it is given, and turns max_completion_tokens into what others call it.
  limit: {
    names: ['max_completion_tokens'],
    isRequired: false,
    source: 'https://github.com/Portkey-AI/gateway',
  },
  takesStreamOptions: true,
  partProperties: [],
  incidents: {
    rateLimited: {
      status: 429,
      headers: { 'retry-after': '11' },
      body: {
        error: {
          message: 'openai error: Rate limit reached',
          type: 'requests',
          param: null,
          code: 'rate_limit_exceeded',
        },
        provider: 'openai',
      },
      source: 'https://github.com/Portkey-AI/gateway',
      fault: 'rate_limited',
      retryAfterMs: 11_000,
    },
    quota: {
      status: 412,
      body: { status: 'failure', message: 'Portkey Error: Budget limit exceeded for the virtual key' },
      source: 'https://portkey.ai/docs/product/ai-gateway/virtual-keys/budget-limits',
      fault: 'quota',
    },
    filtered: {
      status: 446,
      body: {
        error: {
          message:
            'The guardrail checks defined in the config failed. You can find more information in the `hook_results` object.',
          type: 'hooks_failed',
          param: null,
          code: null,
        },
        hook_results: { before_request_hooks: [], after_request_hooks: [] },
      },
      source: guardrail,
      fault: 'filtered',
    },
    overloaded: {
      status: 529,
      body: {
        error: { message: 'anthropic error: Overloaded', type: 'overloaded_error', param: null, code: null },
        provider: 'anthropic',
      },
      source: 'https://github.com/Portkey-AI/gateway',
      fault: 'overloaded',
    },
    serverError: {
      status: 408,
      body: {
        error: {
          message: 'Request exceeded the timeout sent in the request: 1000ms',
          type: 'timeout_error',
          param: null,
          code: null,
        },
      },
      source: 'https://portkey.ai/docs/product/ai-gateway/request-timeouts',
      fault: 'server_error',
    },
  },
  filterFinish: 'content_filter',
  usage: openAiUsage,
  tells: { cached: true, thinking: true },
  streamUsage: 'asked',
} satisfies Partial<StrictProvider>;

const upstream = (code: string, message: string, type = 'invalid_request_error'): Json => ({
  error: { message: `openai error: ${message}`, type, param: null, code },
  provider: 'openai',
});

const portkeyFlaws: StrictProvider['flaws'] = {
  badValue: {
    status: 400,
    body: upstream('unsupported_value', 'Unsupported value: {param}'),
    source: 'https://github.com/Portkey-AI/gateway',
    fault: 'bad_request',
  },
  unknownModel: {
    status: 404,
    body: upstream('model_not_found', 'The model `{model}` does not exist'),
    source: 'https://github.com/Portkey-AI/gateway',
    fault: 'not_found',
  },
};

export const portkey: StrictProvider = {
  ...portkeyLike,
  preset: 'portkey',
  origin: 'https://api.portkey.ai',
  path: '/v1/chat/completions',
  auth: { header: 'x-portkey-api-key', form: 'bare', source: portkeyDocs },
  // It would be handed on to the provider as that one's key.
  headers: { authorization: null },
  models: gptModels.map((model) => ({ ...model, id: `@openai/${model.id}` })),
  flaws: {
    ...portkeyFlaws,
    wrongKey: {
      status: 401,
      body: { status: 'failure', message: 'Portkey Error: Invalid API Key. Error Code: 03' },
      source: portkeyDocs,
      fault: 'auth',
    },
  },
};

export const portkeySelfHosted: StrictProvider = {
  ...portkeyLike,
  preset: 'portkey-self-hosted',
  origin: 'http://localhost:8787',
  path: '/v1/chat/completions',
  auth: { ...bearer, source: 'https://github.com/Portkey-AI/gateway' },
  headers: { 'x-portkey-provider': /^openai$/ },
  models: gptModels,
  flaws: {
    ...portkeyFlaws,
    wrongKey: {
      status: 401,
      body: upstream('invalid_api_key', 'Incorrect API key provided'),
      source: 'https://github.com/Portkey-AI/gateway',
      fault: 'auth',
    },
  },
};
