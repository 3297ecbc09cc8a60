/** Redis: that it can be reached, keeps what it is given, and agrees with us about the time. */
import { connectRedis, placeOf, redisTime, waitForRedis } from '../../../shared/redis.ts';
import type { Redis } from '../../../shared/redis.ts';
import { judgeRedis, readRedisFacts } from '../../../shared/redis-health.ts';
import type { RedisFacts } from '../../../shared/redis-health.ts';
import { TierlineError } from '../../../shared/errors.ts';
import { bytesText } from '../format.ts';
import { clause, fail, note, ok, warn } from './check.ts';
import type { Check } from './check.ts';
import { checkClock } from './clock.ts';

const patienceMs = 3000;

/** `url`: null where none is named and no `npm start` runs here. */
export async function checkRedisServer(url: string | null, now: () => number): Promise<Check[]> {
  if (url === null) {
    return [
      note(
        'redis',
        'REDIS_URL is not set, and no `npm start` is running here',
        '`npm start` brings a Redis of its own; `tierline run` needs REDIS_URL.',
      ),
    ];
  }
  const redis = connectRedis(url, 'patient', () => undefined);
  try {
    await waitForRedis(redis, url, patienceMs);
    const facts = await readRedisFacts(redis);
    return [...checkFacts(facts, placeOf(url)), await checkRedisClock(redis, now)];
  } catch (error) {
    if (error instanceof TierlineError) return [splitSentences(error.message)];
    const said = error instanceof Error ? error.message : String(error);
    return [
      fail('redis', `Redis at ${placeOf(url)} does not answer as it should (${said})`, 'Look at its log.'),
    ];
  } finally {
    redis.disconnect();
  }
}

/** Our own messages say what is wrong first, and then what to do. */
function splitSentences(message: string): Check {
  const end = message.indexOf('. ');
  if (end === -1) return fail('redis', clause(message), 'Set REDIS_URL.');
  return fail('redis', message.slice(0, end), message.slice(end + 2));
}

function checkFacts(facts: RedisFacts, place: string): Check[] {
  const findings = judgeRedis(facts, place);
  const checks = findings.map(({ message, cure }) => fail('redis', clause(message), cure));
  const isFine = (check: string): boolean => findings.every((finding) => finding.check !== check);
  if (isFine('version') && isFine('role')) checks.push(ok('redis', `${facts.version} at ${place}`));
  if (facts.appendOnly === null) {
    checks.push(
      warn('redis', 'it does not say whether it has an append-only file', 'Make sure of it: appendonly yes.'),
    );
  } else if (isFine('append-only file')) {
    checks.push(ok('redis', 'the append-only file is on'));
  }
  if (facts.evictionPolicy === null) {
    checks.push(warn('redis', 'it does not say its maxmemory-policy', 'Make sure that it is noeviction.'));
  } else if (isFine('eviction')) {
    checks.push(ok('redis', 'maxmemory-policy is noeviction'));
  }
  if (isFine('memory') && facts.usedBytes !== null) {
    const limit = facts.maxBytes ? `of ${bytesText(facts.maxBytes)}` : 'used, without a limit';
    checks.push(ok('redis', `${bytesText(facts.usedBytes)} ${limit}`));
  }
  return checks;
}

async function checkRedisClock(redis: Redis, now: () => number): Promise<Check> {
  const before = now();
  const theirs = await redisTime(redis);
  const after = now();
  return checkClock('Redis', theirs - (before + after) / 2, 1);
}
