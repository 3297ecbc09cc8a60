/** The ingest service: the HTTP intake. */
import type { App, Running } from '../../shared/app.ts';
import { listen } from '../../shared/listen.ts';
import { createServer } from './server.ts';
import type { IntakeOptions } from './server.ts';

export async function start(
  app: App,
  options: IntakeOptions & { host: string; port: number },
): Promise<Running & { url: string }> {
  const server = createServer(app, options);
  const url = await listen(server, { host: options.host, port: options.port, setting: 'INGEST_PORT' });
  return { url, close: () => server.close().then(() => undefined) };
}
