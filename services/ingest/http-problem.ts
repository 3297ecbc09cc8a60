/** How a request ends in problem details: thrown by routes, caught by the server's error handler alone. */
import type { FastifyReply } from 'fastify';
import { problem } from './problem.ts';
import type { ProblemCode, ProblemError } from './problem.ts';

export const maxBodyBytes = 1_048_576;

/** Thrown by routes to end a request with a problem; caught by the error handler alone. */
export class HttpProblem extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly ProblemError[];

  constructor(code: ProblemCode, detail?: string, errors: readonly ProblemError[] = []) {
    super(detail ?? code);
    this.code = code;
    this.errors = errors;
  }
}

export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  detail?: string,
  errors?: readonly ProblemError[],
) {
  const body = problem({
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(errors === undefined ? {} : { errors }),
    requestId: reply.request.id,
  });
  if (body.status === 503 || body.status === 429) reply.header('retry-after', '5');
  if (body.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));
}

const awayPattern =
  /Connection is closed|Stream isn't writeable|max retries per request|Command timed out|ECONN|EPIPE|LOADING|READONLY|MASTERDOWN|OOM|MISCONF|Socket timeout|Socket closed/i;

/** Everything that says "the ticket is not stored, send it again later". */
export function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return awayPattern.test(`${code} ${error.message}`);
}
