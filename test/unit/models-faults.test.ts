/** The fault of every status and error body, what follows from each fault, and the wait a provider asks for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faults } from '../../shared/models/chat.ts';
import type { Fault } from '../../shared/models/chat.ts';
import { longTripMs, faultOfErrorBody, faultOfStatus, faultRules } from '../../shared/models/faults.ts';
import { errorCode } from '../../shared/models/error-body.ts';
import { parseRetryAfter } from '../../shared/models/retry-after.ts';

const none = new Headers();
const openAi = (code: string | null, message = '', type = 'invalid_request_error') => ({
  error: { message, type, code, param: null },
});
const anthropic = (type: string, message = '', errorDetails?: string) => ({
  type: 'error',
  error: { type, message, details: errorDetails === undefined ? null : { error_code: errorDetails } },
});

const statusCases: [number, unknown, Fault][] = [
  [301, '', 'bad_response'],
  [400, openAi(null, 'Unknown parameter: foo'), 'bad_request'],
  [400, openAi('context_length_exceeded'), 'too_long'],
  [
    400,
    openAi(null, "This model's maximum context length is 8192 tokens, however you requested 9000"),
    'too_long',
  ],
  [400, anthropic('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'), 'too_long'],
  [
    400,
    openAi(null, 'max_tokens is too large: this model supports at most 4096 completion tokens'),
    'bad_request',
  ],
  [400, openAi('content_filter', 'The response was filtered'), 'filtered'],
  [400, openAi(null, 'Content Exists Risk'), 'filtered'],
  [400, { error: { code: 'DataInspectionFailed', message: '' } }, 'filtered'],
  [400, anthropic('invalid_request_error', 'Output blocked by content filtering policy'), 'filtered'],
  [
    400,
    { error: { code: null, message: '', innererror: { code: 'ResponsibleAIPolicyViolation' } } },
    'filtered',
  ],
  [400, anthropic('invalid_request_error', 'Your credit balance is too low to access the API.'), 'quota'],
  [400, openAi('model_decommissioned'), 'not_found'],
  [401, openAi('invalid_api_key'), 'auth'],
  [402, openAi(null, 'Insufficient Balance'), 'quota'],
  [403, anthropic('permission_error'), 'auth'],
  [403, { error: { code: 403, message: 'Input was flagged', metadata: {} } }, 'filtered'],
  [403, '<html>Forbidden</html>', 'auth'],
  [404, openAi('model_not_found'), 'not_found'],
  [408, '', 'server_error'],
  [409, openAi(null), 'bad_request'],
  [413, anthropic('request_too_large'), 'too_long'],
  [422, { message: { detail: [{ type: 'extra_forbidden', loc: ['body', 'store'] }] } }, 'bad_request'],
  [429, openAi('rate_limit_exceeded', 'Rate limit reached', 'tokens'), 'rate_limited'],
  [429, openAi('insufficient_quota', 'You exceeded your current quota', 'insufficient_quota'), 'quota'],
  [
    429,
    [{ error: { code: 429, message: 'You exceeded your current quota', status: 'RESOURCE_EXHAUSTED' } }],
    'rate_limited',
  ],
  [429, anthropic('rate_limit_error', '', 'enforced_spend_limit_reached'), 'quota'],
  [429, anthropic('rate_limit_error', '', 'ramp_limit_exceeded'), 'rate_limited'],
  [429, anthropic('billing_error'), 'quota'],
  [498, openAi('capacity_exceeded'), 'overloaded'],
  [499, '', 'server_error'],
  [500, anthropic('api_error'), 'server_error'],
  [502, '<html>', 'server_error'],
  [503, '', 'server_error'],
  [
    503,
    openAi(null, 'The engine is currently overloaded, please try again later', 'server_error'),
    'overloaded',
  ],
  [504, '', 'server_error'],
  [529, anthropic('overloaded_error'), 'overloaded'],
];

describe('faultOfStatus', () => {
  for (const [status, body, fault] of statusCases) {
    it(`${status} ${JSON.stringify(body).slice(0, 70)}: ${fault}`, () => {
      assert.equal(faultOfStatus(status, body, none), fault);
    });
  }

  it('503 and 402 that ask to wait are passing', () => {
    const wait = new Headers({ 'retry-after': '5' });
    assert.equal(faultOfStatus(503, '', wait), 'overloaded');
    assert.equal(faultOfStatus(402, openAi(null), wait), 'rate_limited');
  });

  it('a ticket that is quoted in an error message cannot stop a model', () => {
    const quoted = openAi(null, 'cannot parse: "insufficient_quota billing_error model_not_found"');
    assert.equal(faultOfStatus(400, quoted, none), 'bad_request');
    assert.equal(faultOfStatus(429, quoted, none), 'rate_limited');
  });
});

describe('faultOfErrorBody', () => {
  const cases: [unknown, Fault][] = [
    [{ error: { code: 429, message: '' } }, 'rate_limited'],
    [{ error: { code: '502', message: '' } }, 'server_error'],
    [{ error: { code: 'insufficient_quota', type: 'insufficient_quota', message: '' } }, 'quota'],
    [anthropic('overloaded_error'), 'overloaded'],
    [anthropic('rate_limit_error'), 'rate_limited'],
    [anthropic('authentication_error'), 'auth'],
    [anthropic('billing_error'), 'quota'],
    [anthropic('invalid_request_error', 'prompt is too long'), 'too_long'],
    [{ error: 'something broke' }, 'server_error'],
    [{ error: { code: null, message: 'something broke' } }, 'server_error'],
    [{ error: { code: 200, type: 'constructor' } }, 'server_error'],
  ];
  for (const [body, fault] of cases) {
    it(`${JSON.stringify(body).slice(0, 70)}: ${fault}`, () =>
      assert.equal(faultOfErrorBody(body, none), fault));
  }
});

describe('faultRules', () => {
  const withRule = (test: (fault: Fault) => boolean): Fault[] => faults.filter(test);

  it('the provider’s failures count against the breaker, and nothing else does', () => {
    assert.deepEqual(
      withRule((fault) => faultRules[fault].countsAgainstBreaker),
      [
        'timeout_total',
        'timeout_first_byte',
        'timeout_idle',
        'connection',
        'overloaded',
        'server_error',
        'bad_response',
        'truncated',
        'empty',
      ],
    );
  });

  it('what only a person can mend trips for 15 minutes and alerts', () => {
    const long = ['auth', 'quota', 'not_found'];
    assert.equal(longTripMs, 900_000);
    assert.deepEqual(
      long.map((fault) => faultRules[fault as Fault].tripsLong),
      ['account', 'account', 'model'],
    );
    assert.deepEqual(
      withRule((fault) => faultRules[fault].tripsLong !== null),
      long,
    );
    assert.deepEqual(
      withRule((fault) => faultRules[fault].alert),
      long,
    );
  });

  it('rate limits and aborts are no attempts', () => {
    assert.deepEqual(
      withRule((fault) => !faultRules[fault].isAttempt),
      ['rate_limited', 'aborted'],
    );
  });

  it('who can help', () => {
    assert.deepEqual(
      withRule((fault) => faultRules[fault].next === 'other_provider'),
      ['auth', 'quota', 'filtered'],
    );
    assert.deepEqual(
      withRule((fault) => faultRules[fault].next === 'larger_window'),
      ['too_long'],
    );
    assert.deepEqual(
      withRule((fault) => faultRules[fault].next === 'stop'),
      ['aborted'],
    );
  });
});

describe('parseRetryAfter', () => {
  const nowMs = Date.parse('2026-11-22T10:00:00Z');
  const cases: [Record<string, string>, number | null][] = [
    [{}, null],
    [{ 'retry-after-ms': '1500' }, 1500],
    [{ 'retry-after-ms': '1500', 'retry-after': '60' }, 1500],
    [{ 'retry-after-ms': 'soon', 'retry-after': '60' }, 60_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after': ' 2 ' }, 2000],
    [{ 'retry-after': '3600' }, 600_000],
    [{ 'retry-after': '1e9' }, null],
    [{ 'retry-after': '-5' }, null],
    [{ 'retry-after': 'Infinity' }, null],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '' }, null],
    [{ 'retry-after': 'Sun, 22 Nov 2026 10:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sunday, 22-Nov-26 10:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 09:00:00 GMT' }, 0],
    [{ 'retry-after': 'Sun, 22 Nov 2027 10:00:00 GMT' }, 600_000],
    [{ 'retry-after': 'Sun, 99 Foo 2026' }, null],
  ];
  for (const [headers, expected] of cases) {
    it(`${JSON.stringify(headers)}: ${expected}`, () => {
      assert.equal(parseRetryAfter(new Headers(headers), nowMs), expected);
    });
  }
});

describe('errorCode', () => {
  it('gives the provider’s own name, and never free text', () => {
    assert.equal(errorCode(openAi('model_not_found')), 'model_not_found');
    assert.equal(errorCode(anthropic('overloaded_error')), 'overloaded_error');
    assert.equal(errorCode({ error: { code: 'my card is 4111 1111', message: 'x' } }), null);
    assert.equal(errorCode('<html>'), null);
  });
});
