/** The two servers of the bench `accepted`: our intake alone, or a bare fastify that adds one job per request. */
import { openSync } from 'node:fs';
import { Queue } from 'bullmq';
import fastify from 'fastify';
import { pino } from 'pino';
import { readEnvironment } from '../../services/environment.ts';
import { startSystem } from '../../services/system.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { createLog } from '../../shared/log.ts';
import { connectRedis } from '../../shared/redis.ts';
import { answerParent, ignoreErrors } from './world.ts';

const [kind = '', redisUrl = '', file = ''] = process.argv.slice(2);

async function startIntake(): Promise<string> {
  const loaded = loadConfig({ file, env: {} });
  if (loaded.kind === 'invalid') throw new Error('the configuration of the bench is wrong');
  const system = await startSystem({
    roles: ['ingest'],
    tiers: null,
    loaded,
    redisUrl,
    environment: readEnvironment({ INGEST_PORT: '0', TIERLINE_API_KEYS: 'bench-key-bench-key' }),
    log: createLog('info', pino.destination({ fd: openSync('/dev/null', 'w'), sync: true })),
  });
  return `${system.ingestUrl}/v1/webhooks/desk`;
}

async function startBare(): Promise<string> {
  const queue = new Queue('bare', { connection: connectRedis(redisUrl, 'patient', ignoreErrors) });
  const server = fastify({ logger: false });
  server.post('/', async (request, reply) => {
    await queue.add('event', request.body);
    return reply.code(202).send({});
  });
  return server.listen({ port: 0, host: '127.0.0.1' });
}

const url = kind === 'bare' ? await startBare() : await startIntake();
answerParent({ url: () => url });
