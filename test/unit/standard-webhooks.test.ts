import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { TierlineError } from '../../shared/errors.ts';
import { parseSecret, signWebhook, verifyWebhook } from '../../shared/standard-webhooks.ts';

// The test vector of the reference library, libraries/javascript/src/index.test.ts, "sign function works".
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const timestampSeconds = 1614265330;
const body = '{"test": 2432232314}';
const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const nowMs = timestampSeconds * 1000;
const otherSecret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

const headers = {
  'webhook-id': id,
  'webhook-timestamp': String(timestampSeconds),
  'webhook-signature': signature,
};

function verify(changes: {
  headers?: Record<string, string | string[] | undefined>;
  rawBody?: Buffer;
  secrets?: string[];
  nowMs?: number;
}) {
  return verifyWebhook({
    headers: { ...headers, ...changes.headers },
    rawBody: changes.rawBody ?? Buffer.from(body),
    secrets: changes.secrets ?? [secret],
    nowMs: changes.nowMs ?? nowMs,
  });
}

const wrong = { kind: 'rejected', reason: 'wrong_signature' };

describe('signing', () => {
  test('gives the signature of the published test vector', () => {
    assert.equal(signWebhook({ id, timestampSeconds, body, secrets: [secret] }), signature);
  });

  test('gives one signature per secret, in their order', () => {
    const both = signWebhook({ id, timestampSeconds, body, secrets: [otherSecret, secret] }).split(' ');
    assert.equal(both.length, 2);
    assert.equal(both[1], signature);
    assert.notEqual(both[0], signature);
  });

  test('refuses an id or a timestamp that could make the signed text ambiguous', () => {
    const code = (expected: string) => (error: unknown) =>
      error instanceof TierlineError && error.code === expected;
    const sign = (changes: object) => () =>
      signWebhook({ id, timestampSeconds, body, secrets: [secret], ...changes });
    assert.throws(sign({ id: 'msg.1' }), code('bad_webhook_id'));
    assert.throws(sign({ id: '' }), code('bad_webhook_id'));
    assert.throws(sign({ timestampSeconds: 1.5 }), code('bad_webhook_timestamp'));
    assert.throws(sign({ timestampSeconds: -1 }), code('bad_webhook_timestamp'));
    assert.throws(sign({ secrets: [] }), code('bad_webhook_secret'));
  });
});

describe('verification', () => {
  test('accepts the published test vector', () => {
    assert.deepEqual(verify({}), { kind: 'verified', id });
  });

  test('rejects a request without one of the three headers, or with it empty or doubled', () => {
    for (const name of Object.keys(headers)) {
      for (const value of [undefined, '', ['a', 'b']]) {
        assert.deepEqual(verify({ headers: { [name]: value } }), {
          kind: 'rejected',
          reason: 'missing_header',
        });
      }
    }
  });

  test('rejects a timestamp that is no whole number of seconds', () => {
    for (const value of [
      'hello',
      '1614265330.5',
      '-1',
      '+1614265330',
      '01614265330',
      '1e9',
      ' 1614265330 x',
    ]) {
      const outcome = verify({ headers: { 'webhook-timestamp': value } });
      assert.deepEqual(outcome, { kind: 'rejected', reason: 'bad_timestamp' }, value);
    }
  });

  test('accepts a timestamp up to five minutes off, and none beyond', () => {
    for (const offset of [-300, 300]) assert.equal(verify({ nowMs: nowMs + offset * 1000 }).kind, 'verified');
    for (const offset of [-301, 301]) {
      assert.deepEqual(verify({ nowMs: nowMs + offset * 1000 }), { kind: 'rejected', reason: 'stale' });
    }
  });

  test('rejects a partial, an empty and another version’s signature', () => {
    for (const value of [
      signature.slice(0, 8),
      'v1,',
      'v1',
      signature.slice(3),
      signature.replace('v1,', 'v2,'),
    ]) {
      assert.deepEqual(verify({ headers: { 'webhook-signature': value } }), wrong, value);
    }
  });

  test('finds the right signature among others of other secrets and versions', () => {
    const noise = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=';
    const value = [noise, 'v2,abc', 'v1a,xyz', signature, noise].join(' ');
    assert.equal(verify({ headers: { 'webhook-signature': value } }).kind, 'verified');
    assert.deepEqual(
      verify({ headers: { 'webhook-signature': `${noise} v2,${signature.slice(3)}` } }),
      wrong,
    );
  });

  test('accepts any one of several secrets, and none where there are none', () => {
    assert.equal(verify({ secrets: [otherSecret, secret] }).kind, 'verified');
    assert.deepEqual(verify({ secrets: [otherSecret] }), wrong);
    assert.deepEqual(verify({ secrets: [] }), wrong);
  });

  test('rejects a changed body, id or timestamp', () => {
    assert.deepEqual(verify({ rawBody: Buffer.from(`${body} `) }), wrong);
    assert.deepEqual(verify({ rawBody: Buffer.alloc(0) }), wrong);
    assert.deepEqual(verify({ headers: { 'webhook-id': `${id}x` } }), wrong);
    assert.deepEqual(verify({ headers: { 'webhook-timestamp': String(timestampSeconds + 1) } }), wrong);
  });

  test('accepts an empty body that was signed as such', () => {
    const empty = signWebhook({ id, timestampSeconds, body: '', secrets: [secret] });
    const outcome = verify({ rawBody: Buffer.alloc(0), headers: { 'webhook-signature': empty } });
    assert.equal(outcome.kind, 'verified');
  });

  test('a captured body cannot be cut anew between id, timestamp and text', () => {
    const captured = `${timestampSeconds}.{"amount":1}`;
    const old = timestampSeconds - 100;
    const value = signWebhook({ id: 'msg_1', timestampSeconds: old, body: captured, secrets: [secret] });
    const outcome = verify({
      headers: { 'webhook-id': `msg_1.${old}`, 'webhook-signature': value },
      rawBody: Buffer.from('{"amount":1}'),
    });
    assert.deepEqual(outcome, wrong);
  });

  test('is over the raw bytes, also where they are not UTF-8', () => {
    const value = signWebhook({ id, timestampSeconds, body: '\uFFFD', secrets: [secret] });
    assert.equal(
      verify({ headers: { 'webhook-signature': value }, rawBody: Buffer.from('\uFFFD') }).kind,
      'verified',
    );
    assert.deepEqual(
      verify({ headers: { 'webhook-signature': value }, rawBody: Buffer.from([0xff]) }),
      wrong,
    );
  });
});

describe('against the reference library', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 });
  const keys = fc.uint8Array({ minLength: 24, maxLength: 64 });

  test('it verifies what we sign, with any of the secrets', () => {
    fc.assert(
      fc.property(text, keys, keys, (content, one, two) => {
        const secrets = [one, two].map((key) => `whsec_${Buffer.from(key).toString('base64')}`);
        const now = Math.floor(Date.now() / 1000);
        const value = signWebhook({ id, timestampSeconds: now, body: content, secrets });
        const given = { 'webhook-id': id, 'webhook-timestamp': String(now), 'webhook-signature': value };
        for (const any of secrets) new Webhook(any).verify(content, given, { jsonParse: false });
      }),
    );
  });

  test('we verify what it signs', () => {
    fc.assert(
      fc.property(text, keys, (content, key) => {
        const theirs = `whsec_${Buffer.from(key).toString('base64')}`;
        const value = new Webhook(theirs).sign(id, new Date(nowMs), content);
        const outcome = verify({
          headers: { 'webhook-signature': value },
          rawBody: Buffer.from(content),
          secrets: [theirs],
        });
        assert.equal(outcome.kind, 'verified');
      }),
    );
  });
});

describe('secrets', () => {
  test('are the bytes after the prefix', () => {
    const key = randomBytes(32);
    assert.deepEqual(parseSecret(`whsec_${key.toString('base64')}`), key);
  });

  test('of another form are refused without being quoted', () => {
    const bad = [
      '',
      'whsec_',
      secret.slice(6),
      'whsec_c2hvcnQ=',
      `${secret}=`,
      `${secret}\n`,
      'whsec_not base64 at all!',
    ];
    for (const value of bad) {
      assert.throws(
        () => parseSecret(value),
        (error) =>
          error instanceof TierlineError &&
          error.code === 'bad_webhook_secret' &&
          (value.length < 10 || !error.message.includes(value.slice(6))),
        value,
      );
    }
  });
});
