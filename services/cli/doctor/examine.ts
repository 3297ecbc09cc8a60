/** All checks of the doctor, at the same time. What cannot be known without a right configuration is left out. */
import type { InvalidConfig, LoadedConfig } from '../../../shared/config/load.ts';
import type { ProcessEnvironment } from '../../environment.ts';
import { note } from './check.ts';
import type { Check } from './check.ts';
import { checkChains, checkFile, checkTexts } from './check-configuration.ts';
import { checkDestinations } from './check-destinations.ts';
import { checkKeys, checkNode, checkPorts } from './check-machine.ts';
import { checkProviders } from './check-providers.ts';
import type { ProviderReport, Target } from './check-providers.ts';
import { checkRedisServer } from './check-redis.ts';

export type Surroundings = {
  environment: ProcessEnvironment;
  loaded: LoadedConfig | InvalidConfig;
  /** null where there is none to look at. */
  redisUrl: string | null;
  /** ms since the epoch. */
  now: () => number;
};

export type Report = {
  checks: Check[];
  /** Made to providers. */
  calls: number;
  /** What these cost; null where that of one is not known. */
  nanoUsd: number | null;
};

const noCalls: ProviderReport = { checks: [], calls: 0, nanoUsd: 0 };

/** `targets`: the models to call; null for none at all. */
export async function examine(around: Surroundings, targets: readonly Target[] | null): Promise<Report> {
  const { environment, loaded, redisUrl, now } = around;
  const config = loaded.kind === 'loaded' ? loaded.config : null;
  const [ports, redis, texts, providers, destinations] = await Promise.all([
    checkPorts(environment),
    checkRedisServer(redisUrl, now),
    loaded.kind === 'loaded' ? checkTexts(loaded.config, loaded.texts) : [],
    targets === null ? noCalls : checkProviders(targets, now),
    config === null ? [] : checkDestinations(config),
  ]);
  const checks = [
    checkNode(),
    ...checkFile(loaded),
    ...texts,
    ...checkKeys(environment),
    ...ports,
    ...redis,
    ...(config === null ? [] : checkChains(config)),
    ...providers.checks,
    ...destinations,
  ];
  if (config === null) {
    checks.push(note('providers', 'providers, prices and destinations wait for a valid configuration'));
  } else if (targets === null) {
    checks.push(
      note('providers', 'were not called, because of --no-calls: keys and model names were not tried'),
    );
  }
  return { checks, calls: providers.calls, nanoUsd: providers.nanoUsd };
}
