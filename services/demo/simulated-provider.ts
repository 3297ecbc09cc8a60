/** A simulated provider: an HTTP server on loopback that answers as a model would, counts what it bills, and can die. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { chanceOf } from './chance.ts';
import type { ProviderTraits } from './providers.ts';
import { judge, readRequest } from './simulated-model.ts';
import type { ModelRequest } from './simulated-model.ts';
import type { DemoTicket } from './tickets.ts';
import { wires } from './wire.ts';
import type { Answer, Wire } from './wire.ts';

/** What the provider would put on its invoice for one model: only answers that were sent to their last byte. */
type Billed = {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  /** Of these, what was spent on replies; the rest labelled tickets. */
  replies: { calls: number; inputTokens: number; outputTokens: number };
};

/** The provider's own counts. Calls that came while it was down never reached it. */
type ProviderCounts = {
  name: string;
  served: Record<string, Billed>;
  errors: number;
  filtered: number;
  /** Answers that nobody waited for to the end. */
  unread: number;
  /** Answers since it last came back; 0 where it never went. */
  servedAfterReturn: number;
};

export type SimulatedProvider = {
  traits: ProviderTraits;
  url: string;
  counts: ProviderCounts;
  isUp: () => boolean;
  /** From now on connections are refused. */
  goDown: () => Promise<void>;
  comeBack: () => Promise<void>;
  close: () => Promise<void>;
};

type World = { seed: number; ticket: (number: number) => DemoTicket | undefined };

const pieceCount = 8;

export async function startSimulatedProvider(
  traits: ProviderTraits,
  world: World,
): Promise<SimulatedProvider> {
  const desk = openDesk(traits, world);
  const server = createServer((incoming, response) => {
    // A caller that goes away in the middle of its request is not answered.
    desk.answer(incoming, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  };
  const port = await listen(0);
  const goDown = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    traits,
    url: `http://127.0.0.1:${port}`,
    counts: desk.counts,
    isUp: () => server.listening,
    goDown,
    async comeBack() {
      await listen(port);
      desk.hasReturned();
    },
    close: goDown,
  };
}

/** What answers the requests and keeps the counts. */
function openDesk(traits: ProviderTraits, world: World) {
  const { name: provider, api, failureRate } = traits;
  const counts: ProviderCounts = {
    name: provider,
    served: {},
    errors: 0,
    filtered: 0,
    unread: 0,
    servedAfterReturn: 0,
  };
  const asked = new Map<string, number>();
  let hasReturned = false;
  const timesAsked = (request: ModelRequest): number => {
    const about = `${request.model} ${request.ticketNumber} ${request.queryTypes !== null}`;
    const before = asked.get(about) ?? 0;
    asked.set(about, before + 1);
    return before;
  };
  return {
    counts,
    hasReturned: () => void (hasReturned = true),
    async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
      const request = readRequest(await textOf(incoming));
      if (request === null || !Object.hasOwn(traits.models, request.model)) {
        return void response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{}}');
      }
      const ticket = request.ticketNumber === null ? undefined : world.ticket(request.ticketNumber);
      const facts = { seed: world.seed, provider, failureRate, asked: timesAsked(request) };
      const verdict = judge(request, ticket, facts);
      const { firstByteMs, msPerToken } = paced(traits, request, world.seed);
      if (!(await waited(response, firstByteMs))) return;
      if (verdict.kind !== 'text') {
        counts[verdict.kind === 'error' ? 'errors' : 'filtered'] += 1;
        const { status, body } = wires[api][verdict.kind];
        return void response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      }
      const { text, outputTokens } = verdict;
      const full: Answer = { model: request.model, text, inputTokens: request.inputTokens, outputTokens };
      response.once('close', () => {
        if (response.writableFinished) bill(counts, request, full, hasReturned);
        else counts.unread += 1;
      });
      await send(response, wires[api], { full, isStream: request.stream, ms: msPerToken * outputTokens });
    },
  };
}

function bill(counts: ProviderCounts, request: ModelRequest, answer: Answer, hasReturned: boolean): void {
  const none = { calls: 0, inputTokens: 0, outputTokens: 0 };
  const billed = (counts.served[request.model] ??= { ...none, replies: { ...none } });
  for (const sum of request.queryTypes === null ? [billed, billed.replies] : [billed]) {
    sum.calls += 1;
    sum.inputTokens += answer.inputTokens;
    sum.outputTokens += answer.outputTokens;
  }
  if (hasReturned) counts.servedAfterReturn += 1;
}

/** Some answers take longer than others: from 0.7 to 1.6 times the model's usual time. */
function paced(traits: ProviderTraits, request: ModelRequest, seed: number) {
  const { firstByteMs, msPerToken } = traits.models[request.model]!;
  const factor = 0.7 + 0.9 * chanceOf(seed, 'speed', request.model, request.ticketNumber ?? 0) ** 2;
  return { firstByteMs: firstByteMs * factor, msPerToken: msPerToken * factor };
}

async function send(
  response: ServerResponse,
  wire: Wire,
  { full, isStream, ms }: { full: Answer; isStream: boolean; ms: number },
): Promise<void> {
  if (!isStream) {
    if (!(await waited(response, ms))) return;
    response.writeHead(200, { 'content-type': 'application/json' }).end(wire.whole(full));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const [first, ...rest] = wire.events(full, cut(full.text));
  response.write(first);
  for (const event of rest.slice(0, -1)) {
    if (!(await waited(response, ms / pieceCount))) return;
    response.write(event);
  }
  response.end(rest.at(-1));
}

function cut(text: string): string[] {
  const characters = Array.from(text);
  const size = Math.ceil(characters.length / pieceCount);
  return Array.from({ length: pieceCount }, (_, index) =>
    characters.slice(index * size, (index + 1) * size).join(''),
  );
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** False where the caller has gone meanwhile; no timer outlives the exchange. */
async function waited(response: ServerResponse, ms: number): Promise<boolean> {
  if (response.destroyed) return false;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  response.once('close', resolve);
  await promise;
  clearTimeout(timer);
  response.off('close', resolve);
  return !response.destroyed;
}
