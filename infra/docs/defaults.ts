/** The default of every option, read from what the loader makes of a file that sets nothing it need not. */
import { presets } from '../../shared/config/presets.ts';
import { configSchema } from '../../shared/config/schema.ts';
import { code } from './allowed.ts';
import type { Option } from './options.ts';

/** One entry of everything, and three tiers, because their defaults depend on their place. */
const sample = {
  providers: { sample: { preset: 'openai' } },
  models: { sample: { provider: 'sample', model: 'sample' } },
  classifier: { queryTypes: { sample: {} } },
  tiers: { first: { models: ['sample'] }, middle: { models: ['sample'] }, last: { models: ['sample'] } },
  routes: [{ when: {}, tier: 'first' }],
  sources: { sample: { platform: 'generic', destination: 'webhook' } },
  destinations: {
    webhook: { type: 'webhook', url: 'https://shop.example', secret: 'sample' },
    log: { type: 'log', path: 'sample' },
    zendesk: { type: 'zendesk' },
  },
  knowledge: { folder: 'sample' },
  baseline: { model: 'sample' },
  budgets: { dailyUsd: 1 },
  alerts: { webhook: 'https://shop.example' },
};

/** Defaults that are no value: where what counts comes from. */
export const spokenDefaults: Record<string, string> = {
  'providers.*.apiKey': "the preset's variable",
  'models.*.model': 'required, but for `house`',
  'models.*.price': 'infra/prices.yaml',
  'models.*.structured': "the provider's",
  'models.*.thinkingTokens': "the preset's",
  'classifier.queryTypes.*.tier': 'the first one',
  'sources.*.destination': 'the only one',
  'sources.*.mode': "the tier's",
  'routes[].tier': "the classification's",
  'routes[].models': "the tier's",
};

const filled = configSchema.parse(sample);

/** The values that the loader fills in, by the entry that they belong to; empty where it fills in nothing. */
export function realDefaults(option: Pick<Option, 'path' | 'variant'>): Map<string, unknown> {
  const { path } = option;
  const variant = option.variant?.split(' ')[0] ?? null;
  const names = path.split('.').map((name) => name.replace(/\[\]$/, ''));
  const given = valuesAt(sample, names, variant);
  return new Map(
    [...valuesAt(filled, names, variant)].filter(
      ([entry, value]) => value !== null && value !== '' && !given.has(entry),
    ),
  );
}

function valuesAt(root: unknown, names: string[], variant: string | null): Map<string, unknown> {
  let found = new Map([['', root]]);
  for (const name of names) {
    const next = new Map<string, unknown>();
    for (const [entry, value] of found) {
      for (const [key, child] of entriesOf(value)) {
        if (name === '*' && (variant === null || key === variant)) next.set(key, child);
        if (key === name) next.set(entry, child);
      }
    }
    found = next;
  }
  return found;
}

/** Of a list, those of its first item: all items of the sample are alike. */
function entriesOf(value: unknown): [string, unknown][] {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  return typeof one === 'object' && one !== null ? Object.entries(one) : [];
}

export function defaultText(option: Option): string {
  const { path, isRequired, isGroup } = option;
  if (isGroup) return '';
  if (isRequired) return 'required';
  const spoken = spokenDefaults[path];
  if (spoken !== undefined) return spoken;
  const values = realDefaults(option);
  const texts = [...values].map(([entry, value]) => [entry, valueText(path, value)] as const);
  const distinct = new Set(texts.map(([, text]) => text));
  if (distinct.size === 0) return isPresetOwn(path) ? "the preset's" : 'none';
  if (distinct.size === 1) return [...distinct][0] ?? '';
  return texts.map(([entry, text]) => `${entry} tier: ${text}`).join('; ');
}

function isPresetOwn(path: string): boolean {
  const [section, , name = ''] = path.split('.');
  return section === 'providers' && (name in presets.openai || name in presets.openai.traits);
}

function valueText(path: string, value: unknown): string {
  if (!path.endsWith('Ms')) return code(value);
  if (Array.isArray(value)) return value.map((item) => duration(Number(item))).join(', ');
  const ms = Number(value);
  return ms < 60_000 ? code(ms) : `${code(ms)} (${duration(ms)})`;
}

/** `ms` milliseconds in the largest unit that leaves no fraction. */
function duration(ms: number): string {
  if (ms > 0 && ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms > 0 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  return `${ms / 1000} s`;
}
