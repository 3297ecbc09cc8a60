/** Error answers of the HTTP intake: RFC 9457, media type `application/problem+json`. */

/** Every problem that the intake answers with; `code` is stable, and the last part of `type`. */
const problems = {
  'invalid-json': { status: 400, title: 'The body is not valid JSON' },
  'bad-request': { status: 400, title: 'The request is malformed' },
  unauthorized: { status: 401, title: 'The key or the signature is missing or wrong' },
  'missing-scope': { status: 403, title: 'The key lacks the scope' },
  'source-not-allowed': { status: 403, title: 'The key does not cover this source' },
  'not-found': { status: 404, title: 'There is no such address' },
  'unknown-source': { status: 404, title: 'There is no such source' },
  'unknown-destination': { status: 404, title: 'There is no such destination' },
  'unknown-ticket': { status: 404, title: 'There is no such ticket' },
  'idempotency-key-reused': { status: 409, title: 'The Idempotency-Key was used with another body' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  conflict: { status: 409, title: 'The ticket is past that' },
  'destination-disabled': { status: 409, title: 'The destination is disabled' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not supported' },
  'invalid-input': { status: 422, title: 'The body does not fit' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something failed on our side' },
  unavailable: { status: 503, title: 'Tickets cannot be stored at the moment' },
  overloaded: { status: 503, title: 'Intake is shedding load' },
} as const;

export type ProblemCode = keyof typeof problems;

/** Where in the body it is (a JSON pointer, RFC 6901) and what is wrong; never quotes what was sent. */
export type ProblemError = { pointer: string; detail: string };

export type Problem = {
  /** A relative reference, so that it is stable under whatever name the intake is reached. */
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail: string;
  errors: readonly ProblemError[];
  requestId: string;
};

/** `detail` must be fit to show to anybody: no ticket text, no keys. Without one, the title says it all. */
export function problem(facts: {
  code: ProblemCode;
  detail?: string;
  errors?: readonly ProblemError[];
  requestId: string;
}): Problem {
  const { code, errors = [], requestId } = facts;
  const { status, title } = problems[code];
  return {
    type: `/problems/${code}`,
    title,
    status,
    code,
    detail: facts.detail ?? `${title}.`,
    errors,
    requestId,
  };
}
