/** Asking every process of a system to read its files again: a number in Redis that each of them looks at. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { App, Running } from '../app.ts';
import { errorReporter } from '../log.ts';
import { reloadKey } from '../processes/keys.ts';
import { listProcesses } from '../processes/list.ts';
import type { ProcessInfo } from '../processes/list.ts';
import type { Outcome } from './standing.ts';

export type Requests = Running & {
  /** The last request that this process has followed. */
  followed: () => number;
  /** Asks all processes, this one first; resolves with its own outcome. */
  ask: () => Promise<{ generation: number; outcome: Outcome }>;
};

const lookEveryMs = 1000;

/** `follow` reads the files, `tellOthers` says how that went. */
export function startRequests(
  app: App,
  { follow, tellOthers }: { follow: () => Promise<Outcome>; tellOthers: () => Promise<void> },
): Requests {
  const key = reloadKey(app.prefix);
  const reportError = errorReporter(app.log, 'reload.request_failed');
  // null until Redis was asked: what was requested before this process started is no request to it.
  let followed: number | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let isLooking = false;

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };
  const lookOnce = async (): Promise<void> => {
    const asked = Number((await app.redis.get(key)) ?? '0');
    const isRequest = followed !== null && followed !== asked;
    if (isRequest) await follow();
    followed = asked;
    if (isRequest) await tellOthers();
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    inTurn(lookOnce)
      .catch(reportError)
      .finally(() => (isLooking = false));
  }, lookEveryMs);
  return {
    followed: () => followed ?? 0,
    ask: () =>
      inTurn(async () => {
        const generation = await app.redis.incr(key);
        const outcome = await follow();
        followed = generation;
        await tellOthers();
        return { generation, outcome };
      }),
    async close() {
      clearInterval(timer);
    },
  };
}

const answerWithinMs = 5000;
const lookAgainMs = 100;

/** The processes once all of them have followed a request, or after five seconds; `waiting` have not. */
export async function untilFollowed(
  app: App,
  generation: number,
): Promise<{ followed: ProcessInfo[]; waiting: ProcessInfo[] }> {
  const giveUpAt = app.now() + answerWithinMs;
  for (;;) {
    const running = await listProcesses(app.redis, app.prefix);
    const waiting = running.filter(({ config }) => config.generation < generation);
    if (waiting.length === 0 || app.now() > giveUpAt) {
      return { followed: running.filter((one) => !waiting.includes(one)), waiting };
    }
    await sleep(lookAgainMs);
  }
}
