/** The whole of tierline.yaml. Every option has its default and its one-line documentation here or in the schema-*.ts. */
import { z } from 'zod';
import { fillDefaults } from './defaults.ts';
import { filled, httpUrl, positiveInt, positiveNumber, text } from './schema-common.ts';
import { destinationSchema, sourceSchema } from './schema-delivery.ts';
import { modelDefaultsSchema, modelSchema, providerSchema } from './schema-models.ts';
import { classifierSchema, routeSchema, tierDefaultsSchema, tierSchema } from './schema-routing.ts';

/** The file as written; what depends on other parts of it is filled in by `configSchema`. */
export const fileSchema = z
  .strictObject({
    providers: filled('provider', providerSchema).describe('Who serves the models, by name.'),
    models: filled('model', modelSchema).describe('The models, by the name that chains use.'),
    classifier: classifierSchema.prefault({}),
    tiers: filled('tier', tierSchema).describe('The tiers by name, in rising order.'),
    routes: z.array(routeSchema).default([]).describe('Exceptions; the first that matches wins.'),
    sources: z.record(z.string(), sourceSchema).default({}).describe('Where tickets come from, by name.'),
    destinations: filled('destination', destinationSchema).describe('Where answers go, by name.'),
    knowledge: z
      .strictObject({ folder: text.describe('A folder of articles in Markdown.') })
      .nullable()
      .default(null)
      .describe('What answers rest on.'),
    baseline: z
      .strictObject({ model: text })
      .nullable()
      .default(null)
      .describe('The single model that savings are measured against.'),
    budgets: z
      .strictObject({
        dailyUsd: positiveNumber,
        onExceeded: z.enum(['cheapest', 'draft', 'pause']).default('cheapest'),
      })
      .nullable()
      .default(null)
      .describe('No effect in this version.'),
    alerts: z
      .strictObject({ webhook: httpUrl })
      .nullable()
      .default(null)
      .describe('No effect in this version.'),
    retention: z
      .strictObject({
        contentDays: positiveNumber.default(7).describe('How long what was written is kept.'),
        tombstoneDays: positiveNumber.default(14).describe('How long a repeated ticket is recognised.'),
        ledgerDays: positiveNumber.default(400).describe('How long costs are kept.'),
      })
      .prefault({})
      .describe('What is kept for how long.'),
    redis: z
      .strictObject({
        shards: positiveInt.max(1024).default(1).describe('Hash slots to spread over a Redis Cluster.'),
      })
      .prefault({}),
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
