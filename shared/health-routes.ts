/** /livez and /readyz: the process runs; and it can work, for whoever sends it traffic. */
import type { FastifyInstance } from 'fastify';
import type { App } from './app.ts';
import { isReachable } from './redis.ts';

export function addHealthRoutes(server: FastifyInstance, app: App, isDraining: () => boolean): void {
  server.get('/livez', (_request, reply) => reply.send({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const redis = await isReachable(app.redis);
    const ready = redis && !isDraining();
    return reply.code(ready ? 200 : 503).send({
      status: ready ? 'ok' : 'unavailable',
      checks: { redis, configuration: true, draining: isDraining() },
    });
  });
}
