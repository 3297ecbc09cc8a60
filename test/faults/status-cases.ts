/** Refusals with a status: rate limits, overload, keys, quotas, limits of the model, redirects. */
import type { Behaviour } from '../fakes/provider.ts';
import { answerUsd } from './case.ts';
import type { Expectation, FaultCase, Variant } from './case.ts';

const second = { answeredBy: ['second'], calls: { second: 1 } } as const;
const refused = (fault: Expectation['faults'][number], more: Partial<Expectation> = {}): Expectation => ({
  faults: [fault],
  costs: [0],
  ...second,
  ...more,
});

const tooMany: Behaviour = {
  status: 429,
  error: { type: 'rate_limit_error', code: 'rate_limit_exceeded', message: 'slow down' },
};
const limited = (name: string, headers: () => Record<string, string>, quietMs: number | null): FaultCase => ({
  name: `429 ${name}`,
  behave: () => ({ ...tooMany, headers: headers() }),
  // What was learned: as many calls at once as before may be too many.
  expect: refused('rate_limited', { gate: { state: 'limited' }, quietMs }),
});

const rateLimits: FaultCase[] = [
  limited('without Retry-After', () => ({}), null),
  limited('with Retry-After in seconds', () => ({ 'retry-after': '30' }), 30_000),
  limited(
    'with Retry-After as a date',
    () => ({ 'retry-after': new Date(Date.now() + 30_000).toUTCString() }),
    30_000,
  ),
  limited('with retry-after-ms', () => ({ 'retry-after-ms': '30000', 'retry-after': '1' }), 30_000),
  limited('with an absurd Retry-After', () => ({ 'retry-after': '99999999999' }), 600_000),
  limited(
    'with a Retry-After in the far future',
    () => ({ 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' }),
    600_000,
  ),
  limited('with a negative Retry-After', () => ({ 'retry-after': '-30' }), null),
  limited('with a Retry-After in the past', () => ({ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }), null),
  limited('with a Retry-After that says nothing', () => ({ 'retry-after': 'soon' }), null),
  {
    name: '429 with retry-after-ms where there is no other model',
    chain: ['first'],
    behave: (_, number) => (number === 1 ? { ...tooMany, headers: { 'retry-after-ms': '700' } } : {}),
    expect: {
      faults: ['rate_limited', null],
      answeredBy: ['first'],
      costs: [0, answerUsd],
      gate: { state: 'limited' },
      parkedMs: 700,
    },
  },
];

const down: Behaviour = { status: 503, error: { type: 'api_error', message: 'down' } };
const busy: Behaviour = { status: 529, error: { type: 'overloaded_error', message: 'Overloaded' } };
const modelOpen = { state: 'open', scope: 'model', why: 'failures' } as const;
const sixBySecond = { answeredBy: Array<'second'>(6).fill('second'), calls: { second: 6 } };

const outages: FaultCase[] = [
  {
    name: '500 once',
    tickets: 2,
    behave: (_, number) => (number === 1 ? { status: 500, error: { type: 'api_error' } } : {}),
    expect: {
      faults: ['server_error', null],
      answeredBy: ['second', 'first'],
      calls: { second: 1 },
      costs: [0, answerUsd],
      gate: { failures: 0 },
    },
  },
  {
    name: '500 once where there is no other model',
    chain: ['first'],
    behave: (_, number) => (number === 1 ? { status: 500, error: { type: 'api_error' } } : {}),
    expect: {
      faults: ['server_error', null],
      answeredBy: ['first'],
      costs: [0, answerUsd],
      gate: { failures: 0 },
      parkedMs: 1000,
    },
  },
  {
    name: '503 for ever',
    tickets: 6,
    failures: 2,
    behave: () => down,
    expect: {
      faults: ['server_error', 'server_error'],
      costs: [0, 0],
      ...sixBySecond,
      gate: modelOpen,
    },
  },
  {
    name: '503 with Retry-After',
    behave: () => ({ ...down, headers: { 'retry-after': '30' } }),
    expect: refused('overloaded', { gate: { failures: 1 }, quietMs: 30_000 }),
  },
  {
    name: '529 for ever',
    tickets: 6,
    failures: 2,
    behave: () => busy,
    expect: {
      faults: ['overloaded', 'overloaded'],
      costs: [0, 0],
      ...sixBySecond,
      gate: modelOpen,
    },
  },
  {
    name: '504 of a gateway, whose model may have answered it',
    behave: () => ({ status: 504, html: true }),
    expect: refused('server_error', { gate: { failures: 1 }, costs: [null], possiblyBilled: true }),
  },
];

const quotaOf = ({ api }: Variant): Behaviour =>
  api === 'openai'
    ? { status: 429, error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'no money' } }
    : { status: 402, error: { type: 'billing_error', message: 'no money' } };
const accountOpen = { state: 'open', scope: 'account' } as const;
const thrice = { answeredBy: ['second', 'second', 'second'], calls: { second: 3 } } as const;

const accounts: FaultCase[] = [
  {
    name: 'a wrong key',
    tickets: 3,
    chain: ['first', 'twin', 'second'],
    behave: () => ({ status: 401, error: { type: 'authentication_error', message: 'wrong key' } }),
    expect: { faults: ['auth'], costs: [0], ...thrice, gate: { ...accountOpen, why: 'key' } },
  },
  {
    name: 'an exhausted quota',
    tickets: 3,
    chain: ['first', 'twin', 'second'],
    behave: quotaOf,
    expect: { faults: ['quota'], costs: [0], ...thrice, gate: { ...accountOpen, why: 'quota' } },
  },
  {
    name: 'an unknown model',
    tickets: 3,
    chain: ['first', 'twin'],
    behave: () => ({ status: 404, error: { type: 'not_found_error', code: 'model_not_found' } }),
    expect: {
      faults: ['not_found'],
      costs: [0],
      answeredBy: ['twin', 'twin', 'twin'],
      calls: { twin: 3 },
      gate: { ...modelOpen, why: 'unknown' },
    },
  },
];

const tooLong = ({ api }: Variant): Behaviour =>
  api === 'openai'
    ? { status: 400, error: { type: 'invalid_request_error', code: 'context_length_exceeded' } }
    : {
        status: 400,
        error: { type: 'invalid_request_error', message: 'prompt is too long: 9 tokens > 8 maximum' },
      };
const filter = ({ api }: Variant): Behaviour =>
  api === 'openai'
    ? { status: 400, error: { type: 'invalid_request_error', code: 'content_filter', message: 'filtered' } }
    : {
        status: 400,
        error: { type: 'invalid_request_error', message: 'Output blocked by content filtering policy' },
      };

const callers: FaultCase[] = [
  {
    name: 'context too long',
    chain: ['first', 'twin', 'wide'],
    behave: tooLong,
    expect: { faults: ['too_long'], costs: [0], answeredBy: ['wide'], calls: { wide: 1 } },
  },
  {
    name: 'context too long where no window is larger',
    chain: ['first', 'twin', 'second'],
    behave: tooLong,
    expect: { faults: ['too_long'], costs: [0], answeredBy: ['people: too_long'] },
  },
  {
    name: 'a content filter before the answer',
    chain: ['first', 'twin', 'second'],
    behave: filter,
    expect: refused('filtered'),
  },
  {
    name: 'a request that it calls bad',
    chain: ['first', 'twin'],
    behave: () => ({ status: 400, error: { type: 'invalid_request_error', message: 'no' } }),
    expect: { faults: ['bad_request'], costs: [0], answeredBy: ['twin'], calls: { twin: 1 } },
  },
  {
    name: 'a redirect to another host',
    behave: ({ strangerUrl, api }) => ({
      status: 307,
      headers: { location: `${strangerUrl}${api === 'openai' ? '/v1/chat/completions' : '/v1/messages'}` },
      body: '',
    }),
    expect: refused('bad_response', { gate: { failures: 1 } }),
  },
];

export const statusCases: FaultCase[] = [...rateLimits, ...outages, ...accounts, ...callers];
