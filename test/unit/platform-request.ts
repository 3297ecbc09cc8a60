/** What the tests of all helpdesks' webhooks have in common. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parseExactJson } from '../../shared/helpdesks/exact-json.ts';
import type { IncomingMessage } from '../../shared/helpdesks/incoming.ts';
import type {
  Parsed,
  Platform,
  PlatformSettings,
  WebhookRequest,
} from '../../services/ingest/platforms/platform.ts';

/** Of the published and computed vectors. */
export const vectorSecret = 's3cr3t-test-key';
export const vectorBody = '{"id":1,"text":"héllo 退款"}';
export const nowMs = Date.parse('2026-11-22T08:26:40Z');

export const noSettings: PlatformSettings = { account: null, userId: null, publicUrl: null };

export function requestOf(raw: string, headers: WebhookRequest['headers'] = {}, at = nowMs): WebhookRequest {
  return { headers, raw: Buffer.from(raw), url: '/v1/webhooks/desk', nowMs: at };
}

/** As the intake does it: the raw bytes, and what they say with ids beyond 2^53 kept. */
export function parse(
  platform: Platform,
  body: unknown,
  {
    headers = {},
    settings = {},
  }: { headers?: WebhookRequest['headers']; settings?: Partial<PlatformSettings> } = {},
): Parsed {
  const raw = typeof body === 'string' ? body : JSON.stringify(body);
  return platform.parse(parseExactJson(raw), requestOf(raw, headers), { ...noSettings, ...settings });
}

export function messageIn(parsed: Parsed): IncomingMessage {
  assert.equal(parsed.kind, 'events', JSON.stringify(parsed));
  const event = parsed.events[0];
  assert.equal(event?.kind, 'message', JSON.stringify(parsed));
  return event.message;
}

export const ignoredAs = (reason: string): unknown => ({
  kind: 'events',
  events: [{ kind: 'ignored', reason }],
});

/** Any change of a good body: parts of it replaced by anything, or left out. */
function mutationsOf(value: unknown): fc.Arbitrary<unknown> {
  const other = fc.oneof(
    { weight: 6, arbitrary: fc.constant(value) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  );
  if (Array.isArray(value)) {
    return fc.oneof(
      { weight: 5, arbitrary: fc.tuple(...value.map(mutationsOf)) },
      { weight: 1, arbitrary: other },
    );
  }
  if (typeof value !== 'object' || value === null) return other;
  const parts = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mutationsOf(part)]));
  return fc.oneof(
    { weight: 6, arbitrary: fc.record(parts, { requiredKeys: [] }) },
    { weight: 6, arbitrary: fc.record(parts) },
    { weight: 1, arbitrary: other },
  );
}

/** Whatever a body says, parsing answers; every message it makes has ids, and no detail quotes the body. */
export function neverThrows(
  platform: Platform,
  body: unknown,
  headers: WebhookRequest['headers'] = {},
): void {
  const settings = { ...noSettings, userId: '9001' };
  fc.assert(
    fc.property(mutationsOf(body), (mutated) => {
      const raw = JSON.stringify(mutated) ?? 'null';
      const parsed = platform.parse(parseExactJson(raw), requestOf(raw, headers), settings);
      if (parsed.kind !== 'events') return;
      for (const event of parsed.events) {
        if (event.kind !== 'message') continue;
        const { externalId, conversationId, messageId } = event.message;
        for (const id of [externalId, conversationId, messageId])
          assert.ok(typeof id === 'string' && id !== '');
      }
    }),
    { numRuns: 500 },
  );
  assert.equal(platform.parse(undefined, requestOf('no json', headers), settings).kind, 'invalid');
}

/** One bit of the body, or another secret: the webhook is nobody's. */
export function refusesForgeries(
  platform: Platform,
  sent: WebhookRequest,
  secrets: string[],
  settings: PlatformSettings = noSettings,
): void {
  const verdict = (request: WebhookRequest, given: string[]) => platform.verify(request, given, settings);
  assert.deepEqual(verdict(sent, secrets), { kind: 'verified' });
  assert.deepEqual(verdict(sent, ['another secret', ...secrets]), { kind: 'verified' });
  const wrong = (request: WebhookRequest, given: string[]): void => {
    const found = verdict(request, given);
    assert.equal(found.kind === 'rejected' ? found.reason : found.kind, 'wrong_signature');
    for (const secret of secrets) assert.ok(!JSON.stringify(found).includes(secret));
  };
  wrong(sent, ['another secret']);
  wrong(sent, []);
  fc.assert(
    fc.property(fc.nat({ max: sent.raw.length - 1 }), fc.nat({ max: 7 }), (at, bit) => {
      const raw = Buffer.from(sent.raw);
      raw[at]! ^= 1 << bit;
      wrong({ ...sent, raw }, secrets);
    }),
  );
}

/** Without the header, or with it twice, the webhook is nobody's. */
export function needsHeader(
  platform: Platform,
  sent: WebhookRequest,
  {
    header,
    secrets,
    settings = noSettings,
  }: { header: string; secrets: string[]; settings?: PlatformSettings },
): void {
  for (const value of [undefined, '', ['a', 'b']]) {
    const found = platform.verify(
      { ...sent, headers: { ...sent.headers, [header]: value } },
      secrets,
      settings,
    );
    assert.equal(found.kind === 'rejected' ? found.reason : found.kind, 'missing_header');
  }
}
