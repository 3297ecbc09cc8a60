/** A helpdesk's webhook: verified over its raw bytes, then accepted like any ticket. */
import type { App } from '../../shared/app.ts';
import type { Config } from '../../shared/config/schema.ts';
import type { Outcome } from '../../shared/feedback.ts';
import { whyIgnored } from '../../shared/helpdesks/loop-guard.ts';
import type { IgnoredReason } from '../../shared/helpdesks/loop-guard.ts';
import { readExactJson } from '../../shared/helpdesks/exact-json.ts';
import { countIgnored } from '../../shared/helpdesks/ignored-counts.ts';
import { isSelected } from '../../shared/helpdesks/selection.ts';
import { verifyWebhook } from '../../shared/standard-webhooks.ts';
import type { Ticket } from '../../shared/ticket.ts';
import { parseTicket, store, tooLarge, unknownSource } from './accept.ts';
import type { AcceptOutcome } from './accept.ts';
import { messageTicket } from './message-ticket.ts';
import { parseJsonBody } from './parse-json.ts';
import { platforms } from './platforms.ts';
import { storeToldFeedback } from './told-feedback.ts';
import type { Platform, PlatformEvent, PlatformSettings, WebhookRequest } from './platforms/platform.ts';

type SourceSettings = Config['sources'][string];

type Ignored = { kind: 'ignored'; reason: IgnoredReason };
type EventOutcome = AcceptOutcome | Ignored | { kind: 'feedback'; outcome: Outcome };

export type WebhookOutcome =
  | EventOutcome
  /** A handshake that wants an answer of its own. */
  | { kind: 'challenge'; contentType: string; body: string }
  /** A body with several events, in their order. */
  | { kind: 'several'; outcomes: EventOutcome[] };

type Incoming = Omit<WebhookRequest, 'nowMs'>;

export async function receiveWebhook(app: App, source: string, incoming: Incoming): Promise<WebhookOutcome> {
  const settings = app.runtime().config.sources[source];
  if (!settings) return unknownSource();
  const { raw } = incoming;
  if (raw.length > settings.maxBodyBytes) return tooLarge(settings.maxBodyBytes);
  if (settings.secret === null) {
    return unauthorized('This source has no secret, so its webhooks are refused.');
  }
  const platform = platforms.get(settings.platform);
  const request = { ...incoming, nowMs: app.now() };
  if (platform === undefined) return receiveGeneric(app, source, request, settings.secret);
  return receiveFrom(app, { source, settings, platform, secrets: settings.secret }, request);
}

/** A helpdesk that asks with HEAD or GET whether somebody is there: the status of the answer. */
export function answerHandshake(app: App, source: string): 200 | 404 {
  return app.runtime().config.sources[source] ? 200 : 404;
}

function unauthorized(detail: string): AcceptOutcome {
  return { kind: 'problem', code: 'unauthorized', detail };
}

/** The `generic` platform: the body of POST /v1/tickets without `source`, signed by Standard Webhooks. */
async function receiveGeneric(
  app: App,
  source: string,
  { headers, raw, nowMs }: WebhookRequest,
  secrets: readonly string[],
): Promise<WebhookOutcome> {
  const verified = verifyWebhook({ headers, rawBody: raw, secrets, nowMs });
  if (verified.kind === 'rejected') {
    app.log.warn({ source, reason: verified.reason }, 'webhook.rejected');
    return unauthorized(explanations[verified.reason]);
  }
  const parsed = parseTicket(app, raw, source);
  if (parsed.kind === 'problem') return parsed;
  const settings = app.runtime().config.sources[source]!;
  if (!isSelected(settings, parsed.ticket)) return ignore(app, source, 'not_selected');
  return store(app, parsed);
}

type From = { source: string; settings: SourceSettings; platform: Platform; secrets: readonly string[] };

async function receiveFrom(app: App, from: From, request: WebhookRequest): Promise<WebhookOutcome> {
  const { source, platform } = from;
  const settings = platformSettings(app.runtime().config, from.settings);
  const verified = platform.verify(request, from.secrets, settings);
  if (verified.kind === 'rejected') {
    app.log.warn({ source, reason: verified.reason }, 'webhook.rejected');
    return unauthorized(verified.detail);
  }
  const checked = parseJsonBody(request.raw, undefined, readExactJson);
  const json = checked.kind === 'ok' ? checked.value : undefined;
  const parsed = platform.parse(json, request, settings);
  if (parsed.kind === 'challenge') return parsed;
  if (parsed.kind === 'invalid') {
    if (checked.kind === 'ok') {
      const fields = parsed.errors.map(({ pointer }) => pointer || '/').join(', ');
      return {
        kind: 'problem',
        code: 'invalid-input',
        detail: `Does not fit: ${fields}`,
        errors: parsed.errors,
      };
    }
    const code = checked.status === 400 ? 'invalid-json' : 'invalid-input';
    const errors = [{ pointer: checked.pointer, detail: checked.detail }];
    return { kind: 'problem', code, detail: checked.detail, errors };
  }
  const [first] = parsed.events;
  if (parsed.events.length === 1 && first !== undefined) return receiveEvent(app, from, first);
  const outcomes: EventOutcome[] = [];
  // In their order: a conversation's messages are stored as they were written.
  for (const event of parsed.events) outcomes.push(await receiveEvent(app, from, event));
  return { kind: 'several', outcomes };
}

async function receiveEvent(
  app: App,
  { source, settings }: From,
  event: PlatformEvent,
): Promise<EventOutcome> {
  if (event.kind === 'ignored') return ignore(app, source, event.reason);
  if (event.kind === 'feedback') {
    const { conversationId, outcome } = event;
    if (await storeToldFeedback(app, { source, conversationId, outcome }))
      return { kind: 'feedback', outcome };
    return ignore(app, source, 'other_event');
  }
  const { message } = event;
  const reason = whyIgnored(message);
  if (reason !== null) return ignore(app, source, reason);
  const made = messageTicket(message, source, app.now());
  if (made.kind === 'empty') return ignore(app, source, 'empty');
  if (made.kind === 'invalid') {
    const fields = made.errors.map(({ pointer }) => pointer).join(', ');
    return { kind: 'problem', code: 'invalid-input', detail: `Does not fit: ${fields}`, errors: made.errors };
  }
  const ticket: Ticket = made.ticket;
  // An event that tells neither text nor tags: its tags are looked at when it is read.
  const { only: _later, ...byShare } = settings;
  const isThin = message.text === null && ticket.tags.length === 0;
  if (!isSelected(isThin ? byShare : settings, ticket)) return ignore(app, source, 'not_selected');
  return store(app, { ticket, contentKey: message.messageId });
}

async function ignore(app: App, source: string, reason: IgnoredReason): Promise<Ignored> {
  await countIgnored(app, source, reason);
  return { kind: 'ignored', reason };
}

function platformSettings(config: Config, source: SourceSettings): PlatformSettings {
  const destination = config.destinations[source.destination];
  const userId = destination !== undefined && 'userId' in destination ? destination.userId : undefined;
  return {
    account: source.account ?? null,
    userId: source.userId ?? userId ?? null,
    publicUrl: source.publicUrl ?? null,
  };
}

const explanations = {
  missing_header:
    'A header of Standard Webhooks is missing: webhook-id, webhook-timestamp, webhook-signature.',
  bad_timestamp: 'webhook-timestamp must be in whole seconds since 1970.',
  stale: 'webhook-timestamp is more than five minutes away from the time here.',
  wrong_signature: 'webhook-signature does not fit the body and the secret of this source.',
};
