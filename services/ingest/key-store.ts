/** API keys in Redis: one hash, key id to record. Keys are stored hashed; the raw value is shown once, when it is made. */
import { randomBytes } from 'node:crypto';
import type { App } from '../../shared/app.ts';
import { apiKeyRecordSchema, createApiKey } from './api-keys.ts';
import type { ApiKeyRecord, Scope } from './api-keys.ts';

type Store = Pick<App, 'redis' | 'prefix'>;

const hashOf = (store: Store): string => `{${store.prefix}:keys}:api`;

export async function findApiKey(store: Store, id: string): Promise<ApiKeyRecord | null> {
  const json = await store.redis.hget(hashOf(store), id);
  return json === null ? null : apiKeyRecordSchema.parse(JSON.parse(json));
}

/** Makes and stores a key. `raw` is the only copy there will ever be. */
export async function addApiKey(
  store: Store,
  facts: { name: string; scopes: Scope[]; sources: string[] | null; createdAt: string },
): Promise<{ raw: string; record: ApiKeyRecord }> {
  const { raw, id, hash } = createApiKey(randomBytes);
  const record: ApiKeyRecord = { id, hash, ...facts, revokedAt: null };
  await store.redis.hset(hashOf(store), id, JSON.stringify(record));
  return { raw, record };
}

export async function listApiKeys(store: Store): Promise<ApiKeyRecord[]> {
  const stored = await store.redis.hvals(hashOf(store));
  const records = stored.map((json) => apiKeyRecordSchema.parse(JSON.parse(json)));
  return records.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
}

/** False where there is no such key. */
export async function revokeApiKey(store: Store, id: string, revokedAt: string): Promise<boolean> {
  const record = await findApiKey(store, id);
  if (!record) return false;
  await store.redis.hset(
    hashOf(store),
    id,
    JSON.stringify({ ...record, revokedAt: record.revokedAt ?? revokedAt }),
  );
  return true;
}
