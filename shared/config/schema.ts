/** The whole of tierline.yaml. Every option has its default and its one-line documentation here or in the schema-*.ts. */
import { z } from 'zod';
import { fillDefaults } from './defaults.ts';
import { alertsSchema } from './schema-alerts.ts';
import { filled, positiveInt, positiveNumber, text } from './schema-common.ts';
import { destinationSchema, sourceSchema } from './schema-delivery.ts';
import { modelDefaultsSchema, modelSchema, providerSchema } from './schema-models.ts';
import { classifierSchema, routeSchema, tierDefaultsSchema, tierSchema } from './schema-routing.ts';
import { checksSchema, trustSchema } from './schema-trust.ts';

/** The file as written; what depends on other parts of it is filled in by `configSchema`. */
export const fileSchema = z
  .strictObject({
    providers: filled('provider', providerSchema).describe('Who serves the models, by name.'),
    models: filled('model', modelSchema).describe('The models, by the name that chains use.'),
    classifier: classifierSchema.prefault({}),
    tiers: filled('tier', tierSchema).describe('The tiers by name, in rising order.'),
    routes: z.array(routeSchema).default([]).describe('Exceptions; the first that matches wins.'),
    trust: z
      .array(trustSchema)
      .default([])
      .describe(
        'Who lets answers out; the first that matches wins, and of it and the modes of source and tier the most careful.',
      ),
    checks: checksSchema.prefault({}),
    sources: z.record(z.string(), sourceSchema).default({}).describe('Where tickets come from, by name.'),
    destinations: filled('destination', destinationSchema).describe('Where answers go, by name.'),
    knowledge: z
      .strictObject({
        folder: text.meta({
          description: 'A folder of articles in Markdown.',
          examples: ['infra/sample-shop/articles'],
        }),
      })
      .nullable()
      .default(null)
      .describe('What answers rest on.'),
    prices: text
      .nullable()
      .default(null)
      .describe('A file of prices in the form of infra/prices.yaml; what it knows wins over that.'),
    baseline: z
      .strictObject({ model: text.describe('A name under models.') })
      .nullable()
      .default(null)
      .describe('The single model that savings are measured against. No effect in this version.'),
    budgets: z
      .strictObject({
        dailyUsd: positiveNumber.describe('What all calls of a day (UTC) may cost together, in USD.'),
        onExceeded: z
          .enum(['cheapest', 'draft', 'pause'])
          .default('cheapest')
          .describe(
            'What follows: the cheapest model of each chain, drafts alone, or no calls until the next day.',
          ),
      })
      .nullable()
      .default(null)
      .describe('What may be spent, and what happens then. No effect in this version.'),
    alerts: alertsSchema.nullable().default(null).describe('Who is told when something is wrong.'),
    handoffs: z
      .strictObject({
        perMinute: positiveNumber
          .default(120)
          .describe(
            'How many tickets a minute people are given at most, in all; a tenth of that may come at once.',
          ),
      })
      .prefault({})
      .describe('How tickets that nothing could answer come to people.'),
    retention: z
      .strictObject({
        contentDays: positiveNumber
          .default(7)
          .describe('How many days after its end the text of a ticket is kept.'),
        tombstoneDays: positiveNumber
          .default(14)
          .describe('How many days after its end a repeated ticket is recognised.'),
        ledgerDays: positiveNumber.default(400).describe('How many days costs are kept.'),
      })
      .prefault({})
      .describe('What is kept for how long.'),
    redis: z
      .strictObject({
        shards: positiveInt
          .max(1024)
          .default(1)
          .describe('How many hash tags the keys are spread over; set it before the first ticket.'),
      })
      .prefault({})
      .describe('How Redis is used.'),
    defaults: z
      .strictObject({
        models: modelDefaultsSchema.prefault({}),
        tiers: tierDefaultsSchema.prefault({}),
      })
      .prefault({})
      .describe('Defaults that take the place of the built-in ones.'),
  })
  .meta({ title: 'tierline.yaml' });

export const configSchema = fileSchema.transform(fillDefaults);

/** The configuration with every default filled in; its references are checked by checkConfig. */
export type Config = z.output<typeof configSchema>;
