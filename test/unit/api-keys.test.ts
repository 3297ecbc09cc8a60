import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  apiKeyRecordSchema,
  authorize,
  createApiKey,
  hashApiKey,
  isApiKeyOf,
  parseApiKeyHeader,
  rawKeysFromEnv,
  recordOfRawKey,
  weakKeyPositions,
} from '../../services/ingest/api-keys.ts';
import type { ApiKeyRecord } from '../../services/ingest/api-keys.ts';
import { TierlineError } from '../../shared/errors.ts';

const created = createApiKey(randomBytes);
const record: ApiKeyRecord = {
  id: created.id,
  hash: created.hash,
  name: 'shop',
  scopes: ['ingest'],
  sources: ['shop-api'],
  createdAt: '2026-11-22T10:00:00.000Z',
  revokedAt: null,
};

describe('a new key', () => {
  test('has the documented form, and its record holds only its hash', () => {
    assert.match(created.raw, /^tl_[1-9A-HJ-NP-Za-km-z]{8}_[1-9A-HJ-NP-Za-km-z]{32}$/);
    assert.equal(created.raw.slice(3, 11), created.id);
    assert.equal(created.hash, createHash('sha256').update(created.raw).digest('hex'));
  });

  test('takes every letter equally often', () => {
    // Every byte value in turn. 232 of 256 are used, each letter by four of them; the rest must be dropped.
    let byte = 0;
    const inTurn = (size: number) => Uint8Array.from({ length: size }, () => byte++ % 256);
    const counts = new Map<string, number>();
    for (let round = 0; round < 580; round += 1) {
      for (const letter of createApiKey(inTurn).raw.slice(3).replace('_', '')) {
        counts.set(letter, (counts.get(letter) ?? 0) + 1);
      }
    }
    // 580 × 40 letters are 400 for each of the 58; a few are lost where a key ends inside a portion.
    assert.equal(counts.size, 58);
    for (const [letter, count] of counts) assert.ok(Math.abs(count - 400) <= 40, `${letter} ${count}`);
  });

  test('drops the bytes that would favour some letters', () => {
    let portion = 0;
    const { raw } = createApiKey((size) => new Uint8Array(size).fill(portion++ % 2 === 0 ? 232 : 0));
    assert.equal(raw, `tl_${'1'.repeat(8)}_${'1'.repeat(32)}`);
  });
});

describe('the Authorization header', () => {
  test('gives key and id', () => {
    const expected = { raw: created.raw, id: created.id };
    assert.deepEqual(parseApiKeyHeader(`Bearer ${created.raw}`), expected);
    assert.deepEqual(parseApiKeyHeader(`bearer   ${created.raw} `), expected);
  });

  test('gives no id for a key of another form', () => {
    assert.deepEqual(parseApiKeyHeader('Bearer a-key-of-my-own'), { raw: 'a-key-of-my-own', id: null });
  });

  test('of any other form gives nothing', () => {
    const bad = [undefined, '', 'Bearer', 'Bearer ', 'Basic abc', created.raw, 'Bearer a b', 'Bearer é'];
    for (const value of bad) assert.equal(parseApiKeyHeader(value), null, value);
  });
});

describe('a record', () => {
  test('recognises its own key and no other', () => {
    assert.equal(isApiKeyOf(record, created.raw), true);
    assert.equal(isApiKeyOf(record, `${created.raw}x`), false);
    assert.equal(isApiKeyOf(record, createApiKey(randomBytes).raw), false);
    assert.equal(isApiKeyOf({ ...record, hash: '' }, created.raw), false);
  });

  test('that is revoked recognises nothing', () => {
    assert.equal(isApiKeyOf({ ...record, revokedAt: '2026-11-22T11:00:00.000Z' }, created.raw), false);
  });

  test('is read back only where it is whole', () => {
    assert.deepEqual(apiKeyRecordSchema.parse(JSON.parse(JSON.stringify(record))), record);
    assert.equal(apiKeyRecordSchema.safeParse({ ...record, hash: 'plain' }).success, false);
    assert.equal(apiKeyRecordSchema.safeParse({ ...record, scopes: ['root'] }).success, false);
  });

  test('allows its scopes for its sources', () => {
    assert.equal(authorize(record, { scope: 'ingest', source: 'shop-api' }), 'ok');
    assert.equal(authorize(record, { scope: 'ingest', source: 'other' }), 'no_source');
    assert.equal(authorize(record, { scope: 'read', source: 'shop-api' }), 'no_scope');
    assert.equal(authorize(record, { scope: 'admin', source: 'shop-api' }), 'no_scope');
    assert.equal(authorize({ ...record, sources: null }, { scope: 'ingest', source: 'other' }), 'ok');
    assert.equal(authorize({ ...record, sources: [] }, { scope: 'ingest', source: 'other' }), 'no_source');
    assert.equal(authorize(record, { scope: 'ingest', source: null }), 'ok');
  });

  test('with admin has all scopes, but no more sources', () => {
    const admin: ApiKeyRecord = { ...record, scopes: ['admin'] };
    assert.equal(authorize(admin, { scope: 'ingest', source: 'shop-api' }), 'ok');
    assert.equal(authorize(admin, { scope: 'read', source: 'other' }), 'no_source');
  });
});

describe('TIERLINE_API_KEYS', () => {
  test('holds values of any form, separated by commas', () => {
    const value = ` ${created.raw} ,my-own-key-0123456,, my-own-key-0123456 ,`;
    assert.deepEqual(rawKeysFromEnv(value), [created.raw, 'my-own-key-0123456']);
    assert.deepEqual(rawKeysFromEnv(undefined), []);
    assert.deepEqual(rawKeysFromEnv(' , '), []);
  });

  test('takes values of any length, and a header of that length gives them back', () => {
    for (const raw of ['x', 'short', 'x'.repeat(20_000)]) {
      assert.deepEqual(rawKeysFromEnv(raw), [raw]);
      assert.deepEqual(parseApiKeyHeader(`Bearer ${raw}`), { raw, id: null });
    }
  });

  test('says which of its keys are short enough to be guessed, by position', () => {
    const keys = rawKeysFromEnv('fifteen-letters, sixteen--letters,x,');
    assert.deepEqual(weakKeyPositions(keys), [1, 3]);
    assert.deepEqual(weakKeyPositions([created.raw]), []);
  });

  test('refuses a value that cannot be sent, without quoting it', () => {
    for (const bad of ['sixteen letters and spaces', 'sixteen-letters-é', 'a\nb']) {
      assert.throws(
        () => rawKeysFromEnv(`my-own-key-0123456,${bad}`),
        (error) =>
          error instanceof TierlineError &&
          error.code === 'bad_api_key' &&
          /value 2/.test(error.message) &&
          !error.message.includes(bad),
        bad,
      );
    }
  });

  test('gives keys with all scopes for all sources', () => {
    const fromEnv = recordOfRawKey('my-own-key-0123456', 1, record.createdAt);
    assert.equal(apiKeyRecordSchema.safeParse(fromEnv).success, true);
    assert.equal(isApiKeyOf(fromEnv, 'my-own-key-0123456'), true);
    assert.equal(fromEnv.hash, hashApiKey('my-own-key-0123456'));
    for (const scope of ['ingest', 'read', 'admin'] as const) {
      assert.equal(authorize(fromEnv, { scope, source: 'any' }), 'ok');
    }
  });
});
