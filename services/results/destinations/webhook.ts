/** Destination `webhook`: one POST per attempt, signed as Standard Webhooks 1.0.0 says. */
import packageJson from '../../../package.json' with { type: 'json' };
import { TierlineError } from '../../../shared/errors.ts';
import { createDestinationAgent, sendRequest } from '../../../shared/outbound/guarded-connect.ts';
import { parseRetryAfter } from '../../../shared/outbound/retry-after.ts';
import { parseSecret, signWebhook } from '../../../shared/standard-webhooks.ts';
import type { Delivery, DeliveryOutcome, Destination } from './destination.ts';

const userAgent = `Tierline/${packageJson.version}`;
/** One slow receiver must not open sockets without end. */
const connections = 32;
const connectTimeoutMs = 5_000;
/** The answer's text is never used; this only lets a connection with a short answer be used again. */
const maxResponseBytes = 64 * 1024;

export type WebhookSettings = {
  name: string;
  url: string;
  /** `whsec_<base64>`; several while a secret is being changed. */
  secrets: readonly string[];
  /** For the whole attempt. */
  timeoutMs: number;
  allowPrivateNetworks: boolean;
  /** Added to every request; they cannot replace ours. */
  headers?: Record<string, string>;
};

/** Throws a TierlineError where a secret or the address cannot be used. `now` in milliseconds since 1970. */
export function createWebhookDestination(settings: WebhookSettings, now: () => number): Destination {
  const { name, url, secrets, timeoutMs, allowPrivateNetworks } = settings;
  if (secrets.length === 0) {
    throw new TierlineError('bad_webhook_secret', `Destination "${name}" needs at least one secret.`);
  }
  for (const secret of secrets) parseSecret(secret);
  requireUsableUrl(name, url);
  const extraHeaders = lowerCaseNames(settings.headers ?? {});
  const agent = createDestinationAgent({
    allowPrivateNetworks,
    connections,
    connectTimeoutMs: Math.min(connectTimeoutMs, timeoutMs),
  });

  async function deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    const timestampSeconds = Math.floor(now() / 1000);
    const { webhookId, body } = delivery;
    const result = await sendRequest({
      agent,
      url,
      method: 'POST',
      headers: {
        ...extraHeaders,
        'content-type': 'application/json',
        'user-agent': userAgent,
        'webhook-id': webhookId,
        'webhook-timestamp': String(timestampSeconds),
        'webhook-signature': signWebhook({ id: webhookId, timestampSeconds, body, secrets }),
      },
      body,
      timeoutMs,
      maxResponseBytes,
      signal,
    });
    if (result.kind === 'response') return outcomeOf(result.status, result.headers, now());
    return {
      kind: 'retry',
      status: null,
      retryAfterMs: null,
      provablyUnsent: result.kind === 'not_sent',
      reason: result.reason,
    };
  }

  return { name, type: 'webhook', deliver, close: () => agent.close() };
}

/** Only 2xx is success and 410 is final; all else, redirects and other 4xx too, is worth another attempt. */
function outcomeOf(status: number, headers: Record<string, string>, nowMs: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  if (status === 410) {
    return { kind: 'gone', status, reason: 'the receiver answered 410: it wants no more deliveries' };
  }
  const isRedirect = status >= 300 && status < 400;
  return {
    kind: 'retry',
    status,
    retryAfterMs: parseRetryAfter(headers['retry-after'], nowMs),
    provablyUnsent: false,
    reason: `the receiver answered ${status}${isRedirect ? '; redirects are not followed' : ''}`,
  };
}

function requireUsableUrl(name: string, url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new TierlineError('bad_destination_url', `Destination "${name}" needs an http or https url.`);
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new TierlineError(
      'bad_destination_url',
      `Destination "${name}" has a user name or password in its url; put them into headers.`,
    );
  }
}

function lowerCaseNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]));
}
