/** A model server that holds its answers for chosen models until it is told to give them, so that a test decides what happens during a call. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { openAiWire } from './provider-wire.ts';

export type GatedProvider = {
  url: string;
  /** How many answers of a model are held now. */
  held: (model: string) => number;
  /** Gives what is held, and from now on everything at once. */
  open: (model: string) => void;
  /** Answers 500 to what is held, and holds what comes next. */
  fail: (model: string) => void;
  /** Connections that clients keep open. */
  connections: () => number;
  close: () => Promise<void>;
};

/** Answers are streamed and say which model gave them: `By nova-1.` */
export async function startGatedProvider(gated: readonly string[]): Promise<GatedProvider> {
  const waiting = new Map<string, ((isFailing: boolean) => void)[]>(gated.map((model) => [model, []]));
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { model } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { model: string };
      const give = (isFailing: boolean): void => {
        if (isFailing) {
          response.writeHead(500).end();
          return;
        }
        const wire = openAiWire({ text: `By ${model}.` }, model);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end([...wire.before, ...wire.pieces, ...wire.after].join(''));
      };
      const queue = waiting.get(model);
      if (queue) queue.push(give);
      else give(false);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    held: (model) => waiting.get(model)?.length ?? 0,
    open(model) {
      const queue = waiting.get(model) ?? [];
      waiting.delete(model);
      for (const give of queue) give(false);
    },
    fail(model) {
      for (const give of waiting.get(model)?.splice(0) ?? []) give(true);
    },
    connections: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
