/** What the guarantees ask of a Redis: its version, that it keeps what it was given, and room. */
import { TierlineError } from './errors.ts';
import { placeOf, waitForRedis } from './redis.ts';
import type { Redis } from './redis.ts';

/** null where the server does not say. */
export type RedisFacts = {
  /** As the server gives it, such as 7.0.15. */
  version: string;
  appendOnly: boolean | null;
  /** False where the last write to its append-only file failed, as on a full disk. */
  appendOnlyWorks: boolean | null;
  evictionPolicy: string | null;
  usedBytes: number | null;
  /** 0: no limit. */
  maxBytes: number | null;
  isReplica: boolean;
};

/** `refuses`: no role starts on it. `unsafe`: roles start, and a guarantee does not hold. */
export type RedisFinding = {
  check: 'version' | 'append-only file' | 'eviction' | 'memory' | 'role';
  level: 'refuses' | 'unsafe';
  /** A sentence that names the place; the cure is another one. */
  message: string;
  cure: string;
};

/** INFO, not CONFIG: managed servers allow it. */
export async function readRedisFacts(redis: Redis): Promise<RedisFacts> {
  const info = await redis.info();
  const read = (name: string): string | null =>
    new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? null;
  const isTrue = (name: string, truth: string): boolean | null => {
    const value = read(name);
    return value === null ? null : value === truth;
  };
  const numberOf = (name: string): number | null => {
    const value = read(name);
    return value === null ? null : Number(value);
  };
  return {
    version: read('valkey_version') ?? read('redis_version') ?? 'unknown',
    appendOnly: isTrue('aof_enabled', '1'),
    appendOnlyWorks: isTrue('aof_last_write_status', 'ok'),
    evictionPolicy: read('maxmemory_policy'),
    usedBytes: numberOf('used_memory'),
    maxBytes: numberOf('maxmemory'),
    isReplica: read('role') === 'slave',
  };
}

type Judgement = Pick<RedisFinding, 'check' | 'level' | 'cure'> & {
  /** What is wrong, as the rest of a sentence about the Redis; null where nothing is. */
  wrong: (facts: RedisFacts) => string | null;
};

/** From this share of maxmemory on, there is little time left. */
const nearlyFull = 0.85;

const judgements: Judgement[] = [
  {
    check: 'version',
    level: 'refuses',
    cure: 'Tierline needs Redis 6.2 or newer, or Valkey.',
    wrong({ version }) {
      const [major = 0, minor = 0] = version.split('.').map(Number);
      return major > 6 || (major === 6 && minor >= 2) ? null : `is ${version}`;
    },
  },
  {
    check: 'role',
    level: 'refuses',
    cure: 'Set REDIS_URL to its primary.',
    wrong: ({ isReplica }) => (isReplica ? 'is a replica, which takes no writes' : null),
  },
  {
    check: 'eviction',
    level: 'refuses',
    cure: 'Set it to noeviction.',
    wrong: ({ evictionPolicy: policy }) =>
      policy === null || policy === 'noeviction'
        ? null
        : `has maxmemory-policy ${policy}: it would throw tickets away when memory runs out`,
  },
  {
    check: 'append-only file',
    level: 'unsafe',
    cure: 'Set appendonly yes.',
    wrong: ({ appendOnly }) =>
      appendOnly === false ? 'has no append-only file: accepted tickets are lost when it restarts' : null,
  },
  {
    check: 'append-only file',
    level: 'unsafe',
    cure: 'Look at its disk.',
    wrong: ({ appendOnly, appendOnlyWorks }) =>
      appendOnly === true && appendOnlyWorks === false
        ? 'could not write its append-only file: it refuses tickets until it can'
        : null,
  },
  {
    check: 'memory',
    level: 'unsafe',
    cure: 'Give it more memory, or shorten retention.contentDays.',
    wrong({ usedBytes, maxBytes }) {
      const share = usedBytes !== null && maxBytes ? usedBytes / maxBytes : 0;
      if (share <= nearlyFull) return null;
      return `has used ${Math.floor(share * 100)} % of its maxmemory: at 100 % no ticket is accepted`;
    },
  },
];

/** What is wrong with it, as texts for people; `place` is its host and port. */
export function judgeRedis(facts: RedisFacts, place: string): RedisFinding[] {
  return judgements.flatMap(({ check, level, cure, wrong }) => {
    const said = wrong(facts);
    return said === null ? [] : [{ check, level, message: `Redis at ${place} ${said}.`, cure }];
  });
}

/**
 * Waits for Redis and looks at what the guarantees rest on. Returns what is unsafe but allowed, as texts for people.
 * @throws TierlineError `redis_unreachable`, `redis_refused`, and `redis_unfit` for one that no role may start on.
 */
export async function checkRedis(redis: Redis, url: string): Promise<string[]> {
  await waitForRedis(redis, url);
  const findings = judgeRedis(await readRedisFacts(redis), placeOf(url));
  const refused = findings.find(({ level }) => level === 'refuses');
  if (refused) throw new TierlineError('redis_unfit', `${refused.message} ${refused.cure}`);
  return findings.map(({ message, cure }) => `${message} ${cure}`);
}
