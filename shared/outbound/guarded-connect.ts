/**
 * Requests to addresses that customers and operators choose (webhooks, helpdesks): the address is checked at the moment
 * of connecting, literal or resolved, and the outcome says whether the receiver can have got the request.
 */
import { isIP } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { exchange, OutboundError } from './exchange.ts';
import type { ExchangeRequest, ResponseHeaders } from './exchange.ts';
import { AddressRefused, lookupPublic, refusedRange } from './public-address.ts';

export type DestinationAgentOptions = {
  allowPrivateNetworks: boolean;
  /** Connections per origin; what exceeds them waits for one to be free. */
  connections: number;
  connectTimeoutMs: number;
};

/**
 * An agent that connects to public addresses only, unless `allowPrivateNetworks`. Both checks are needed: a literal
 * address never reaches `lookup` (nodejs/undici#2019), and a name is only known when it is resolved.
 */
export function createDestinationAgent(options: DestinationAgentOptions): Agent {
  const { allowPrivateNetworks, connections, connectTimeoutMs } = options;
  const base = { timeout: connectTimeoutMs, allowH2: false };
  const connect = buildConnector(allowPrivateNetworks ? base : { ...base, lookup: lookupPublic });
  const guarded: buildConnector.connector = (target, callback) => {
    const range = isIP(target.hostname) === 0 ? null : refusedRange(target.hostname);
    if (range === null) connect(target, callback);
    else callback(new AddressRefused(range), null);
  };
  return new Agent({ connections, allowH2: false, connect: allowPrivateNetworks ? connect : guarded });
}

export type SendRequest = {
  agent: Agent;
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | Uint8Array | null;
  timeoutMs: number;
  /** What exceeds it is not read. */
  maxResponseBytes: number;
  signal?: AbortSignal;
};

/** `reason` is for people and logs, and never quotes the address or what the receiver sent. */
export type SendOutcome =
  | {
      kind: 'response';
      status: number;
      headers: ResponseHeaders;
      text: string;
      /** False where the text was too long, or broke off after the status had come. */
      isComplete: boolean;
    }
  /** Provably nothing reached the receiver. */
  | { kind: 'not_sent'; reason: string }
  /** The request may have arrived. */
  | { kind: 'unknown'; reason: string };

/** Sends one request, bounded in total; redirects are answers like any other. Never throws for anything outside. */
export async function sendRequest(request: SendRequest): Promise<SendOutcome> {
  const url = URL.canParse(request.url) ? new URL(request.url) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return { kind: 'not_sent', reason: 'the url is not an http or https url' };
  }
  const bound = new AbortController();
  let isTimeout = false;
  const timer = setTimeout(() => {
    isTimeout = true;
    bound.abort();
  }, request.timeoutMs);
  const abort = (): void => bound.abort();
  if (request.signal?.aborted === true) abort();
  request.signal?.addEventListener('abort', abort, { once: true });
  try {
    return await send(request, { url, signal: bound.signal });
  } catch (error) {
    return outcomeOf(
      error,
      isTimeout ? `no answer within ${request.timeoutMs} ms` : 'the request was cancelled',
    );
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', abort);
  }
}

async function send(request: SendRequest, bound: { url: URL; signal: AbortSignal }): Promise<SendOutcome> {
  const parts: ExchangeRequest = {
    origin: bound.url.origin,
    path: bound.url.pathname + bound.url.search,
    method: request.method,
    headers: { 'accept-encoding': 'identity', ...request.headers },
    body: request.body,
    signal: bound.signal,
    maxResponseBytes: request.maxResponseBytes,
  };
  const { status, headers, body } = await exchange(request.agent, parts);
  try {
    return { kind: 'response', status, headers, text: await body.text(), isComplete: true };
  } catch {
    // The status has come, so the receiver has decided; how much of its text came does not change that.
    return { kind: 'response', status, headers, text: body.partialText(), isComplete: false };
  }
}

function outcomeOf(error: unknown, abortReason: string): SendOutcome {
  if (!(error instanceof OutboundError)) return { kind: 'not_sent', reason: 'the request is not valid' };
  const reason = error.code === 'aborted' ? abortReason : reasonOf(error);
  return { kind: error.requestSent ? 'unknown' : 'not_sent', reason };
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'the receiver refused the connection',
  ENOTFOUND: 'the name could not be resolved',
  EAI_AGAIN: 'the name could not be resolved',
  EHOSTUNREACH: 'the receiver cannot be reached',
  ENETUNREACH: 'the receiver cannot be reached',
  ETIMEDOUT: 'the connection was not established in time',
  UND_ERR_CONNECT_TIMEOUT: 'the connection was not established in time',
  ECONNRESET: 'the connection was lost',
  EPIPE: 'the connection was lost',
  UND_ERR_SOCKET: 'the connection was lost',
  HPE_INVALID_CONSTANT: 'the answer was not HTTP',
};

function reasonOf(error: OutboundError): string {
  if (error.cause instanceof AddressRefused) return error.cause.message;
  return reasons[error.code] ?? `the connection failed (${error.code})`;
}
