/** All roles of Tierline in one process, as `tierline run all` has them, for the benchmarks. */
import { loadConfig } from '../../shared/config/load.ts';
import { createLog } from '../../shared/log.ts';
import { readEnvironment } from '../../services/environment.ts';
import { roles } from '../../services/roles.ts';
import { startSystem } from '../../services/system.ts';
import { openSync } from 'node:fs';
import { pino } from 'pino';
import { answerParent } from './world.ts';

const [redisUrl = '', file = ''] = process.argv.slice(2);
const loaded = loadConfig({ file, env: {} });
if (loaded.kind === 'invalid')
  throw new Error(loaded.problems.map((one) => `${one.path}: ${one.message}`).join('\n'));
const system = await startSystem({
  roles: roles.filter((role) => role !== 'console'),
  tiers: null,
  loaded,
  redisUrl,
  environment: readEnvironment({ INGEST_PORT: '0', TIERLINE_API_KEYS: 'bench-key-bench-key' }),
  // Logged as in production, to nowhere.
  log: createLog('info', pino.destination({ fd: openSync('/dev/null', 'w'), sync: true })),
});

answerParent({
  url: () => `${system.ingestUrl}/v1/tickets`,
  cpu: () => process.cpuUsage(),
  version: () => system.app.runtime().version,
});
