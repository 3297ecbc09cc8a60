/** Puts a process together: connections, configuration, the roles it was asked for, and the way down again. */
import { startAlerts } from '../shared/alerts/watch.ts';
import type { App, Running } from '../shared/app.ts';
import type { LoadedConfig } from '../shared/config/load.ts';
import { TierlineError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { freshSeconds } from '../shared/processes/keys.ts';
import { listProcesses } from '../shared/processes/list.ts';
import { startSweeper } from '../shared/record/sweeper.ts';
import { startCompany } from '../shared/reload/company.ts';
import type { Company } from '../shared/reload/company.ts';
import { startReloader } from '../shared/reload/reloader.ts';
import type { Reloader } from '../shared/reload/reloader.ts';
import type { Outcome } from '../shared/reload/standing.ts';
import { start as startClassifier } from './classifier/main.ts';
import { start as startConsole } from './console/main.ts';
import { startHealth } from './health.ts';
import { start as startIngest } from './ingest/main.ts';
import { openCheckedParts, openIntake, openQueues, retentionOf } from './open-app.ts';
import { start as startResults } from './results/main.ts';
import { start as startTierWorker } from './tier-worker/main.ts';
import type { Role } from './roles.ts';

export type SystemOptions = {
  roles: readonly Role[];
  /** The tiers whose pools run here; null for all of the configuration. */
  tiers: readonly string[] | null;
  loaded: LoadedConfig;
  redisUrl: string;
  environment: Environment;
  log: Log;
  /** For people in front of a terminal: what became of a change, and what is wrong with the system as a whole. */
  announce?: (text: string) => void;
};

/** What the process environment says, parsed (see environment.ts). */
export type Environment = {
  prefix: string;
  /** How long a killed worker's tickets wait for another one. */
  leaseMs: number;
  ingest: { host: string; port: number };
  console: { host: string; port: number; token: string | null };
  healthPort: number | null;
  apiKeys: string[];
};

export type System = Running & {
  ingestUrl: string | null;
  consoleUrl: string | null;
  app: App;
  /** Reads the configuration's files now, and takes them up in this process. */
  reload: () => Promise<Outcome>;
};

/** Starts everything or nothing: what was opened before a failure is closed again. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const closers: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= closeAll(closers, options.log);
    return closing;
  };
  try {
    return await open(options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** The reverse of the order of opening; one failure does not keep the rest open. */
async function closeAll(closers: (() => Promise<unknown>)[], log: Log): Promise<void> {
  for (const closer of closers.toReversed()) {
    try {
      await closer();
    } catch (error) {
      log.warn({ err: error }, 'close.failed');
    }
  }
}

async function open(
  options: SystemOptions,
  closers: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<System> {
  const { roles, environment, log, loaded } = options;
  const { app, reloader, company, records } = await openConfigured(options, closers);
  const draining = { now: false };
  const sweeper = startSweeper(app);
  closers.push(() => sweeper.close());
  const alerts = startAlerts(app);
  closers.push(() => alerts.close());

  const stages: Running[] = [];
  closers.push(() => Promise.all(stages.map((stage) => stage.close())));
  if (roles.includes('results')) stages.push(startResults(app));
  if (roles.includes('tier')) stages.push(startTierWorker(app, options.tiers));
  if (roles.includes('classifier')) stages.push(await startClassifier(app));

  let consoleUrl: string | null = null;
  if (roles.includes('console')) {
    const started = await startConsole(app, { ...environment.console, reloadAll: company.reloadAll });
    closers.push(() => started.close());
    consoleUrl = started.url;
  }
  let ingestUrl: string | null = null;
  if (roles.includes('ingest')) {
    const intake = await openIntake(app, options, closers);
    records.push(intake.record);
    const started = await startIngest(intake, {
      ...environment.ingest,
      environmentKeys: environment.apiKeys,
      isDraining: () => draining.now,
    });
    closers.push(() => started.close());
    ingestUrl = started.url;
  }
  if (environment.healthPort !== null) {
    const health = await startHealth(app, environment.healthPort, () => draining.now);
    closers.push(() => health.close());
  }
  closers.push(() => Promise.resolve((draining.now = true)));
  log.info({ roles, tiers: tiersOf(options, app), config: loaded.version }, 'process.started');
  return { app, ingestUrl, consoleUrl, close, reload: reloader.reload };
}

type Configured = { app: App; reloader: Reloader; company: Company; records: App['record'][] };

/** What every role stands on: connection, record, and the configuration as it changes. */
async function openConfigured(
  options: SystemOptions,
  closers: (() => Promise<unknown>)[],
): Promise<Configured> {
  const { environment, loaded, announce = () => undefined } = options;
  refuseUnknownTiers(options);
  const parts = await openCheckedParts(options, closers);
  await refuseOtherShards(options, parts);
  const records: App['record'][] = [];
  let company: Company | null = null;
  const reloader = startReloader(loaded, parts, (outcome, runtime) => {
    for (const record of records) record.setRetention(retentionOf(runtime.config));
    announce(describe(outcome, runtime.version));
    void company?.tellOthers();
  });
  closers.push(() => reloader.close());
  const app = openQueues(parts, { leaseMs: environment.leaseMs, runtime: reloader.runtime }, closers);
  records.push(app.record);
  company = startCompany(app, reloader, {
    roles: options.roles,
    tiers: () => tiersOf(options, app),
    announce,
  });
  closers.push(company.close);
  await company.tellOthers();
  return { app, reloader, company, records };
}

/** Those whose pools run here. */
function tiersOf({ roles, tiers }: SystemOptions, app: App): string[] {
  if (!roles.includes('tier')) return [];
  const configured = Object.keys(app.runtime().config.tiers);
  return tiers === null ? configured : configured.filter((tier) => tiers.includes(tier));
}

function refuseUnknownTiers({ tiers, loaded }: SystemOptions): void {
  const known = Object.keys(loaded.config.tiers);
  const unknown = tiers?.find((tier) => !known.includes(tier));
  if (unknown === undefined) return;
  throw new TierlineError(
    'unknown_tier',
    `There is no tier "${unknown}" in the configuration. Tiers: ${known.join(', ')}`,
  );
}

/** Processes that spread tickets differently would not find each other's. */
async function refuseOtherShards(
  { loaded, environment }: SystemOptions,
  { redis }: Pick<App, 'redis'>,
): Promise<void> {
  const { shards } = loaded.config.redis;
  const running = await listProcesses(redis, environment.prefix);
  const other = running.find((one) => one.shards !== shards && one.ageSeconds <= freshSeconds);
  if (other === undefined) return;
  throw new TierlineError(
    'other_shards',
    `The system that runs on key prefix "${environment.prefix}" has redis.shards ${other.shards} (${other.host}, ${other.config.file}), ` +
      `and ${loaded.file} has ${shards}: they would not find each other's tickets. Give both the same number, or this one another TIERLINE_PREFIX.`,
  );
}

function describe(outcome: Outcome, version: string): string {
  if (outcome.kind === 'unchanged') return `The configuration is unchanged (version ${version}).`;
  if (outcome.kind === 'refused') {
    return [`The configuration was not taken up; version ${version} runs on:`, ...outcome.problems].join(
      '\n  ',
    );
  }
  const paths = outcome.changes.map(({ path }) => path);
  const [shown, rest] = [paths.slice(0, 5), paths.length - 5];
  const more = rest > 0 ? ` and ${rest} more` : '';
  const what = `The configuration was taken up (version ${version}): ${shown.join(', ') || 'nothing that matters'}${more} changed.`;
  return [what, ...outcome.warnings.map((warning) => `warning: ${warning}`)].join('\n');
}
