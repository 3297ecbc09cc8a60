/** /livez and /readyz for roles that have no HTTP of their own. */
import fastify from 'fastify';
import type { App, Running } from '../shared/app.ts';
import { listen } from '../shared/listen.ts';
import { addHealthRoutes } from '../shared/health-routes.ts';

export async function startHealth(
  app: App,
  port: number,
  isDraining: () => boolean,
): Promise<Running & { url: string }> {
  const server = fastify({ logger: false });
  addHealthRoutes(server, app, isDraining);
  const url = await listen(server, { host: '0.0.0.0', port, setting: 'HEALTH_PORT' });
  return { url, close: () => server.close().then(() => undefined) };
}
