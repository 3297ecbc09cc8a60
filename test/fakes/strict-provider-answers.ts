/** What the strict server says, as each provider puts it on the wire. */
import { formatOf, textsOf } from './strict-provider-checks.ts';
import type { Json, StrictProvider, UsageCounts } from './strict-provider-rules.ts';

export const plainText = 'Your parcel left on Monday. 您的包裹已寄出。';
export const labels = { queryType: 'refund', complexity: 0.2, language: 'en' };
const answerTokens = 21;

type Said = { stream: boolean; thinking: number; isFiltered: boolean; breaksWith: unknown };
type Answer = { text: string; counts: UsageCounts; finish: 'stop' | 'length' | 'filter' };

function answerTo(body: Json, { thinking, isFiltered }: Said): Answer {
  const limit = Number(body['max_completion_tokens'] ?? body['max_tokens'] ?? Infinity);
  const counts = { input: 1200, cached: 1000, output: thinking + answerTokens, thinking };
  if (isFiltered) return { text: '', counts, finish: 'filter' };
  if (counts.output <= limit) return { text: textFor(body), counts, finish: 'stop' };
  const spent = Math.min(thinking, limit);
  return { text: '', counts: { ...counts, output: limit, thinking: spent }, finish: 'length' };
}

/** Asked for in the prompt alone, JSON comes as models like to give it: in a fence. */
function textFor(body: Json): string {
  if (formatOf(body) !== null) return JSON.stringify(labels);
  const isAsked = textsOf(body).some((text) => text.includes('JSON Schema'));
  return isAsked ? `\`\`\`json\n${JSON.stringify(labels, null, 2)}\n\`\`\`` : plainText;
}

/** `null` filter finish: the provider has none, and the test does not ask for it. */
const finishOf = (rules: StrictProvider, finish: Answer['finish']): string =>
  finish === 'filter' ? (rules.filterFinish ?? 'stop') : finish;

export function openAiAnswer(rules: StrictProvider, body: Json, said: Said): string {
  const { text, counts, finish } = answerTo(body, said);
  const usage = rules.usage(counts);
  const base = { id: 'chatcmpl-1', object: 'chat.completion', created: 1_793_084_842, model: body['model'] };
  const thought =
    rules.thinkingText === undefined || counts.thinking === 0 ? {} : { [rules.thinkingText]: 'Hm.' };
  const finishReason = finishOf(rules, finish);
  if (!said.stream) {
    const message = { role: 'assistant', content: text === '' ? null : text, ...thought };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }];
    return `${rules.keepAlive?.plain ?? ''}${JSON.stringify({ ...base, choices, usage })}`;
  }
  const chunk = (delta: Json, finished: string | null, more: Json = {}): Json => ({
    ...base,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finished }],
    ...more,
  });
  const half = Math.ceil(text.length / 2);
  const isAsked = (body['stream_options'] as Json | undefined)?.['include_usage'] === true;
  const beside = rules.streamUsage === 'beside finish' ? { usage } : {};
  const atGroq = rules.streamUsage === 'x_groq' ? { x_groq: { id: 'req_1', usage } } : {};
  const events: unknown[] = [
    ...(rules.firstChunk === undefined
      ? []
      : [{ ...base, object: 'chat.completion.chunk', ...rules.firstChunk }]),
    chunk({ role: 'assistant', content: '', ...thought }, null),
    chunk({ content: text.slice(0, half) }, null),
    ...(said.breaksWith === undefined
      ? [
          chunk({ content: text.slice(half) }, null),
          chunk({}, finishReason, { ...beside, ...atGroq }),
          ...(rules.streamUsage === 'asked' && isAsked ? [{ ...chunk({}, null), choices: [], usage }] : []),
        ]
      : [said.breaksWith]),
  ];
  const end = said.breaksWith === undefined ? 'data: [DONE]\n\n' : '';
  return `${rules.keepAlive?.stream ?? ''}${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}${end}`;
}

export function anthropicAnswer(rules: StrictProvider, body: Json, said: Said): string {
  const { text, counts, finish } = answerTo(body, said);
  const usage = rules.usage(counts);
  const reasons = { stop: 'end_turn', length: 'max_tokens', filter: rules.filterFinish };
  const stop = { stop_reason: reasons[finish], stop_sequence: null };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: body['model'] };
  const thought = counts.thinking === 0 ? [] : [{ type: 'thinking', thinking: '', signature: 'c2ln' }];
  if (!said.stream) {
    const content = [...thought, ...(text === '' ? [] : [{ type: 'text', text }])];
    return JSON.stringify({ ...message, content, ...stop, usage });
  }
  const event = (type: string, data: Json): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  const start = event('message_start', {
    message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
  });
  const block = (index: number, begun: Json, delta: Json | null): string =>
    event('content_block_start', { index, content_block: begun }) +
    (delta === null ? '' : event('content_block_delta', { index, delta }));
  const texts =
    thought.map((one, index) => block(index, one, null) + event('content_block_stop', { index })).join('') +
    event('ping', {}) +
    block(thought.length, { type: 'text', text: '' }, text === '' ? null : { type: 'text_delta', text });
  if (said.breaksWith !== undefined)
    return `${start}${texts}event: error\ndata: ${JSON.stringify(said.breaksWith)}\n\n`;
  return [
    start,
    texts,
    event('content_block_stop', { index: thought.length }),
    event('message_delta', { delta: stop, usage }),
    event('message_stop', {}),
  ].join('');
}
