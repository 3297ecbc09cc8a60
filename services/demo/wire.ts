/** The simulated providers' answers as bytes: both APIs, as a whole or as a stream of events. */

export type Answer = { model: string; text: string; inputTokens: number; outputTokens: number };

export type Wire = {
  /** The answer as one JSON body. */
  whole: (answer: Answer) => string;
  /** The same as events: the first ones, one for each piece of text, the last ones. */
  events: (answer: Answer, pieces: string[]) => string[];
  error: { status: number; body: string };
  filtered: { status: number; body: string };
};

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

const openai: Wire = {
  whole: ({ model, text, ...counts }) =>
    JSON.stringify({
      id: 'simulated',
      object: 'chat.completion',
      created: 0,
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
      usage: openaiUsage(counts),
    }),
  events: ({ model, ...counts }, pieces) => {
    const base = { id: 'simulated', object: 'chat.completion.chunk', created: 0, model };
    const chunk = (delta: object, finish: string | null): string =>
      data({ ...base, choices: [{ index: 0, delta, finish_reason: finish }] });
    return [
      chunk({ role: 'assistant', content: '' }, null),
      ...pieces.map((content) => chunk({ content }, null)),
      `${chunk({}, 'stop')}${data({ ...base, choices: [], usage: openaiUsage(counts) })}data: [DONE]\n\n`,
    ];
  },
  error: {
    status: 500,
    body: JSON.stringify({ error: { message: 'simulated failure', type: 'server_error', code: null } }),
  },
  filtered: {
    status: 400,
    body: JSON.stringify({
      error: { message: 'simulated filter', type: 'invalid_request_error', code: 'content_filter' },
    }),
  },
};

function openaiUsage({ inputTokens, outputTokens }: Pick<Answer, 'inputTokens' | 'outputTokens'>): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}

const anthropic: Wire = {
  whole: ({ model, text, inputTokens, outputTokens }) =>
    JSON.stringify({
      id: 'simulated',
      type: 'message',
      role: 'assistant',
      model,
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: inputTokens, output_tokens: outputTokens },
    }),
  events: ({ model, inputTokens, outputTokens }, pieces) => {
    const event = (type: string, more: object): string => `event: ${type}\n${data({ type, ...more })}`;
    const message = {
      id: 'simulated',
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
    };
    const block = { index: 0, content_block: { type: 'text', text: '' } };
    return [
      event('message_start', {
        message: { ...message, usage: { input_tokens: inputTokens, output_tokens: 1 } },
      }) + event('content_block_start', block),
      ...pieces.map((text) =>
        event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
      ),
      event('content_block_stop', { index: 0 }) +
        event('message_delta', {
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: { output_tokens: outputTokens },
        }) +
        event('message_stop', {}),
    ];
  },
  error: {
    status: 529,
    body: JSON.stringify({
      type: 'error',
      error: { type: 'overloaded_error', message: 'simulated failure' },
    }),
  },
  filtered: {
    status: 400,
    body: JSON.stringify({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'simulated: blocked by content filtering policy' },
    }),
  },
};

export const wires = { openai, anthropic };
