/** Servers that run models on one's own machines. */
import { openAiLike, words, type Preset } from './preset.ts';

const own = { ...openAiLike, path: '/v1', needsKey: false, keyEnv: null };

/**
 * Knows `max_tokens` alone, and quietly leaves out what it does not know: docs.ollama.com/api/openai-compatibility,
 * github.com/ollama/ollama/blob/main/openai/openai.go. `none` switches the thinking of models off that can do without.
 */
export const ollama: Preset = {
  ...own,
  baseUrl: 'http://localhost:11434/v1',
  allowParams: words(
    'frequency_penalty presence_penalty reasoning reasoning_effort seed stop temperature top_p',
  ),
  traits: {
    ...openAiLike.traits,
    structured: 'json_schema',
    cache: { kind: 'automatic', minTokens: 0 },
    params: { reasoning_effort: 'none' },
    values: { reasoning_effort: words('none low medium high') },
  },
  models: [
    {
      prefix: 'gpt-oss',
      params: { reasoning_effort: 'low' },
      thinkingTokens: 500,
      values: { reasoning_effort: words('low medium high') },
    },
  ],
};

/** docs.vllm.ai/en/latest/serving/openai_compatible_server; what it keeps of prompts: docs.vllm.ai, automatic prefix caching. */
export const vllm: Preset = {
  ...own,
  baseUrl: 'http://localhost:8000/v1',
  allowParams:
    words(`allowed_token_ids bad_words cache_salt chat_template chat_template_kwargs frequency_penalty ignore_eos
    include_reasoning length_penalty logit_bias logits_processors logprobs max_completion_tokens min_p min_tokens presence_penalty priority
    prompt_logprobs reasoning_effort repetition_penalty request_id seed skip_special_tokens stop stop_token_ids
    structured_outputs temperature top_k top_logprobs top_p truncate_prompt_tokens user vllm_xargs`),
  traits: {
    ...openAiLike.traits,
    structured: 'json_schema',
    cache: { kind: 'automatic', minTokens: 16 },
  },
};
