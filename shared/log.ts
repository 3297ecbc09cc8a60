/** One wide event per step, named noun.verb, carrying ids, sizes and outcomes; never text of a ticket, never a key. */
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { describeError } from './errors.ts';

export type Log = Logger;

export function createLog(level: string, destination?: DestinationStream): Log {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // What is thrown may quote what it was given: only our own messages and codes are logged.
    serializers: { err: describeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

const repeatAfterMs = 10_000;

/** For errors that repeat as long as their cause lasts, such as those of a connection: the same one again is told after ten seconds. */
export function errorReporter(log: Log, event: string, facts: object = {}): (error: Error) => void {
  let last = '';
  let reportedAt = 0;
  return (error) => {
    const { code } = describeError(error);
    if (code === last && Date.now() - reportedAt < repeatAfterMs) return;
    last = code;
    reportedAt = Date.now();
    log.warn({ ...facts, err: error }, event);
  };
}
