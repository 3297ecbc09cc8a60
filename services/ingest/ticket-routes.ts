/** Reading and cancelling a ticket over HTTP. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { App } from '../../shared/app.ts';
import { traceOf } from '../../shared/record/trace.ts';
import type { Trace } from '../../shared/record/trace.ts';
import { sendHints } from '../../shared/transitions.ts';
import { authorize } from './api-keys.ts';
import type { ApiKeyRecord } from './api-keys.ts';
import type { KeyRing } from './key-ring.ts';
import { HttpProblem, sendProblem } from './http-problem.ts';

type ById = { Params: { ticketId: string } };

export function registerTicketRoutes(server: FastifyInstance, app: App, keys: KeyRing): void {
  const find = async (
    request: FastifyRequest<ById>,
    key: ApiKeyRecord,
    scope: 'read' | 'ingest',
  ): Promise<Trace> => {
    const record = await app.record.read(request.params.ticketId);
    const trace = record && traceOf(request.params.ticketId, record);
    // A ticket of a source that the key does not cover is not there, as far as this key can tell.
    const source = trace?.ticket?.source ?? null;
    if (!trace || authorize(key, { scope, source }) !== 'ok') throw new HttpProblem('unknown-ticket');
    return trace;
  };
  server.get<ById>('/v1/tickets/:ticketId', async (request) =>
    find(request, await keys.require(request, 'read'), 'read'),
  );
  server.post<ById>('/v1/tickets/:ticketId/cancel', async (request, reply) => {
    await find(request, await keys.require(request, 'ingest'), 'ingest');
    const { ticketId } = request.params;
    const outcome = await app.record.cancel(ticketId);
    if (outcome.kind === 'gone') return sendProblem(reply, 'unknown-ticket');
    if (outcome.kind === 'sending')
      return sendProblem(reply, 'conflict', 'The answer is being sent already.');
    if (outcome.kind === 'cancelled') {
      await sendHints(app, outcome.released);
      app.log.info({ ticketId }, 'ticket.cancelled');
    }
    return { ticketId, state: outcome.kind === 'cancelled' ? 'cancelled' : outcome.state };
  });
}
