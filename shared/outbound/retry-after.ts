/** The wait that a receiver asks for. */

const maxRetryAfterMs = 24 * 60 * 60 * 1000;

/**
 * Milliseconds that a `Retry-After` value asks for, clamped to 0 to 24 h; null where it is absent or means nothing.
 * Seconds or a date, RFC 9110 section 10.2.3; fractions of a second are not in the RFC, but some servers send them.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | null {
  const text = value?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), maxRetryAfterMs);
  // Date.parse also reads texts such as "-5" as dates; an HTTP date starts with a day's name and ends in GMT.
  if (!/^[A-Z][a-z]+,? .*GMT$/.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.min(Math.max(atMs - nowMs, 0), maxRetryAfterMs);
}
