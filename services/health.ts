/** /livez and /readyz for roles that have no HTTP of their own. */
import fastify from 'fastify';
import type { App, Running } from '../shared/app.ts';
import { listen } from '../shared/listen.ts';
import { isReachable } from '../shared/redis.ts';

export async function startHealth(
  app: App,
  port: number,
  isDraining: () => boolean,
): Promise<Running & { url: string }> {
  const server = fastify({ logger: false });
  server.get('/livez', (_request, reply) => reply.send({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const redis = await isReachable(app.redis);
    const ready = redis && !isDraining();
    return reply.code(ready ? 200 : 503).send({
      status: ready ? 'ok' : 'unavailable',
      checks: { redis, configuration: true, draining: isDraining() },
    });
  });
  const url = await listen(server, { host: '0.0.0.0', port, setting: 'HEALTH_PORT' });
  return { url, close: () => server.close().then(() => undefined) };
}
