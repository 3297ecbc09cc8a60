/** The turns of one helpdesk account, shared by all processes: its limits are the account's, not a worker's. */
import { createHash } from 'node:crypto';
import { runScript } from '../redis.ts';
import type { Redis } from '../redis.ts';

export type AccountTurns = {
  /** 0 where the turn is taken, else how long to wait (ms), nothing taken. One round trip. */
  take: () => Promise<number>;
  /** Nobody takes a turn for so long: the helpdesk has asked for it. */
  pause: (ms: number) => Promise<void>;
};

/** `account`: what tells the account from others, such as its address and user; only a digest of it is stored. */
export function createAccountTurns(
  redis: Redis,
  { prefix, account, requestsPerMinute }: { prefix: string; account: string; requestsPerMinute: number },
): AccountTurns {
  const digest = createHash('sha256').update(account).digest('base64url').slice(0, 16);
  const key = `{${prefix}:desk:${digest}}:turns`;
  // A tenth at once: a burst at the end of one minute and one at the beginning of the next stay within the limit.
  const burst = Math.max(1, Math.floor(requestsPerMinute / 10));
  const allowed = Math.max(1, requestsPerMinute - burst);
  const script = { name: 'helpdesks/take-turn' as const, key, shared: [allowed, burst] };
  return {
    async take() {
      const [waitMs] = await runScript(redis, script, ['take', 0]);
      return Number(waitMs);
    },
    async pause(ms) {
      await runScript(redis, script, ['pause', Math.ceil(ms)]);
    },
  };
}
