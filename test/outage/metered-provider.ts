/** A model server that counts: every attempt, what was in flight at each, what it answered; and that can be dead in several ways. */
import { createConnection, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProvider } from '../fakes/provider.ts';
import type { Behaviour, ProviderRequest } from '../fakes/provider.ts';

export type Death = 'answers 503' | 'hangs' | 'refuses connections';

export type Attempt = {
  at: number;
  /** In flight as it arrived, itself included. */
  inFlight: number;
  /** Answers given before it arrived. */
  answersBefore: number;
  outcome: 'answered' | 'failed' | 'hung';
};

export type MeteredProvider = {
  url: string;
  attempts: Attempt[];
  inFlight: () => number;
  die: (how: Death) => Promise<void>;
  comeBack: () => Promise<void>;
  /** From now on every answer takes so long; with more than `capacity` calls in flight the rest get 503. */
  setPace: (pace: { answerMs?: number; capacity?: number }) => void;
  close: () => Promise<void>;
};

/** `name` is in its answers: `By the <name>.` */
export async function startMeteredProvider(name: string): Promise<MeteredProvider> {
  let death: Death | null = null;
  let answerMs = 0;
  let capacity = Infinity;
  let inFlight = 0;
  let answers = 0;
  const attempts: Attempt[] = [];
  const behave = ({ ended }: ProviderRequest): Behaviour => {
    inFlight += 1;
    const isOver = inFlight > capacity;
    const outcome = death === 'hangs' ? 'hung' : death !== null || isOver ? 'failed' : 'answered';
    attempts.push({ at: Date.now(), inFlight, answersBefore: answers, outcome });
    void ended.then(() => {
      inFlight -= 1;
      if (outcome === 'answered') answers += 1;
    });
    if (outcome === 'hung') return { hang: true };
    if (outcome === 'failed')
      return { status: 503, error: { message: isOver ? 'too much at once' : 'down' } };
    return { text: `By the ${name}.`, delayMs: answerMs };
  };
  const provider = await startProvider({ behave });
  const front = await startFront(Number(new URL(provider.url).port));
  return {
    url: front.url,
    attempts,
    inFlight: () => inFlight,
    async die(how) {
      death = how;
      if (how === 'refuses connections') await front.shut();
    },
    async comeBack() {
      await front.open();
      death = null;
    },
    setPace(pace) {
      answerMs = pace.answerMs ?? answerMs;
      capacity = pace.capacity ?? capacity;
    },
    async close() {
      await front.shut();
      await provider.close();
    },
  };
}

/** What is between the network and the server: shut, its port refuses connections. */
async function startFront(
  target: number,
): Promise<{ url: string; shut: () => Promise<void>; open: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = createConnection(target, '127.0.0.1');
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => undefined);
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async shut() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async open() {
      // Somebody's outgoing connection may have the port for a moment.
      while (!server.listening) {
        server.listen(port, '127.0.0.1');
        const isOpen = await Promise.race([
          once(server, 'listening').then(() => true),
          once(server, 'error').then(() => false),
        ]).catch(() => false);
        if (!isOpen) await sleep(100);
      }
    },
  };
}
