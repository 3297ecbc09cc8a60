/** `sources` and `destinations`: where tickets come from and where answers go. */
import { z } from 'zod';
import { modes } from '../ticket.ts';
import { httpUrl, languageTag, milliseconds, positiveInt, text } from './schema-common.ts';

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
export type Helpdesk = (typeof helpdesks)[number];

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
      .describe('Who sends the webhooks. email is not available in this version.'),
    secret: sourceSecret.describe(
      'Signs its webhooks (whsec_<base64>; for a helpdesk the secret that it shows, or that you made up where it signs nothing), as a reference; a list while one is replaced. Without one they are refused.',
    ),
    account: text
      .exactOptional()
      .describe("The helpdesk's own id of your account; webhooks of other accounts are left alone."),
    userId: text
      .exactOptional()
      .describe(
        "The id of the user in whose name answers are written there, so that its own messages are left alone; the destination's, if not given.",
      ),
    publicUrl: httpUrl
      .exactOptional()
      .describe(
        'The address under which the helpdesk reaches this webhook; needed where it is signed (HubSpot).',
      ),
    destination: text
      .exactOptional()
      .describe('A name under destinations; not needed where there is only one.'),
    mode: z
      .enum(modes)
      .exactOptional()
      .describe('draft leaves the sending to people, whatever the tier says; auto leaves it to the tier.'),
    disclosure: z
      .record(languageTag, text)
      .exactOptional()
      .meta({
        description:
          'A line below every answer, by language; en where theirs is missing. Also in drafts, for they are sent as they are.',
        examples: [{ en: 'This reply was written by an AI assistant.' }],
      }),
    only: z
      .strictObject({
        tags: z
          .array(text)
          .min(1)
          .exactOptional()
          .meta({ description: 'Tickets with one of these tags are answered.', examples: [['ai']] }),
      })
      .exactOptional()
      .describe('Which tickets are answered; the others are counted and left alone.'),
    share: z
      .number()
      .min(0)
      .max(1)
      .exactOptional()
      .describe(
        'The share of conversations that is answered, from 0 to 1; the others are counted and left alone.',
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

/** What a lagging helpdesk, or a person who writes at the same moment, is given time for. */
const helpdeskRetryMs = [
  0,
  5 * seconds,
  15 * seconds,
  60 * seconds,
  5 * minutes,
  30 * minutes,
  2 * hours,
  6 * hours,
];

const helpdeskDestination = z
  .strictObject({
    type: z.enum(helpdesks).describe('Which helpdesk.'),
    subdomain: text.exactOptional().describe('The part of its address before the dot.'),
    url: httpUrl.exactOptional().meta({
      description:
        "The address of its API, where it is a helpdesk of your own or not the platform's usual one.",
      examples: ['https://chat.shop.example'],
    }),
    email: text
      .exactOptional()
      .describe('The user in whose name answers are written, where the API names users by e-mail.'),
    userId: text
      .exactOptional()
      .describe(
        "The id of the user in whose name answers are written; its messages are known as the system's own.",
      ),
    account: text.exactOptional().describe("The account's id, where the API's addresses contain it."),
    channel: text
      .exactOptional()
      .describe('The channel or mailbox that answers go out by, where the API asks for it.'),
    token: z.string().nullable().exactOptional().describe("The user's or app's token, as a reference."),
    requestsPerMinute: positiveInt
      .exactOptional()
      .describe(
        "What the account may ask of the API per minute, over all processes; the platform's lowest plan, if not given.",
      ),
    tags: z
      .array(text)
      .default(['ai_replied'])
      .describe('Put on tickets to which something was written, where the platform has tags.'),
    status: text.exactOptional().meta({
      description: "The helpdesk's own word for a ticket's status after a reply.",
      examples: ['pending'],
    }),
    handoffMessage: z
      .record(z.string(), z.string())
      .default({})
      .meta({
        description:
          'What the customer is told when people take over, by language; en where theirs is missing. Without it only people see the hand-off, as a note.',
        examples: [{ en: 'A colleague will answer you shortly.' }],
      }),
    allowPrivateNetworks,
    retryMs: z
      .array(z.int().nonnegative())
      .min(1, { error: 'needs at least one entry' })
      .default(helpdeskRetryMs)
      .describe('The wait before each attempt, in milliseconds; the first counts from the stored answer.'),
    timeoutMs: milliseconds
      .default(15_000)
      .describe('The longest that one request to its API may take, in milliseconds.'),
  })
  .describe('A helpdesk, into whose threads answers are written.');

const emailDestination = z
  .strictObject({ type: z.literal('email').describe('E-mail.'), allowPrivateNetworks })
  .describe('E-mail. Not available in this version.');

export const destinationSchema = z
  .discriminatedUnion('type', [webhookDestination, logDestination, helpdeskDestination, emailDestination])
  .describe('Where answers go.');
