/** The part of the OpenAPI description that is about deliveries. */
import type { z } from 'zod';
import { deliveryStates } from '../../shared/deliveries.ts';
import { deliveryQuerySchema, recoverInputSchema } from './delivery-input.ts';

type Shared = {
  bearer: object[];
  problemAnswer: object;
  jsonBody: (schema: object) => object;
  pathParameter: (name: string) => object;
  schemaOf: (schema: z.ZodType) => object;
};

export function describeDeliveries(shared: Shared): { paths: object; schemas: object } {
  const schemas = { RecoverInput: shared.schemaOf(recoverInputSchema), Delivery: delivery };
  return { paths: pathsOf(shared), schemas };
}

function queryParameters(schema: object): object[] {
  const properties = 'properties' in schema ? (schema.properties as Record<string, object>) : {};
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: 'query',
    required: false,
    schema: one,
  }));
}

const delivery = {
  type: 'object',
  properties: {
    ticketId: { type: 'string' },
    source: { type: ['string', 'null'] },
    externalId: { type: ['string', 'null'] },
    destination: { type: 'string' },
    type: { enum: ['reply', 'draft', 'handoff'] },
    webhookId: { type: 'string' },
    state: { enum: deliveryStates },
    attempts: { type: 'integer' },
    status: { type: ['integer', 'null'], description: 'Of the last attempt' },
    reason: { type: ['string', 'null'], description: 'Why the last attempt failed' },
    cause: { type: ['string', 'null'], description: 'Why no more attempts come' },
    at: { type: 'string', format: 'date-time' },
    nextAt: { type: ['string', 'null'], format: 'date-time' },
  },
};
const jsonAnswer = (description: string, schema: object) => ({
  description,
  content: { 'application/json': { schema } },
});

const pathsOf = ({ bearer, problemAnswer, jsonBody, pathParameter, schemaOf }: Shared) => ({
  '/v1/deliveries': {
    get: {
      summary: 'What was delivered, what is on its way and what did not arrive; the newest first',
      security: bearer,
      parameters: queryParameters(schemaOf(deliveryQuerySchema)),
      responses: {
        200: jsonAnswer('The deliveries, and whether there are more', {
          type: 'object',
          required: ['deliveries', 'more'],
          properties: {
            deliveries: { type: 'array', items: { $ref: '#/components/schemas/Delivery' } },
            more: { type: 'boolean' },
          },
        }),
        default: problemAnswer,
      },
    },
  },
  '/v1/tickets/{ticketId}/resend': {
    post: {
      summary: 'Sends a stored reply once more: the same bytes under the same webhook-id',
      security: bearer,
      parameters: [pathParameter('ticketId')],
      responses: { 202: { description: 'It is on its way' }, default: problemAnswer },
    },
  },
  '/v1/deliveries/recover': {
    post: {
      summary: 'Sends again what could not be delivered to a destination since a moment',
      security: bearer,
      requestBody: jsonBody({ $ref: '#/components/schemas/RecoverInput' }),
      responses: { 200: { description: 'What became of each, or would' }, default: problemAnswer },
    },
  },
  '/v1/destinations/{name}/enable': {
    post: {
      summary: 'Delivers again to a destination that answered 410',
      security: bearer,
      parameters: [pathParameter('name')],
      responses: { 200: { description: 'It is enabled' }, default: problemAnswer },
    },
  },
});
