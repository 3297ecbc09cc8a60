/** Ollama and vLLM. */
import { bareUsage, openAiError, openAiUsage, words } from './strict-provider-rules.ts';
import type { Json, StrictProvider } from './strict-provider-rules.ts';

const noKey = { header: 'authorization', form: 'none' } as const;
const compat = 'https://docs.ollama.com/api/openai-compatibility';
const goSource = 'https://github.com/ollama/ollama/blob/main/openai/openai.go';

export const ollama: StrictProvider = {
  preset: 'ollama',
  api: 'openai',
  origin: 'http://localhost:11434',
  path: '/v1/chat/completions',
  auth: { ...noKey, source: compat },
  params: {
    known:
      words(`frequency_penalty presence_penalty reasoning reasoning_effort response_format seed stop temperature tools
      top_p`),
    unknown: 'ignored',
    source: goSource,
  },
  limit: { names: ['max_tokens'], isRequired: false, source: goSource },
  takesStreamOptions: true,
  partProperties: [],
  models: [
    {
      id: 'qwen3:8b',
      formats: ['json_schema', 'json_object'],
      values: { reasoning_effort: words('none low medium high') },
      thinks: { off: { reasoning_effort: 'none' } },
      source: goSource,
    },
    { id: 'gemma3:4b', formats: ['json_schema', 'json_object'], source: 'https://ollama.com/library/gemma3' },
    {
      id: 'gpt-oss:20b',
      formats: ['json_schema', 'json_object'],
      values: { reasoning_effort: words('low medium high') },
      thinks: { brief: { reasoning_effort: 'low' }, short: 250 },
      source: 'https://ollama.com/library/gpt-oss',
    },
  ],
  flaws: {
    badValue: {
      status: 400,
      body: openAiError('invalid_request_error', null, 'invalid {param} value'),
      source: goSource,
      fault: 'bad_request',
    },
    unknownModel: {
      status: 404,
      body: openAiError('not_found_error', null, "model '{model}' not found"),
      source: goSource,
      fault: 'not_found',
    },
  },
  incidents: {
    overloaded: {
      status: 503,
      body: openAiError(
        'api_error',
        null,
        'server busy, please try again.  maximum pending requests exceeded',
      ),
      source: 'https://docs.ollama.com/faq',
      fault: 'overloaded',
    },
    serverError: {
      status: 500,
      body: openAiError('api_error', null, 'llama runner process has terminated: signal: killed'),
      source: 'https://docs.ollama.com/troubleshooting',
      fault: 'server_error',
    },
  },
  filterFinish: null,
  usage: bareUsage,
  tells: { cached: false, thinking: false },
  streamUsage: 'asked',
  thinkingText: 'reasoning',
};

const serving = 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html';

const vllmError = (type: string, code: number, message: string): Json => openAiError(type, code, message);

export const vllm: StrictProvider = {
  preset: 'vllm',
  api: 'openai',
  origin: 'http://localhost:8000',
  path: '/v1/chat/completions',
  auth: { ...noKey, source: serving },
  params: {
    known:
      words(`add_generation_prompt allowed_token_ids bad_words best_of cache_salt chat_template chat_template_kwargs
      continue_final_message documents echo frequency_penalty ignore_eos include_reasoning include_stop_str_in_output
      length_penalty logit_bias logits_processors logprobs min_p min_tokens n parallel_tool_calls presence_penalty priority
      prompt_logprobs reasoning_effort repetition_penalty request_id response_format seed skip_special_tokens
      spaces_between_special_tokens stop stop_token_ids structured_outputs temperature tool_choice tools top_k top_logprobs
      top_p truncate_prompt_tokens use_beam_search user vllm_xargs`),
    unknown: 'ignored',
    source: serving,
  },
  limit: { names: ['max_tokens', 'max_completion_tokens'], isRequired: false, source: serving },
  takesStreamOptions: true,
  partProperties: [],
  models: [{ id: 'default', formats: ['json_schema', 'json_object'], source: serving }],
  flaws: {
    badValue: {
      status: 400,
      body: vllmError('BadRequestError', 400, '{param} is not valid'),
      source: serving,
      fault: 'bad_request',
    },
    unknownModel: {
      status: 404,
      body: vllmError('NotFoundError', 404, 'The model `{model}` does not exist.'),
      source: serving,
      fault: 'not_found',
    },
  },
  incidents: {
    tooLong: {
      status: 400,
      body: vllmError(
        'BadRequestError',
        400,
        "This model's maximum context length is 8192 tokens. However, your request has 9000 input tokens.",
      ),
      source: serving,
      fault: 'too_long',
    },
    serverError: {
      status: 500,
      body: vllmError('InternalServerError', 500, 'EngineCore encountered an issue.'),
      source: serving,
      fault: 'server_error',
    },
  },
  errorInStream: {
    data: vllmError('InternalServerError', 500, 'EngineCore encountered an issue.'),
    fault: 'server_error',
    source: serving,
  },
  filterFinish: null,
  usage: openAiUsage,
  tells: { cached: true, thinking: true },
  streamUsage: 'asked',
};
