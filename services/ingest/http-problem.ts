/** How a request ends in problem details: thrown by routes, caught by the server's error handler alone. */
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { problem } from './problem.ts';
import type { Problem, ProblemCode, ProblemError } from './problem.ts';

/** Thrown by routes to end a request with a problem; caught by the error handler alone. */
export class HttpProblem extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly ProblemError[];

  constructor(code: ProblemCode, detail?: string, errors: readonly ProblemError[] = []) {
    super(detail ?? `${problem({ code, requestId: '' }).title}.`);
    this.code = code;
    this.errors = errors;
  }
}

const requestIdBytes = 9;
/** Asked for in bulk: the system's randomness costs more per call than per byte. */
let randomness = Buffer.alloc(0);

export function newRequestId(): string {
  if (randomness.length < requestIdBytes) randomness = randomBytes(requestIdBytes * 200);
  const bytes = randomness.subarray(0, requestIdBytes);
  randomness = randomness.subarray(requestIdBytes);
  return `r_${bytes.toString('base64url')}`;
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
  // As bytes: fastify adds a charset to the type of a text, and this type has none.
  const bytes = Buffer.from(JSON.stringify(body));
  reply.removeHeader('connection').code(body.status).headers(headersOf(body));
  const { raw } = reply.request;
  return hasBody(raw) && !raw.complete ? answerWhileArriving(reply, bytes) : reply.send(bytes);
}

/**
 * The answer leaves at once and ends when the body has arrived (or its time is over). Were it ended first, Node would close
 * the connection under a sender that is still writing, and many clients then never read the answer.
 */
function answerWhileArriving(reply: FastifyReply, bytes: Buffer): FastifyReply {
  const { raw } = reply.request;
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value ?? '');
  reply.raw.setHeader('content-length', bytes.length).writeHead(reply.statusCode);
  reply.raw.write(bytes);
  const end = (): unknown => reply.raw.end();
  raw.once('end', end).once('close', end).resume();
  return reply;
}

/** For a request that never became one: there is only its connection, which ends with the answer. */
export function endWithProblem(socket: Socket, code: ProblemCode, requestId: string): void {
  const problemBody = problem({ code, requestId });
  const body = JSON.stringify(problemBody);
  const headers = {
    ...headersOf(problemBody),
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const { status } = problemBody;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroy(),
  );
}

function headersOf({ status }: Problem): Record<string, string> {
  return {
    'content-type': 'application/problem+json',
    ...(status === 503 || status === 429 ? { 'retry-after': '5' } : {}),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  };
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** What ioredis says where there is no connection, or no answer in time. */
const noAnswer =
  /Connection is closed|Stream isn't writeable|max retries per request|Command timed out|Socket timeout|Socket closed/;
const noConnection = /^(?:ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST|ENET)/;
/** The first word of a Redis error; inside the text of an older Redis, where a script met it. */
const notNow =
  /\b(?:LOADING|READONLY|MASTERDOWN|OOM|MISCONF|BUSY|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|NOAUTH|WRONGPASS|NOPERM)\b/;

/** Everything that says "the ticket is not stored, send it again later". */
export function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'ReplyError') return notNow.test(error.message);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return noConnection.test(code) || noAnswer.test(error.message);
}
