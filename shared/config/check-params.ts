/** Whether a provider takes what the file adds to its requests: a refused property fails every call, so it stops the start. */
import type { Finding, Path } from './problem.ts';
import { presetOf, traitsOf } from './presets.ts';
import { isHouse } from './resolve.ts';
import type { Config } from './schema.ts';
import { suggest } from './suggest.ts';

type Provider = Config['providers'][string];

/** What every call decides for itself. */
const reserved = new Set(
  'model messages system stream stream_options response_format max_tokens max_completion_tokens tools tool_choice n'.split(
    ' ',
  ),
);

export function checkParams(config: Config): Finding[] {
  return [
    ...Object.keys(config.providers).flatMap((name) => checkProvider(config, name)),
    ...Object.keys(config.models).flatMap((name) => checkModel(config, name)),
  ].filter(isFirst);
}

/** `defaults.models.params` are checked with every model that gets them, and told once. */
function isFirst(finding: Finding, index: number, all: Finding[]): boolean {
  const same = (other: Finding): boolean =>
    other.message === finding.message && other.path.join('.') === finding.path.join('.');
  return all.findIndex(same) === index;
}

function checkProvider(config: Config, name: string): Finding[] {
  const provider = config.providers[name]!;
  const path = ['providers', name];
  const preset = presetOf(provider);
  const takes = (param: string): boolean => allowedOf(provider)?.includes(param) ?? true;
  const findings = Object.entries(provider.extraBody)
    .filter(([, value]) => value !== null)
    .flatMap(([key]) => checkName(provider, name, { path: [...path, 'extraBody', key], key }));
  const { tokenParam } = provider;
  if (tokenParam !== undefined && tokenParam !== preset.tokenParam && !takes(tokenParam)) {
    findings.push(refused(provider, name, { path: [...path, 'tokenParam'], key: tokenParam }));
  }
  if (provider.streamUsage === true && !preset.streamUsage && !takes('stream_options')) {
    findings.push(refused(provider, name, { path: [...path, 'streamUsage'], key: 'stream_options' }));
  }
  return findings;
}

function checkModel(config: Config, name: string): Finding[] {
  const model = config.models[name]!;
  const provider = config.providers[model.provider];
  if (provider === undefined || isHouse(config, name)) return [];
  const defaults = config.defaults.models.params ?? {};
  const given = [
    ...entriesAt(provider.extraBody, ['providers', model.provider, 'extraBody']).filter(
      ({ key }) => !Object.hasOwn(model.params, key),
    ),
    ...entriesAt(model.params, ['models', name, 'params']).map((entry) =>
      entry.value === defaults[entry.key]
        ? { ...entry, path: ['defaults', 'models', 'params', entry.key] }
        : entry,
    ),
  ].filter(({ value }) => value !== null);
  const traits = traitsOf(presetOf(provider), model.model);
  const effective = { ...traits.params, ...provider.extraBody, ...model.params };
  return given.flatMap(({ key, value, path }): Finding[] => {
    if (path[0] !== 'providers') {
      const findings = checkName(provider, model.provider, { path, key });
      if (findings.length > 0) return findings;
    }
    if (isLetThrough(provider, key)) return [];
    if (traits.refuses.includes(key)) {
      return [{ path, message: `model ${model.model} refuses the parameter "${key}"`, at: 'key' }];
    }
    const { onlyWith } = traits;
    if (onlyWith?.names.includes(key) === true && effective[onlyWith.needs.name] !== onlyWith.needs.value) {
      const { name: other, value: needed } = onlyWith.needs;
      return [
        { path, message: `model ${model.model} takes "${key}" only with ${other}: ${needed}`, at: 'key' },
      ];
    }
    return checkValue(traits.values[key], { path, key, value, model: model.model });
  });
}

function checkName(provider: Provider, name: string, { path, key }: { path: Path; key: string }): Finding[] {
  if (reserved.has(key)) return [{ path, message: `"${key}" is decided by each call`, at: 'key' }];
  const allowed = allowedOf(provider);
  return allowed === null || allowed.includes(key) ? [] : [refused(provider, name, { path, key })];
}

function refused(provider: Provider, name: string, { path, key }: { path: Path; key: string }): Finding {
  const allowed = (allowedOf(provider) ?? []).filter((param) => !reserved.has(param)).toSorted();
  const suggestion = suggest(key, allowed);
  const whose =
    provider.preset === undefined || provider.preset === name ? name : `${name} (${provider.preset})`;
  return {
    path,
    message: `provider ${whose} refuses the parameter "${key}"; if it takes it now, name it in its allowParams`,
    allowed,
    allowedLabel: 'Parameters',
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(path.at(-1) === key ? { at: 'key' as const } : {}),
  };
}

function checkValue(
  allowed: readonly string[] | undefined,
  { path, key, value, model }: { path: Path; key: string; value: unknown; model: string },
): Finding[] {
  const chosen = typeof value === 'object' && value !== null && 'type' in value ? value.type : value;
  if (allowed === undefined || typeof chosen !== 'string' || allowed.includes(chosen)) return [];
  return [
    {
      path,
      message: `model ${model} refuses ${key}: ${chosen}`,
      allowed: [...allowed],
      allowedLabel: 'Values',
    },
  ];
}

function entriesAt(
  params: Record<string, unknown>,
  base: Path,
): { key: string; value: unknown; path: Path }[] {
  return Object.entries(params).map(([key, value]) => ({ key, value, path: [...base, key] }));
}

function isLetThrough(provider: Provider, param: string): boolean {
  return provider.allowParams?.some((allowed) => allowed === '*' || allowed === param) ?? false;
}

/** null: everything. */
function allowedOf(provider: Provider): readonly string[] | null {
  const own = provider.allowParams ?? null;
  if (own?.includes('*') === true) return null;
  const preset = presetOf(provider);
  // The list is that of the preset's own API.
  const isKnown = provider.preset !== undefined && (provider.api ?? preset.api) === preset.api;
  if (!isKnown || preset.allowParams === null) return own;
  return own === null ? preset.allowParams : [...preset.allowParams, ...own];
}
