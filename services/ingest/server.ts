/** The HTTP intake: routes to the steps of accepting a ticket, and every error as problem details. */
import { randomBytes } from 'node:crypto';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../../shared/app.ts';
import { acceptBody } from './accept.ts';
import type { AcceptOutcome } from './accept.ts';
import { acceptBulk } from './bulk.ts';
import { createKeyRing } from './key-ring.ts';
import type { KeyRing } from './key-ring.ts';
import { isReachable } from '../../shared/redis.ts';
import { openApiDocument } from './openapi.ts';
import { HttpProblem, isRedisAway, maxBodyBytes, sendProblem } from './http-problem.ts';
import { receiveWebhook } from './webhook.ts';
import { registerTicketRoutes } from './ticket-routes.ts';

/** `isDraining` turns /readyz red while the process goes down. */
export function createServer(
  app: App,
  options: { environmentKeys: string[]; isDraining: () => boolean },
): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    routerOptions: { maxParamLength: 300 },
    genReqId: () => `r_${randomBytes(9).toString('base64url')}`,
    // A sender that stops in the middle of its body must not hold a connection for ever.
    requestTimeout: 60_000,
    http: { maxHeaderSize: 32 * 1024 },
  });
  // Bodies are parsed by ourselves, from the raw bytes: signatures are over these, and errors must name the field.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(['application/json'], { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  server.addContentTypeParser('application/x-ndjson', (_request, payload, done) => done(null, payload));
  const keys = createKeyRing(app, options.environmentKeys);
  handleErrors(server, app);
  registerIntake(server, app, keys);
  registerTicketRoutes(server, app, keys);
  registerHealth(server, app, options.isDraining);
  return server;
}

function handleErrors(server: FastifyInstance, app: App): void {
  server.setNotFoundHandler((_request, reply) => sendProblem(reply, 'not-found'));
  server.setErrorHandler((error, request, reply) => {
    if (error instanceof HttpProblem) return sendProblem(reply, error.code, error.message, error.errors);
    const status = statusOf(error);
    if (status === 413)
      return sendProblem(reply, 'too-large', `The body is larger than ${maxBodyBytes} bytes.`);
    if (status === 415) return sendProblem(reply, 'unsupported-media-type', 'Send application/json.');
    if (status !== null && status < 500) return sendProblem(reply, 'bad-request');
    if (isRedisAway(error)) {
      app.log.warn({ requestId: request.id, err: error }, 'intake.unavailable');
      return sendProblem(reply, 'unavailable');
    }
    app.log.error({ requestId: request.id, err: error }, 'intake.failed');
    return sendProblem(reply, 'internal');
  });
}

function statusOf(error: unknown): number | null {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : null;
}

function registerIntake(server: FastifyInstance, app: App, keys: KeyRing): void {
  server.post('/v1/tickets', async (request, reply) => {
    const key = await keys.require(request, 'ingest');
    const idempotencyKey = headerOf(request, 'idempotency-key');
    return answer(reply, await acceptBody(app, bodyOf(request), { key, idempotencyKey }));
  });
  server.post('/v1/tickets/bulk', { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request, reply) => {
    const key = await keys.require(request, 'ingest');
    if (!headerOf(request, 'content-type')?.startsWith('application/x-ndjson')) {
      throw new HttpProblem('unsupported-media-type', 'Send application/x-ndjson, one ticket a line.');
    }
    reply.hijack();
    await acceptBulk(app, key, request.raw, reply.raw);
  });
  server.route<{ Params: { source: string } }>({
    method: ['POST', 'HEAD'],
    url: '/v1/webhooks/:source',
    handler: async (request, reply) => {
      if (request.method === 'HEAD') return reply.code(200).send();
      return answer(
        reply,
        await receiveWebhook(app, request.params.source, request.headers, bodyOf(request)),
      );
    },
  });
}

function answer(reply: FastifyReply, outcome: AcceptOutcome) {
  if (outcome.kind === 'problem') return sendProblem(reply, outcome.code, outcome.detail, outcome.errors);
  const { ticketId, state, duplicate } = outcome;
  return reply.code(duplicate ? 200 : 202).send({ ticketId, state, duplicate });
}

export function bodyOf(request: FastifyRequest): Buffer {
  if (!Buffer.isBuffer(request.body))
    throw new HttpProblem('unsupported-media-type', 'Send application/json.');
  return request.body;
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function registerHealth(server: FastifyInstance, app: App, isDraining: () => boolean): void {
  server.get('/livez', (_request, reply) => reply.send({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const redis = await isReachable(app.redis);
    const ready = redis && !isDraining();
    return reply.code(ready ? 200 : 503).send({
      status: ready ? 'ok' : 'unavailable',
      checks: { redis, configuration: true, draining: isDraining() },
    });
  });
  server.get('/openapi.json', (_request, reply) => reply.send(openApiDocument()));
}
