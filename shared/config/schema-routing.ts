/** `classifier`, `tiers` and `routes`: what a ticket is, and who answers it. */
import { z } from 'zod';
import { lanes, modes } from '../ticket.ts';
import { languageTag, milliseconds, oneOrMany, positiveInt, positiveNumber, text } from './schema-common.ts';

const chain = z
  .array(text)
  .min(1, { error: 'needs at least one model' })
  .describe('Names under models, in order of preference.');

const share = z.number().min(0).max(1);

const queryTypeSchema = z
  .strictObject({
    description: z.string().default('').describe('What it means, for the model that classifies.'),
    tier: text.exactOptional().describe('The tier that answers it. By default the first one.'),
    tiers: z
      .record(languageTag, text)
      .default({})
      .meta({ description: 'By language, another tier.', examples: [{ ja: 'complex' }] }),
    examples: z
      .array(text)
      .default([])
      .meta({
        description: 'Messages of this kind, in any language. The more, the surer the local classifier.',
        examples: [['I want my money back', '我要退款']],
      }),
  })
  .describe('A kind of question.');

export const classifierSchema = z
  .strictObject({
    languages: z
      .array(languageTag)
      .default([])
      .meta({
        description:
          'The languages to expect, so that short messages are told apart. Empty: all that are known.',
        examples: [['en', 'de', 'zh']],
      }),
    queryTypes: z.record(z.string(), queryTypeSchema).default({}).describe('The kinds of question, by name.'),
    tierThresholds: z
      .record(z.string(), share)
      .exactOptional()
      .describe(
        'By tier, all but the first: complexity at or above this raises to at least this tier. By default evenly up to 0.7.',
      ),
    flags: z
      .record(z.string(), text)
      .default({})
      .meta({
        description:
          'By flag (legal, security, angry, long, multi_question), the least tier of a ticket that has it.',
        examples: [{ legal: 'complex' }],
      }),
    local: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe(
            'false asks a model about every ticket; the local labels then count only where no model answers.',
          ),
        acceptConfidence: z
          .union([z.literal('auto'), z.number().min(0).max(2)], {
            error: 'must be "auto" or a number from 0 to 1 (1.01 = never)',
          })
          .default('auto')
          .describe(
            'It decides alone from this confidence on; 1.01 means never. auto is the calibrated one: in this version never.',
          ),
      })
      .prefault({})
      .describe('The classifier that needs no model.'),
    models: z
      .array(text)
      .default([])
      .describe('The chain that classifies where the local classifier is not sure; empty: it decides alone.'),
    timeoutMs: milliseconds
      .default(2000)
      .describe('The longest that classifying by a model may take, in milliseconds.'),
  })
  .describe('How tickets are classified.');

/** What a tier and `defaults.tiers` have in common. */
const tierOptions = {
  concurrency: positiveInt
    .exactOptional()
    .describe('How many tickets one process answers at the same time.')
    .meta({ default: 20 }),
  deadlineMs: milliseconds
    .exactOptional()
    .describe(
      'The longest from acceptance to the stored answer, in milliseconds; then people get the ticket. By default 15 min in the first tier, 24 h in the last, 4 h between.',
    ),
  backlogDeadlineMs: milliseconds
    .exactOptional()
    .describe('The same for tickets of the backlog lane, in milliseconds.')
    .meta({ default: 172_800_000 }),
  sloSeconds: positiveNumber
    .exactOptional()
    .describe(
      'The age of the oldest waiting ticket that is still fine, in seconds. By default a thirtieth of the deadline.',
    ),
  mode: z
    .enum(modes)
    .exactOptional()
    .describe('auto sends the answer; draft leaves the sending to people.')
    .meta({ default: 'auto' }),
  onDead: z
    .enum(['handoff', 'hold'])
    .exactOptional()
    .describe(
      'What becomes of a ticket that cannot be answered: handoff tells people, hold keeps it for an operator.',
    )
    .meta({ default: 'handoff' }),
  context: z
    .array(text)
    .exactOptional()
    .meta({
      description: 'Files that are put before every ticket, word for word.',
      examples: [['infra/sample-shop/catalogue.md']],
    }),
  prompt: text.exactOptional().meta({
    description: 'A file with instructions, put after the built-in ones.',
    examples: ['infra/sample-shop/prompts/complex.md'],
  }),
};

export const tierSchema = z.strictObject({ models: chain, ...tierOptions }).describe('A tier of answers.');
export const tierDefaultsSchema = z.strictObject(tierOptions).describe('Defaults of every tier.');

export const whenSchema = z
  .strictObject({
    language: oneOrMany(languageTag).exactOptional().describe("The ticket's language, or several."),
    queryType: oneOrMany(text).exactOptional().describe('Its query type, or several.'),
    source: oneOrMany(text).exactOptional().describe('The source it came from, or several.'),
    tag: oneOrMany(text).exactOptional().describe('A tag that it has, or several.'),
    lane: oneOrMany(z.enum(lanes)).exactOptional().describe('live, or backlog for imported tickets.'),
    flag: oneOrMany(text).exactOptional().describe('A flag that it has, or several.'),
    confidenceBelow: share
      .exactOptional()
      .describe('The classification is less sure than this, from 0 to 1.'),
    complexityAbove: share.exactOptional().describe('The ticket is more complex than this, from 0 to 1.'),
  })
  .describe('All of these must hold; within a list one is enough. {} matches every ticket.');

export const routeSchema = z
  .strictObject({
    when: whenSchema,
    tier: text.exactOptional().describe("Where the ticket goes; without it, the classification's tier."),
    models: chain.exactOptional().describe("The chain; without it, the tier's."),
  })
  .refine((route) => route.tier !== undefined || route.models !== undefined, {
    error: 'a route needs a tier, models, or both',
  })
  .describe('An exception to the tier of the classification.');
