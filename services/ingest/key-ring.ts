/** Who may do what: keys from the environment, and those stored (hashed) in Redis. */
import type { FastifyRequest } from 'fastify';
import type { App } from '../../shared/app.ts';
import { findApiKey } from './key-store.ts';
import { authorize, isApiKeyOf, parseApiKeyHeader, recordOfRawKey } from './api-keys.ts';
import type { ApiKeyRecord, Scope } from './api-keys.ts';
import { HttpProblem } from './http-problem.ts';

/** A revoked key stops working after this at the latest. */
export const keyCacheMs = 5000;
const maxCached = 1000;

export type KeyRing = {
  /** An `onRequest` hook, so that a stranger's body is never read. Throws 401 or 403 as HttpProblem. */
  requires: (scope: Scope) => (request: FastifyRequest) => Promise<void>;
  /** The key that the hook found. */
  keyOf: (request: FastifyRequest) => ApiKeyRecord;
};

export function createKeyRing(app: App, environmentKeys: string[]): KeyRing {
  const createdAt = new Date(app.now()).toISOString();
  const fromEnvironment = environmentKeys.map((raw, i) => recordOfRawKey(raw, i + 1, createdAt));
  const cached = new Map<string, { record: ApiKeyRecord | null; until: number }>();
  const found = new WeakMap<FastifyRequest, ApiKeyRecord>();

  const stored = async (id: string): Promise<ApiKeyRecord | null> => {
    const hit = cached.get(id);
    if (hit && hit.until > app.now()) return hit.record;
    const record = await findApiKey(app, id);
    if (cached.size >= maxCached) cached.clear();
    cached.set(id, { record, until: app.now() + keyCacheMs });
    return record;
  };
  const find = async (request: FastifyRequest, scope: Scope): Promise<ApiKeyRecord> => {
    const given = parseApiKeyHeader(request.headers.authorization);
    if (!given) throw new HttpProblem('unauthorized', 'Send an API key: "Authorization: Bearer <key>".');
    const known = fromEnvironment.find((record) => isApiKeyOf(record, given.raw));
    const record = known ?? (given.id === null ? null : await stored(given.id));
    if (!record || !isApiKeyOf(record, given.raw))
      throw new HttpProblem('unauthorized', 'This API key is not known.');
    if (authorize(record, { scope, source: null }) !== 'ok') {
      throw new HttpProblem('missing-scope', `This API key lacks the scope "${scope}".`);
    }
    return record;
  };

  return {
    requires: (scope) => async (request) => {
      found.set(request, await find(request, scope));
    },
    keyOf(request) {
      const record = found.get(request);
      if (!record) throw new HttpProblem('unauthorized');
      return record;
    },
  };
}
