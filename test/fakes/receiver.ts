/** A webhook receiver for tests: records every delivery, answers as told. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

export type Received = {
  number: number;
  headers: IncomingHttpHeaders;
  raw: string;
  body: ReceivedBody;
  at: number;
};

/** The part of a delivered body that tests look at. */
type ReceivedBody = {
  type: string;
  data: {
    ticketId: string;
    generation: number;
    externalId: string;
    messageId: string | null;
    reason?: string;
    text: string;
    language: string;
    mode: string;
    classification: { tier: string; queryType: string; language: string; decidedBy: string } | null;
    model: string | null;
    provider: string | null;
    failovers: number;
    costUsd: number | null;
    usage: Record<string, number> | null;
    sources: { title: string; path: string }[];
  };
};

export type ReceiverAnswer = {
  status?: number;
  headers?: Record<string, string>;
  /** The request is recorded, then the connection is cut instead of an answer. */
  cut?: boolean;
  delayMs?: number;
};

export type Receiver = {
  url: string;
  received: Received[];
  /** Decides the answer to each delivery; replace it at any time. */
  answer: (delivery: Received) => ReceiverAnswer;
  /** Resolves when `predicate` holds for what was received so far. */
  until: (predicate: (received: Received[]) => boolean) => Promise<void>;
  close: () => Promise<void>;
};

export async function startReceiver(): Promise<Receiver> {
  const waiting = new Set<() => void>();
  const receiver: Receiver = {
    url: '',
    received: [],
    answer: () => ({ status: 200 }),
    async until(predicate) {
      while (!predicate(receiver.received)) {
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const respond = (response: ServerResponse, answer: ReceiverAnswer): void => {
    if (answer.cut === true) response.destroy();
    else response.writeHead(answer.status ?? 200, answer.headers).end();
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString('utf8');
      const body = JSON.parse(raw) as ReceivedBody;
      const delivery = {
        number: receiver.received.length + 1,
        headers: request.headers,
        raw,
        body,
        at: Date.now(),
      };
      receiver.received.push(delivery);
      const answer = receiver.answer(delivery);
      if (answer.delayMs === undefined) respond(response, answer);
      else setTimeout(respond, answer.delayMs, response, answer);
      for (const wake of Array.from(waiting)) wake();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  receiver.url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/hook`;
  return receiver;
}
