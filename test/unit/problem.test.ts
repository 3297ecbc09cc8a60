import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problem } from '../../services/ingest/problem.ts';
import type { ProblemCode } from '../../services/ingest/problem.ts';

test('a problem has the members of RFC 9457 and ours', () => {
  const errors = [{ pointer: '/body', detail: 'body is required' }];
  assert.deepEqual(
    problem({ code: 'invalid-input', detail: 'One field is wrong.', errors, requestId: 'r-1' }),
    {
      type: '/problems/invalid-input',
      title: 'The body does not fit',
      status: 422,
      code: 'invalid-input',
      detail: 'One field is wrong.',
      errors,
      requestId: 'r-1',
    },
  );
});

test('without a detail the title stands in, and errors is an empty list', () => {
  const { detail, errors } = problem({ code: 'unauthorized', requestId: 'r-1' });
  assert.equal(detail, 'The key or the signature is missing or wrong.');
  assert.deepEqual(errors, []);
});

test('each code has the status that is promised for it', () => {
  const promised: [ProblemCode, number][] = [
    ['invalid-json', 400],
    ['unauthorized', 401],
    ['missing-scope', 403],
    ['source-not-allowed', 403],
    ['unknown-source', 404],
    ['unknown-ticket', 404],
    ['idempotency-key-reused', 409],
    ['request-timeout', 408],
    ['too-large', 413],
    ['unsupported-media-type', 415],
    ['invalid-input', 422],
    ['rate-limited', 429],
    ['headers-too-large', 431],
    ['internal', 500],
    ['unavailable', 503],
    ['overloaded', 503],
  ];
  for (const [code, status] of promised) {
    const { type, status: given } = problem({ code, requestId: 'r' });
    assert.deepEqual([type, given], [`/problems/${code}`, status]);
  }
});
