/**
 * A model server that misbehaves on request, for tests and benches: /…/chat/completions and /…/messages, streamed and
 * not. What it does is decided per request by `behave`; nothing in it sleeps or waits beyond `close()`.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { anthropicWire, openAiWire } from './provider-wire.ts';
import type { Wire } from './provider-wire.ts';

/** Token counts in our own terms: `input` includes `cached` and `cacheWrite`, `output` includes `reasoning`. */
export type FakeUsage = {
  input: number;
  output: number;
  cached?: number;
  cacheWrite?: number;
  reasoning?: number;
};

/** What happens to one request. Everything is optional; nothing set is a healthy answer. */
export type Behaviour = {
  status?: number;
  headers?: Record<string, string>;
  /** Before the headers. */
  delayMs?: number;
  /** After the headers, before the first byte of the body. */
  firstByteDelayMs?: number;
  /** Between the events of a stream; 0 gives each event a write of its own. */
  chunkDelayMs?: number;
  text?: string;
  /** Into how many pieces `text` is cut (default 4), or the pieces themselves. */
  chunkCount?: number;
  chunks?: string[];
  /** null: none is reported. */
  usage?: FakeUsage | null;
  /** In place of `usage`, in the API's own words and as they stand: what a wrong server counts. */
  usageAsSent?: Record<string, unknown>;
  /** The finish or stop reason in the API's own words; null: none is sent. */
  finish?: string | null;
  refusal?: string;
  /** False: no `[DONE]` or `message_stop`. */
  sentinel?: boolean;
  /** The model named in the answer; by default the one asked for. */
  model?: string;
  /** Sent as the whole body instead of an answer (an object as JSON). */
  body?: string | Buffer | Record<string, unknown> | unknown[];
  contentType?: string;
  /** An error in the API's own envelope; `status` defaults to 500. */
  error?: { type?: string; code?: string | null; message?: string };
  html?: boolean;
  /** Plain JSON although a stream was asked for. */
  json?: boolean;
  /** After this many pieces of text: the connection is cut, or nothing more is sent, or the stream ends as if it were whole. */
  cutAfterChunks?: number;
  stallAfterChunks?: number;
  endAfterChunks?: number;
  /** After this many pieces of text: an error event, as the API sends it inside a stream. */
  errorAfterChunks?: number;
  /** Once the client has given up on a stall, the rest is sent after all. */
  resumesOnceClosed?: boolean;
  /** After this many pieces of text: bytes that are no chunk of HTTP. */
  malformedAfterChunks?: number;
  /** The text of another answer that follows the first one in the same stream. */
  secondText?: string;
  /** The connection is cut after the finish reason, before the end of the stream. */
  cutAtEnd?: boolean;
  /** The connection stays open after the last event. */
  neverEnds?: boolean;
  /** The request is read and never answered. */
  hang?: boolean;
  resetBeforeHeaders?: boolean;
  resetAfterHeaders?: boolean;
  /** Announces more bytes than it sends, then closes. */
  shortBody?: boolean;
  /** The body is written in slices of this many bytes, wherever that cuts, so far apart. */
  sliceBytes?: number;
  sliceDelayMs?: number;
  /** A body that is no stream: after so many bytes nothing more is sent, the connection is cut, or no chunk of HTTP follows. */
  stallAfterBytes?: number;
  cutAfterBytes?: number;
  malformedAfterBytes?: number;
  encoding?: 'gzip' | 'deflate' | 'br';
};

export type ProviderRequest = {
  /** 1 for the first request of this server. */
  number: number;
  api: 'openai' | 'anthropic' | null;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
  /** The model asked for. */
  model: string;
  stream: boolean;
  /** The client's port, which tells connections apart. */
  port: number;
  /** True once the client has closed the connection before the answer was complete. */
  closedEarly: boolean;
  /** Resolves when the exchange is over, however it ended. */
  ended: Promise<void>;
};

export type Behave = (request: ProviderRequest) => Behaviour;

export type Provider = {
  /** Without a path: `${url}/v1` for the OpenAI SDK, `url` for the Anthropic SDK. */
  url: string;
  requests: ProviderRequest[];
  /** Replaces the behaviour from the next request on. */
  behave: (behave: Behaviour | Behave) => void;
  close: () => Promise<void>;
};

const healthy: Behaviour = {};

/** Starts a server on a free port of 127.0.0.1 (or `port`). `record: false` keeps no requests, for benches. */
export async function startProvider(
  options: { behave?: Behaviour | Behave; record?: boolean; port?: number } = {},
): Promise<Provider> {
  let behave = toFunction(options.behave ?? healthy);
  const requests: ProviderRequest[] = [];
  let count = 0;
  const server: Server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request = readRequest(incoming, response, Buffer.concat(chunks).toString('utf8'), (count += 1));
      if (options.record !== false) requests.push(request);
      void answer(request, response, behave(request));
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    behave: (next) => {
      behave = toFunction(next);
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function toFunction(behave: Behaviour | Behave): Behave {
  return typeof behave === 'function' ? behave : () => behave;
}

function readRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  text: string,
  number: number,
): ProviderRequest {
  const path = incoming.url ?? '';
  const body = parseObject(text);
  const { promise, resolve } = Promise.withResolvers<void>();
  const request: ProviderRequest = {
    number,
    api: path.endsWith('/chat/completions') ? 'openai' : path.endsWith('/messages') ? 'anthropic' : null,
    method: incoming.method ?? '',
    path,
    headers: incoming.headers,
    body,
    model: typeof body['model'] === 'string' ? body['model'] : 'unknown',
    stream: body['stream'] === true,
    port: incoming.socket.remotePort ?? 0,
    closedEarly: false,
    ended: promise,
  };
  response.once('close', () => {
    request.closedEarly = !response.writableFinished;
    resolve();
  });
  return request;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

async function answer(
  request: ProviderRequest,
  response: ServerResponse,
  behaviour: Behaviour,
): Promise<void> {
  if (behaviour.delayMs !== undefined) await pause(response, behaviour.delayMs);
  if (behaviour.resetBeforeHeaders === true) return void response.socket?.resetAndDestroy();
  if (behaviour.hang === true || response.destroyed) return;
  const plain = plainBody(request, behaviour);
  const streamed = plain === null;
  response.writeHead(behaviour.status ?? (behaviour.error === undefined ? 200 : 500), {
    'content-type': contentType(behaviour, streamed),
    'x-request-id': `req_${request.number}`,
    'request-id': `req_${request.number}`,
    ...(behaviour.encoding === undefined ? {} : { 'content-encoding': behaviour.encoding }),
    ...(behaviour.shortBody === true && plain !== null
      ? { 'content-length': String(plain.length + 100) }
      : {}),
    ...behaviour.headers,
  });
  if (behaviour.resetAfterHeaders === true || behaviour.firstByteDelayMs !== undefined)
    response.flushHeaders();
  if (behaviour.firstByteDelayMs !== undefined) await pause(response, behaviour.firstByteDelayMs);
  if (behaviour.resetAfterHeaders === true) {
    await pause(response, 5);
    return void response.socket?.resetAndDestroy();
  }
  if (streamed) return sendStream(response, behaviour, wireOf(request, behaviour));
  await sendBody(response, behaviour, plain);
}

function contentType(behaviour: Behaviour, streamed: boolean): string {
  if (behaviour.contentType !== undefined) return behaviour.contentType;
  if (behaviour.html === true) return 'text/html; charset=utf-8';
  return streamed ? 'text/event-stream; charset=utf-8' : 'application/json';
}

/** The body where it is not a stream; null where it is. */
function plainBody(request: ProviderRequest, behaviour: Behaviour): Buffer | null {
  const text = plainText(request, behaviour);
  if (text === null) return null;
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  if (behaviour.encoding === 'gzip') return gzipSync(bytes);
  if (behaviour.encoding === 'deflate') return deflateSync(bytes);
  return behaviour.encoding === 'br' ? brotliCompressSync(bytes) : bytes;
}

function plainText(request: ProviderRequest, behaviour: Behaviour): string | Buffer | null {
  const { body } = behaviour;
  if (typeof body === 'string' || Buffer.isBuffer(body)) return body;
  if (body !== undefined) return JSON.stringify(body);
  if (behaviour.html === true) return '<html><body><h1>502 Bad Gateway</h1></body></html>';
  if (behaviour.error !== undefined) return JSON.stringify(errorEnvelope(request, behaviour.error));
  if (request.api === null) return JSON.stringify({ error: { message: `no route for ${request.path}` } });
  if (request.stream && behaviour.json !== true) return null;
  return wireOf(request, behaviour).json;
}

function errorEnvelope(
  request: ProviderRequest,
  error: NonNullable<Behaviour['error']>,
): Record<string, unknown> {
  const message = error.message ?? 'The provider failed.';
  if (request.api === 'anthropic') {
    return { type: 'error', error: { type: error.type ?? 'api_error', message }, request_id: 'req_1' };
  }
  return { error: { message, type: error.type ?? 'server_error', code: error.code ?? null, param: null } };
}

const wires = new WeakMap<Behaviour, Map<string, Wire>>();

/** Built once per behaviour object, so that a bench with one constant behaviour pays for it once. */
function wireOf(request: ProviderRequest, behaviour: Behaviour): Wire {
  const known = wires.get(behaviour) ?? new Map<string, Wire>();
  wires.set(behaviour, known);
  const model = behaviour.model ?? request.model;
  const key = `${request.api} ${model}`;
  const wire =
    known.get(key) ??
    (request.api === 'anthropic' ? anthropicWire(behaviour, model) : openAiWire(behaviour, model));
  known.set(key, wire);
  return wire;
}

async function sendStream(response: ServerResponse, behaviour: Behaviour, wire: Wire): Promise<void> {
  let written = '';
  const write = async (event: string): Promise<void> => {
    if (behaviour.sliceBytes !== undefined || behaviour.encoding !== undefined) {
      written += event;
      return;
    }
    response.write(event);
    if (behaviour.chunkDelayMs !== undefined) await pause(response, behaviour.chunkDelayMs);
  };
  for (const event of wire.before) await write(event);
  for (let sent = 0; sent <= wire.pieces.length && !response.destroyed; sent += 1) {
    if (await interrupted(response, behaviour, sent)) return;
    const piece = wire.pieces[sent];
    if (piece !== undefined) await write(piece);
  }
  for (const event of wire.after) await write(event);
  if (response.destroyed) return;
  if (behaviour.secondText !== undefined) response.write(wire.second);
  if (written !== '') return sendBody(response, behaviour, compress(written, behaviour.encoding));
  if (behaviour.cutAtEnd === true) return cut(response);
  if (behaviour.neverEnds !== true) response.end();
}

/** True where the behaviour breaks the stream after `sent` pieces. */
async function interrupted(response: ServerResponse, behaviour: Behaviour, sent: number): Promise<boolean> {
  if (behaviour.stallAfterChunks === sent) {
    if (behaviour.resumesOnceClosed !== true) return true;
    if (!response.closed) await once(response, 'close');
    return false;
  }
  if (behaviour.malformedAfterChunks === sent) {
    await breakChunks(response);
    return true;
  }
  if (behaviour.endAfterChunks === sent) {
    response.end();
    return true;
  }
  if (behaviour.errorAfterChunks === sent) {
    const error = { type: 'overloaded_error', message: 'Overloaded', code: null };
    response.end(`event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`);
    return true;
  }
  if (behaviour.cutAfterChunks !== sent) return false;
  await cut(response);
  return true;
}

async function cut(response: ServerResponse): Promise<void> {
  // What was written must have left before the connection is reset, or the reader never sees it.
  await pause(response, 10);
  response.socket?.resetAndDestroy();
}

function compress(text: string, encoding: Behaviour['encoding']): Buffer {
  const bytes = Buffer.from(text);
  if (encoding === 'gzip') return gzipSync(bytes);
  if (encoding === 'deflate') return deflateSync(bytes);
  return encoding === 'br' ? brotliCompressSync(bytes) : bytes;
}

/** Past the server's own framing: no length in hexadecimal, so no chunk. */
async function breakChunks(response: ServerResponse): Promise<void> {
  await pause(response, 10);
  response.socket?.write('this is no chunk\r\n\r\n');
}

async function sendPart(response: ServerResponse, behaviour: Behaviour, bytes: Buffer): Promise<boolean> {
  const { stallAfterBytes, cutAfterBytes, malformedAfterBytes } = behaviour;
  const size = stallAfterBytes ?? cutAfterBytes ?? malformedAfterBytes;
  if (size === undefined) return false;
  response.write(bytes.subarray(0, size));
  if (cutAfterBytes !== undefined) await cut(response);
  if (malformedAfterBytes !== undefined) await breakChunks(response);
  return true;
}

async function sendBody(response: ServerResponse, behaviour: Behaviour, bytes: Buffer): Promise<void> {
  if (await sendPart(response, behaviour, bytes)) return;
  const size = behaviour.sliceBytes ?? bytes.length;
  if (size >= bytes.length && behaviour.shortBody !== true) return void response.end(bytes);
  for (let start = 0; start < bytes.length && !response.destroyed; start += size) {
    response.write(bytes.subarray(start, start + size));
    await pause(response, behaviour.sliceDelayMs ?? 0);
  }
  if (behaviour.shortBody !== true) return void response.end();
  await pause(response, 10);
  response.socket?.destroy();
}

/** Waits, but not beyond the end of the exchange: an open timer would keep the process alive. */
async function pause(response: ServerResponse, ms: number): Promise<void> {
  if (response.destroyed) return;
  if (ms === 0) return new Promise((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    response.once('close', done);
  });
}
