/** How many tokens fit into one call of the models that are known, prompt and answer together. */

type Window = {
  /** The id, or how it begins, without the maker's name in front and with - for every dot. The longest match counts. */
  id: string;
  tokens: number;
};

/** The largest prompt with its answer; where a prompt has a limit of its own, that. In columns: id, tokens, source. */
const table = `
gpt-6                  922000  docs.litellm.ai/blog/gpt_6_sol_luna
gpt-5-6                922000  docs.litellm.ai/blog/gpt_6_sol_luna
gpt-5                  272000  developers.openai.com/api/docs/models/gpt-5-nano
gpt-oss                131072  github.com/pydantic/genai-prices
claude-haiku-5        1000000  platform.claude.com/docs/en/models/haiku-5-5/overview
claude-sonnet-5       1000000  platform.claude.com/docs/en/models/haiku-5-5/overview
claude-opus-5         1000000  platform.claude.com/docs/en/models/haiku-5-5/overview
claude-fable-5        1000000  platform.claude.com/docs/en/models/haiku-5-5/overview
claude-sonnet-4-6     1000000  github.com/pydantic/genai-prices
claude-opus-4-6       1000000  github.com/pydantic/genai-prices
claude-opus-4-7       1000000  github.com/pydantic/genai-prices
claude-opus-4-8       1000000  github.com/pydantic/genai-prices
claude-haiku-4-5       200000  github.com/pydantic/genai-prices
claude-sonnet-4-5      200000  github.com/pydantic/genai-prices
claude-opus-4-5        200000  github.com/pydantic/genai-prices
gemini-3-5-           1048576  ai.google.dev/gemini-api/docs/models/gemini-3.5-flash-lite
gemini-3-6-           1000000  github.com/pydantic/genai-prices
gemini-3-7-           1000000  github.com/pydantic/genai-prices
gemini-3-8-           1000000  vercel.com/ai-gateway/models/gemini-3.8-flash
mistral-small-2603     262144  github.com/pydantic/genai-prices
mistral-medium-3-5     262144  github.com/pydantic/genai-prices
mistral-large-2512     262144  github.com/pydantic/genai-prices
ministral-8b-2512      262144  github.com/pydantic/genai-prices
ministral-3b-2512      131072  github.com/pydantic/genai-prices
deepseek-flash        1000000  docs.venice.ai/models/deepseek-v4-1-flash
deepseek-v4           1000000  docs.venice.ai/models/deepseek-v4-pro
qwen3-8-flash          991000  vercel.com/ai-gateway/models/qwen3.8-flash
muse-spark-1          1048576  promptfoo.dev/docs/providers/meta
llama-3-3-70b          128000  github.com/pydantic/genai-prices
`;

const windows: Window[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const [id = '', tokens] = line.trim().split(/ +/);
    return { id, tokens: Number(tokens) };
  });

/** By the provider's own model id; null where nothing is known. */
export function knownWindow(modelId: string): number | null {
  const id = modelId
    .toLowerCase()
    .slice(modelId.lastIndexOf('/') + 1)
    .replaceAll('.', '-');
  const matches = windows.filter((window) => id.startsWith(window.id));
  return matches.sort((a, b) => b.id.length - a.id.length)[0]?.tokens ?? null;
}
