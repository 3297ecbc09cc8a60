/** The answers that platforms give in common: to who sent a webhook, and to what it tells. */
import type { z } from 'zod';
import type { IgnoredReason } from '../../../shared/helpdesks/loop-guard.ts';
import { hasSharedSecret, headerOf, isFresh, secretHeader } from '../../../shared/helpdesks/signatures.ts';
import type { Parsed, PlatformEvent, Verification, WebhookRequest } from './platform.ts';

const verified: Verification = { kind: 'verified' };

/** `check` gets the signature as it was sent. */
export function bySignature(
  { headers }: WebhookRequest,
  header: string,
  check: (given: string) => boolean,
): Verification {
  const given = headerOf(headers, header);
  if (given === null) {
    return { kind: 'rejected', reason: 'missing_header', detail: `The header ${header} is missing.` };
  }
  if (check(given)) return verified;
  const detail = `${header} does not fit the body and the secret of this source.`;
  return { kind: 'rejected', reason: 'wrong_signature', detail };
}

/** The timestamp of a header in milliseconds since 1970, as it was sent; it must be signed to mean anything. */
export function freshTimestamp(
  { headers, nowMs }: WebhookRequest,
  header: string,
): { kind: 'fresh'; text: string } | Extract<Verification, { kind: 'rejected' }> {
  const text = headerOf(headers, header);
  if (text === null) {
    return { kind: 'rejected', reason: 'missing_header', detail: `The header ${header} is missing.` };
  }
  if (!/^\d{1,15}$/.test(text)) {
    const detail = `${header} must be in whole milliseconds since 1970.`;
    return { kind: 'rejected', reason: 'bad_timestamp', detail };
  }
  if (isFresh(Number(text), nowMs)) return { kind: 'fresh', text };
  const detail = `${header} is more than five minutes away from the time here.`;
  return { kind: 'rejected', reason: 'stale', detail };
}

/** For platforms that sign nothing. */
export function bySharedSecret({ headers }: WebhookRequest, secrets: readonly string[]): Verification {
  if (headerOf(headers, secretHeader) === null) {
    return { kind: 'rejected', reason: 'missing_header', detail: `The header ${secretHeader} is missing.` };
  }
  if (hasSharedSecret(secrets, headers)) return verified;
  const detail = `${secretHeader} is not the secret of this source.`;
  return { kind: 'rejected', reason: 'wrong_signature', detail };
}

export const events = (...list: PlatformEvent[]): Parsed => ({ kind: 'events', events: list });

export const ignored = (reason: IgnoredReason): Parsed => events({ kind: 'ignored', reason });

/** Names the fields, never what stood in them. */
export function misfit(error: z.ZodError): Parsed {
  const errors = error.issues.map(({ path }) => ({
    pointer: path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    detail: 'is missing, or not of the type that the helpdesk documents',
  }));
  return { kind: 'invalid', errors };
}
