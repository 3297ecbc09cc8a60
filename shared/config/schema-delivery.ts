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
      .describe('Who sends. Only generic is available in this version.'),
    secret: sourceSecret.describe(
      "Signs the source's webhooks (whsec_<base64>); several while one is replaced. Without one they are refused.",
    ),
    destination: text
      .exactOptional()
      .describe('A name under destinations; not needed where there is only one.'),
    mode: z.enum(modes).exactOptional().describe('draft here wins over auto of a tier.'),
    only: z
      .strictObject({ tags: z.array(text).min(1).exactOptional() })
      .exactOptional()
      .describe('Answers only tickets with one of these tags. No effect in this version.'),
    share: z
      .number()
      .min(0)
      .max(1)
      .exactOptional()
      .describe('Answers this share of the conversations. No effect in this version.'),
    maxBodyBytes: positiveInt.default(1_048_576).describe('The largest request body.'),
  })
  .describe('Where tickets come from.');

const allowPrivateNetworks = z
  .boolean()
  .default(false)
  .describe('Allows addresses that are private, loopback or link-local.');

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
    type: z.literal('webhook'),
    url: httpUrl,
    secret: webhookSecret.describe('Signs deliveries (whsec_<base64>); a list signs with each of them.'),
    allowPrivateNetworks,
    retryMs: z
      .array(z.int().nonnegative())
      .min(1, { error: 'needs at least one entry' })
      .default(standardRetryMs)
      .describe('The wait before each attempt; the first counts from the stored answer.'),
    timeoutMs: milliseconds.default(15_000),
  })
  .describe('A webhook as Standard Webhooks has it.');

const logDestination = z
  .strictObject({
    type: z.literal('log'),
    path: text.describe('A file to which one line of JSON per reply is added.'),
    allowPrivateNetworks,
  })
  .describe('A file of JSON lines.');

const helpdeskDestination = z
  .strictObject({
    type: z.enum([...helpdesks, 'email']),
    subdomain: text.exactOptional(),
    url: httpUrl.exactOptional(),
    email: text.exactOptional(),
    token: z.string().nullable().exactOptional(),
    allowPrivateNetworks,
  })
  .describe('A helpdesk. Not available in this version.');

export const destinationSchema = z.discriminatedUnion('type', [
  webhookDestination,
  logDestination,
  helpdeskDestination,
]);
