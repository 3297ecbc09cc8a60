import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import packageJson from '../../package.json' with { type: 'json' };
import { parseRetryAfter } from '../../shared/outbound/retry-after.ts';
import { createWebhookDestination } from '../../services/results/destinations/webhook.ts';
import type { WebhookSettings } from '../../services/results/destinations/webhook.ts';
import { TierlineError } from '../../shared/errors.ts';
import { verifyWebhook } from '../../shared/standard-webhooks.ts';

const secretOf = (fill: number) => `whsec_${Buffer.alloc(32, fill).toString('base64')}`;
const [secret, nextSecret] = [secretOf(1), secretOf(2)];
const signal = new AbortController().signal;
const body = '{"type":"ticket.reply","data":{"text":"Schöne Grüße 😀"}}';
const delivery = {
  webhookId: 'msg_t_0123456789_1',
  body,
  attempt: 0,
  mayHaveArrived: false,
  isStillOurs: () => Promise.resolve(true),
};

type Received = { method: string; url: string; headers: IncomingHttpHeaders; body: Buffer };
type Setup = Partial<WebhookSettings> & { path?: string; now?: () => number };

/** A receiver that answers as told, and a destination that delivers to it. */
async function withReceiver(
  answer: (response: ServerResponse, count: number) => void,
  setup: Setup,
  use: (destination: ReturnType<typeof createWebhookDestination>, received: Received[]) => Promise<void>,
): Promise<void> {
  const { path = '/hook?a=1', now = Date.now, ...settings } = setup;
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks) });
      answer(response, received.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const destination = createWebhookDestination(
    {
      name: 'shop',
      url: `http://127.0.0.1:${address.port}${path}`,
      secrets: [secret],
      timeoutMs: 20_000,
      allowPrivateNetworks: true,
      ...settings,
    },
    now,
  );
  try {
    await use(destination, received);
  } finally {
    await destination.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

/** What the reference library makes of a request; throws where the signature is wrong. */
function verifiedBy(one: string, request: Received): unknown {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const headers = Object.fromEntries(names.map((name) => [name, String(request.headers[name])]));
  return new Webhook(one).verify(request.body, headers);
}

const answering =
  (status: number, headers: Record<string, string> = {}, text = '') =>
  (response: ServerResponse): void => {
    response.writeHead(status, headers).end(text);
  };

describe('a delivery', () => {
  test('is a signed POST of exactly the stored bytes', async () => {
    await withReceiver(answering(200), {}, async (destination, received) => {
      assert.deepEqual(await destination.deliver(delivery, signal), { kind: 'delivered', status: 200 });
      const [request] = received;
      assert.ok(request);
      assert.deepEqual([request.method, request.url], ['POST', '/hook?a=1']);
      assert.deepEqual(request.body, Buffer.from(body));
      assert.equal(request.headers['content-type'], 'application/json');
      assert.equal(request.headers['user-agent'], `Tierline/${packageJson.version}`);
      assert.equal(request.headers['webhook-id'], delivery.webhookId);
      assert.deepEqual(verifiedBy(secret, request), JSON.parse(body));
    });
  });

  test('keeps its id and bytes over attempts, with a new timestamp and signature each time', async () => {
    let nowMs = Date.parse('2026-11-22T10:00:00.999Z');
    await withReceiver(answering(200), { now: () => nowMs }, async (destination, received) => {
      await destination.deliver(delivery, signal);
      nowMs += 5_000;
      await destination.deliver({ ...delivery, attempt: 1 }, signal);
      const [first, second] = received;
      assert.ok(first && second);
      assert.equal(first.headers['webhook-id'], second.headers['webhook-id']);
      assert.deepEqual(first.body, second.body);
      const timestamps = [first, second].map(({ headers }) => Number(headers['webhook-timestamp']));
      assert.deepEqual(timestamps, [1795341600, 1795341605]);
      for (const [index, { headers, body: rawBody }] of [first, second].entries()) {
        const check = { headers, rawBody, secrets: [secret], nowMs: (timestamps[index] ?? 0) * 1000 };
        assert.equal(verifyWebhook({ ...check, toleranceSeconds: 0 }).kind, 'verified');
      }
    });
  });

  test('verifies with either secret while one is being changed', async () => {
    await withReceiver(answering(204), { secrets: [secret, nextSecret] }, async (destination, received) => {
      assert.equal((await destination.deliver(delivery, signal)).kind, 'delivered');
      const [request] = received;
      assert.ok(request);
      for (const one of [secret, nextSecret]) {
        assert.deepEqual(verifiedBy(one, request), JSON.parse(body));
      }
    });
  });

  test('carries the operator’s headers, which cannot replace ours', async () => {
    const headers = { Authorization: 'Bearer x', 'Webhook-Id': 'forged', 'WEBHOOK-SIGNATURE': 'v1,x' };
    await withReceiver(answering(200), { headers }, async (destination, received) => {
      await destination.deliver(delivery, signal);
      assert.equal(received[0]?.headers.authorization, 'Bearer x');
      assert.equal(received[0]?.headers['webhook-id'], delivery.webhookId);
      assert.match(String(received[0]?.headers['webhook-signature']), /^v1,[A-Za-z0-9+/]{43}=$/);
    });
  });
});

describe('the outcome', () => {
  test('of any 2xx is delivered, however long the receiver’s text is', async () => {
    for (const status of [200, 201, 202, 204, 299]) {
      const text = status === 204 ? '' : 'x'.repeat(300_000);
      await withReceiver(answering(status, {}, text), {}, async (destination) => {
        assert.deepEqual(await destination.deliver(delivery, signal), { kind: 'delivered', status });
      });
    }
  });

  test('of 410 is gone', async () => {
    await withReceiver(answering(410, {}, 'SECRET'), {}, async (destination) => {
      const outcome = await destination.deliver(delivery, signal);
      assert.ok(outcome.kind === 'gone' && outcome.status === 410);
      assert.doesNotMatch(JSON.stringify(outcome), /SECRET/);
    });
  });

  test('of everything else is another attempt, and never repeats what the receiver said', async () => {
    for (const status of [300, 304, 400, 401, 404, 409, 422, 429, 500, 502, 503, 599]) {
      await withReceiver(answering(status, {}, status === 304 ? '' : 'SECRET'), {}, async (destination) => {
        const outcome = await destination.deliver(delivery, signal);
        assert.ok(outcome.kind === 'retry', `${status}`);
        assert.deepEqual(
          [outcome.status, outcome.retryAfterMs, outcome.provablyUnsent],
          [status, null, false],
        );
        assert.match(outcome.reason, new RegExp(`answered ${status}`));
        assert.doesNotMatch(outcome.reason, /SECRET/);
      });
    }
  });

  test('of a redirect is another attempt; it is not followed', async () => {
    await withReceiver(answering(307, { location: '/elsewhere' }), {}, async (destination, received) => {
      const outcome = await destination.deliver(delivery, signal);
      assert.ok(outcome.kind === 'retry' && outcome.status === 307);
      assert.match(outcome.reason, /redirects are not followed/);
      assert.deepEqual(
        received.map(({ url }) => url),
        ['/hook?a=1'],
      );
    });
  });

  test('carries what Retry-After asks for, up to 24 hours', async () => {
    const nowMs = Date.parse('2026-11-22T10:00:00Z');
    const asked: [string, number][] = [
      ['7', 7_000],
      ['999999999', 86_400_000],
      ['Sun, 22 Nov 2026 10:01:00 GMT', 60_000],
    ];
    for (const [value, retryAfterMs] of asked) {
      await withReceiver(
        answering(503, { 'retry-after': value }),
        { now: () => nowMs },
        async (destination) => {
          const outcome = await destination.deliver(delivery, signal);
          assert.ok(outcome.kind === 'retry');
          assert.equal(outcome.retryAfterMs, retryAfterMs);
        },
      );
    }
  });

  test('of no answer in time is another attempt, and it may have arrived', async () => {
    await withReceiver(
      () => {},
      { timeoutMs: 300 },
      async (destination) => {
        const outcome = await destination.deliver(delivery, signal);
        assert.ok(outcome.kind === 'retry');
        assert.deepEqual([outcome.status, outcome.provablyUnsent], [null, false]);
        assert.equal(outcome.reason, 'no answer within 300 ms');
      },
    );
  });

  test('of a connection that breaks is another attempt, and it may have arrived', async () => {
    await withReceiver(
      (response) => void response.destroy(),
      {},
      async (destination) => {
        const outcome = await destination.deliver(delivery, signal);
        assert.ok(outcome.kind === 'retry' && !outcome.provablyUnsent && outcome.status === null);
      },
    );
  });

  test('of a receiver that is not there is another attempt, and provably it did not arrive', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const url = `http://127.0.0.1:${address.port}/`;
    server.close();
    await once(server, 'close');
    await withReceiver(answering(200), { url }, async (destination) => {
      const outcome = await destination.deliver(delivery, signal);
      assert.ok(outcome.kind === 'retry' && outcome.provablyUnsent);
    });
  });

  test('of a call that is called off is another attempt, and ends at once', async () => {
    const controller = new AbortController();
    await withReceiver(
      () => controller.abort(),
      {},
      async (destination) => {
        const outcome = await destination.deliver(delivery, controller.signal);
        assert.ok(outcome.kind === 'retry' && !outcome.provablyUnsent);
        assert.equal(outcome.reason, 'the request was cancelled');
      },
    );
  });

  test('of an address on a private network is another attempt, without any connection', async () => {
    await withReceiver(answering(200), { allowPrivateNetworks: false }, async (destination, received) => {
      const outcome = await destination.deliver(delivery, signal);
      assert.ok(outcome.kind === 'retry' && outcome.provablyUnsent);
      assert.match(outcome.reason, /not on the public internet/);
      assert.deepEqual(received, []);
    });
  });
});

test('settings that cannot work stop the start, and no secret is quoted', () => {
  const create = (changes: Partial<WebhookSettings>) => () =>
    createWebhookDestination(
      {
        name: 'shop',
        url: 'https://shop.example/hook',
        secrets: [secret],
        timeoutMs: 1000,
        allowPrivateNetworks: false,
        ...changes,
      },
      Date.now,
    );
  const fails = (code: string) => (error: unknown) =>
    error instanceof TierlineError && error.code === code && !/hunter2/.test(error.message);
  assert.throws(create({ secrets: [] }), fails('bad_webhook_secret'));
  assert.throws(create({ secrets: [secret, 'hunter2'] }), fails('bad_webhook_secret'));
  assert.throws(create({ url: 'shop.example' }), fails('bad_destination_url'));
  assert.throws(create({ url: 'ftp://shop.example/' }), fails('bad_destination_url'));
  for (const login of ['ana:hunter2', 'hunter2', ':hunter2']) {
    assert.throws(create({ url: `https://${login}@shop.example/` }), fails('bad_destination_url'));
  }
});

test('Retry-After is read as seconds or an HTTP date, and as nothing else', () => {
  const nowMs = Date.parse('2026-11-22T10:00:00Z');
  const cases: [string | undefined, number | null][] = [
    ['0', 0],
    ['1.5', 1500],
    [' 120 ', 120_000],
    ['9'.repeat(400), 86_400_000],
    ['Sun, 22 Nov 2026 10:00:30 GMT', 30_000],
    ['Sun, 22 Nov 2026 09:00:00 GMT', 0],
    ['Fri, 01 Jan 2100 00:00:00 GMT', 86_400_000],
    ['Sunday, 22-Nov-26 10:00:30 GMT', 30_000],
    ['-5', null],
    ['soon', null],
    ['2026-11-22T10:00:30Z', null],
    ['Xxx, 99 Nov 2026 10:00:30 GMT', null],
    ['', null],
    [undefined, null],
  ];
  for (const [value, expected] of cases) assert.equal(parseRetryAfter(value, nowMs), expected, String(value));
});
