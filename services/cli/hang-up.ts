/** SIGHUP: read the configuration again; and where it says that our terminal was closed, stop. */
import { closeSync, openSync } from 'node:fs';

export function onHangUp(reload: () => Promise<unknown>): void {
  const hadTerminal = hasTerminal();
  process.on('SIGHUP', () => {
    if (hadTerminal && !hasTerminal()) {
      process.kill(process.pid, 'SIGTERM');
      return;
    }
    // What became of it is logged.
    reload().catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)));
  });
}

/** The kernel knows: without a terminal of its own, a process cannot open this (tty(4)). */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
