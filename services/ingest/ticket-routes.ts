/** Reading and cancelling a ticket over HTTP. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { App } from '../../shared/app.ts';
import { traceOf } from '../../shared/record/trace.ts';
import type { Trace } from '../../shared/record/trace.ts';
import { sendHints } from '../../shared/transitions.ts';
import { authorize } from './api-keys.ts';
import type { KeyRing } from './key-ring.ts';
import { HttpProblem, sendProblem } from './http-problem.ts';

export type ById = { Params: { ticketId: string } };

/** The ticket of the request, as far as its key may see it. Throws 404 as HttpProblem. */
export async function findTicket(
  app: App,
  keys: KeyRing,
  request: FastifyRequest<ById>,
  scope: 'read' | 'ingest',
): Promise<Trace> {
  const key = keys.keyOf(request);
  const record = await app.record.read(request.params.ticketId);
  const trace = record && traceOf(request.params.ticketId, record, app.now());
  if (!trace) throw new HttpProblem('unknown-ticket');
  // A ticket of a source that the key does not cover is not there, as far as this key can tell. One whose content is
  // gone does not say any more where it came from, so only keys for all sources still see it.
  const isCovered = trace.ticket
    ? authorize(key, { scope, source: trace.ticket.source }) === 'ok'
    : key.sources === null;
  if (!isCovered) throw new HttpProblem('unknown-ticket');
  return trace;
}

export function registerTicketRoutes(server: FastifyInstance, app: App, keys: KeyRing): void {
  server.get<ById>('/v1/tickets/:ticketId', { onRequest: keys.requires('read') }, (request) =>
    findTicket(app, keys, request, 'read'),
  );
  server.post<ById>(
    '/v1/tickets/:ticketId/cancel',
    { onRequest: keys.requires('ingest') },
    async (request, reply) => {
      await findTicket(app, keys, request, 'ingest');
      const { ticketId } = request.params;
      const outcome = await app.record.cancel(ticketId);
      if (outcome.kind === 'gone') return sendProblem(reply, 'unknown-ticket');
      if (outcome.kind === 'sending')
        return sendProblem(reply, 'conflict', 'The answer is being sent already.');
      // Cancelling twice is no mistake; a ticket that ended otherwise was not cancelled, and the caller must know.
      if (outcome.kind === 'ended' && outcome.state !== 'cancelled')
        return sendProblem(reply, 'conflict', `The ticket has ended already: ${outcome.state}.`);
      if (outcome.kind === 'cancelled') {
        await sendHints(app, outcome.released);
        app.log.info({ ticketId }, 'ticket.cancelled');
      }
      return { ticketId, state: 'cancelled' };
    },
  );
}
