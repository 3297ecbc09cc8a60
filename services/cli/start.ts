/** `npm start`: every service on this machine, with a Redis of its own where none is named. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { isConfigured, isHouse } from '../../shared/config/resolve.ts';
import type { Config } from '../../shared/config/schema.ts';
import { createLog } from '../../shared/log.ts';
import { readEnvironment } from '../environment.ts';
import type { ProcessEnvironment } from '../environment.ts';
import { createApiKey } from '../ingest/api-keys.ts';
import { roles } from '../roles.ts';
import { loadConfiguration } from './context.ts';
import { dataFolder } from './project.ts';
import { startEmbeddedRedis } from './embedded-redis.ts';
import { commandText, note, print } from './output.ts';
import { plainLog } from './start-log.ts';
import { withExample } from './example.ts';
import { postSamples } from './samples.ts';
import { onHangUp } from './hang-up.ts';
import { untilStopped } from './stop.ts';

export function addStartCommand(program: Command): void {
  const command = program
    .command('start')
    .description('starts every service on this machine, with an embedded Redis unless REDIS_URL is set')
    .option(
      '--samples',
      'posts the sample tickets, also where models are configured (their calls are billed)',
    )
    .option('--json', 'prints the addresses and the key as one line of JSON, and posts no samples unasked')
    .action((options: Options) => startAll(command, options));
  withExample(command, 'npm start', 'npm start -- --samples');
}

type Options = { samples?: boolean; json?: boolean };

async function startAll(command: Command, options: Options): Promise<void> {
  const environment = readEnvironment(process.env);
  const loaded = loadConfiguration(command, environment);
  for (const warning of loaded.warnings) note(`warning: ${warning}`);
  const log =
    environment.logLevel === null ? createLog('warn', plainLog(note)) : createLog(environment.logLevel);
  await mkdir(dataFolder, { recursive: true });
  const embedded = environment.redisUrl === null ? await openRedis() : null;
  try {
    const apiKey = environment.apiKeys[0] ?? (await keyOfThisFolder());
    const { startSystem } = await import('../system.ts');
    const system = await startSystem({
      roles,
      tiers: null,
      loaded: loaded.whole,
      // Files as they can be opened from here.
      announce: (text) => note(text.replaceAll(`${process.cwd()}${path.sep}`, '')),
      redisUrl: embedded?.url ?? environment.redisUrl!,
      environment: {
        ...environment,
        apiKeys: environment.apiKeys.length > 0 ? environment.apiKeys : [apiKey],
      },
      log,
    });
    onHangUp(system.reload);
    if (options.json) print(JSON.stringify({ ingest: system.ingestUrl, console: system.consoleUrl, apiKey }));
    else introduce(system, { environment, config: loaded.config, apiKey });
    const stop = new AbortController();
    const samples = wantsSamples(loaded.config, options)
      ? postSamples(system.ingestUrl!, { apiKey, config: loaded.config, signal: stop.signal })
      : Promise.resolve();
    await untilStopped(async () => {
      stop.abort();
      await samples.catch(() => undefined);
      await system.close();
    }, log);
  } finally {
    await embedded?.stop();
  }
}

async function openRedis() {
  const redis = await startEmbeddedRedis({ folder: path.join(dataFolder, 'redis'), appendOnly: 'everysec' });
  const urlFile = path.join(dataFolder, 'redis-url');
  await writeFile(urlFile, `${redis.url}\n`);
  return {
    url: redis.url,
    async stop() {
      await rm(urlFile, { force: true });
      await redis.stop();
    },
  };
}

/** Without configured keys, `npm start` makes one for this folder and keeps it, readable to its owner alone. */
async function keyOfThisFolder(): Promise<string> {
  const file = path.join(dataFolder, 'api-key');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    const { raw } = createApiKey(randomBytes);
    await writeFile(file, `${raw}\n`, { mode: 0o600 });
    return raw;
  }
}

/** Models that cost money and are usable, for their provider has its key. */
const usableModels = (config: Config): string[] =>
  Object.keys(config.models).filter(
    (name) => !isHouse(config, name) && isConfigured(config, config.models[name]!.provider),
  );

const hasModel = (config: Config): boolean => usableModels(config).length > 0;

/** Samples are never billed or delivered by surprise. */
function wantsSamples(config: Config, { samples, json }: Options): boolean {
  const allToFiles = Object.values(config.destinations).every(({ type }) => type === 'log');
  return samples ?? (json !== true && allToFiles && !hasModel(config));
}

function modelLines(config: Config): string[] {
  const byProvider = Map.groupBy(usableModels(config), (name) => config.models[name]!.provider);
  if (byProvider.size === 0) {
    return [
      'No model is configured: tickets are answered from the help-centre articles, or handed to people.',
      'To use a model, stop this, set a key such as OPENAI_API_KEY, and start again.',
    ];
  }
  const models = [...byProvider].map(([provider, names]) => `${names.join(', ')} (${provider})`);
  return [
    `Models: ${models.join('; ')}. ${commandText('doctor')} tries each with one tiny call.`,
    'Their calls are billed, so sample tickets are posted only on request: npm start -- --samples',
  ];
}

function introduce(
  system: { ingestUrl: string | null; consoleUrl: string | null },
  facts: { environment: ProcessEnvironment; config: Config; apiKey: string },
): void {
  const { environment, config, apiKey } = facts;
  const source = Object.keys(config.sources)[0] ?? 'a-source';
  const lines = [`ingest ${system.ingestUrl}`, `console ${system.consoleUrl}`];
  if (environment.apiKeys.length === 0) lines.push(`api key ${apiKey}`);
  lines.push('', ...modelLines(config));
  const body = JSON.stringify({ source, externalId: 'T-1', body: 'How long does shipping take?' });
  lines.push(
    '',
    'Try it:',
    `curl -s ${system.ingestUrl}/v1/tickets -H 'authorization: Bearer ${apiKey}' -H 'content-type: application/json' -d '${body}'`,
    '',
  );
  print(...lines);
}
