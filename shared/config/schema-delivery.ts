/** `sources` and `destinations`: where tickets come from and where answers go. */
import { z } from 'zod';
import { modes } from '../ticket.ts';
import { httpUrl, milliseconds, positiveInt, text } from './schema-common.ts';

const helpdesks = [
  'zendesk',
  'freshdesk',
  'intercom',
  'helpscout',
  'front',
  'gorgias',
  'hubspot',
  'chatwoot',
  'zammad',
  'freescout',
] as const;

const secretError = { error: 'must be a secret or a list of secrets, as references such as ${env:NAME}' };

/** A secret that was referred to and is not set arrives as null; what is left without any is null as a whole. */
const sourceSecret = z
  .union([z.string(), z.array(z.string().nullable()), z.null()], secretError)
  .default(null)
  .transform((value): string[] | null => {
    const secrets = (Array.isArray(value) ? value : [value]).filter((secret) => secret !== null);
    return secrets.length === 0 ? null : secrets;
  });

const webhookSecret = z
  .union([z.string(), z.array(z.string()).min(1)], secretError)
  .transform((value): string[] => (Array.isArray(value) ? value : [value]));

export const sourceSchema = z
  .strictObject({
    platform: z
      .enum(['generic', ...helpdesks, 'email'])
      .describe('Who sends the webhooks. Only generic is available in this version.'),
    secret: sourceSecret.describe(
      'Signs its webhooks (whsec_<base64>), as a reference; a list while one is replaced. Without one they are refused.',
    ),
    destination: text
      .exactOptional()
      .describe('A name under destinations; not needed where there is only one.'),
    mode: z
      .enum(modes)
      .exactOptional()
      .describe('draft leaves the sending to people, whatever the tier says; auto leaves it to the tier.'),
    only: z
      .strictObject({
        tags: z
          .array(text)
          .min(1)
          .exactOptional()
          .meta({ description: 'Tickets with one of these tags are answered.', examples: [['ai']] }),
      })
      .exactOptional()
      .describe('Which tickets are answered; the others are left alone. No effect in this version.'),
    share: z
      .number()
      .min(0)
      .max(1)
      .exactOptional()
      .describe(
        'The share of conversations that is answered, from 0 to 1; the others are left alone. No effect in this version.',
      ),
    maxBodyBytes: positiveInt
      .default(1_048_576)
      .describe('The largest request body, in bytes; a larger one is refused.'),
  })
  .describe('Where tickets come from.');

const allowPrivateNetworks = z
  .boolean()
  .default(false)
  .describe('Whether addresses may be private, loopback or link-local.');

const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;
/** github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md, "Deliverability and reliability". */
const standardRetryMs = [
  0,
  5 * seconds,
  5 * minutes,
  30 * minutes,
  2 * hours,
  5 * hours,
  10 * hours,
  14 * hours,
  20 * hours,
  24 * hours,
];

const webhookDestination = z
  .strictObject({
    type: z.literal('webhook').describe('A webhook.'),
    url: httpUrl.meta({
      description: 'Where answers are posted.',
      examples: ['https://shop.example/hooks/tierline'],
    }),
    secret: webhookSecret.describe(
      'Signs deliveries (whsec_<base64>), as a reference; a list signs with each of them.',
    ),
    allowPrivateNetworks,
    retryMs: z
      .array(z.int().nonnegative())
      .min(1, { error: 'needs at least one entry' })
      .default(standardRetryMs)
      .describe('The wait before each attempt, in milliseconds; the first counts from the stored answer.'),
    timeoutMs: milliseconds
      .default(15_000)
      .describe('The longest that one delivery may take, in milliseconds.'),
  })
  .describe('A webhook as Standard Webhooks has it.');

const logDestination = z
  .strictObject({
    type: z.literal('log').describe('A file.'),
    path: text.meta({
      description: 'The file to which one line of JSON per reply is added.',
      examples: ['.tierline/replies.jsonl'],
    }),
    allowPrivateNetworks,
  })
  .describe('A file of JSON lines.');

const helpdeskDestination = z
  .strictObject({
    type: z.enum([...helpdesks, 'email']).describe('Which helpdesk.'),
    subdomain: text.exactOptional().describe('The part of its address before the dot.'),
    url: httpUrl.exactOptional().describe('The address of a helpdesk of your own.'),
    email: text.exactOptional().describe('The user in whose name answers are written.'),
    token: z.string().nullable().exactOptional().describe("The user's token, as a reference."),
    allowPrivateNetworks,
  })
  .describe('A helpdesk. Not available in this version.');

export const destinationSchema = z
  .discriminatedUnion('type', [webhookDestination, logDestination, helpdeskDestination])
  .describe('Where answers go.');
