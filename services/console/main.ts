/** The console: the figures as JSON, and one plain page that shows them. It writes nothing but what an operator asks for. */
import { createHash, timingSafeEqual } from 'node:crypto';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { App, Running } from '../../shared/app.ts';
import { TierlineError } from '../../shared/errors.ts';
import { costSides, readCosts } from '../../shared/ledger/costs.ts';
import { listen } from '../../shared/listen.ts';
import { readOverview } from '../../shared/overview.ts';
import { isReachable } from '../../shared/redis.ts';
import type { ReloadAnswer } from '../../shared/reload/company.ts';
import { registerBreakers } from './breaker-routes.ts';
import { registerDeadLetters } from './dead-letter-routes.ts';
import { pageHtml } from './page.ts';
import { registerReload } from './reload.ts';
import { refuseForeignWrites } from './same-origin.ts';

export type ConsoleOptions = {
  host: string;
  port: number;
  token: string | null;
  reloadAll: () => Promise<ReloadAnswer>;
};

const loopback = new Set(['127.0.0.1', '::1', '[::1]', 'localhost']);

/** @throws TierlineError `console_unprotected` for an address that others can reach without a token. */
export async function start(app: App, options: ConsoleOptions): Promise<Running & { url: string }> {
  if (options.token === null && !loopback.has(options.host)) {
    throw new TierlineError(
      'console_unprotected',
      `The console does not open on ${options.host} without CONSOLE_TOKEN: anybody there could read it. Set one, or use 127.0.0.1.`,
    );
  }
  const server = fastify({ logger: false });
  guard(server, options.token);
  refuseForeignWrites(server);
  refuseWithoutRedis(server, app);
  registerRoutes(server, app);
  registerReload(server, app, options.reloadAll);
  registerBreakers(server, app);
  registerDeadLetters(server, app);
  const url = await listen(server, { host: options.host, port: options.port, setting: 'CONSOLE_PORT' });
  return { url, close: () => server.close().then(() => undefined) };
}

const open = new Set(['/livez', '/readyz']);

function guard(server: FastifyInstance, token: string | null): void {
  server.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers({
      'content-security-policy':
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    if (open.has(request.url)) return;
    if (token === null) {
      // A stranger's page can reach this port under a name of its own that was made to lead here.
      if (loopback.has(request.hostname)) return;
      const error = 'Without CONSOLE_TOKEN the console answers to 127.0.0.1, [::1] and localhost only.';
      await reply.code(403).send({ error });
      return;
    }
    const given = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (given === undefined || !isSame(given, token)) {
      await reply
        .code(401)
        .header('www-authenticate', 'Bearer')
        .send({ error: 'The console needs its token.' });
    }
  });
}

const needsNoRedis = new Set([...open, '/console.css']);

/** A worker's commands wait for Redis, however long; who looks at the console then wants to know why. Writes ask by themselves. */
function refuseWithoutRedis(server: FastifyInstance, { redis }: Pick<App, 'redis'>): void {
  server.addHook('onRequest', async ({ method, url }: FastifyRequest, reply: FastifyReply) => {
    if (method === 'POST' || needsNoRedis.has(url) || (await isReachable(redis))) return;
    const error =
      'Redis is away, so there is nothing to show. Tickets that were accepted are in it, and go on when it is back.';
    await reply.code(503).header('retry-after', '5').send({ error });
  });
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

const costsQuery = z.object({
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  by: z.string().default('model,queryType,language,tier'),
});
const dayMs = 86_400_000;

function registerRoutes(server: FastifyInstance, app: App): void {
  server.get('/livez', (_request, reply) => reply.send({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const redis = await isReachable(app.redis);
    return reply.code(redis ? 200 : 503).send({ status: redis ? 'ok' : 'unavailable', checks: { redis } });
  });
  server.get('/', async (_request, reply) => {
    const [overview, costs] = await Promise.all([readOverview(app), today(app)]);
    return reply.type('text/html; charset=utf-8').send(pageHtml(overview, costs, app.now()));
  });
  server.get('/console.css', (_request, reply) => reply.type('text/css').send(css));
  server.get('/api/overview', async () => ({ ...(await readOverview(app)), spend: await today(app) }));
  server.get('/api/costs', async (request, reply) => {
    const query = costsQuery.safeParse(request.query);
    const by = query.success ? query.data.by.split(',') : [];
    const unknown = by.filter((side) => !(costSides as readonly string[]).includes(side));
    if (!query.success || unknown.length > 0) {
      return reply
        .code(422)
        .send({ error: `since and until are ISO 8601 times; by is a list of ${costSides.join(', ')}` });
    }
    const untilMs = query.data.until ? Date.parse(query.data.until) : app.now();
    const sinceMs = query.data.since ? Date.parse(query.data.since) : untilMs - 7 * dayMs;
    if (sinceMs > untilMs) return reply.code(422).send({ error: 'since must not be after until' });
    return readCosts(app, { sinceMs, untilMs, by: costSides.filter((side) => by.includes(side)) });
  });
}

function today(app: App) {
  const now = app.now();
  return readCosts(app, { sinceMs: now - (now % dayMs), untilMs: now, by: ['model'] });
}

const css = `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 2rem; }
th, td { text-align: left; padding: 0.3rem 0.8rem 0.3rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.open { color: #c62828; font-weight: 600; }
`;
