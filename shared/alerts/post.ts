/** One attempt to deliver an alert. */
import packageJson from '../../package.json' with { type: 'json' };
import type { Config } from '../config/schema.ts';
import { createDestinationAgent, sendRequest } from '../outbound/guarded-connect.ts';
import { signWebhook } from '../standard-webhooks.ts';

export const attemptMs = 10_000;
const userAgent = `Tierline/${packageJson.version}`;

export type Receiver = NonNullable<Config['alerts']> & { webhook: string };
export type Posted =
  | { kind: 'arrived' }
  | { kind: 'failed'; status: number | null; reason: string; retryAfterMs: number | null };

/** Alerts are rare: each attempt has a connection of its own, through the guard that destinations have. */
export async function postAlert(
  receiver: Receiver,
  alert: { webhookId: string; body: string; nowMs: number },
  signal: AbortSignal,
): Promise<Posted> {
  const { webhook: url, secret, allowPrivateNetworks } = receiver;
  const { webhookId, body, nowMs } = alert;
  const timestampSeconds = Math.floor(nowMs / 1000);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': userAgent,
    'webhook-id': webhookId,
    'webhook-timestamp': String(timestampSeconds),
  };
  if (secret !== null) {
    headers['webhook-signature'] = signWebhook({ id: webhookId, timestampSeconds, body, secrets: secret });
  }
  const agent = createDestinationAgent({ allowPrivateNetworks, connections: 1, connectTimeoutMs: 5000 });
  try {
    const request = {
      agent,
      url,
      method: 'POST',
      headers,
      body,
      timeoutMs: attemptMs,
      maxResponseBytes: 4096,
    };
    const result = await sendRequest({ ...request, signal });
    if (result.kind !== 'response') {
      return { kind: 'failed', status: null, reason: result.reason, retryAfterMs: null };
    }
    const { status } = result;
    if (status >= 200 && status < 300) return { kind: 'arrived' };
    const seconds = Number(result.headers['retry-after']);
    const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null;
    return { kind: 'failed', status, reason: `the receiver answered ${status}`, retryAfterMs };
  } finally {
    await agent.destroy();
  }
}
