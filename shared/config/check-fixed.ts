/** What a running system cannot change. */
import type { Finding } from './problem.ts';
import type { Config } from './schema.ts';

/** Stops the whole change: half of one would be a configuration that nobody wrote. */
export function checkFixed(next: Config, running: Config): Finding[] {
  if (next.redis.shards === running.redis.shards) return [];
  return [
    {
      path: ['redis', 'shards'],
      message:
        `cannot change while the system runs (it runs with ${running.redis.shards}), so nothing of this file is taken up: ` +
        'put it back, or let the tickets run out, stop every process and start again',
    },
  ];
}
