/** One HTTP exchange over undici: no redirects, a size limit, an abort that closes the socket, and proof of what was sent. */
import type { Dispatcher } from 'undici';
import { TierlineError } from '../errors.ts';
import { decoderFor } from './decode.ts';
import { ResponseBody } from './response-body.ts';

export type ResponseHeaders = Record<string, string>;

export type ExchangeRequest = {
  origin: string;
  /** Path with query. */
  path: string;
  method: string;
  headers: Record<string, string>;
  body: string | Uint8Array | null;
  signal: AbortSignal | null;
  maxResponseBytes: number;
};

export type ExchangeResponse = { status: number; headers: ResponseHeaders; body: ResponseBody };

/** A failed exchange. `requestSent` is false only where provably no byte of the request left this process. */
export class OutboundError extends TierlineError {
  readonly requestSent: boolean;

  constructor(code: string, requestSent: boolean, cause?: unknown) {
    super(code, `outbound request failed (${code})`, { isRetryable: true, cause });
    this.requestSent = requestSent;
  }
}

/**
 * Sends one request and resolves when the headers have come; rejects with OutboundError. undici reports the start of a
 * request only when it has a connected socket to write to, so a failure before that reached nobody.
 */
export function exchange(dispatcher: Dispatcher, request: ExchangeRequest): Promise<ExchangeResponse> {
  return new Promise((resolve, reject) => {
    const handler = new ExchangeHandler(request, resolve, reject);
    if (!handler.watchSignal()) return;
    try {
      dispatcher.dispatch(
        {
          origin: request.origin,
          path: request.path,
          method: request.method,
          headers: request.headers,
          body: request.body,
          // The callers bound every call themselves, precisely; undici's own timers are coarse.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        handler,
      );
    } catch (error) {
      handler.fail(error);
    }
  });
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #request: ExchangeRequest;
  readonly #resolve: (response: ExchangeResponse) => void;
  readonly #reject: (error: OutboundError) => void;
  #controller: Dispatcher.DispatchController | null = null;
  #body: ResponseBody | null = null;
  #isOver = false;

  constructor(
    request: ExchangeRequest,
    resolve: (response: ExchangeResponse) => void,
    reject: (error: OutboundError) => void,
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** False where the signal had already fired: then nothing may be sent. */
  watchSignal(): boolean {
    const { signal } = this.#request;
    if (signal?.aborted === true) {
      this.#abort();
      return false;
    }
    signal?.addEventListener('abort', this.#abort, { once: true });
    return true;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown rather than aborted: undici then drops the request but keeps the fresh connection.
    if (this.#isOver) throw new OutboundError('aborted', false);
    this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    if (status < 200) return;
    const plain = plainHeaders(headers);
    const decoder = decoderFor(plain['content-encoding']);
    const body = new ResponseBody({
      decoder,
      maxBytes: this.#request.maxResponseBytes,
      cancel: () => this.fail(new OutboundError('body_cancelled', true)),
    });
    this.#body = body;
    this.#resolve({ status, headers: plain, body });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk);
  }

  onResponseEnd(): void {
    this.#finish();
    this.#body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  /** Ends the exchange from whatever side; the connection is closed where the request had begun. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    const failure =
      error instanceof OutboundError
        ? error
        : new OutboundError(codeOf(error), this.#controller !== null, error);
    this.#controller?.abort(failure);
    this.#body?.fail(failure);
    this.#reject(failure);
  }

  readonly #abort = (): void => {
    this.fail(new OutboundError('aborted', this.#controller !== null));
  };

  #finish(): void {
    this.#isOver = true;
    this.#request.signal?.removeEventListener('abort', this.#abort);
  }
}

type RawHeaders = Record<string, string | string[] | undefined>;

function plainHeaders(headers: RawHeaders): ResponseHeaders {
  const plain: ResponseHeaders = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined) plain[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return plain;
}

/** undici and Node name their errors by `code`; their messages may quote addresses and are not used. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
