/** One thing that the doctor looked at, and what it found. */

/** `note` is worth knowing and no fault; `fail` keeps the system from its promises. */
export type Level = 'ok' | 'note' | 'warn' | 'fail';

export type Check = {
  level: Level;
  /** What was looked at, such as `redis` or `provider`; several checks may share it. */
  check: string;
  /** A sentence without its full stop; it names the thing. */
  message: string;
  /** What to do, where there is something to do. */
  cure: string | null;
};

export const ok = (check: string, message: string): Check => ({ level: 'ok', check, message, cure: null });

export const note = (check: string, message: string, cure: string | null = null): Check => ({
  level: 'note',
  check,
  message,
  cure,
});

/** Without a cure only where the message is one. */
export const warn = (check: string, message: string, cure: string | null): Check => ({
  level: 'warn',
  check,
  message,
  cure,
});

export const fail = (check: string, message: string, cure: string): Check => ({
  level: 'fail',
  check,
  message,
  cure,
});

/** Without the full stop that a sentence of somebody else's may end with. */
export const clause = (sentence: string): string => sentence.replace(/\.$/, '');
