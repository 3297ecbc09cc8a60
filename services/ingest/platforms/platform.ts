/** What a helpdesk's webhooks are to the intake: proof of who sent them, and what they tell. One file per platform. */
import type { IncomingMessage } from '../../../shared/helpdesks/incoming.ts';
import type { IgnoredReason } from '../../../shared/helpdesks/loop-guard.ts';
import type { HeaderValues } from '../../../shared/helpdesks/signatures.ts';
import type { Outcome } from '../../../shared/feedback.ts';

export type WebhookRequest = {
  /** As Node gives them: names in lower case. */
  headers: HeaderValues;
  /** The body's bytes as they came. */
  raw: Buffer;
  /** Path and query, as they came. */
  url: string;
  nowMs: number;
};

/** What the source's configuration says that a platform needs beyond its secrets. */
export type PlatformSettings = {
  /** The helpdesk's own id of the account (Zendesk's account_id, Intercom's app_id…); null takes any. */
  account: string | null;
  /** The id of our user there, so that its own messages are left alone; null where it is not configured. */
  userId: string | null;
  /** The address under which the helpdesk reaches this intake, for those that sign it; null where it is not configured. */
  publicUrl: string | null;
};

/** `detail` goes to the sender and says what is missing or wrong; never what was expected instead. */
export type Verification =
  | { kind: 'verified' }
  | {
      kind: 'rejected';
      reason: 'missing_header' | 'bad_timestamp' | 'stale' | 'wrong_signature';
      detail: string;
    };

export type PlatformEvent =
  | { kind: 'message'; message: IncomingMessage }
  | { kind: 'ignored'; reason: IgnoredReason }
  /** What became of an answer, told by the helpdesk. */
  | { kind: 'feedback'; externalId: string; conversationId: string; outcome: Outcome };

export type Parsed =
  /** One for most platforms; HubSpot sends several in one body. */
  | { kind: 'events'; events: PlatformEvent[] }
  /** A handshake that wants an answer of its own. */
  | { kind: 'challenge'; contentType: string; body: string }
  /** `pointer` is a JSON pointer into the body; `detail` never quotes it. */
  | { kind: 'invalid'; errors: { pointer: string; detail: string }[] };

export type Platform = {
  /** Over the raw bytes, before anything is parsed; in constant time. */
  verify: (request: WebhookRequest, secrets: readonly string[], settings: PlatformSettings) => Verification;
  /** `json` is the parsed body (numbers beyond 2^53 as text), undefined where it is no JSON. Never throws. */
  parse: (json: unknown, request: WebhookRequest, settings: PlatformSettings) => Parsed;
};
