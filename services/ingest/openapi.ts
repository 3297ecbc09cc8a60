/** The intake's OpenAPI 3.1 description, from the same schemas that check the requests. */
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { ticketInputSchema } from './ticket-input.ts';

const bearer = [{ apiKey: [] }];
const problemAnswer = {
  description: 'Problem details (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
const acceptedAnswer = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Accepted' } } },
});
const intakeAnswers = {
  202: acceptedAnswer('Stored'),
  200: acceptedAnswer('Known already, nothing done twice'),
  default: problemAnswer,
};
const jsonBody = (schema: object) => ({ required: true, content: { 'application/json': { schema } } });
const pathParameter = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } });

const accepted = {
  type: 'object',
  required: ['ticketId', 'state', 'duplicate'],
  properties: {
    ticketId: { type: 'string', pattern: '^t_[0-9a-z]{10,40}$' },
    state: { type: 'string' },
    duplicate: { type: 'boolean' },
  },
};
const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'errors', 'requestId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { pointer: { type: 'string' }, detail: { type: 'string' } } },
    },
    requestId: { type: 'string' },
  },
};

let built: object | null = null;

export function openApiDocument(): object {
  built ??= build();
  return built;
}

function build(): object {
  const { $schema: _dialect, ...ticketInput } = z.toJSONSchema(ticketInputSchema, {
    io: 'input',
    unrepresentable: 'any',
  });
  const ticketRef = { $ref: '#/components/schemas/TicketInput' };
  const idempotencyKey = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string' },
  };
  return {
    openapi: '3.1.0',
    info: { title: 'Tierline intake', version: packageJson.version },
    paths: {
      '/v1/tickets': {
        post: {
          summary: 'Hands in a ticket',
          security: bearer,
          parameters: [idempotencyKey],
          requestBody: jsonBody(ticketRef),
          responses: intakeAnswers,
        },
      },
      '/v1/tickets/bulk': {
        post: {
          summary: 'Hands in tickets, one JSON object a line; answers one line each, in order',
          security: bearer,
          requestBody: {
            required: true,
            content: { 'application/x-ndjson': { schema: { type: 'string' } } },
          },
          responses: {
            200: { description: 'One result a line', content: { 'application/x-ndjson': {} } },
            default: problemAnswer,
          },
        },
      },
      '/v1/webhooks/{source}': {
        post: {
          summary: "A helpdesk's webhook, signed as that platform signs it",
          parameters: [pathParameter('source')],
          requestBody: jsonBody({ type: 'object' }),
          responses: intakeAnswers,
        },
      },
      '/v1/tickets/{ticketId}': {
        get: {
          summary: 'The whole trace of a ticket',
          security: bearer,
          parameters: [pathParameter('ticketId')],
          responses: { 200: { description: 'The trace' }, default: problemAnswer },
        },
      },
      '/v1/tickets/{ticketId}/cancel': {
        post: {
          summary: 'Cancels a ticket whose answer has not begun to be sent',
          security: bearer,
          parameters: [pathParameter('ticketId')],
          responses: { 200: { description: 'Its state' }, default: problemAnswer },
        },
      },
      '/livez': { get: { summary: 'The process runs', responses: { 200: { description: 'Yes' } } } },
      '/readyz': {
        get: {
          summary: 'Redis reachable, configuration loaded, not draining',
          responses: { 200: { description: 'Ready' }, 503: { description: 'Not ready' } },
        },
      },
    },
    components: {
      schemas: { TicketInput: ticketInput, Accepted: accepted, Problem: problemSchema },
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } },
    },
  };
}
