/** What a model server puts on the wire for one behaviour: plain bodies and event streams of both APIs. */
import type { Behaviour, FakeUsage } from './provider.ts';

export type Wire = {
  /** The events of a streamed answer: those before the text, one per piece of text, those after. */
  before: string[];
  pieces: string[];
  after: string[];
  /** The events of another answer, where one follows. */
  second: string;
  /** The whole answer as one JSON body. */
  json: string;
};

const defaultUsage: FakeUsage = { input: 25, output: 12 };

function cutText(behaviour: Behaviour): string[] {
  if (behaviour.chunks !== undefined) return behaviour.chunks;
  const text = behaviour.text ?? 'Hello from the provider.';
  const characters = Array.from(text);
  const count = Math.max(1, Math.min(behaviour.chunkCount ?? 4, characters.length));
  const size = Math.ceil(characters.length / count);
  return Array.from({ length: count }, (_, index) =>
    characters.slice(index * size, (index + 1) * size).join(''),
  );
}

function openAiUsage(usage: FakeUsage): Record<string, unknown> {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached ?? 0, cache_write_tokens: usage.cacheWrite ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  };
}

function anthropicUsage(usage: FakeUsage): Record<string, unknown> {
  const cached = usage.cached ?? 0;
  const cacheWrite = usage.cacheWrite ?? 0;
  return {
    input_tokens: usage.input - cached - cacheWrite,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: cacheWrite,
    output_tokens: usage.output,
    output_tokens_details: { thinking_tokens: usage.reasoning ?? 0 },
  };
}

export function openAiWire(behaviour: Behaviour, model: string): Wire {
  const pieces = cutText(behaviour);
  const usage = behaviour.usage === undefined ? defaultUsage : behaviour.usage;
  const finish = behaviour.finish === undefined ? 'stop' : behaviour.finish;
  const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_790_000_000, model };
  const chunk = (delta: unknown, finishReason: string | null): string =>
    `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] })}\n\n`;
  const counts = behaviour.usageAsSent ?? (usage === null ? null : openAiUsage(usage));
  const after = finish === null ? [] : [chunk({}, finish)];
  if (counts !== null) {
    after.push(`data: ${JSON.stringify({ ...base, choices: [], usage: counts })}\n\n`);
  }
  if (behaviour.sentinel !== false) after.push('data: [DONE]\n\n');
  const message = { role: 'assistant', content: pieces.join(''), refusal: behaviour.refusal ?? null };
  return {
    before: [chunk({ role: 'assistant', content: '', refusal: behaviour.refusal ?? null }, null)],
    pieces: pieces.map((content) => chunk({ content }, null)),
    after,
    second: [chunk({ content: behaviour.secondText ?? '' }, null), ...after].join(''),
    json: JSON.stringify({
      ...base,
      object: 'chat.completion',
      choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
      ...(counts === null ? {} : { usage: counts }),
    }),
  };
}

export function anthropicWire(behaviour: Behaviour, model: string): Wire {
  const pieces = cutText(behaviour);
  const usage = behaviour.usage === undefined ? defaultUsage : behaviour.usage;
  const stopReason = behaviour.finish === undefined ? 'end_turn' : behaviour.finish;
  const event = (type: string, data: Record<string, unknown>): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model };
  const full = behaviour.usageAsSent ?? (usage === null ? undefined : anthropicUsage(usage));
  const startUsage = full === undefined ? {} : { usage: { ...full, output_tokens: 1 } };
  const after = [event('content_block_stop', { index: 0 })];
  if (stopReason !== null) {
    const delta = { stop_reason: stopReason, stop_sequence: null };
    after.push(event('message_delta', { delta, ...(full === undefined ? {} : { usage: full }) }));
  }
  if (behaviour.sentinel !== false) after.push(event('message_stop', {}));
  const piece = (text: string): string =>
    event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
  return {
    before: [
      event('message_start', { message: { ...message, content: [], stop_reason: null, ...startUsage } }),
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      event('ping', {}),
    ],
    pieces: pieces.map(piece),
    after,
    second: [piece(behaviour.secondText ?? ''), ...after].join(''),
    json: JSON.stringify({
      ...message,
      content: [{ type: 'text', text: pieces.join('') }],
      stop_reason: stopReason,
      stop_sequence: null,
      ...(full === undefined ? {} : { usage: full }),
    }),
  };
}
