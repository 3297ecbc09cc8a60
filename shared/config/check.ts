/** What must hold between the parts of a configuration. Pure: what it needs to know of files is handed in. */
import { checkAlerts } from './check-alerts.ts';
import { checkChain, checkDeadlines, type FileFacts } from './check-chains.ts';
import { checkContext } from './check-context.ts';
import { checkDestination, checkSource } from './check-delivery.ts';
import { withoutEffect } from './check-effects.ts';
import { checkParams } from './check-params.ts';
import { checkPrices } from './check-prices.ts';
import { checkTrust } from './check-trust.ts';
import { checkWhen } from './check-when.ts';
import { unknownName, type Finding, type Path } from './problem.ts';
import { presetOf } from './presets.ts';
import { isHouse } from './resolve.ts';
import type { Config } from './schema.ts';

/** Tier names become part of queue and metric names. */
const tierName = /^[a-z][a-z0-9_-]{0,30}$/;
const otherName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Problems stop the start; warnings do not. */
export function checkConfig(config: Config, facts: FileFacts): { problems: Finding[]; warnings: Finding[] } {
  const prices = checkPrices(config, facts.priceBook);
  const context = checkContext(config, facts.fileText);
  const trust = checkTrust(config);
  const problems = [
    ...checkNames(config),
    ...Object.keys(config.providers).flatMap((name) => checkProvider(config, name)),
    ...checkModels(config),
    ...checkParams(config),
    ...checkClassifier(config),
    ...Object.keys(config.tiers).flatMap((name) => checkTier(config, name, facts)),
    ...config.routes.flatMap((_, index) => checkRoute(config, index)),
    ...context.problems,
    ...Object.keys(config.sources).flatMap((name) => checkSource(config, name).problems),
    ...Object.keys(config.destinations).flatMap((name) => checkDestination(config, name).problems),
    ...checkKnowledge(config, facts),
    ...checkAlerts(config).problems,
    ...trust.problems,
    ...prices.problems,
  ];
  const warnings = [
    ...prices.warnings,
    ...context.warnings,
    ...Object.keys(config.sources).flatMap((name) => checkSource(config, name).warnings),
    ...Object.keys(config.destinations).flatMap((name) => checkDestination(config, name).warnings),
    ...checkAlerts(config).warnings,
    ...trust.warnings,
    ...withoutEffect(config),
  ];
  return { problems, warnings };
}

function checkNames(config: Config): Finding[] {
  const sections: [Path, string[], RegExp, string][] = [
    [
      ['tiers'],
      Object.keys(config.tiers),
      tierName,
      'lower-case letters, digits, _ and -, at most 31, a letter first',
    ],
    ...(['providers', 'models', 'sources', 'destinations'] as const).map(
      (section): [Path, string[], RegExp, string] => [
        [section],
        Object.keys(config[section]),
        otherName,
        nameRule,
      ],
    ),
    [['classifier', 'queryTypes'], Object.keys(config.classifier.queryTypes), otherName, nameRule],
    [['classifier', 'flags'], Object.keys(config.classifier.flags), otherName, nameRule],
  ];
  return sections.flatMap(([section, names, pattern, rule]) =>
    names
      .filter((name) => !pattern.test(name))
      .map((name) => ({ path: [...section, name], message: `a name here is ${rule}`, at: 'key' as const })),
  );
}

const nameRule = 'letters, digits, dots, _ and -, at most 63, a letter or digit first';

function checkProvider(config: Config, name: string): Finding[] {
  const provider = config.providers[name]!;
  const path = ['providers', name];
  if (provider.preset === undefined && provider.api === undefined) {
    return [{ path, message: 'needs a preset, or an api with its baseUrl' }];
  }
  const preset = presetOf(provider);
  const api = provider.api ?? preset.api;
  if (api !== 'house' && provider.baseUrl === undefined && preset.baseUrl === null) {
    const example =
      provider.preset === 'azure' ? ', such as https://RESOURCE.openai.azure.com/openai/v1' : '';
    return [{ path, message: `missing key "baseUrl": the address of the API${example}` }];
  }
  return [];
}

function checkModels(config: Config): Finding[] {
  const providers = Object.keys(config.providers);
  const findings = Object.entries(config.models)
    .filter(([, model]) => !Object.hasOwn(config.providers, model.provider))
    .map(([name, model]) =>
      unknownName({
        path: ['models', name, 'provider'],
        kind: 'provider',
        name: model.provider,
        known: providers,
      }),
    );
  if (config.baseline !== null) {
    findings.push(...checkChain(config, ['baseline', 'model'], config.baseline.model));
  }
  return findings;
}

function checkClassifier(config: Config): Finding[] {
  const { classifier } = config;
  const findings = checkChain(config, ['classifier', 'models'], classifier.models);
  for (const [index, name] of classifier.models.entries()) {
    if (!isHouse(config, name)) continue;
    findings.push({
      path: ['classifier', 'models', index],
      message: `"${name}" is a house model: it cannot classify`,
    });
  }
  for (const [name, queryType] of Object.entries(classifier.queryTypes)) {
    const path = ['classifier', 'queryTypes', name];
    findings.push(...checkTierName(config, [...path, 'tier'], queryType.tier));
    for (const [language, tier] of Object.entries(queryType.tiers)) {
      findings.push(...checkTierName(config, [...path, 'tiers', language], tier));
    }
  }
  for (const [flag, tier] of Object.entries(classifier.flags)) {
    findings.push(...checkTierName(config, ['classifier', 'flags', flag], tier));
  }
  return [...findings, ...checkThresholds(config)];
}

function checkThresholds(config: Config): Finding[] {
  const thresholds = config.classifier.tierThresholds;
  const base = ['classifier', 'tierThresholds'];
  const findings: Finding[] = Object.keys(thresholds).flatMap((name) =>
    checkTierName(config, [...base, name], name).map((finding) => ({ ...finding, at: 'key' as const })),
  );
  const [firstTier, ...raised] = Object.keys(config.tiers);
  if (firstTier !== undefined && Object.hasOwn(thresholds, firstTier)) {
    findings.push({
      path: [...base, firstTier],
      message: `"${firstTier}" is the first tier: nothing is raised to it`,
      at: 'key',
    });
  }
  let below: { name: string; threshold: number } | undefined;
  for (const name of raised) {
    const threshold = thresholds[name];
    if (threshold === undefined) continue;
    if (below !== undefined && threshold <= below.threshold) {
      findings.push({
        path: [...base, name],
        message: `must be more than the ${below.threshold} of "${below.name}", is ${threshold}`,
      });
    }
    below = { name, threshold };
  }
  return findings;
}

function checkTier(config: Config, name: string, facts: FileFacts): Finding[] {
  const tier = config.tiers[name]!;
  const path = ['tiers', name];
  const files: [Path, string][] = tier.context.map((file, index) => [[...path, 'context', index], file]);
  if (tier.prompt !== null) files.push([[...path, 'prompt'], tier.prompt]);
  const unreadable = files
    .filter(([, file]) => facts.fileText(file) === null)
    .map(([filePath, file]): Finding => ({ path: filePath, message: `the file ${file} cannot be read` }));
  return [
    ...checkChain(config, [...path, 'models'], tier.models),
    ...checkDeadlines(config, { path, tier: name, models: tier.models }),
    ...unreadable,
  ];
}

function checkRoute(config: Config, index: number): Finding[] {
  const { when, tier, models } = config.routes[index]!;
  const path = ['routes', index];
  const findings = checkWhen([...path, 'when'], when, {
    queryType: Object.keys(config.classifier.queryTypes),
    source: Object.keys(config.sources),
    flag: Object.keys(config.classifier.flags),
  });
  if (tier !== undefined) findings.push(...checkTierName(config, [...path, 'tier'], tier));
  if (models === undefined) return findings;
  findings.push(...checkChain(config, [...path, 'models'], models));
  if (tier === undefined || !Object.hasOwn(config.tiers, tier)) return findings;
  return [...findings, ...checkDeadlines(config, { path: [...path, 'models'], tier, models })];
}

function checkKnowledge(config: Config, facts: FileFacts): Finding[] {
  if (config.knowledge === null || facts.isFolder(config.knowledge.folder)) return [];
  return [{ path: ['knowledge', 'folder'], message: `the folder ${config.knowledge.folder} cannot be read` }];
}

function checkTierName(config: Config, path: Path, name: string): Finding[] {
  if (Object.hasOwn(config.tiers, name)) return [];
  return [unknownName({ path, kind: 'tier', name, known: Object.keys(config.tiers) })];
}
