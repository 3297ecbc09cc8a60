/** A model behind HTTP: one bounded call, read to its end and judged. What differs between the APIs comes as a ChatApi. */
import { OutboundError } from '../outbound/exchange.ts';
import { ResponseBody } from '../outbound/response-body.ts';
import type { OutboundCall } from '../outbound/fetch-over-undici.ts';
import { describeError, TierlineError } from '../errors.ts';
import { startBounds } from './bounds.ts';
import type { BoundFault, Bounds } from './bounds.ts';
import type { ChatFailure, ChatModel, ChatOutcome, ChatRequest, ModelSettings } from './chat.ts';
import { errorCode } from './error-body.ts';
import { faultOfStatus } from './faults.ts';
import type { FaultCodes } from './faults.ts';
import { asRecord, parseJson } from './json.ts';
import type { JsonRecord } from './json.ts';
import { emptyReading, failure, verdictOf } from './reading.ts';
import type { Reading } from './reading.ts';
import { reportedNanoUsd } from './reported-cost.ts';
import { retryAfterOf } from './retry-after.ts';
import type { HeaderReader } from './retry-after.ts';
import { createSseParser } from './sse.ts';

export type StatusError = { status: number; body: unknown; headers: HeaderReader };

/** Collects one streamed answer, event by event. */
export type StreamReader = {
  onEvent: (event: string, data: string) => void;
  /** The API's last event has come, or one after which nothing can be made of the stream. */
  isDone: () => boolean;
  reading: () => Reading;
};

export type ChatApi = {
  body: (request: ChatRequest, settings: ModelSettings) => JsonRecord;
  /** Resolves with a 2xx response as its headers come; everything else rejects. */
  send: (body: JsonRecord, call: OutboundCall) => Promise<Response>;
  /** The response inside what `send` rejected with; null where there was none. */
  statusErrorOf: (error: unknown) => StatusError | null;
  readJson: (body: JsonRecord) => Reading;
  startStream: () => StreamReader;
};

/** After the last event the connection is worth a short wait for its proper end: then it can be used again. */
const lingerMs = 250;

export function createHttpModel(settings: ModelSettings, api: ChatApi): ChatModel {
  const { provider } = settings;
  return {
    settings,
    call: async (request, signal) => {
      if (provider.needsKey && provider.apiKey === null) {
        return failure('auth', `provider ${provider.name} has no key`);
      }
      return callOnce(settings, api, { request, signal });
    },
  };
}

async function callOnce(
  settings: ModelSettings,
  api: ChatApi,
  { request: asked, signal }: { request: ChatRequest; signal: AbortSignal },
): Promise<ChatOutcome> {
  const request = { ...asked, stream: asked.stream && settings.provider.streams };
  const times = {
    totalMs: Math.min(settings.timeoutMs, request.timeoutMs ?? settings.timeoutMs),
    firstByteMs: request.stream ? settings.firstByteTimeoutMs : null,
    idleMs: settings.idleTimeoutMs,
  };
  const bounds = startBounds(times, signal);
  const call: OutboundCall = { signal: bounds.signal, error: null };
  let response: Response | null = null;
  try {
    response = await api.send(api.body(request, settings), call);
    const reading = await readResponse(api, response, bounds);
    const outcome = verdictOf(reading, {
      status: response.status,
      headers: response.headers,
      nowMs: Date.now(),
      faultCodes: settings.provider.faultCodes,
    });
    const { headers } = response;
    const reported = reportedNanoUsd(settings.provider.reportedCost, { usage: reading.rawUsage, headers });
    if (reported !== null) outcome.reportedNanoUsd = reported;
    if (outcome.kind === 'answer' && request.json !== undefined) outcome.text = withoutFence(outcome.text);
    return outcome;
  } catch (error) {
    const { faultCodes } = settings.provider;
    return failureOf(error, { api, bound: bounds.fault(), call, response, faultCodes });
  } finally {
    bounds.end();
    // Nothing may be left of a response that was given up, such as a page without end.
    if (response?.body instanceof ResponseBody) response.body.discard();
  }
}

/** Reads by what the server says it sent, not by what was asked for: some answer a streamed request with plain JSON. */
async function readResponse(api: ChatApi, response: Response, bounds: Bounds): Promise<Reading> {
  const contentType = response.headers.get('content-type')?.toLowerCase() ?? 'none';
  if (contentType.includes('text/event-stream')) return readStream(api.startStream(), response, bounds);
  if (!contentType.includes('json')) {
    return unusable(`content type ${/^[\w./+-]{1,64}/.exec(contentType)?.[0] ?? 'unknown'}`);
  }
  const chunks: Uint8Array[] = [];
  await bodyOf(response).each((chunk) => {
    bounds.touch();
    chunks.push(chunk);
    return true;
  });
  const value = parseJson(Buffer.concat(chunks).toString('utf8'));
  const record = asRecord(Array.isArray(value) ? value[0] : value);
  if (record === null) return unusable('the body is not a JSON object');
  const { error } = record;
  return error === undefined || error === null ? api.readJson(record) : { ...emptyReading(), error: record };
}

async function readStream(stream: StreamReader, response: Response, bounds: Bounds): Promise<Reading> {
  const parser = createSseParser(stream.onEvent);
  try {
    await bodyOf(response).each((chunk) => {
      bounds.touch();
      parser.push(chunk);
      if (!stream.isDone()) return true;
      bounds.linger(lingerMs);
      return stream.reading().finish === 'complete';
    });
    parser.end();
  } catch (error) {
    // Whatever breaks after the finish reason, the text is whole and paid for.
    if (stream.reading().finish !== 'complete') throw error;
  }
  return stream.reading();
}

function bodyOf(response: Response): ResponseBody {
  if (response.body instanceof ResponseBody) return response.body;
  throw new TierlineError('foreign_response', 'the response was not made by our own fetch');
}

function unusable(detail: string): Reading {
  return { ...emptyReading(), finish: 'bad_response', detail };
}

/** Models that are only told to answer in JSON like to wrap it as Markdown code. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  const start = trimmed.indexOf('\n');
  if (!trimmed.startsWith('```') || !trimmed.endsWith('```') || start === -1) return text;
  return trimmed.slice(start, -3).trim();
}

type Failed = {
  api: ChatApi;
  bound: BoundFault | null;
  call: OutboundCall;
  response: Response | null;
  faultCodes: FaultCodes;
};

function failureOf(error: unknown, { api, bound, call, response, faultCodes }: Failed): ChatFailure {
  const answered = api.statusErrorOf(error);
  if (answered !== null) return failureOfStatus(answered, faultCodes);
  const cause = error instanceof TierlineError ? error : call.error;
  const possiblyBilled = response !== null || (cause instanceof OutboundError && cause.requestSent);
  const known = { status: response?.status ?? null, possiblyBilled };
  if (bound !== null) {
    const detail = bound === 'aborted' ? 'aborted by the caller' : `time bound exceeded: ${bound}`;
    return { ...failure(bound, detail), ...known };
  }
  const name = describeError(cause ?? error).code;
  if (response !== null) {
    const fault = cause instanceof OutboundError ? 'truncated' : 'bad_response';
    return { ...failure(fault, `the response broke off (${name})`), ...known };
  }
  if (cause instanceof OutboundError) return { ...failure('connection', `no response (${name})`), ...known };
  // Not the network's doing: a header that cannot be sent, a body that cannot be serialised.
  return { ...failure('bad_request', `the request could not be made (${name})`), ...known };
}

/** Gateways that gave up on the model behind them: that one may have finished, and billed. */
const gatewayTimeouts = new Set([504, 524]);

function failureOfStatus({ status, body, headers }: StatusError, faultCodes: FaultCodes): ChatFailure {
  return {
    ...failure(
      faultOfStatus(status, body, headers, faultCodes),
      `HTTP ${status} (${errorCode(body) ?? 'unnamed'})`,
    ),
    status,
    retryAfterMs: retryAfterOf({ headers, body }, Date.now()),
    possiblyBilled: gatewayTimeouts.has(status),
  };
}
