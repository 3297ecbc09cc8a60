/** Opens a port, or says in one sentence why not and what to do. */
import type { FastifyInstance } from 'fastify';
import { TierlineError } from './errors.ts';

/** Returns the URL with the port really taken (port 0: a free one). `setting` is the environment variable to name. */
export async function listen(
  server: FastifyInstance,
  where: { host: string; port: number; setting: string },
): Promise<string> {
  const { host, port, setting } = where;
  try {
    await server.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EADDRINUSE') {
      throw new TierlineError(
        'port_taken',
        `Port ${port} on ${host} is taken. Stop what uses it, or set ${setting} to another port (0 takes a free one).`,
        { cause: error },
      );
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
      throw new TierlineError(
        'port_refused',
        `Port ${port} on ${host} cannot be opened (${code}). Set ${setting}.`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
  const address = server.server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`;
}
