/** What every destination promises to the delivery worker, whatever it talks to. */

export type Delivery = {
  /** `msg_<ticketId>_<generation>`: the same in all attempts of one reply. */
  webhookId: string;
  /** The stored bytes, JSON; sent exactly as they are. */
  body: string;
  /** 0 for the first attempt. */
  attempt: number;
};

/** `reason` is for people and logs: it never contains the body, nor anything that the receiver answered. */
export type DeliveryOutcome =
  | { kind: 'delivered'; status: number | null }
  | {
      kind: 'retry';
      status: number | null;
      /** What the receiver asked us to wait, already clamped; null where it did not say. */
      retryAfterMs: number | null;
      /** True only where the receiver cannot have got it. */
      provablyUnsent: boolean;
      reason: string;
    }
  /** The receiver wants no more of anything: the destination is to be disabled. */
  | { kind: 'gone'; status: number; reason: string }
  /** This delivery can never succeed, however often it is repeated. */
  | { kind: 'rejected'; status: number | null; reason: string };

export type Destination = {
  /** The name in tierline.yaml. */
  name: string;
  type: string;
  /** Never throws for anything that the receiver, the network or the disk does. `signal` ends the attempt early. */
  deliver: (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryOutcome>;
  close: () => Promise<void>;
};

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
