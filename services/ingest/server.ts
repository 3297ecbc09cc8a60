/** The HTTP intake: routes to the steps of accepting a ticket, and every error as problem details. */
import type { Socket } from 'node:net';
import fastify from 'fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../../shared/app.ts';
import { acceptBody, largestBodyBytes } from './accept.ts';
import type { AcceptOutcome } from './accept.ts';
import { acceptBytes, bodyOf } from './body.ts';
import { acceptBulk } from './bulk.ts';
import { createKeyRing } from './key-ring.ts';
import type { KeyRing } from './key-ring.ts';
import { addHealthRoutes } from '../../shared/health-routes.ts';
import { openApiDocument } from './openapi.ts';
import { endWithProblem, HttpProblem, isRedisAway, newRequestId, sendProblem } from './http-problem.ts';
import { registerDeliveryRoutes } from './delivery-routes.ts';
import { registerFeedbackRoute } from './feedback-routes.ts';
import { boundReceiving } from './receiving.ts';
import { answerHandshake, receiveWebhook } from './webhook.ts';
import { registerTicketRoutes } from './ticket-routes.ts';

export type IntakeOptions = {
  environmentKeys: string[];
  /** Turns /readyz red while the process goes down. */
  isDraining: () => boolean;
  /** In which a body must have arrived (not that of a bulk upload). */
  bodyTimeoutMs?: number;
  /** After which a connection on which nothing moves is closed. */
  idleTimeoutMs?: number;
};

const bodyTimeoutMs = 30_000;
const idleTimeoutMs = 120_000;

export function createServer(app: App, options: IntakeOptions): FastifyInstance {
  const server = fastify({
    logger: false,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
    genReqId: newRequestId,
    connectionTimeout: options.idleTimeoutMs ?? idleTimeoutMs,
    http: { maxHeaderSize: 32 * 1024, headersTimeout: 30_000 },
    // What comes on an open connection while the process drains is still served.
    return503OnClosing: false,
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, error.code === 'FST_ERR_BAD_URL' ? 'bad-request' : 'not-found');
    },
    clientErrorHandler: answerClientError,
  });
  // Bodies are parsed by ourselves, from the raw bytes: signatures are over these, and errors must name the field.
  server.removeAllContentTypeParsers();
  acceptBytes(server, 'application/json', () => largestBodyBytes(app));
  handleErrors(server, app);
  const receiving = boundReceiving(server, options.bodyTimeoutMs ?? bodyTimeoutMs);
  server.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
      throw new HttpProblem('unsupported-media-type', 'Send the body without a Content-Encoding.');
    }
  });
  const keys = createKeyRing(app, options.environmentKeys);
  registerIntake(server, app, keys);
  void server.register(async (scope) => registerBulk(scope, app, { keys, lift: receiving.lift }));
  registerTicketRoutes(server, app, keys);
  registerFeedbackRoute(server, app, keys);
  registerDeliveryRoutes(server, app, keys);
  registerHealth(server, app, options.isDraining);
  return server;
}

/** What is no HTTP request: there is no reply yet, only the connection. */
function answerClientError(error: FastifyError | (Error & { code?: string }), socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (error.code === 'HPE_HEADER_OVERFLOW') endWithProblem(socket, 'headers-too-large', newRequestId());
  else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    endWithProblem(socket, 'request-timeout', newRequestId());
  else endWithProblem(socket, 'bad-request', newRequestId());
}

function handleErrors(server: FastifyInstance, app: App): void {
  server.setNotFoundHandler((_request, reply) => sendProblem(reply, 'not-found'));
  server.setErrorHandler((error, request, reply) => {
    if (error instanceof HttpProblem) return sendProblem(reply, error.code, error.message, error.errors);
    const status = statusOf(error);
    if (status === 415) return sendProblem(reply, 'unsupported-media-type', wantedTypes);
    if (status !== null && status < 500) return sendProblem(reply, 'bad-request');
    if (isRedisAway(error)) {
      app.log.warn({ requestId: request.id, err: error }, 'intake.unavailable');
      return sendProblem(reply, 'unavailable');
    }
    app.log.error({ requestId: request.id, err: error }, 'intake.failed');
    return sendProblem(reply, 'internal');
  });
}

const wantedTypes = 'Send application/json; for /v1/tickets/bulk application/x-ndjson, one ticket a line.';

function statusOf(error: unknown): number | null {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : null;
}

function registerIntake(server: FastifyInstance, app: App, keys: KeyRing): void {
  server.post('/v1/tickets', { onRequest: keys.requires('ingest') }, async (request, reply) => {
    const idempotencyKey = idempotencyKeyOf(request);
    return answer(
      reply,
      await acceptBody(app, bodyOf(request), { key: keys.keyOf(request), idempotencyKey }),
    );
  });
  server.route<{ Params: { source: string } }>({
    method: ['POST', 'HEAD'],
    url: '/v1/webhooks/:source',
    handler: (request, reply) => answerWebhook(app, request.params.source, request, reply),
  });
  // Some helpdesks name the ticket in the address, for a body that their template may have broken.
  server.post<{ Params: { source: string } }>('/v1/webhooks/:source/:ticket', (request, reply) =>
    answerWebhook(app, request.params.source, request, reply),
  );
}

/** In a scope of its own, whose only body is a stream: no other content type may be read into memory without a limit. */
function registerBulk(
  scope: FastifyInstance,
  app: App,
  parts: { keys: KeyRing; lift: (request: FastifyRequest) => void },
): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/x-ndjson', (_request, payload, done) => done(null, payload));
  scope.post('/v1/tickets/bulk', { onRequest: parts.keys.requires('ingest') }, async (request, reply) => {
    if (request.body === undefined) throw new HttpProblem('unsupported-media-type', wantedTypes);
    parts.lift(request);
    reply.hijack();
    await acceptBulk(app, parts.keys.keyOf(request), { input: request.raw, output: reply.raw });
  });
}

async function answerWebhook(app: App, source: string, request: FastifyRequest, reply: FastifyReply) {
  if (request.method === 'HEAD') return reply.code(answerHandshake(app, source)).send();
  const { headers, url } = request;
  const outcome = await receiveWebhook(app, source, { headers, url, raw: bodyOf(request) });
  if (outcome.kind === 'ignored') return reply.code(200).send({ ignored: outcome.reason });
  if (outcome.kind === 'feedback') return reply.code(200).send({ feedback: outcome.outcome });
  if (outcome.kind === 'challenge') return reply.code(200).type(outcome.contentType).send(outcome.body);
  if (outcome.kind !== 'several') return answer(reply, outcome);
  const results = outcome.outcomes.map((one) => {
    if (one.kind === 'ignored') return { ignored: one.reason };
    if (one.kind === 'feedback') return { feedback: one.outcome };
    if (one.kind === 'problem') return { code: one.code, errors: one.errors ?? [] };
    return { ticketId: one.ticketId, state: one.state, duplicate: one.duplicate };
  });
  return reply.code(results.some((one) => 'ticketId' in one && !one.duplicate) ? 202 : 200).send({ results });
}

function answer(reply: FastifyReply, outcome: AcceptOutcome) {
  if (outcome.kind === 'problem') return sendProblem(reply, outcome.code, outcome.detail, outcome.errors);
  const { ticketId, state, duplicate } = outcome;
  return reply.code(duplicate ? 200 : 202).send({ ticketId, state, duplicate });
}

const maxIdempotencyKeyCharacters = 255;

function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const value = request.headers['idempotency-key'];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > maxIdempotencyKeyCharacters) {
    throw new HttpProblem(
      'bad-request',
      `An Idempotency-Key must have 1 to ${maxIdempotencyKeyCharacters} characters.`,
    );
  }
  return value;
}

function registerHealth(server: FastifyInstance, app: App, isDraining: () => boolean): void {
  addHealthRoutes(server, app, isDraining);
  server.get('/openapi.json', (_request, reply) => reply.send(openApiDocument()));
}
