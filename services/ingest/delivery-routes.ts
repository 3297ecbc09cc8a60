/** Deliveries over HTTP: finding them, sending one once more, recovering those that failed. For keys with the scope `admin`. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { App } from '../../shared/app.ts';
import { listDeliveries } from '../../shared/deliveries.ts';
import { createStandings } from '../../shared/destinations/standing.ts';
import { TierlineError } from '../../shared/errors.ts';
import { recoverDeliveries, resendOne } from '../../shared/resend.ts';
import { authorize } from './api-keys.ts';
import { bodyOf } from './body.ts';
import { deliveryQuerySchema, recoverInputSchema } from './delivery-input.ts';
import { HttpProblem } from './http-problem.ts';
import type { KeyRing } from './key-ring.ts';
import { parseJsonBody } from './parse-json.ts';
import { errorsOf, firstOfEach, isPlainObject } from './schema-errors.ts';
import { findTicket } from './ticket-routes.ts';
import type { ById } from './ticket-routes.ts';

export function registerDeliveryRoutes(server: FastifyInstance, app: App, keys: KeyRing): void {
  const forAdmins = { onRequest: keys.requires('admin') };
  server.get('/v1/deliveries', forAdmins, (request) => {
    const { destination, state, since, limit } = fitting(deliveryQuerySchema, request.query);
    const key = keys.keyOf(request);
    const covers = (source: string | null): boolean =>
      source === null ? key.sources === null : authorize(key, { scope: 'admin', source }) === 'ok';
    const sinceMs = since === undefined ? undefined : Date.parse(since);
    return listDeliveries(app, { destination, state, sinceMs, covers }, limit);
  });
  server.post<ById>('/v1/tickets/:ticketId/resend', forAdmins, async (request, reply) => {
    await findTicket(app, keys, request, 'read');
    const outcome = await resendOne(app, request.params.ticketId);
    if (outcome.kind !== 'resent') {
      if (outcome.kind === 'unknown') throw new HttpProblem('unknown-ticket');
      throw new HttpProblem('conflict', outcome.reason);
    }
    const { ticketId, destination, webhookId } = outcome;
    return reply.code(202).send({ ticketId, state: 'delivering', destination, webhookId });
  });
  server.post('/v1/deliveries/recover', forAdmins, async (request) => {
    const input = fitting(recoverInputSchema, jsonOf(request));
    requireAllSources(keys, request);
    const { destination, since, dryRun, rate, limit } = input;
    requireDestination(app, destination);
    const wanted = { destination, sinceMs: Date.parse(since), limit };
    try {
      return await recoverDeliveries(app, wanted, { dry: dryRun, perSecond: rate });
    } catch (error) {
      if (!(error instanceof TierlineError) || error.code !== 'destination_disabled') throw error;
      throw new HttpProblem('destination-disabled', error.message);
    }
  });
  server.post<{ Params: { name: string } }>('/v1/destinations/:name/enable', forAdmins, async (request) => {
    requireAllSources(keys, request);
    const { name } = request.params;
    requireDestination(app, name);
    const wasDisabled = await createStandings(app.redis, app.prefix).enable(name);
    if (wasDisabled) app.log.info({ destination: name }, 'destination.enabled');
    return { destination: name, wasDisabled };
  });
}

/** Throws what does not fit as HttpProblem, each with its place. */
function fitting<T>(schema: z.ZodType<T>, value: unknown): T {
  if (!isPlainObject(value)) throw new HttpProblem('invalid-input', 'The body must be an object.');
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = firstOfEach(parsed.error.issues.flatMap((issue) => errorsOf(issue, value)));
  const places = errors.map(({ pointer }) => pointer || '/').join(', ');
  throw new HttpProblem('invalid-input', `Does not fit: ${places}`, errors);
}

function jsonOf(request: FastifyRequest): unknown {
  const json = parseJsonBody(bodyOf(request));
  if (json.kind === 'ok') return json.value;
  const code = json.status === 400 ? 'invalid-json' : 'invalid-input';
  throw new HttpProblem(code, json.detail, [{ pointer: json.pointer, detail: json.detail }]);
}

/** A destination may serve sources that the key does not cover. */
function requireAllSources(keys: KeyRing, request: FastifyRequest): void {
  if (keys.keyOf(request).sources === null) return;
  throw new HttpProblem('source-not-allowed', 'This needs an API key that covers all sources.');
}

function requireDestination(app: App, name: string): void {
  if (Object.hasOwn(app.runtime().config.destinations, name)) return;
  throw new HttpProblem('unknown-destination');
}
