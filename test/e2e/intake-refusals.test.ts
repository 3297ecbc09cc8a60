import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { addApiKey, revokeApiKey } from '../../services/ingest/key-store.ts';
import { pointersOf, problemOf, signedHeaders } from '../fakes/intake-client.ts';
import type { ProblemBody } from '../fakes/intake-client.ts';
import { apiKey, openWorld, startTestSystem, testConfig, webhookSecret } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

/** Stands in every text that is sent, and must not come back in a log line or an answer. */
const marker = 'MARKERWORD';
const log: string[] = [];
const good = { source: 'shop-api', externalId: 'T-1', body: `Where is it? ${marker}` };
const json = (changes: Record<string, unknown> = {}): string => JSON.stringify({ ...good, ...changes });

let world: TestWorld;
let system: TestSystem;

before(async () => {
  world = await openWorld();
  const config = testConfig({ providerUrl: 'http://127.0.0.1:9', receiverUrl: 'http://127.0.0.1:9/hook' });
  const sources = config['sources'] as Record<string, unknown>;
  sources['small'] = { platform: 'generic', secret: webhookSecret, destination: 'hook', maxBodyBytes: 500 };
  sources['rotating'] = {
    platform: 'generic',
    secret: [webhookSecret, 'whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZA=='],
    destination: 'hook',
  };
  system = await startTestSystem(world, config, { roles: ['ingest'], log });
});

after(async () => {
  await system.close();
  await world.close();
});

/** Sends it, and asserts that nothing of it is stored or logged and that the answer does not repeat its text. */
async function refused(
  path: string,
  init: RequestInit,
  expected: { status: number; code: string; pointers?: string[] },
): Promise<ProblemBody> {
  const openBefore = (await system.app.record.counts()).open;
  const response = await system.fetch(path, { method: 'POST', ...init });
  const body = await problemOf(response, expected.status, expected.code);
  assert.deepEqual(pointersOf(body), expected.pointers ?? []);
  assert.equal((await system.app.record.counts()).open, openBefore);
  assert.doesNotMatch(JSON.stringify(body), /MARKERWORD/);
  assert.doesNotMatch(log.join(''), /MARKERWORD/);
  return body;
}

test('a good ticket is stored, and its text is in no log line', async () => {
  const response = await system.fetch('/v1/tickets', { method: 'POST', body: json({ externalId: 'good' }) });
  assert.equal(response.status, 202);
  assert.equal((await system.app.record.counts()).open, 1);
  assert.match(log.join(''), /ticket\.accepted/);
  assert.doesNotMatch(log.join(''), /MARKERWORD/);
});

describe('a ticket that does not fit is refused and named by its JSON pointer', () => {
  const nul = '\0';
  const nested = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
  const cases: [string, string, number, string, string[]][] = [
    ['wrong JSON', `{"source":"shop-api",${marker}`, 400, 'invalid-json', ['']],
    ['an empty body', '', 400, 'invalid-json', ['']],
    ['a body of spaces', '   ', 400, 'invalid-json', ['']],
    ['a list', '[]', 422, 'invalid-input', ['']],
    ['a string', `"${marker}"`, 422, 'invalid-input', ['']],
    ['null', 'null', 422, 'invalid-input', ['']],
    ['no field at all', '{}', 422, 'invalid-input', ['/source', '/externalId', '/body']],
    ['a missing body', json({ body: undefined }), 422, 'invalid-input', ['/body']],
    ['an unknown field', json({ bodyy: marker }), 422, 'invalid-input', ['/bodyy']],
    ['a number for a text', json({ body: 5 }), 422, 'invalid-input', ['/body']],
    ['an unknown source', json({ source: 'nobody' }), 404, 'unknown-source', ['/source']],
    ['a source named like a built-in', json({ source: 'constructor' }), 404, 'unknown-source', ['/source']],
    ['a NUL byte', json({ body: `${marker}${nul}` }), 422, 'invalid-input', ['/body']],
    ['a NUL byte in the metadata', json({ metadata: { a: [nul] } }), 422, 'invalid-input', ['/metadata/a/0']],
    [
      'a lone surrogate, escaped',
      json({ subject: 'S' }).replace('"S"', '"\\ud800"'),
      422,
      'invalid-input',
      ['/subject'],
    ],
    [
      'a lone surrogate in a key',
      json({ metadata: { S: 1 } }).replace('"S"', '"\\udfff"'),
      422,
      'invalid-input',
      ['/metadata'],
    ],
    [
      'a subject of 100,000 characters',
      json({ subject: marker.repeat(10_000) }),
      422,
      'invalid-input',
      ['/subject'],
    ],
    [
      'a nesting of 10,000',
      json({ metadata: 1 }).replace('"metadata":1', `"metadata":${nested(10_000)}`),
      422,
      'invalid-input',
      [''],
    ],
    [
      'a __proto__ key',
      json().replace('{', '{"__proto__":{"admin":true},'),
      422,
      'invalid-input',
      ['/__proto__'],
    ],
    [
      'a constructor.prototype key',
      json({ metadata: { constructor: { prototype: 1 } } }),
      422,
      'invalid-input',
      ['/metadata/constructor/prototype'],
    ],
    [
      'metadata of 17 KB',
      json({ metadata: { a: marker.repeat(1700) } }),
      422,
      'invalid-input',
      ['/metadata'],
    ],
    ['createdAt that is no time', json({ createdAt: marker }), 422, 'invalid-input', ['/createdAt']],
    [
      'createdAt on the 30th of February',
      json({ createdAt: '2026-02-30T10:00:00Z' }),
      422,
      'invalid-input',
      ['/createdAt'],
    ],
    [
      'createdAt in the year 9999',
      json({ createdAt: '9999-01-01T00:00:00Z' }),
      422,
      'invalid-input',
      ['/createdAt'],
    ],
    [
      'createdAt before 1970',
      json({ createdAt: '1969-12-31T23:59:59Z' }),
      422,
      'invalid-input',
      ['/createdAt'],
    ],
    [
      'a number beyond any',
      json({ metadata: { a: 1 } }).replace(':1}', ':1e400}'),
      422,
      'invalid-input',
      ['/metadata/a'],
    ],
    ['an unknown lane', json({ lane: marker }), 422, 'invalid-input', ['/lane']],
    [
      'a role that is none',
      json({ history: [{ role: marker, text: '' }] }),
      422,
      'invalid-input',
      ['/history/0/role'],
    ],
  ];
  for (const [name, body, status, code, pointers] of cases) {
    test(name, async () => {
      await refused('/v1/tickets', { body }, { status, code, pointers });
      // The webhook reads the same bodies, without a source.
      if (pointers.includes('/source')) return;
      const unsourced = body.replace('"source":"shop-api",', '');
      const init = { body: unsourced, headers: signedHeaders(unsourced) };
      await refused('/v1/webhooks/shop-webhook', init, { status, code, pointers });
    });
  }

  test('bytes that are not UTF-8', async () => {
    const body = Buffer.concat([Buffer.from(json()), Buffer.from([0xff])]);
    await refused('/v1/tickets', { body }, { status: 400, code: 'invalid-json', pointers: [''] });
  });

  test('a source in the body of a webhook', async () => {
    const body = json({ source: 'shop-webhook' });
    const init = { body, headers: signedHeaders(body) };
    await refused('/v1/webhooks/shop-webhook', init, {
      status: 422,
      code: 'invalid-input',
      pointers: ['/source'],
    });
  });
});

describe('a body of the wrong size or kind is refused', () => {
  const tooLarge = { status: 413, code: 'too-large' };
  const wrongType = { status: 415, code: 'unsupported-media-type' };

  test('2 MiB, with and without a length, and the answer always arrives', async () => {
    const body = JSON.stringify({ ...good, body: marker.repeat(210_000) });
    for (let round = 0; round < 10; round += 1) {
      await refused('/v1/tickets', { body }, tooLarge);
      const stream = new Blob([body]).stream();
      await refused('/v1/tickets', { body: stream, duplex: 'half' }, tooLarge);
      await refused('/v1/webhooks/shop-webhook', { body, headers: signedHeaders(body) }, tooLarge);
    }
  });

  test('more than its own source takes', async () => {
    const body = json({ source: 'small', metadata: { a: 'x'.repeat(500) } });
    await refused('/v1/tickets', { body }, tooLarge);
    const unsourced = json({ source: undefined, metadata: { a: 'x'.repeat(500) } });
    await refused('/v1/webhooks/small', { body: unsourced, headers: signedHeaders(unsourced) }, tooLarge);
  });

  test('another content type, none, or a compressed one', async () => {
    for (const type of [
      'text/plain',
      'application/x-ndjson',
      'application/x-www-form-urlencoded',
      'nonsense',
    ]) {
      await refused('/v1/tickets', { body: json(), headers: { 'content-type': type } }, wrongType);
      await refused(
        '/v1/webhooks/shop-webhook',
        { body: json(), headers: { 'content-type': type } },
        wrongType,
      );
    }
    const init = {
      method: 'POST',
      body: Buffer.from(json()),
      headers: { authorization: `Bearer ${apiKey}` },
    };
    await problemOf(await fetch(`${system.ingestUrl}/v1/tickets`, init), 415, 'unsupported-media-type');
    await refused('/v1/tickets', { body: json(), headers: { 'content-encoding': 'gzip' } }, wrongType);
    await refused('/v1/tickets/bulk', { body: json() }, wrongType);
  });

  test('and the media type may be written in any case, with parameters', async () => {
    const headers = { 'content-type': 'Application/JSON; charset="utf-8"' };
    const body = json({ externalId: 'type' });
    assert.equal((await system.fetch('/v1/tickets', { method: 'POST', body, headers })).status, 202);
  });
});

describe('a key must be known, have the scope and cover the source', () => {
  const bearer = (raw: string): RequestInit => ({
    body: json(),
    headers: { authorization: `Bearer ${raw}` },
  });
  const make = (facts: { scopes: ('ingest' | 'read' | 'admin')[]; sources: string[] | null }) =>
    addApiKey(system.app, { name: 'test', createdAt: new Date().toISOString(), ...facts });

  test('no key, a wrong key, another scheme: 401', async () => {
    const unauthorized = { status: 401, code: 'unauthorized' };
    for (const authorization of [
      '',
      'Bearer',
      'Bearer wrong',
      `Basic ${apiKey}`,
      apiKey,
      `Bearer ${apiKey}x`,
    ]) {
      await refused('/v1/tickets', { body: json(), headers: { authorization } }, unauthorized);
      await refused(
        '/v1/tickets/bulk',
        { body: json(), headers: { authorization, 'content-type': 'application/x-ndjson' } },
        unauthorized,
      );
      await refused(
        '/v1/tickets/t_0000000000000000000000/cancel',
        { headers: { authorization } },
        unauthorized,
      );
      await refused(
        '/v1/tickets/t_0000000000000000000000',
        { method: 'GET', headers: { authorization } },
        unauthorized,
      );
    }
    const response = await fetch(`${system.ingestUrl}/v1/tickets`, { method: 'POST', body: json() });
    assert.equal(response.headers.get('www-authenticate'), 'Bearer');
    await problemOf(response, 401, 'unauthorized');
  });

  test('a stranger gets 401 whatever the body is', async () => {
    const headers = { authorization: 'Bearer wrong' };
    for (const body of ['', '{', 'x'.repeat(3_000_000)]) {
      await refused('/v1/tickets', { body, headers }, { status: 401, code: 'unauthorized' });
    }
  });

  test('a key of the right form that does not exist: 401', async () => {
    const unknown = `tl_${'1'.repeat(8)}_${'1'.repeat(32)}`;
    await refused('/v1/tickets', bearer(unknown), { status: 401, code: 'unauthorized' });
  });

  test('a key without the scope: 403', async () => {
    const reader = await make({ scopes: ['read'], sources: null });
    await refused('/v1/tickets', bearer(reader.raw), { status: 403, code: 'missing-scope' });
    const writer = await make({ scopes: ['ingest'], sources: null });
    const path = '/v1/tickets/t_0000000000000000000000';
    await refused(
      path,
      { method: 'GET', headers: { authorization: `Bearer ${writer.raw}` } },
      { status: 403, code: 'missing-scope' },
    );
  });

  test('a key for other sources: 403', async () => {
    const other = await make({ scopes: ['ingest'], sources: ['shop-webhook'] });
    await refused('/v1/tickets', bearer(other.raw), { status: 403, code: 'source-not-allowed' });
  });

  test('a revoked key: 401', async () => {
    const { raw, record } = await make({ scopes: ['admin'], sources: null });
    assert.equal(await revokeApiKey(system.app, record.id, new Date().toISOString()), true);
    await refused('/v1/tickets', bearer(raw), { status: 401, code: 'unauthorized' });
  });

  test('no answer and no log line shows a key', () => {
    assert.doesNotMatch(log.join(''), new RegExp(`${apiKey}|tl_[1-9A-Za-z]{8}_`));
  });
});

describe('a webhook must be signed with the secret of its source, lately, over these bytes', () => {
  const body = json({ source: undefined });
  const path = '/v1/webhooks/shop-webhook';
  const unauthorized = { status: 401, code: 'unauthorized' };
  const seconds = (): number => Math.floor(Date.now() / 1000);

  test('another secret, another text, another id', async () => {
    const wrong = signedHeaders(body, { secret: 'whsec_c29tZS1vdGhlci1zZWNyZXQtZW50aXJlbHk=' });
    await refused(path, { body, headers: wrong }, unauthorized);
    await refused(path, { body: `${body} `, headers: signedHeaders(body) }, unauthorized);
    await refused(
      path,
      { body, headers: { ...signedHeaders(body), 'webhook-id': 'msg_other' } },
      unauthorized,
    );
    await refused(
      path,
      { body, headers: { ...signedHeaders(body), 'webhook-signature': 'v1,AAAA' } },
      unauthorized,
    );
    await refused(
      path,
      { body, headers: { ...signedHeaders(body), 'webhook-timestamp': String(seconds() - 1) } },
      unauthorized,
    );
  });

  test('a time more than five minutes away, or none', async () => {
    for (const timestampSeconds of [seconds() - 310, seconds() + 310, 0]) {
      await refused(path, { body, headers: signedHeaders(body, { timestampSeconds }) }, unauthorized);
    }
    await refused(
      path,
      { body, headers: { ...signedHeaders(body), 'webhook-timestamp': 'now' } },
      unauthorized,
    );
  });

  test('each header is needed', async () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      const { [name]: _left, ...headers } = signedHeaders(body);
      await refused(path, { body, headers }, unauthorized);
    }
  });

  test('an API key is no substitute', async () => {
    await refused(path, { body }, unauthorized);
  });

  test('a source without a secret: 401; an unknown source: 404', async () => {
    await refused('/v1/webhooks/shop-api', { body, headers: signedHeaders(body) }, unauthorized);
    for (const source of ['nobody', 'constructor', '__proto__', '%00', 'x'.repeat(250)]) {
      await refused(
        `/v1/webhooks/${source}`,
        { body, headers: signedHeaders(body) },
        { status: 404, code: 'unknown-source' },
      );
    }
  });

  test('a right signature is enough, with each of the secrets of its source', async () => {
    const { authorization: _none, ...headers } = { authorization: '', ...signedHeaders(body) };
    const init = { method: 'POST', body, headers };
    assert.equal((await fetch(`${system.ingestUrl}${path}`, init)).status, 202);
    for (const [i, secret] of [webhookSecret, 'whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZA=='].entries()) {
      const text = json({ source: undefined, externalId: `rotated-${i}` });
      const answer = await fetch(`${system.ingestUrl}/v1/webhooks/rotating`, {
        method: 'POST',
        body: text,
        headers: signedHeaders(text, { secret }),
      });
      assert.equal(answer.status, 202);
    }
  });
});

describe('an Idempotency-Key', () => {
  const post = (body: string, key: string): Promise<Response> =>
    system.fetch('/v1/tickets', { method: 'POST', body, headers: { 'idempotency-key': key } });

  test('with the same body gives the same ticket, with another one 409', async () => {
    const first = await post(json({ externalId: 'idem' }), 'key-1');
    assert.equal(first.status, 202);
    const { ticketId } = (await first.json()) as { ticketId: string };
    const again = await post(json({ externalId: 'idem' }), 'key-1');
    assert.deepEqual(
      [again.status, await again.json()],
      [200, { ticketId, state: 'queued', duplicate: true }],
    );
    const headers = { 'idempotency-key': 'key-1' };
    await refused(
      '/v1/tickets',
      { body: json({ externalId: 'other' }), headers },
      { status: 409, code: 'idempotency-key-reused' },
    );
    assert.equal((await post(json({ externalId: 'other' }), 'key-2')).status, 202);
  });

  test('belongs to the API key that sent it', async () => {
    const facts = {
      name: 'second',
      scopes: ['ingest' as const],
      sources: null,
      createdAt: new Date().toISOString(),
    };
    const second = await addApiKey(system.app, facts);
    const headers = { 'idempotency-key': 'key-1', authorization: `Bearer ${second.raw}` };
    const response = await system.fetch('/v1/tickets', {
      method: 'POST',
      body: json({ externalId: 'second' }),
      headers,
    });
    assert.equal(response.status, 202);
  });

  test('is not used up by a body that was refused', async () => {
    const headers = { 'idempotency-key': 'key-3' };
    await refused(
      '/v1/tickets',
      { body: '{}', headers },
      { status: 422, code: 'invalid-input', pointers: ['/source', '/externalId', '/body'] },
    );
    assert.equal((await post(json({ externalId: 'mended' }), 'key-3')).status, 202);
  });

  test('must have 1 to 255 characters', async () => {
    for (const key of ['', 'k'.repeat(256)]) {
      await refused(
        '/v1/tickets',
        { body: json({ externalId: 'key' }), headers: { 'idempotency-key': key } },
        { status: 400, code: 'bad-request' },
      );
    }
    assert.equal((await post(json({ externalId: 'longest-key' }), 'k'.repeat(255))).status, 202);
  });
});

test('unknown tickets and addresses: 404', async () => {
  const unknown = { method: 'GET' };
  for (const id of [
    't_0000000000000000000000',
    't_zz00000000000000000000',
    'bulk',
    '..%2f',
    '%00',
    'T_1',
    'x'.repeat(290),
  ]) {
    await refused(`/v1/tickets/${id}`, unknown, { status: 404, code: 'unknown-ticket' });
    await refused(`/v1/tickets/${id}/cancel`, {}, { status: 404, code: 'unknown-ticket' });
  }
  for (const path of ['/', '/v1', '/v2/tickets', '/v1/tickets', `/v1/tickets/${'x'.repeat(400)}`]) {
    await refused(path, unknown, { status: 404, code: 'not-found' });
  }
  await refused('/v1/tickets/%zz', unknown, { status: 400, code: 'bad-request' });
});
