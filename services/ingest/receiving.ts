/** Bounds how long a connection can be held: by a sender that drips bytes, and by anybody while the process goes down. */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { endWithProblem, hasBody } from './http-problem.ts';

/** What is still arriving when the process goes down gets this much longer. */
const closingMs = 2000;
const idleCheckMs = 100;

export type Receiving = {
  /** No bound for this request from here on (a long upload that is read as it comes); it still ends with the process. */
  lift: (request: FastifyRequest) => void;
};

export function boundReceiving(server: FastifyInstance, timeoutMs: number): Receiving {
  const arriving = new Map<IncomingMessage, { timer: NodeJS.Timeout; reply: FastifyReply }>();
  const expire = (raw: IncomingMessage, reply: FastifyReply): void => {
    arriving.delete(raw);
    // After an answer has begun, its end is all that is left to say.
    if (reply.raw.headersSent) raw.socket.destroy();
    else endWithProblem(raw.socket, 'request-timeout', reply.request.id);
  };
  const done = (raw: IncomingMessage): void => {
    clearTimeout(arriving.get(raw)?.timer);
    arriving.delete(raw);
  };
  server.addHook('onRequest', async ({ raw }, reply) => {
    if (!hasBody(raw)) return;
    arriving.set(raw, { timer: setTimeout(expire, timeoutMs, raw, reply), reply });
    raw.once('end', () => done(raw)).once('close', () => done(raw));
  });
  server.addHook('preClose', async () => {
    for (const [raw, entry] of arriving) {
      clearTimeout(entry.timer);
      entry.timer = setTimeout(expire, closingMs, raw, entry.reply);
    }
    // A connection whose answer was under way when the server began to close would else stay open as a spare one.
    const idle = setInterval(() => server.server.closeIdleConnections(), idleCheckMs);
    server.server.once('close', () => clearInterval(idle));
  });
  return { lift: ({ raw }) => clearTimeout(arriving.get(raw)?.timer) };
}
