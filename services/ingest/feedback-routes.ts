/** What became of an answer, told over HTTP. */
import type { FastifyInstance } from 'fastify';
import type { App } from '../../shared/app.ts';
import { bodyOf } from './body.ts';
import { parseFeedback } from './feedback-input.ts';
import { HttpProblem } from './http-problem.ts';
import type { KeyRing } from './key-ring.ts';
import { parseJsonBody } from './parse-json.ts';
import { findTicket } from './ticket-routes.ts';
import type { ById } from './ticket-routes.ts';

export function registerFeedbackRoute(server: FastifyInstance, app: App, keys: KeyRing): void {
  server.post<ById>(
    '/v1/tickets/:ticketId/feedback',
    { onRequest: keys.requires('ingest') },
    async (request) => {
      await findTicket(app, keys, request, 'ingest');
      const { ticketId } = request.params;
      const json = parseJsonBody(bodyOf(request));
      if (json.kind === 'bad') {
        const code = json.status === 400 ? 'invalid-json' : 'invalid-input';
        throw new HttpProblem(code, json.detail, [{ pointer: json.pointer, detail: json.detail }]);
      }
      const parsed = parseFeedback(json.value, app.runtime().config);
      if (parsed.kind === 'invalid') {
        const fields = parsed.errors.map(({ pointer }) => pointer || '/').join(', ');
        throw new HttpProblem('invalid-input', `Does not fit: ${fields}`, parsed.errors);
      }
      const { feedback } = parsed;
      const kind = await app.record.storeFeedback(ticketId, feedback, 'api');
      if (kind === 'gone') throw new HttpProblem('unknown-ticket');
      if (kind === 'emptied')
        throw new HttpProblem('conflict', "The ticket's content is past its retention.");
      const { outcome } = feedback;
      app.log.info({ ticketId, outcome, by: 'api', duplicate: kind === 'known' }, 'feedback.stored');
      return { ticketId, outcome, duplicate: kind === 'known' };
    },
  );
}
