/** The end of a long-running command: SIGTERM and SIGINT drain, a second one ends at once. */
import type { Log } from '../../shared/log.ts';

/** Longer than a call may take; what is still held then comes back by its lease. */
const graceMs = 45_000;

const repeatMs = 1000;

/** Resolves when everything is closed. Exits with 1 when that takes longer than the grace period. */
export async function untilStopped(close: () => Promise<void>, log: Log): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = (): void => resolve();
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  });
  // One Ctrl-C may arrive twice, from the terminal and from the program that started us; a later one means "now".
  const from = Date.now();
  process.on('SIGINT', () => {
    if (Date.now() - from > repeatMs) process.exit(130);
  });
  process.on('SIGTERM', () => undefined);
  const timer = setTimeout(() => {
    log.error({ ms: graceMs }, 'process.drain_timeout');
    process.exit(1);
  }, graceMs);
  await close();
  clearTimeout(timer);
  log.info('process.stopped');
}
