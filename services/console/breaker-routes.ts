/** `POST /api/breakers/{model}`: opens or closes a model's breaker by hand in all processes, or leaves it to itself again. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { App } from '../../shared/app.ts';
import { readGates } from '../../shared/models/gate-state.ts';
import { accountBase, forceBreaker } from '../../shared/models/gate.ts';
import { isReachable } from '../../shared/redis.ts';

const bodySchema = z.strictObject({ state: z.enum(['open', 'closed', 'auto']) });
const paramsSchema = z.object({ model: z.string() });

/** Answers with how the breaker stands now, as /api/overview has it. */
export function registerBreakers(server: FastifyInstance, app: App): void {
  server.post('/api/breakers/:model', async (request, reply) => {
    const { model } = paramsSchema.parse(request.params);
    const body = bodySchema.safeParse(request.body);
    if (!body.success) {
      return reply.code(422).send({ error: 'The body must be {"state":"open"}, "closed" or "auto".' });
    }
    if (!(await isReachable(app.redis))) {
      const error = 'Redis is away, where all processes look. Nothing was changed.';
      return reply.code(503).header('retry-after', '5').send({ error });
    }
    const gates = await readGates(app);
    const known = gates.find((gate) => gate.model === model);
    if (known === undefined) {
      const models = gates.map((gate) => gate.model).join(', ');
      return reply.code(404).send({ error: `There is no such model with a breaker. Models: ${models}` });
    }
    const { state } = body.data;
    await forceBreaker(app.redis, { base: accountBase(app.prefix, known.provider), model }, state);
    app.log.info({ action: 'breaker.force', from: request.ip, model, state }, 'console.write');
    return (await readGates(app)).find((gate) => gate.model === model);
  });
}
