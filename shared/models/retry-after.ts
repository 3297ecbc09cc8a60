/** How long a provider asks us to leave it alone. */
import { asRecord, asString } from './json.ts';

/** Response headers as both SDKs, fetch and our own `fetch` give them. */
export type HeaderReader = { get: (name: string) => string | null };

const maxRetryAfterMs = 10 * 60 * 1000;

/**
 * Milliseconds that a refusal asks us to wait, clamped to 0 to 10 minutes; null where it does not say. By `retry-after`,
 * by the error's own RetryInfo, or by the limit that is used up. Never by the error's message, which may quote a ticket.
 */
export function retryAfterOf(
  refusal: { headers: HeaderReader; body: unknown },
  nowMs: number,
): number | null {
  const { headers, body } = refusal;
  return parseRetryAfter(headers, nowMs) ?? retryInfo(body) ?? limitReset(headers, nowMs);
}

/** Reads `retry-after-ms` and then `retry-after` in seconds or as a date (RFC 9110, section 10.2.3). */
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

/** Google's: `error.details[]` holds `{"@type": "…google.rpc.RetryInfo", "retryDelay": "37s"}`. */
function retryInfo(body: unknown): number | null {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  const outer = asRecord(first);
  const details = (asRecord(outer?.['error']) ?? outer)?.['details'];
  if (!Array.isArray(details)) return null;
  for (const detail of details) {
    const delay = asString(asRecord(detail)?.['retryDelay']);
    const seconds = parseDecimal(delay?.endsWith('s') === true ? delay.slice(0, -1) : null);
    if (seconds !== null) return clamp(seconds * 1000);
  }
  return null;
}

const limits = ['requests', 'tokens', 'input-tokens', 'output-tokens'];

/**
 * `x-ratelimit-remaining-tokens: 0` with `x-ratelimit-reset-tokens: 6m0s` (OpenAI, Groq: platform.openai.com/docs/guides/rate-limits,
 * console.groq.com/docs/rate-limits), or `x-ratelimit-remaining: 0` with `x-ratelimit-reset` as milliseconds since 1970
 * (OpenRouter: openrouter.ai/docs/api-reference/limits). The longest counts.
 */
function limitReset(headers: HeaderReader, nowMs: number): number | null {
  const waits = limits
    .filter((name) => headers.get(`x-ratelimit-remaining-${name}`) === '0')
    .map((name) => parseDuration(headers.get(`x-ratelimit-reset-${name}`)));
  if (headers.get('x-ratelimit-remaining') === '0') {
    const atMs = parseDecimal(headers.get('x-ratelimit-reset'));
    if (atMs !== null && atMs > 1e12) waits.push(atMs - nowMs);
  }
  const known = waits.filter((wait) => wait !== null);
  return known.length === 0 ? null : clamp(Math.max(...known));
}

const unitsMs = new Map([
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]);

/** As Go writes durations: `1s`, `6m0s`, `120ms`, `2m59.56s`. */
function parseDuration(text: string | null): number | null {
  if (text === null || !/^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)) {
    total += Number(amount) * (unitsMs.get(unit) ?? 0);
  }
  return total;
}

function parseDecimal(text: string | null): number | null {
  return text !== null && /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : null;
}

function clamp(waitMs: number): number {
  return Math.min(Math.max(0, Math.ceil(waitMs)), maxRetryAfterMs);
}
