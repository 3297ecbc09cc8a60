/** Where alerts are remembered: one hash for all processes, changed one entry at a time and only as it was seen. */
import { runScript } from '../redis.ts';
import type { Redis } from '../redis.ts';
import { parseStored } from '../stored-json.ts';
import { entrySchema } from './book.ts';
import type { AlertEntry } from './book.ts';

const baseOf = (prefix: string): string => `{${prefix}:alerts}:`;

export type AlertStore = ReturnType<typeof createAlertStore>;

export function createAlertStore(redis: Redis, prefix: string) {
  const key = `${baseOf(prefix)}state`;
  const script = { name: 'alerts/replace' as const, key, shared: [] };
  return {
    /** True for one of all processes, for so long. */
    async lock(ms: number): Promise<boolean> {
      return (await redis.set(`${baseOf(prefix)}lock`, process.pid, 'PX', ms, 'NX')) === 'OK';
    },

    async ids(): Promise<string[]> {
      return redis.hkeys(key);
    },

    /** Returns what `change` made of the entry; `change` is called again where somebody else was faster. */
    async update<T extends { entry: AlertEntry | null }>(
      id: string,
      change: (entry: AlertEntry | null) => T,
    ): Promise<T & { before: AlertEntry | null }> {
      for (;;) {
        const seen = (await redis.hget(key, id)) ?? '';
        const before = parseStored(entrySchema, seen === '' ? null : seen);
        const changed = change(before);
        const next = changed.entry === null ? '' : JSON.stringify(changed.entry);
        if (next === seen) return { ...changed, before };
        const [replaced] = await runScript(redis, script, [id, seen, next]);
        if (replaced === 1) return { ...changed, before };
      }
    },
  };
}
