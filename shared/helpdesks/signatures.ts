/** How helpdesks prove that a webhook is theirs: a MAC over the raw bytes, or a shared secret where they sign nothing. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type HeaderValues = Record<string, string | string[] | undefined>;

/** null where the header is absent, empty, or there more than once. Names in lower case. */
export function headerOf(headers: HeaderValues, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Compared in a time that tells nothing but the length. */
function isSameText(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** True where `given` is the MAC of the parts, one after the other, by one of the secrets. */
export function isSignedBy(
  secrets: readonly string[],
  given: string,
  how: {
    algorithm: 'sha1' | 'sha256';
    encoding: 'hex' | 'base64';
    prefix?: string;
    parts: readonly (string | Buffer)[];
  },
): boolean {
  let isSigned = false;
  // All secrets are tried, so that the time does not tell which one fits.
  for (const secret of secrets) {
    const mac = createHmac(how.algorithm, secret);
    for (const part of how.parts) mac.update(part);
    if (isSameText(given, `${how.prefix ?? ''}${mac.digest(how.encoding)}`)) isSigned = true;
  }
  return isSigned;
}

/** The header that carries the secret where a platform signs nothing. */
export const secretHeader = 'x-webhook-secret';

/** For platforms that sign nothing: the secret itself in a header of the webhook. */
export function hasSharedSecret(secrets: readonly string[], headers: HeaderValues): boolean {
  const given = headerOf(headers, secretHeader);
  if (given === null) return false;
  const digest = (text: string): string => createHash('sha256').update(text).digest('base64');
  let isKnown = false;
  for (const secret of secrets) if (isSameText(digest(given), digest(secret))) isKnown = true;
  return isKnown;
}

/** Five minutes, as Standard Webhooks has it; for timestamps that are signed. */
const toleranceMs = 300_000;
export const isFresh = (atMs: number, nowMs: number): boolean => Math.abs(nowMs - atMs) <= toleranceMs;
