/** The intake's OpenAPI 3.1 description, from the same schemas that check the requests. */
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { feedbackInputSchema } from './feedback-input.ts';
import { describeDeliveries } from './openapi-deliveries.ts';
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
const fieldError = {
  type: 'object',
  required: ['pointer', 'detail'],
  properties: {
    pointer: { type: 'string', description: 'A JSON pointer (RFC 6901) into the body' },
    detail: { type: 'string' },
  },
};
const bulkResult = {
  type: 'object',
  required: ['line', 'status', 'ticketId', 'state', 'duplicate', 'errors'],
  properties: {
    line: { type: 'integer', description: 'From 1; empty lines count and are not answered' },
    status: { type: 'integer', description: 'As POST /v1/tickets would have answered' },
    ticketId: { type: ['string', 'null'] },
    state: { type: ['string', 'null'] },
    duplicate: { type: 'boolean' },
    errors: { type: 'array', items: { $ref: '#/components/schemas/FieldError' } },
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
    errors: { type: 'array', items: { $ref: '#/components/schemas/FieldError' } },
    requestId: { type: 'string' },
  },
};

const feedbackAnswer = {
  description: 'It is kept',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['ticketId', 'outcome', 'duplicate'],
        properties: {
          ticketId: { type: 'string' },
          outcome: { type: 'string' },
          duplicate: { type: 'boolean', description: 'True where it was told already' },
        },
      },
    },
  },
};

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Refuses another body under the same key, for 24 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const intakePaths = {
  '/v1/tickets': {
    post: {
      summary: 'Hands in a ticket',
      security: bearer,
      parameters: [idempotencyKey],
      requestBody: jsonBody({ $ref: '#/components/schemas/TicketInput' }),
      responses: intakeAnswers,
    },
  },
  '/v1/tickets/bulk': {
    post: {
      summary: 'Hands in tickets, one JSON object a line; answers one line each, in order',
      description: 'Each line is answered as soon as it has arrived, while more are sent.',
      security: bearer,
      requestBody: {
        required: true,
        content: { 'application/x-ndjson': { schema: { type: 'string' } } },
      },
      responses: {
        200: {
          description: 'One BulkResult a line',
          content: { 'application/x-ndjson': { schema: { $ref: '#/components/schemas/BulkResult' } } },
        },
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
    head: {
      summary: 'The handshake of helpdesks that ask whether somebody is there',
      parameters: [pathParameter('source')],
      responses: {
        200: { description: 'The source is configured' },
        404: { description: 'There is no such source' },
      },
    },
  },
};

const ticketPaths = {
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
      responses: { 200: { description: 'It is cancelled' }, default: problemAnswer },
    },
  },
  '/v1/tickets/{ticketId}/feedback': {
    post: {
      summary: 'Says what became of the answer, and how the ticket should have been labelled',
      description:
        'Kept with the ticket; the same again is kept once. A note is shown to those who may read the ticket.',
      security: bearer,
      parameters: [pathParameter('ticketId')],
      requestBody: jsonBody({ $ref: '#/components/schemas/FeedbackInput' }),
      responses: { 200: feedbackAnswer, default: problemAnswer },
    },
  },
};

const healthPaths = {
  '/livez': { get: { summary: 'The process runs', responses: { 200: { description: 'Yes' } } } },
  '/readyz': {
    get: {
      summary: 'Redis reachable, configuration loaded, not draining',
      responses: { 200: { description: 'Ready' }, 503: { description: 'Not ready' } },
    },
  },
  '/openapi.json': { get: { summary: 'This document', responses: { 200: { description: 'OpenAPI 3.1' } } } },
};

let built: object | null = null;

export function openApiDocument(): object {
  built ??= build();
  return built;
}

function schemaOf(input: z.ZodType): object {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  return schema;
}

function build(): object {
  const deliveries = describeDeliveries({ bearer, problemAnswer, jsonBody, pathParameter, schemaOf });
  return {
    openapi: '3.1.0',
    info: { title: 'Tierline intake', version: packageJson.version },
    paths: { ...intakePaths, ...ticketPaths, ...deliveries.paths, ...healthPaths },
    components: {
      schemas: {
        TicketInput: schemaOf(ticketInputSchema),
        FeedbackInput: schemaOf(feedbackInputSchema),
        ...deliveries.schemas,
        Accepted: accepted,
        BulkResult: bulkResult,
        Problem: problemSchema,
        FieldError: fieldError,
      },
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } },
    },
  };
}
