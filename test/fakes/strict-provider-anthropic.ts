/** Anthropic's Messages API. */
import { words } from './strict-provider-rules.ts';
import type { Json, StrictModel, StrictProvider } from './strict-provider-rules.ts';

const errors = 'https://platform.claude.com/docs/en/api/errors';
const messages = 'https://platform.claude.com/docs/en/api/messages';

function error(type: string, message: string): Json {
  return { type: 'error', error: { type, message }, request_id: 'req_011' };
}

const thinking = (...types: string[]): { thinking: Json[] } => ({
  thinking: types.map((type) => ({ type })),
});

const models: StrictModel[] = [
  {
    id: 'claude-haiku-5-5',
    formats: ['json_schema'],
    values: thinking('disabled', 'adaptive'),
    thinks: { off: { thinking: { type: 'disabled' } } },
    source: 'https://platform.claude.com/docs/ja/models/haiku-5-5/whats-new-haiku-5-5',
  },
  {
    id: 'claude-sonnet-5-5',
    formats: ['json_schema'],
    values: thinking('between_tools', 'adaptive'),
    thinks: { off: { thinking: { type: 'between_tools' } } },
    source: 'https://platform.claude.com/docs/en/models/sonnet-5-5/whats-new-sonnet-5-5',
  },
  {
    id: 'claude-opus-5-5',
    formats: ['json_schema'],
    values: thinking('adaptive'),
    thinks: { brief: { output_config: { effort: 'low' } }, short: 700 },
    source:
      'https://dev.to/persimmoq/claude-opus-55-sonnet-55-5-settings-that-return-400-when-you-only-change-the-model-name-5g36',
  },
];

export const anthropic: StrictProvider = {
  preset: 'anthropic',
  api: 'anthropic',
  origin: 'https://api.anthropic.com',
  path: '/v1/messages',
  auth: {
    header: 'authorization',
    form: 'bearer',
    source: 'https://platform.claude.com/docs/en/api/overview',
  },
  headers: { 'anthropic-version': /^\d{4}-\d{2}-\d{2}$/ },
  params: {
    known: words(`cache_control container diagnostics inference_geo metadata output_config service_tier speed
      stop_sequences system thinking tool_choice tools user_profile_id workspace_id`),
    unknown: 'refused',
    source: `${messages} (no temperature, top_p, top_k since version 2026-10-21)`,
  },
  limit: { names: ['max_tokens'], isRequired: true, source: messages },
  takesStreamOptions: false,
  partProperties: ['cache_control', 'citations'],
  models,
  flaws: {
    unknownParam: {
      status: 400,
      body: error('invalid_request_error', '{param}: Extra inputs are not permitted'),
      source: errors,
      fault: 'bad_request',
    },
    badValue: {
      status: 400,
      body: error(
        'invalid_request_error',
        '"{param}" has a value that is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
      ),
      source: models[2]!.source,
      fault: 'bad_request',
    },
    missingLimit: {
      status: 400,
      body: error('invalid_request_error', 'max_tokens: Field required'),
      source: messages,
      fault: 'bad_request',
    },
    wrongKey: {
      status: 401,
      body: error('authentication_error', 'invalid x-api-key'),
      source: errors,
      fault: 'auth',
    },
    unknownModel: {
      status: 404,
      body: error('not_found_error', 'model: {model}'),
      source: errors,
      fault: 'not_found',
    },
  },
  incidents: {
    rateLimited: {
      status: 429,
      headers: { 'retry-after': '22', 'anthropic-ratelimit-requests-remaining': '0' },
      body: error(
        'rate_limit_error',
        "This request would exceed your organization's rate limit of 30,000 input tokens per minute",
      ),
      source: 'https://platform.claude.com/docs/en/api/rate-limits',
      fault: 'rate_limited',
      retryAfterMs: 22_000,
    },
    quota: {
      status: 400,
      body: error(
        'invalid_request_error',
        'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
      ),
      source: 'https://portkey.ai/error-library/account-billing-error-15410000',
      fault: 'quota',
    },
    tooLong: {
      status: 400,
      body: error('invalid_request_error', 'prompt is too long: 1103078 tokens > 1000000 maximum'),
      source: 'https://portkey.ai/error-library/input-length-error-10153',
      fault: 'too_long',
    },
    filtered: {
      status: 400,
      body: error('invalid_request_error', 'Output blocked by content filtering policy'),
      source: 'https://github.com/anthropics/claude-code/issues/58367',
      fault: 'filtered',
    },
    overloaded: {
      status: 529,
      body: error('overloaded_error', 'Overloaded'),
      source: errors,
      fault: 'overloaded',
    },
    serverError: {
      status: 500,
      body: error('api_error', 'Internal server error'),
      source: errors,
      fault: 'server_error',
    },
  },
  errorInStream: {
    data: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    fault: 'overloaded',
    source: 'https://platform.claude.com/docs/en/build-with-claude/streaming',
  },
  filterFinish: 'refusal',
  usage: ({ input, cached, output, thinking: thought }) => ({
    input_tokens: input - cached - 50,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: 50,
    cache_creation: { ephemeral_5m_input_tokens: 50, ephemeral_1h_input_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { thinking_tokens: thought },
  }),
  tells: { cached: true, thinking: true },
};
