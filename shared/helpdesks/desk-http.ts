/** Requests to a helpdesk's API: in the account's turn, bounded, and with an outcome that says what can have happened. */
import packageJson from '../../package.json' with { type: 'json' };
import { createDestinationAgent, sendRequest } from '../outbound/guarded-connect.ts';
import type { SendOutcome } from '../outbound/guarded-connect.ts';
import { parseRetryAfter } from '../outbound/retry-after.ts';
import { parseExactJson } from './exact-json.ts';
import type { AccountTurns } from './account-turns.ts';
import type { DeskFailure } from './desk.ts';

export type DeskRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  url: string;
  headers: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  signal: AbortSignal;
};

export type DeskResponse =
  | { kind: 'ok'; status: number; headers: Record<string, string>; json: unknown }
  /** An answer that is no 2xx and no reason to wait: the desk's file knows what it means. `json` null for other bodies. */
  | { kind: 'refused'; status: number; json: unknown; failure: DeskFailure }
  | DeskFailure;

export type DeskHttp = {
  /** Never throws. 429 is a failure that waits, and lets all processes wait; redirects are refused. */
  request: (request: DeskRequest) => Promise<DeskResponse>;
  close: () => Promise<void>;
};

const userAgent = `Tierline/${packageJson.version}`;
/** A conversation with all its messages. */
const maxResponseBytes = 4 * 1024 * 1024;
const connections = 16;
const connectTimeoutMs = 5000;
const defaultWaitMs = 10_000;

export function createDeskHttp(options: {
  allowPrivateNetworks: boolean;
  /** For one request in all. */
  timeoutMs: number;
  turns: AccountTurns;
  now: () => number;
}): DeskHttp {
  const { allowPrivateNetworks, timeoutMs, turns, now } = options;
  const agent = createDestinationAgent({
    allowPrivateNetworks,
    connections,
    connectTimeoutMs: Math.min(connectTimeoutMs, timeoutMs),
  });
  return {
    async request({ method, url, headers, json, signal }) {
      const waitMs = await turns.take();
      if (waitMs > 0) return waiting(waitMs);
      const result = await sendRequest({
        agent,
        url,
        method,
        headers: {
          accept: 'application/json',
          'user-agent': userAgent,
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: json === undefined ? null : JSON.stringify(json),
        timeoutMs,
        maxResponseBytes,
        signal,
      });
      if (result.kind !== 'response') {
        const provablyUnsent = result.kind === 'not_sent' || method === 'GET';
        return failed({ status: null, provablyUnsent, reason: result.reason });
      }
      const { status } = result;
      if (status !== 429) return responseOf(method, result);
      const asked = result.headers['retry-after'] ?? result.headers['x-ratelimit-retry-after'];
      const retryAfterMs = parseRetryAfter(asked, now()) ?? defaultWaitMs;
      await turns.pause(retryAfterMs);
      return { ...waiting(retryAfterMs), status };
    },
    close: () => agent.close(),
  };
}

function responseOf(
  method: DeskRequest['method'],
  { status, headers, text, isComplete }: Extract<SendOutcome, { kind: 'response' }>,
): DeskResponse {
  const json = isComplete ? parseExactJson(text) : undefined;
  if (status < 200 || status >= 300) {
    return { kind: 'refused', status, json: json ?? null, failure: refusal(method, status) };
  }
  if (json !== undefined || text === '') return { kind: 'ok', status, headers, json: json ?? null };
  const reason = `its answer to ${method} was no JSON`;
  return failed({ status, provablyUnsent: method === 'GET', reason });
}

/** What a status means where the desk's own file knows nothing better. A 5xx may come after the work was done. */
function refusal(method: DeskRequest['method'], status: number): DeskFailure {
  const isTheirs = status >= 500 || status === 408 || status === 425;
  const redirect = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  return failed({
    status,
    provablyUnsent: !isTheirs || method === 'GET',
    isRetryable: isTheirs,
    reason: `the helpdesk answered ${status}${redirect}`,
  });
}

export function failed(
  facts: Pick<DeskFailure, 'status' | 'provablyUnsent' | 'reason'> & { isRetryable?: boolean },
): DeskFailure {
  return { kind: 'failed', retryAfterMs: null, isWaiting: false, isRetryable: true, ...facts };
}

function waiting(retryAfterMs: number): DeskFailure {
  const reason = 'the account’s limit is used up for the moment';
  return { ...failed({ status: null, provablyUnsent: true, reason }), retryAfterMs, isWaiting: true };
}
