/** API keys: their form, what is stored of them, and what they allow. Nothing here reads or writes anything. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { TierlineError } from '../../shared/errors.ts';

export const scopes = ['ingest', 'read', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export const apiKeyRecordSchema = z.object({
  /** The 8 characters between the underscores of the key; what a record is found by. */
  id: z.string(),
  /** SHA-256 of the whole key, hex. A key is random, so that no slow hash is needed. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string(),
  scopes: z.array(z.enum(scopes)),
  /** The sources that the key may post to and read from; null means all. */
  sources: z.array(z.string()).nullable(),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
});
export type ApiKeyRecord = z.infer<typeof apiKeyRecordSchema>;

/** Without 0, O, I and l, which people confuse. */
const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const idLength = 8;
const secretLength = 32;
const keyForm = /^tl_([1-9A-HJ-NP-Za-km-z]{8})_[1-9A-HJ-NP-Za-km-z]{32}$/;
/** Below this a key can be guessed. */
const strongKeyLength = 16;

/** `random` returns that many random bytes (`randomBytes` of node:crypto). `raw` is shown once and never stored. */
export function createApiKey(random: (size: number) => Uint8Array): {
  raw: string;
  id: string;
  hash: string;
} {
  const id = randomBase58(idLength, random);
  const raw = `tl_${id}_${randomBase58(secretLength, random)}`;
  return { raw, id, hash: hashApiKey(raw) };
}

export function hashApiKey(raw: string): string {
  return createHash('sha256').update(raw).digest('hex');
}

/**
 * The key of an `Authorization: Bearer <key>` header, null where there is none. `id` is null for keys that are not
 * ours in form; only TIERLINE_API_KEYS can hold such keys.
 */
export function parseApiKeyHeader(
  authorization: string | undefined,
): { raw: string; id: string | null } | null {
  const raw = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization?.trim() ?? '')?.[1];
  if (raw === undefined) return null;
  return { raw, id: keyForm.exec(raw)?.[1] ?? null };
}

/** True where `raw` is this record's key and was not revoked; takes the same time wherever the two differ. */
export function isApiKeyOf(record: ApiKeyRecord, raw: string): boolean {
  const given = Buffer.from(hashApiKey(raw));
  const stored = Buffer.from(record.hash);
  return given.length === stored.length && timingSafeEqual(given, stored) && record.revokedAt === null;
}

/** `admin` includes the other scopes. `source` is null for routes that are about no source. */
export function authorize(
  record: ApiKeyRecord,
  wanted: { scope: Scope; source: string | null },
): 'ok' | 'no_scope' | 'no_source' {
  if (!record.scopes.includes(wanted.scope) && !record.scopes.includes('admin')) return 'no_scope';
  if (wanted.source === null || record.sources === null) return 'ok';
  return record.sources.includes(wanted.source) ? 'ok' : 'no_source';
}

/**
 * The values of TIERLINE_API_KEYS, without empty and repeated ones. Any length is taken (see `weakKeyPositions`).
 * Throws `bad_api_key` for one that no header can carry.
 */
export function rawKeysFromEnv(value: string | undefined): string[] {
  const raws = (value ?? '').split(',').map((part) => part.trim());
  for (const [index, raw] of raws.entries()) {
    if (!/^[\x21-\x7e]*$/.test(raw)) {
      throw new TierlineError(
        'bad_api_key',
        `TIERLINE_API_KEYS: value ${index + 1} cannot be sent in a header; use ASCII characters without spaces.`,
      );
    }
  }
  return [...new Set(raws.filter((raw) => raw !== ''))];
}

/** Positions, from 1, of the keys that are short enough to be guessed; for a warning that must not show the key. */
export function weakKeyPositions(raws: readonly string[]): number[] {
  return raws.flatMap((raw, index) => (raw.length < strongKeyLength ? [index + 1] : []));
}

/** The record of a value of TIERLINE_API_KEYS: all scopes, all sources. */
export function recordOfRawKey(raw: string, position: number, createdAt: string): ApiKeyRecord {
  return {
    id: `env-${position}`,
    hash: hashApiKey(raw),
    name: `TIERLINE_API_KEYS, value ${position}`,
    scopes: [...scopes],
    sources: null,
    createdAt,
    revokedAt: null,
  };
}

/** Bytes from 232 on are dropped: 256 is no multiple of 58, and the first letters would come more often. */
function randomBase58(length: number, random: (size: number) => Uint8Array): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < 232 && text.length < length) text += base58.charAt(byte % 58);
    }
  }
  return text;
}
