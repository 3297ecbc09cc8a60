/** Misbehaviour below the answer: connections, silence, bytes too late or too few. */
import { boundMs, answerUsd } from './case.ts';
import type { Expectation, FaultCase } from './case.ts';

const second = { answeredBy: ['second'], calls: { second: 1 } } as const;
/** The provider may have done the work, and bill it. */
const unknownCost = { costs: [null], possiblyBilled: true } as const;
const counted = { gate: { failures: 1 } } as const;
const lost = (fault: Expectation['faults'][number], more: Partial<Expectation> = {}): Expectation => ({
  faults: [fault],
  ...second,
  ...unknownCost,
  ...counted,
  ...more,
});
const cutByUs = { isClosedEarly: true } as const;
const chunks = ['One ', 'two ', 'three ', 'four ', 'five ', 'six ', 'seven ', 'eight.'];

const connections: FaultCase[] = [
  {
    name: 'a reset before the headers',
    behave: () => ({ resetBeforeHeaders: true }),
    expect: lost('connection'),
  },
  {
    name: 'a reset after the headers',
    behave: () => ({ resetAfterHeaders: true }),
    expect: lost('truncated'),
  },
  {
    name: 'a cut in the middle of a stream',
    only: { mode: 'streamed' },
    behave: () => ({ chunks, cutAfterChunks: 4 }),
    expect: lost('truncated'),
  },
  {
    name: 'a cut in the middle of a body',
    only: { mode: 'whole' },
    behave: () => ({ cutAfterBytes: 60 }),
    expect: lost('truncated'),
  },
  {
    name: 'a body shorter than announced',
    only: { mode: 'whole' },
    behave: () => ({ shortBody: true }),
    expect: lost('truncated'),
  },
  {
    name: 'a malformed chunk in a stream',
    only: { mode: 'streamed' },
    behave: () => ({ chunks, malformedAfterChunks: 4 }),
    expect: lost('truncated'),
  },
  {
    name: 'a malformed chunk in a body',
    only: { mode: 'whole' },
    behave: () => ({ malformedAfterBytes: 60 }),
    expect: lost('truncated'),
  },
];

const silences: FaultCase[] = [
  {
    name: 'silence',
    behave: () => ({ hang: true }),
    bound: ({ mode }) => (mode === 'streamed' ? 'firstByte' : 'total'),
    expect: ({ mode }) => lost(mode === 'streamed' ? 'timeout_first_byte' : 'timeout_total', cutByUs),
  },
  {
    name: 'silence for ever',
    tickets: 4,
    failures: 2,
    behave: () => ({ hang: true }),
    bound: () => 'total',
    expect: {
      faults: ['timeout_total', 'timeout_total'],
      answeredBy: ['second', 'second', 'second', 'second'],
      calls: { second: 4 },
      costs: [null, null],
      possiblyBilled: true,
      gate: { state: 'open', scope: 'model', why: 'failures' },
      ...cutByUs,
    },
  },
  {
    name: 'a first byte that is too slow',
    behave: () => ({ firstByteDelayMs: 60_000 }),
    bound: ({ mode }) => (mode === 'streamed' ? 'firstByte' : 'total'),
    expect: ({ mode }) => lost(mode === 'streamed' ? 'timeout_first_byte' : 'timeout_total', cutByUs),
  },
  {
    name: 'a first byte that is slow, but within its bound',
    behave: () => ({ firstByteDelayMs: boundMs }),
    expect: { faults: [null], answeredBy: ['first'], costs: [answerUsd] },
  },
  {
    name: 'a slow drip of pieces within the bounds',
    only: { mode: 'streamed' },
    behave: () => ({ chunks, chunkDelayMs: boundMs / 8 }),
    expect: { faults: [null], answeredBy: ['first'], costs: [answerUsd] },
  },
  {
    name: 'a slow drip of bytes within the bounds',
    only: { mode: 'whole' },
    behave: () => ({ sliceBytes: 60, sliceDelayMs: boundMs / 8 }),
    expect: { faults: [null], answeredBy: ['first'], costs: [answerUsd] },
  },
  {
    name: 'a drip of pieces without end',
    only: { mode: 'streamed' },
    behave: () => ({ chunks: Array<string>(2000).fill('and '), chunkDelayMs: 30 }),
    bound: () => 'total',
    expect: lost('timeout_total', cutByUs),
  },
  {
    name: 'a drip of bytes without end',
    only: { mode: 'whole' },
    behave: () => ({ text: 'and '.repeat(2000), sliceBytes: 10, sliceDelayMs: 30 }),
    bound: () => 'total',
    expect: lost('timeout_total', cutByUs),
  },
  {
    name: 'a stall in the middle of a stream',
    only: { mode: 'streamed' },
    behave: () => ({ chunks, stallAfterChunks: 4 }),
    bound: () => 'idle',
    expect: lost('timeout_idle', cutByUs),
  },
  {
    name: 'a stall in the middle of a body',
    only: { mode: 'whole' },
    behave: () => ({ stallAfterBytes: 60 }),
    bound: () => 'idle',
    expect: lost('timeout_idle', cutByUs),
  },
  {
    name: 'a second completion after a stall',
    only: { mode: 'streamed' },
    behave: () => ({ chunks, stallAfterChunks: 4, resumesOnceClosed: true }),
    bound: () => 'idle',
    expect: lost('timeout_idle', cutByUs),
  },
  {
    name: 'a whole completion after its time is over',
    only: { mode: 'whole' },
    behave: () => ({ delayMs: 60_000 }),
    bound: () => 'total',
    expect: lost('timeout_total', cutByUs),
  },
];

export const wireCases: FaultCase[] = [...connections, ...silences];
