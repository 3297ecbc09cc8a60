/** What the body of an error says, in whichever of its forms a provider sends it. */
import { asRecord } from './json.ts';
import type { JsonRecord } from './json.ts';

/** The provider's own word for the error, fit for logs: a code or type, never a message, which may quote the ticket. */
export function errorCode(body: unknown): string | null {
  const error = innerError(body);
  for (const value of [error?.['code'], error?.['type'], error?.['status']]) {
    if (typeof value === 'string' && /^[\w.-]{1,64}$/.test(value)) return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
}

export type Said = { codes: string; message: string };

/**
 * What the error says, in lower case. The message may quote the ticket, so what a whole model is stopped for is read
 * from the codes; the message decides only what becomes of this one ticket.
 */
export function whatItSays(body: unknown): Said {
  const error = innerError(body);
  if (error === null)
    return { codes: '', message: typeof body === 'string' ? body.slice(0, 2000).toLowerCase() : '' };
  const { details } = error;
  const inner = asRecord(error['innererror']);
  const codes = [
    error['code'],
    error['type'],
    error['status'],
    asRecord(details)?.['error_code'],
    inner?.['code'],
    ...googleCodes(details),
  ];
  const { message } = error;
  return {
    codes: codes
      .filter((code) => typeof code === 'string')
      .join(' ')
      .toLowerCase(),
    message: typeof message === 'string' ? message.slice(0, 2000).toLowerCase() : '',
  };
}

/** Google's `details`: why it was refused, and which quotas are used up. */
function googleCodes(details: unknown): unknown[] {
  if (!Array.isArray(details)) return [];
  return details.flatMap((detail: unknown) => {
    const known = asRecord(detail);
    const violations: unknown = known?.['violations'];
    const quotas = Array.isArray(violations)
      ? violations.map((one: unknown) => asRecord(one)?.['quotaId'])
      : [];
    return [known?.['reason'], ...quotas];
  });
}

/** The error itself: inside `error` (OpenAI, Anthropic), inside an array (Gemini), or the body itself (Mistral, FastAPI). */
export function innerError(body: unknown): JsonRecord | null {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  const outer = asRecord(first);
  if (outer === null) return null;
  const inner = outer['error'];
  if (typeof inner === 'string') return { message: inner };
  return asRecord(inner) ?? outer;
}
