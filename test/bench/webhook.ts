/** What a helpdesk's webhook costs before anything is stored: its signature, and what it says. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { parseExactJson } from '../../shared/helpdesks/exact-json.ts';
import { parseJsonBody } from '../../services/ingest/parse-json.ts';
import { zendesk } from '../../services/ingest/platforms/zendesk.ts';
import type { PlatformSettings, WebhookRequest } from '../../services/ingest/platforms/platform.ts';
import { benchBody, percentile } from './world.ts';

const secret = 'bench-secret';
const bytes = 20_480;
const settings: PlatformSettings = { account: '22129848', userId: '8447388090499', publicUrl: null };

/** A signed `ticket.comment_added` event of 20 KB, from its bytes to the message, as the intake takes it. */
export function benchZendeskEvent(rounds = 5000): Promise<{ bytes: number; p50Ms: number; p99Ms: number }> {
  const raw = eventOf(bytes);
  const signedAt = '2026-11-22T08:26:40Z';
  const signature = createHmac('sha256', secret).update(signedAt).update(raw).digest('base64');
  const request: WebhookRequest = {
    headers: {
      'x-zendesk-webhook-signature': signature,
      'x-zendesk-webhook-signature-timestamp': signedAt,
    },
    raw,
    url: '/v1/webhooks/bench',
    nowMs: Date.parse(signedAt),
  };
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    take(request);
    times.push(performance.now() - started);
  }
  const [p50Ms, p99Ms] = [0.5, 0.99].map((share) => Number(percentile(times, share).toFixed(4)));
  return Promise.resolve({ bytes: raw.length, p50Ms: p50Ms!, p99Ms: p99Ms! });
}

function take(request: WebhookRequest): void {
  assert.equal(zendesk.verify(request, [secret], settings).kind, 'verified');
  assert.equal(parseJsonBody(request.raw).kind, 'ok');
  const parsed = zendesk.parse(parseExactJson(request.raw.toString('utf8')), request, settings);
  assert.ok(parsed.kind === 'events' && parsed.events[0]?.kind === 'message');
}

/** As Zendesk's "Ticket events" page has it; the comment's text fills it up. Some of its letters are more than a byte. */
function eventOf(length: number): Buffer {
  const eventWith = (body: string): Buffer =>
    Buffer.from(
      JSON.stringify({
        account_id: 22129848,
        detail: {
          actor_id: '8447388090495',
          assignee_id: null,
          created_at: '2026-11-22T08:00:00Z',
          description: 'I cannot log in.',
          id: '5158',
          is_public: true,
          priority: 'HIGH',
          requester_id: '8447388090494',
          status: 'OPEN',
          subject: 'Cannot login to mobile app',
          submitter_id: '8447388090494',
          tags: ['mobile', 'login', 'priority-support'],
          updated_at: '2026-11-22T08:25:30Z',
          via: { channel: 'web_service' },
        },
        event: {
          comment: {
            id: '9876543210',
            body,
            is_public: true,
            author: { id: '8447388090494', is_staff: false, name: 'Ana' },
          },
        },
        id: 'd4f5c389-8f4a-4c2e-a1b9-8e4f39c71d52',
        subject: 'zen:ticket:5158',
        time: '2026-11-22T08:25:30.123456789Z',
        type: 'zen:event-type:ticket.comment_added',
        zendesk_event_version: '2022-11-06',
      }),
    );
  let body = 'héllo "退款"\n';
  while (eventWith(body).length < length) body += `${benchBody.slice(0, 400)}\n`;
  return eventWith(body);
}
