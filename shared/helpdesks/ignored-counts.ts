/** How many events of each source led to no ticket, by reason and day: a rule that is too strict must show. */
import type { App } from '../app.ts';
import { shardBase } from '../record/keys.ts';
import type { IgnoredReason } from './loop-guard.ts';

const keptSeconds = 40 * 86_400;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const keyOf = (app: Pick<App, 'prefix'>, day: string): string => `${shardBase(app.prefix, 0)}ignored:${day}`;

/** A count that could not be kept is told in the log; the event is answered all the same. */
export async function countIgnored(app: App, source: string, reason: IgnoredReason): Promise<void> {
  const key = keyOf(app, dayOf(app.now()));
  try {
    await Promise.all([app.redis.hincrby(key, `${reason} ${source}`, 1), app.redis.expire(key, keptSeconds)]);
  } catch (error) {
    app.log.warn({ source, reason, err: error }, 'ignored.uncounted');
  }
}

/** Of the last so many days (UTC), today included. */
export async function readIgnored(
  app: Pick<App, 'redis' | 'prefix' | 'now'>,
  days: number,
): Promise<{ source: string; reason: string; count: number }[]> {
  const sums = new Map<string, number>();
  for (let back = 0; back < days; back += 1) {
    const counts = await app.redis.hgetall(keyOf(app, dayOf(app.now() - back * 86_400_000)));
    for (const [field, count] of Object.entries(counts)) {
      sums.set(field, (sums.get(field) ?? 0) + Number(count));
    }
  }
  return [...sums].map(([field, count]) => {
    const space = field.indexOf(' ');
    return { source: field.slice(space + 1), reason: field.slice(0, space), count };
  });
}
