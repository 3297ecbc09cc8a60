/** `POST /api/config/reload`: every process of the system reads its configuration again; the answer says what became of it. */
import type { FastifyInstance } from 'fastify';
import type { App } from '../../shared/app.ts';
import { isReachable } from '../../shared/redis.ts';
import type { ReloadAnswer } from '../../shared/reload/company.ts';

/** 200 where every process has followed; 202 where some have not said so yet; 422 where one refused. */
export function registerReload(
  server: FastifyInstance,
  app: App,
  reloadAll: () => Promise<ReloadAnswer>,
): void {
  server.post('/api/config/reload', async (request, reply) => {
    if (!(await isReachable(app.redis))) {
      return reply.code(503).header('retry-after', '5').send({
        error:
          'Redis is away, so the other processes cannot be asked. They look at their files by themselves.',
      });
    }
    const answer = await reloadAll();
    const { outcome, version, problems, waiting } = answer;
    app.log.info(
      { action: 'config.reload', from: request.ip, outcome, config: version, problems: problems.length },
      'console.write',
    );
    if (problems.length > 0) {
      return reply.code(422).send({ error: 'The configuration was not taken up everywhere.', ...answer });
    }
    return reply.code(waiting.length > 0 ? 202 : 200).send(answer);
  });
}
