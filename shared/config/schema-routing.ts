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
    tier: text.exactOptional().describe('Its tier; the first one where not given.'),
    tiers: z.record(languageTag, text).default({}).describe('Its tier in single languages.'),
    examples: z.array(text).default([]).describe('Messages of this kind, in any language.'),
  })
  .describe('A kind of question.');

export const classifierSchema = z
  .strictObject({
    languages: z
      .array(languageTag)
      .default([])
      .describe('The languages to expect, which makes short messages surer; empty: all that are known.'),
    queryTypes: z.record(z.string(), queryTypeSchema).default({}).describe('The kinds of question, by name.'),
    tierThresholds: z
      .record(z.string(), share)
      .exactOptional()
      .describe(
        'By tier, all but the first: complexity at or above raises to at least this one. Default: evenly up to 0.7.',
      ),
    flags: z.record(z.string(), text).default({}).describe('By flag, the tier to which it raises at least.'),
    local: z
      .strictObject({
        enabled: z.boolean().default(true),
        acceptConfidence: z
          .union([z.literal('auto'), z.number().min(0).max(2)], {
            error: 'must be "auto" or a number from 0 to 1 (1.01 = never)',
          })
          .default('auto')
          .describe('Decides alone at or above this confidence; auto is the calibrated one, 1.01 never.'),
      })
      .prefault({})
      .describe('The classifier that needs no model.'),
    models: z
      .array(text)
      .default([])
      .describe('The chain that classifies where the local classifier is not sure; empty: it decides alone.'),
    timeoutMs: milliseconds.default(2000).describe('For classifying by a model.'),
  })
  .describe('How tickets are classified.');

/** What a tier and `defaults.tiers` have in common. */
const tierOptions = {
  concurrency: positiveInt
    .exactOptional()
    .describe('Tickets answered at the same time, per process.')
    .meta({ default: 20 }),
  deadlineMs: milliseconds
    .exactOptional()
    .describe(
      'From acceptance to the stored answer. Default: 15 min in the first tier, 24 h in the last, else 4 h.',
    ),
  backlogDeadlineMs: milliseconds
    .exactOptional()
    .describe('The same for imported tickets.')
    .meta({ default: 172_800_000 }),
  sloSeconds: positiveNumber
    .exactOptional()
    .describe(
      'The age of the oldest waiting ticket that is still fine. Default: a thirtieth of the deadline.',
    ),
  mode: z
    .enum(modes)
    .exactOptional()
    .describe('auto sends, draft leaves the sending to people.')
    .meta({ default: 'auto' }),
  onDead: z
    .enum(['handoff', 'hold'])
    .exactOptional()
    .describe(
      'What becomes of a ticket that cannot be answered: people are told, or it is kept for an operator.',
    )
    .meta({ default: 'handoff' }),
  context: z.array(text).exactOptional().describe('Files placed verbatim before every ticket.'),
  prompt: text.exactOptional().describe('A file with instructions, added to the built-in ones.'),
};

export const tierSchema = z.strictObject({ models: chain, ...tierOptions }).describe('A tier of answers.');
export const tierDefaultsSchema = z.strictObject(tierOptions).describe('Defaults of every tier.');

export const routeSchema = z
  .strictObject({
    when: z
      .strictObject({
        language: oneOrMany(languageTag).exactOptional(),
        queryType: oneOrMany(text).exactOptional(),
        source: oneOrMany(text).exactOptional(),
        tag: oneOrMany(text).exactOptional().describe("One of the ticket's tags."),
        lane: oneOrMany(z.enum(lanes)).exactOptional(),
        flag: oneOrMany(text).exactOptional(),
        confidenceBelow: share.exactOptional(),
        complexityAbove: share.exactOptional(),
      })
      .describe('All of these must hold; within a list one is enough. {} matches every ticket.'),
    tier: text.exactOptional().describe("Where the ticket goes; without it, the classification's tier."),
    models: chain.exactOptional().describe("The chain; without it, the tier's."),
  })
  .refine((route) => route.tier !== undefined || route.models !== undefined, {
    error: 'a route needs a tier, models, or both',
  })
  .describe('An exception to the tier of the classification.');
