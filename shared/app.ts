/** What every service is handed; nothing is reached for. Tests give their own. */
import type { Runtime } from './runtime.ts';
import type { Hints } from './queue.ts';
import type { Record_ } from './record/record.ts';
import type { Redis } from './redis.ts';
import type { Log } from './log.ts';
import type { SourcePauses } from './source-pauses.ts';

export type App = {
  /** The configuration in force and what is made of it. Ask again for every ticket: it changes while running. */
  runtime: () => Runtime;
  log: Log;
  redis: Redis;
  prefix: string;
  record: Record_;
  hints: Hints;
  pauses: SourcePauses;
  /** ms since the epoch. */
  now: () => number;
  /** [0, 1). */
  random: () => number;
};

/** A started service; `close` drains it and may be called twice. */
export type Running = { close: () => Promise<void> };
