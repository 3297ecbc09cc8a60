/** Responses that arrive in full and are no answer, or count their tokens wrongly. */
import type { Behaviour } from '../fakes/provider.ts';
import { answerUsd } from './case.ts';
import type { Expectation, FaultCase, Variant } from './case.ts';

const second = { answeredBy: ['second'], calls: { second: 1 } } as const;
const counted = { gate: { failures: 1 } } as const;
/** Without a count of its tokens nobody knows what it cost. */
const broken = (fault: Expectation['faults'][number]): Expectation => ({
  faults: [fault],
  ...second,
  ...counted,
  costs: [null],
  possiblyBilled: true,
});
/** The model's own decision, paid as counted. */
const decided = (fault: Expectation['faults'][number]): Expectation => ({
  faults: [fault],
  ...second,
  costs: [answerUsd],
});
const answered = (cost: number | null): Expectation => ({
  faults: [null],
  answeredBy: ['first'],
  costs: [cost],
});

const pair =
  <T>(openai: T, anthropic: T) =>
  ({ api }: Variant): T =>
    api === 'openai' ? openai : anthropic;

const bodies: FaultCase[] = [
  {
    name: 'JSON that breaks off',
    behave: () => ({ body: '{"choices": [', contentType: 'application/json' }),
    expect: broken('bad_response'),
  },
  {
    name: 'an event that is no JSON',
    only: { mode: 'streamed' },
    behave: () => ({ body: 'data: {"choices": [\n\n', contentType: 'text/event-stream' }),
    expect: broken('bad_response'),
  },
  { name: 'an empty object', behave: () => ({ body: {} }), expect: broken('bad_response') },
  {
    name: 'an empty body',
    behave: () => ({ body: '', contentType: 'application/json' }),
    expect: broken('bad_response'),
  },
  { name: 'HTML with status 200', behave: () => ({ html: true }), expect: broken('bad_response') },
  {
    name: 'an answer of the wrong content type',
    behave: () => ({ json: true, contentType: 'text/plain' }),
    expect: broken('bad_response'),
  },
  {
    name: 'no choices, or no content',
    behave: () => ({ body: { choices: [], model: 'm' } }),
    expect: broken('bad_response'),
  },
  {
    name: 'an error of overload inside a 200',
    behave: () => ({ body: { error: { type: 'overloaded_error', code: 529, message: 'Overloaded' } } }),
    expect: { faults: ['overloaded'], ...second, ...counted, costs: [0] },
  },
  {
    name: 'a rate limit inside a 200',
    behave: () => ({
      body: { error: { code: 429, type: 'rate_limit_error' } },
      headers: { 'retry-after': '30' },
    }),
    expect: { faults: ['rate_limited'], ...second, costs: [0], gate: { state: 'limited' }, quietMs: 30_000 },
  },
  {
    name: 'an error in the middle of a stream',
    only: { mode: 'streamed' },
    behave: () => ({ errorAfterChunks: 2 }),
    expect: broken('overloaded'),
  },
];

const ends: FaultCase[] = [
  {
    name: 'a stream that ends quietly half way',
    only: { mode: 'streamed' },
    behave: () => ({ endAfterChunks: 2 }),
    expect: broken('truncated'),
  },
  {
    name: 'no finish reason',
    behave: () => ({ finish: null }),
    expect: ({ api, mode }) =>
      // Anthropic's stream counts its output beside the reason, so there is no count either.
      api === 'anthropic' && mode === 'streamed'
        ? broken('truncated')
        : { faults: ['truncated'], ...second, ...counted, costs: [answerUsd] },
  },
  {
    name: 'no finish reason and no end marker',
    only: { mode: 'streamed' },
    behave: () => ({ finish: null, sentinel: false, usage: null }),
    expect: broken('truncated'),
  },
  {
    name: 'a finish reason without an end marker, which is a whole answer',
    only: { mode: 'streamed' },
    behave: () => ({ sentinel: false }),
    expect: answered(answerUsd),
  },
  {
    name: 'a whole answer and then a connection that stays open',
    only: { mode: 'streamed' },
    behave: () => ({ neverEnds: true }),
    expect: { ...answered(answerUsd), isClosedEarly: true },
  },
  {
    name: 'two answers in one stream, of which the first counts',
    only: { mode: 'streamed' },
    behave: () => ({ text: 'By the first.', secondText: 'Once more.' }),
    expect: answered(answerUsd),
  },
  {
    name: 'an answer without text',
    behave: () => ({ text: ' \n ' }),
    expect: { faults: ['empty'], ...second, ...counted, costs: [answerUsd] },
  },
  {
    name: 'a length cut',
    behave: pair<Behaviour>({ finish: 'length' }, { finish: 'max_tokens' }),
    expect: decided('length'),
  },
  {
    name: 'a refusal',
    behave: pair<Behaviour>({ refusal: 'I will not.' }, { finish: 'refusal' }),
    expect: decided('refused'),
  },
  {
    name: 'a content filter in the middle of the answer',
    only: { api: 'openai' },
    chain: ['first', 'twin', 'second'],
    behave: () => ({ finish: 'content_filter' }),
    expect: decided('filtered'),
  },
  {
    name: 'a reason to stop that nobody knows',
    behave: () => ({ finish: 'because' }),
    expect: { faults: ['bad_response'], ...second, ...counted, costs: [answerUsd] },
  },
];

const usage = (openai: Record<string, unknown>, anthropic: Record<string, unknown>) =>
  pair<Behaviour>({ usageAsSent: openai }, { usageAsSent: anthropic });

const counts: FaultCase[] = [
  { name: 'no usage', behave: () => ({ usage: null }), expect: answered(null) },
  {
    name: 'a negative usage',
    behave: usage({ prompt_tokens: -25, completion_tokens: 12 }, { input_tokens: -25, output_tokens: 12 }),
    expect: answered(null),
  },
  {
    name: 'usage as text',
    behave: usage(
      { prompt_tokens: '25', completion_tokens: '12' },
      { input_tokens: '25', output_tokens: '12' },
    ),
    expect: answered(null),
  },
  {
    name: 'usage of nothing at all',
    behave: usage({ prompt_tokens: 0, completion_tokens: 0 }, { input_tokens: 0, output_tokens: 0 }),
    expect: answered(null),
  },
  {
    name: 'fractions of tokens',
    behave: usage({ prompt_tokens: 2.5, completion_tokens: 12 }, { input_tokens: 2.5, output_tokens: 12 }),
    expect: answered(null),
  },
  {
    name: 'more cached tokens than there were',
    only: { api: 'openai' },
    behave: () => ({
      usageAsSent: {
        prompt_tokens: 25,
        completion_tokens: 12,
        prompt_tokens_details: { cached_tokens: 9999 },
      },
    }),
    // As if all had been cached: 25 at 0.1 USD a million, 12 at 2 USD.
    expect: answered(0.0000265),
  },
];

export const answerCases: FaultCase[] = [...bodies, ...ends, ...counts];
