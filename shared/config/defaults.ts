/** The defaults that depend on other parts of the file: a tier's position, `defaults`, the only destination. */
import type { z } from 'zod';
import { knownWindow } from '../models/context-windows.ts';
import type { Mode } from '../ticket.ts';
import { presetOf, traitsOf } from './presets.ts';
import { breakerDefaults, modelDefaults } from './schema-models.ts';
import type { fileSchema } from './schema.ts';

type File = z.output<typeof fileSchema>;
type Context = z.core.$RefinementCtx;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** The threshold of the last tier; those between stand evenly below it. */
const lastThreshold = 0.7;

/** Fills in everything; a part that cannot be filled in is reported to `context`. */
export function fillDefaults(file: File, context: Context) {
  const tierNames = Object.keys(file.tiers);
  return {
    ...file,
    providers: named(file.providers, (provider) => provider),
    models: named(file.models, (_, name) => fillModel(file, name, context)),
    classifier: fillClassifier(file, tierNames),
    tiers: named(file.tiers, (_, name) => fillTier(file, name, tierNames)),
    sources: named(file.sources, (source, name) => ({
      ...source,
      destination: source.destination ?? onlyDestination(file, name, context),
    })),
    destinations: named(file.destinations, (destination) => destination),
  };
}

/** Without a prototype, so that a name from outside such as "constructor" finds nothing. */
function named<T, U>(record: Record<string, T>, fill: (value: T, name: string) => U): Record<string, U> {
  const result: Record<string, U> = {};
  Object.setPrototypeOf(result, null);
  for (const [name, value] of Object.entries(record)) result[name] = fill(value, name);
  return result;
}

function fillModel(file: File, name: string, context: Context) {
  const model = file.models[name]!;
  const defaults = file.defaults.models;
  const provider = file.providers[model.provider];
  const isHouse = provider !== undefined && (provider.api ?? presetOf(provider).api) === 'house';
  if (model.model === undefined && !isHouse) {
    context.addIssue({
      code: 'custom',
      path: ['models', name],
      message: `missing key "model": the provider's own id of the model`,
    });
  }
  const known = provider === undefined ? null : traitsOf(presetOf(provider), model.model ?? '');
  return {
    ...modelDefaults,
    ...known?.timeouts,
    ...defaults,
    ...model,
    contextTokens: model.contextTokens ?? defaults.contextTokens ?? windowOf(model.model),
    provider: model.provider,
    always: model.always,
    model: model.model ?? 'house',
    price: model.price ?? null,
    limits: { ...defaults.limits, ...model.limits },
    breaker: {
      ...breakerDefaults,
      ...defaults.breaker,
      ...model.breaker,
    },
    params: { ...defaults.params, ...model.params },
  };
}

function windowOf(modelId = ''): number {
  return knownWindow(modelId) ?? modelDefaults.contextTokens;
}

function fillClassifier(file: File, tierNames: string[]) {
  const { classifier } = file;
  const firstTier = tierNames[0]!;
  return {
    ...classifier,
    queryTypes: named(classifier.queryTypes, (queryType) => ({
      ...queryType,
      tier: queryType.tier ?? firstTier,
      tiers: named(queryType.tiers, (tier) => tier),
    })),
    tierThresholds: named(classifier.tierThresholds ?? evenThresholds(tierNames), (threshold) => threshold),
    flags: named(classifier.flags, (tier) => tier),
  };
}

/** Three tiers: 0.35 and 0.7. */
function evenThresholds(tierNames: string[]): Record<string, number> {
  const raised = tierNames.slice(1);
  return Object.fromEntries(
    raised.map((name, index) => [name, (lastThreshold * (index + 1)) / raised.length]),
  );
}

function fillTier(file: File, name: string, tierNames: string[]) {
  const tier = { ...file.defaults.tiers, ...file.tiers[name]! };
  const deadlineMs = tier.deadlineMs ?? deadlineOf(tierNames.indexOf(name), tierNames.length);
  return {
    models: file.tiers[name]!.models,
    concurrency: tier.concurrency ?? 20,
    deadlineMs,
    backlogDeadlineMs: tier.backlogDeadlineMs ?? 48 * hourMs,
    sloSeconds: tier.sloSeconds ?? deadlineMs / 30 / 1000,
    mode: tier.mode ?? ('auto' satisfies Mode),
    onDead: tier.onDead ?? 'handoff',
    context: tier.context ?? [],
    prompt: tier.prompt ?? null,
  };
}

function deadlineOf(position: number, count: number): number {
  if (position === 0) return 15 * minuteMs;
  return position === count - 1 ? 24 * hourMs : 4 * hourMs;
}

function onlyDestination(file: File, source: string, context: Context): string {
  const names = Object.keys(file.destinations);
  if (names.length === 1) return names[0]!;
  context.addIssue({
    code: 'custom',
    path: ['sources', source],
    message: 'missing key "destination": there are several',
    params: { allowed: names, allowedLabel: 'Destinations' },
  });
  return '';
}
