/** `alerts`: who is told when something is wrong. */
import { z } from 'zod';
import { httpUrl, milliseconds, positiveInt } from './schema-common.ts';

const secret = z
  .union([z.string(), z.array(z.string()).min(1), z.null()], {
    error: 'must be a secret or a list of secrets, as references such as ${env:NAME}',
  })
  .default(null)
  .transform((value): string[] | null => (typeof value === 'string' ? [value] : value));

export const alertsSchema = z
  .strictObject({
    webhook: httpUrl.nullable().meta({
      description:
        'Where alerts are posted, such as a Slack webhook. A reference to nothing (${env:NAME?}) sends none.',
      examples: ['https://ops.example/hook'],
    }),
    secret: secret.describe(
      'Signs alerts as Standard Webhooks has it (whsec_<base64>), as a reference; a list signs with each of them. Without one they are not signed.',
    ),
    allowPrivateNetworks: z
      .boolean()
      .default(false)
      .describe('Whether the address may be private, loopback or link-local.'),
    quietMs: milliseconds
      .default(30_000)
      .describe('How long something must be well again before that is told, in milliseconds.'),
    deadLetters: positiveInt
      .default(5)
      .describe(
        'How many tickets of one queue may become dead letters within ten minutes before that is told, where they are a twentieth of all. A held one is told of at once.',
      ),
  })
  .describe('Who is told when something is wrong.');
