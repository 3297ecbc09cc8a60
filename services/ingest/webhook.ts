/** A helpdesk's webhook: verified over its raw bytes, then accepted like any ticket. */
import type { App } from '../../shared/app.ts';
import { verifyWebhook } from '../../shared/standard-webhooks.ts';
import { parseTicket, store, tooLarge, unknownSource } from './accept.ts';
import type { AcceptOutcome } from './accept.ts';

type Headers = Record<string, string | string[] | undefined>;

/** The `generic` platform: the body of POST /v1/tickets without `source`, signed by Standard Webhooks. */
export async function receiveWebhook(
  app: App,
  source: string,
  headers: Headers,
  raw: Buffer,
): Promise<AcceptOutcome> {
  const settings = app.runtime().config.sources[source];
  if (!settings) return unknownSource();
  if (raw.length > settings.maxBodyBytes) return tooLarge(settings.maxBodyBytes);
  if (settings.secret === null) {
    return {
      kind: 'problem',
      code: 'unauthorized',
      detail: 'This source has no secret, so its webhooks are refused.',
    };
  }
  const verified = verifyWebhook({ headers, rawBody: raw, secrets: settings.secret, nowMs: app.now() });
  if (verified.kind === 'rejected') {
    app.log.warn({ source, reason: verified.reason }, 'webhook.rejected');
    return { kind: 'problem', code: 'unauthorized', detail: explanations[verified.reason] };
  }
  const parsed = parseTicket(app, raw, source);
  return parsed.kind === 'problem' ? parsed : store(app, parsed);
}

/** A helpdesk that asks with HEAD whether somebody is there: the status of the answer. */
export function answerHandshake(app: App, source: string): 200 | 404 {
  return app.runtime().config.sources[source] ? 200 : 404;
}

const explanations = {
  missing_header:
    'A header of Standard Webhooks is missing: webhook-id, webhook-timestamp, webhook-signature.',
  bad_timestamp: 'webhook-timestamp must be in whole seconds since 1970.',
  stale: 'webhook-timestamp is more than five minutes away from the time here.',
  wrong_signature: 'webhook-signature does not fit the body and the secret of this source.',
};
