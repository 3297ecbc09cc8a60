/** What went wrong with a call, and what follows from it: the one table that breaker, chain and alerts read. */
import type { Fault } from './chat.ts';
import { asRecord } from './json.ts';
import type { JsonRecord } from './json.ts';

export type FaultRule = {
  /** Who can help: any other model, one with a larger window, one of another provider, or nobody. */
  next: 'next_model' | 'larger_window' | 'other_provider' | 'stop';
  /** True for the provider's failures; the caller's own and the model's decisions never open a breaker. */
  countsAgainstBreaker: boolean;
  /** False where the ticket has not used up anything: it only has to wait. */
  isAttempt: boolean;
  /** Opens the breaker at once for so long: nothing but a person will mend it. */
  tripsLongMs: number | null;
  alert: boolean;
};

const longTripMs = 15 * 60 * 1000;
const providers: FaultRule = {
  next: 'next_model',
  countsAgainstBreaker: true,
  isAttempt: true,
  tripsLongMs: null,
  alert: false,
};
const ours: FaultRule = { ...providers, countsAgainstBreaker: false };
const account: FaultRule = { ...ours, next: 'other_provider', tripsLongMs: longTripMs, alert: true };

export const faultRules: Record<Fault, FaultRule> = {
  timeout_total: providers,
  timeout_first_byte: providers,
  timeout_idle: providers,
  connection: providers,
  rate_limited: { ...ours, isAttempt: false },
  overloaded: providers,
  server_error: providers,
  auth: account,
  quota: account,
  not_found: { ...account, next: 'next_model' },
  bad_request: ours,
  too_long: { ...ours, next: 'larger_window' },
  filtered: { ...ours, next: 'other_provider' },
  refused: ours,
  bad_response: providers,
  truncated: providers,
  length: ours,
  empty: providers,
  schema: ours,
  no_answer: ours,
  aborted: { ...ours, next: 'stop', isAttempt: false },
};

/** Response headers as both SDKs, fetch and our own `fetch` give them. */
export type HeaderReader = { get: (name: string) => string | null };

const quotaCodes =
  /insufficient_quota|billing|insufficient_(?:balance|credits|funds)|spend_limit_reached|arrearage/;
/** Anthropic's 400 for an empty account has no code of its own. */
const emptyAccount = /^your credit balance is too low/;
const modelCodes = /model_not_found|model_decommissioned|not_found_error/;
const tooLongCodes =
  /context_length_exceeded|context_window_exceeded|request_too_large|string_above_max_length|prompt is too long|input is too long|maximum context length|context window|context length|maximum prompt length|too many (?:input )?tokens|reduce the length/;
const filterCodes =
  /content_?filter|content_policy|content filtering|content management policy|data_?inspection_?failed|responsibleaipolicyviolation|moderation|flagged|prohibited_content|content exists risk/;
const overloadCodes = /overloaded|capacity_exceeded|insufficient_system_resource|service_unavailable/;

/**
 * The fault of a response whose status is not 2xx. `body` is the parsed JSON or the text. Sources: the error pages of
 * OpenAI (platform.openai.com/docs/guides/error-codes), Anthropic (docs.anthropic.com/en/api/errors), OpenRouter
 * (openrouter.ai/docs/api/reference/errors-and-debugging) and Groq (console.groq.com/docs/errors).
 */
export function faultOfStatus(status: number, body: unknown, headers: HeaderReader): Fault {
  if (status < 400) return 'bad_response';
  const said = whatItSays(body);
  if (status >= 500 || status === 498) {
    const asksToWait = status === 503 && headers.get('retry-after') !== null;
    const isOverload =
      status === 529 || status === 498 || asksToWait || overloadCodes.test(`${said.codes} ${said.message}`);
    return isOverload ? 'overloaded' : 'server_error';
  }
  return callersFault(status, said, headers);
}

const faultOfCallersStatus = new Map<number, Fault>([
  [401, 'auth'],
  [404, 'not_found'],
  [408, 'server_error'],
  [413, 'too_long'],
  // Not the caller's: a gateway says that its own caller, or the model behind it, went away.
  [499, 'server_error'],
]);

function callersFault(status: number, { codes, message }: Said, headers: HeaderReader): Fault {
  const words = `${codes} ${message}`;
  // OpenRouter answers 402 with Retry-After where only the calls in flight have used up the budget.
  if (status === 402) return headers.get('retry-after') === null ? 'quota' : 'rate_limited';
  if (quotaCodes.test(codes) || emptyAccount.test(message)) return 'quota';
  if (status === 429) return overloadCodes.test(codes) ? 'overloaded' : 'rate_limited';
  const known = faultOfCallersStatus.get(status);
  if (known !== undefined) return known;
  // OpenRouter also answers 403 where its moderation flags the input.
  if (filterCodes.test(words)) return 'filtered';
  if (status === 403) return 'auth';
  if (modelCodes.test(codes)) return 'not_found';
  return tooLongCodes.test(words) ? 'too_long' : 'bad_request';
}

const statusOfType = new Map<unknown, number>(
  Object.entries({
    context_length_exceeded: 400,
    content_filter: 400,
    invalid_request_error: 400,
    authentication_error: 401,
    billing_error: 402,
    permission_error: 403,
    not_found_error: 404,
    request_too_large: 413,
    insufficient_quota: 429,
    rate_limit_error: 429,
    rate_limit_exceeded: 429,
    overloaded_error: 529,
  }),
);

/** The fault of an error inside a 200 response or a stream, as OpenRouter and both APIs' streams send them. */
export function faultOfErrorBody(body: unknown, headers: HeaderReader): Fault {
  const error = innerError(body);
  const code = Number(error?.['code'] ?? Number.NaN);
  if (Number.isInteger(code) && code >= 400 && code < 600) return faultOfStatus(code, body, headers);
  const status = statusOfType.get(error?.['code']) ?? statusOfType.get(error?.['type']) ?? 500;
  return faultOfStatus(status, body, headers);
}

/** The provider's own word for the error, fit for logs: a code or type, never a message, which may quote the ticket. */
export function errorCode(body: unknown): string | null {
  const error = innerError(body);
  for (const value of [error?.['code'], error?.['type'], error?.['status']]) {
    if (typeof value === 'string' && /^[\w.-]{1,64}$/.test(value)) return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
}

type Said = { codes: string; message: string };

/**
 * What the error says, in lower case. The message may quote the ticket, so what a whole model is stopped for is read
 * from the codes; the message decides only what becomes of this one ticket.
 */
function whatItSays(body: unknown): Said {
  const error = innerError(body);
  if (error === null)
    return { codes: '', message: typeof body === 'string' ? body.slice(0, 2000).toLowerCase() : '' };
  const details = asRecord(error['details']);
  const inner = asRecord(error['innererror']);
  const codes = [error['code'], error['type'], error['status'], details?.['error_code'], inner?.['code']];
  const { message } = error;
  return {
    codes: codes
      .filter((code) => typeof code === 'string')
      .join(' ')
      .toLowerCase(),
    message: typeof message === 'string' ? message.slice(0, 2000).toLowerCase() : '',
  };
}

/** The error itself: inside `error` (OpenAI, Anthropic), inside an array (Gemini), or the body itself (Mistral, FastAPI). */
function innerError(body: unknown): JsonRecord | null {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  const outer = asRecord(first);
  if (outer === null) return null;
  const inner = outer['error'];
  if (typeof inner === 'string') return { message: inner };
  return asRecord(inner) ?? outer;
}

const maxRetryAfterMs = 10 * 60 * 1000;

/**
 * Milliseconds that the provider asks us to wait, clamped to 0 to 10 minutes; null where it does not say, or says
 * nonsense. Reads `retry-after-ms` and then `retry-after` in seconds or as a date (RFC 9110, section 10.2.3).
 */
export function parseRetryAfter(headers: HeaderReader, nowMs: number): number | null {
  const milliseconds = parseDecimal(headers.get('retry-after-ms'));
  if (milliseconds !== null) return clamp(milliseconds);
  const text = headers.get('retry-after')?.trim() ?? '';
  const seconds = parseDecimal(text);
  if (seconds !== null) return clamp(seconds * 1000);
  // Date.parse reads far more than HTTP dates ("-5" is a year), and those begin with a weekday.
  const atMs = /^[A-Z][a-z]{2,8}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : clamp(atMs - nowMs);
}

function parseDecimal(text: string | null): number | null {
  return text !== null && /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : null;
}

function clamp(waitMs: number): number {
  return Math.min(Math.max(0, Math.ceil(waitMs)), maxRetryAfterMs);
}
