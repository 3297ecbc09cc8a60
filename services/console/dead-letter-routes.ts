/** `/api/dead-letters`: what stages gave up on, by cause; one of them; all with their content; putting back; dropping. */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { App } from '../../shared/app.ts';
import type { DeadLetterFilter } from '../../shared/dead-letters.ts';
import {
  letterJson,
  lettersWithTickets,
  listGroups,
  listLetters,
  showLetter,
} from '../../shared/dead-letter-json.ts';
import { isTicketId } from '../../shared/record/keys.ts';
import { isReachable } from '../../shared/redis.ts';
import { defaultReplayRate, dropDeadLetters, replayDeadLetters } from '../../shared/replay.ts';
import type { Selection } from '../../shared/replay.ts';

const name = z.string().min(1).max(200);
const filterShape = {
  cause: name.optional(),
  queue: name.optional(),
  tier: name.optional(),
  state: z.enum(['dead', 'handed_off']).optional(),
  since: z.iso.datetime({ offset: true }).optional(),
};
const toFilter = ({ since, ...filter }: z.output<z.ZodObject<typeof filterShape>>) => ({
  ...filter,
  sinceMs: since === undefined ? undefined : Date.parse(since),
});

const querySchema = z.strictObject({
  ...filterShape,
  tickets: z.enum(['0', '1']).default('0'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

const exportSchema = z.strictObject({ ...filterShape, limit: z.coerce.number().int().min(1).optional() });

/** One request goes over no more than this: it is answered when all have been looked at. */
const most = 10_000;
const selectionShape = {
  ids: z.array(z.string().max(60)).min(1).max(most).optional(),
  filter: z.strictObject(filterShape).optional(),
  limit: z.int().min(1).max(most).default(1000),
  dryRun: z.boolean().default(false),
};
const replaySchema = z.strictObject({
  ...selectionShape,
  rate: z.number().positive().max(10_000).default(defaultReplayRate),
  afterHandoff: z.boolean().default(false),
});
const dropSchema = z.strictObject(selectionShape);

type Asked = z.output<typeof dropSchema>;

/** null where it is not said which, or twice. */
function selectionOf({ ids, filter, limit }: Pick<Asked, 'ids' | 'filter' | 'limit'>): Selection | null {
  if (ids !== undefined) return filter === undefined ? { ids } : null;
  return filter === undefined ? null : { filter: toFilter(filter), limit };
}

export function registerDeadLetters(server: FastifyInstance, app: App): void {
  server.get('/api/dead-letters', async (request, reply) => {
    const query = querySchema.safeParse(request.query);
    if (!query.success) return refuse(reply, query.error);
    const { tickets, limit, ...filter } = query.data;
    return tickets === '1' ? listLetters(app, toFilter(filter), limit) : listGroups(app, toFilter(filter));
  });
  server.get('/api/dead-letters/export', (request, reply) => {
    const query = exportSchema.safeParse(request.query);
    if (!query.success) return refuse(reply, query.error);
    const { limit = Infinity, ...filter } = query.data;
    const lines = Readable.from(exportLines(app, toFilter(filter), limit));
    return reply.type('application/x-ndjson; charset=utf-8').send(lines);
  });
  server.get('/api/dead-letters/:ticketId', async (request, reply) => {
    const { ticketId } = z.object({ ticketId: z.string() }).parse(request.params);
    const isOurs = isTicketId(ticketId, app.record.settings.shards);
    const shown = isOurs ? await showLetter(app, ticketId) : null;
    return shown ?? reply.code(404).send({ error: 'There is no dead letter of that id.' });
  });
  server.post('/api/dead-letters/replay', async (request, reply) => {
    const body = replaySchema.safeParse(request.body);
    if (!body.success) return refuse(reply, body.error);
    const selection = selectionOf(body.data);
    if (selection === null) return refuseSelection(reply);
    if (!(await isReachable(app.redis))) return refuseForNow(reply);
    const { dryRun: dry, rate: perSecond, afterHandoff } = body.data;
    const report = await replayDeadLetters(app, selection, { dry, afterHandoff, perSecond });
    if (!dry) audit(app, request, 'dead_letters.replay', { afterHandoff, ...report.counts });
    return report;
  });
  server.post('/api/dead-letters/drop', async (request, reply) => {
    const body = dropSchema.safeParse(request.body);
    if (!body.success) return refuse(reply, body.error);
    const selection = selectionOf(body.data);
    if (selection === null) return refuseSelection(reply);
    if (!(await isReachable(app.redis))) return refuseForNow(reply);
    const report = await dropDeadLetters(app, selection, { dry: body.data.dryRun });
    if (!body.data.dryRun) audit(app, request, 'dead_letters.drop', report.counts);
    return report;
  });
}

/** Written as fast as they are read, so that any number of them takes the same memory. */
async function* exportLines(app: App, filter: DeadLetterFilter, limit: number): AsyncGenerator<string> {
  let count = 0;
  for await (const { ticket, ...letter } of lettersWithTickets(app, filter)) {
    if (count === limit) return;
    count += 1;
    yield `${JSON.stringify({ ...letterJson(letter), ticket })}\n`;
  }
}

function audit(app: App, { ip }: FastifyRequest, action: string, facts: Record<string, unknown>): void {
  app.log.info({ action, from: ip, ...facts }, 'console.write');
}

function refuse(reply: FastifyReply, { issues }: z.ZodError): FastifyReply {
  const errors = issues.map(({ path, message }) => ({ pointer: ['', ...path].join('/'), message }));
  return reply.code(422).send({ error: 'The request does not fit.', errors });
}

const refuseSelection = (reply: FastifyReply): FastifyReply =>
  reply.code(422).send({ error: 'Say which: either "ids", or "filter" ({} stands for all).' });

const refuseForNow = (reply: FastifyReply): FastifyReply =>
  reply.code(503).header('retry-after', '5').send({ error: 'Redis is away. Nothing was changed.' });
