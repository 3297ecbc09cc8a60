/** What the processes of a system run, as they publish it: with every default, and without a secret. */
import { shownSchema } from '../config/shown.ts';
import type { Shown } from '../config/shown.ts';
import type { Redis } from '../redis.ts';
import { parseStored } from '../stored-json.ts';
import { shownKey } from './keys.ts';

/** null where no process has published this version, or not lately. */
export async function readPublished(redis: Redis, prefix: string, version: string): Promise<Shown | null> {
  return parseStored(shownSchema, await redis.get(shownKey(prefix, version)));
}
