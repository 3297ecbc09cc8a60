/** Writes come from the console's own page or from a program, never from another page that a browser has open. */
import type { FastifyInstance } from 'fastify';

const reads = new Set(['GET', 'HEAD', 'OPTIONS']);

export function refuseForeignWrites(server: FastifyInstance): void {
  server.addHook('onRequest', async ({ method, headers }, reply) => {
    if (reads.has(method) || isOwn(headers)) return;
    await reply.code(403).send({ error: 'Writes must come from the console itself.' });
  });
}

/** Browsers say where a request comes from, and pages cannot change that; programs say nothing. */
function isOwn(headers: Record<string, string | string[] | undefined>): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const { origin, host } = headers;
  if (typeof origin !== 'string') return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
