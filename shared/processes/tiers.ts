/** The tiers that a system has had: what is on the queue of one that was taken out must still be read. */
import type { App } from '../app.ts';
import { processesBase } from './keys.ts';

/** Longer than a process takes to notice a change, so that none takes over a tier that is only new to it. */
const unknownForMs = 20_000;

/** Tiers that no running process has in its configuration any more. */
export async function removedTiers({ redis, prefix, now }: App): Promise<string[]> {
  return redis.zrangebyscore(`${processesBase(prefix)}tiers`, '-inf', now() - unknownForMs);
}
