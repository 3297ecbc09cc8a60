/** The running processes of a system, as they tell of themselves. */
import { z } from 'zod';
import type { Redis } from '../redis.ts';
import { parseStored } from '../stored-json.ts';
import { lifeMs, processesBase } from './keys.ts';

const refusedSchema = z.object({
  at: z.string(),
  /** One line each, as `tierline config check` has them. */
  problems: z.array(z.string()),
});

/** What a process says; later versions of the code may say more. */
const processFactsSchema = z.object({
  host: z.string(),
  pid: z.number().int(),
  roles: z.array(z.string()),
  /** Tiers whose pools run there. */
  tiers: z.array(z.string()),
  startedAt: z.string(),
  shards: z.number().int(),
  config: z.object({
    /** As on ledger rows. */
    version: z.string(),
    /** Its path on that host. */
    file: z.string(),
    /** When it was taken up there. */
    since: z.string(),
    /** The last request to all processes (POST /api/config/reload) that it has followed. */
    generation: z.number().int(),
    /** A newer file that it did not take up. */
    refused: refusedSchema.nullable(),
    /** Changes taken up and refused since it started. */
    taken: z.number().int(),
    refusals: z.number().int(),
  }),
});
export type ProcessFacts = z.infer<typeof processFactsSchema>;

export type ProcessInfo = ProcessFacts & {
  /** Host, pid and four letters: one per started process. */
  id: string;
  /** Since it was last heard of, by Redis' clock; it says so every 5 s, and is not listed after 15. */
  ageSeconds: number;
};

/** Those that run, in the order of their start. */
export async function listProcesses(redis: Redis, prefix: string): Promise<ProcessInfo[]> {
  const base = processesBase(prefix);
  const [time, seen, facts] = await Promise.all([
    redis.time(),
    redis.zrange(`${base}seen`, 0, '-1', 'WITHSCORES'),
    redis.hgetall(`${base}info`),
  ]);
  const now = Number(time[0]) * 1000 + Number(time[1]) / 1000;
  const listed: ProcessInfo[] = [];
  for (let i = 0; i + 1 < seen.length; i += 2) {
    const id = seen[i]!;
    const ageMs = Math.max(0, now - Number(seen[i + 1]));
    const parsed = parseStored(processFactsSchema, facts[id] ?? null);
    if (parsed === null || ageMs > lifeMs) continue;
    listed.push({ id, ageSeconds: Math.round(ageMs / 100) / 10, ...parsed });
  }
  return listed.sort((one, other) => one.startedAt.localeCompare(other.startedAt));
}
