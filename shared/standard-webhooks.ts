/**
 * Standard Webhooks 1.0.0, both directions.
 * Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { TierlineError } from './errors.ts';

const secretPrefix = 'whsec_';
/** The specification recommends 24 to 64 bytes. Below 16 a secret can be guessed, so we refuse it. */
const minSecretBytes = 16;

type HeaderValues = Record<string, string | string[] | undefined>;

export type WebhookVerification =
  | { kind: 'verified'; id: string }
  | { kind: 'rejected'; reason: 'missing_header' | 'bad_timestamp' | 'stale' | 'wrong_signature' };

/**
 * The key bytes of `whsec_<base64>`. Throws `bad_webhook_secret` for any other form, so that a badly copied secret
 * is noticed at the start and not by a receiver. The message never contains the secret.
 */
export function parseSecret(secret: string): Buffer {
  if (!secret.startsWith(secretPrefix)) {
    throw new TierlineError(
      'bad_webhook_secret',
      `A webhook secret must have the form ${secretPrefix}<base64>.`,
    );
  }
  const encoded = secret.slice(secretPrefix.length);
  const key = Buffer.from(encoded, 'base64');
  // Buffer.from skips what is not base64; only an exact round trip proves that the text was.
  if (key.toString('base64') !== encoded) {
    throw new TierlineError(
      'bad_webhook_secret',
      `What follows ${secretPrefix} in a webhook secret must be padded base64.`,
    );
  }
  if (key.length < minSecretBytes) {
    throw new TierlineError(
      'bad_webhook_secret',
      `A webhook secret must hold at least ${minSecretBytes} bytes.`,
    );
  }
  return key;
}

/**
 * The value of `webhook-signature`: one `v1,<base64>` per secret, separated by spaces, so that a receiver accepts it
 * before, during and after the change of a secret.
 */
export function signWebhook(message: {
  id: string;
  timestampSeconds: number;
  body: string;
  secrets: readonly string[];
}): string {
  const { id, timestampSeconds, body, secrets } = message;
  // The signed text is `id.timestamp.body`: a dot inside the first two would make it ambiguous.
  if (id === '' || id.includes('.')) {
    throw new TierlineError('bad_webhook_id', 'A webhook id must not be empty and must not contain a dot.');
  }
  if (!Number.isSafeInteger(timestampSeconds) || timestampSeconds < 0) {
    throw new TierlineError(
      'bad_webhook_timestamp',
      'A webhook timestamp must be in whole seconds since 1970.',
    );
  }
  if (secrets.length === 0) {
    throw new TierlineError('bad_webhook_secret', 'Signing a webhook needs at least one secret.');
  }
  const prefix = `${id}.${timestampSeconds}.`;
  return secrets.map((secret) => `v1,${digestOf(secret, prefix, body)}`).join(' ');
}

/**
 * Proves that `rawBody` was signed with one of `secrets` no longer than `toleranceSeconds` ago (or ahead).
 * `headers` as Node gives them, names in lower case. Replays within the tolerance are for the caller to notice, by `id`.
 * Throws only for a secret of the wrong form.
 */
export function verifyWebhook(request: {
  headers: HeaderValues;
  rawBody: Buffer;
  secrets: readonly string[];
  nowMs: number;
  toleranceSeconds?: number;
}): WebhookVerification {
  const { headers, rawBody, secrets, nowMs, toleranceSeconds = 300 } = request;
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature');
  if (id === null || timestamp === null || signatures === null) return rejected('missing_header');
  if (!/^(?:0|[1-9]\d{0,14})$/.test(timestamp)) return rejected('bad_timestamp');
  const ageSeconds = Math.floor(nowMs / 1000) - Number(timestamp);
  if (Math.abs(ageSeconds) > toleranceSeconds) return rejected('stale');
  // No honest sender signs an id with a dot; it would let a captured body be cut anew between timestamp and text.
  if (id.includes('.')) return rejected('wrong_signature');
  const prefix = `${id}.${timestamp}.`;
  const expected = secrets.map((secret) => Buffer.from(digestOf(secret, prefix, rawBody)));
  for (const given of signatures.split(' ')) {
    if (!given.startsWith('v1,')) continue;
    const digest = Buffer.from(given.slice('v1,'.length));
    if (expected.some((one) => one.length === digest.length && timingSafeEqual(one, digest))) {
      return { kind: 'verified', id };
    }
  }
  return rejected('wrong_signature');
}

function digestOf(secret: string, prefix: string, body: string | Buffer): string {
  return createHmac('sha256', parseSecret(secret)).update(prefix).update(body).digest('base64');
}

/** null where the header is absent, empty, or there more than once. */
function headerOf(headers: HeaderValues, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function rejected(reason: Extract<WebhookVerification, { kind: 'rejected' }>['reason']): WebhookVerification {
  return { kind: 'rejected', reason };
}
