/**
 * Keeps a process's configuration in step with its files. They are looked at every second: notifications of the file system
 * miss what matters most here, a link that is swapped somewhere above them (docs/decisions/0011-reload.md).
 */
import type { Running as Service } from '../app.ts';
import { createLookout } from '../config/inputs.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Shown } from '../config/shown.ts';
import { createRuntime } from '../runtime.ts';
import type { Runtime, RuntimeParts } from '../runtime.ts';
import { createStanding } from './standing.ts';
import type { Outcome, ReloadState } from './standing.ts';
import { inputsOf } from './take.ts';
import type { Look, Running } from './take.ts';
import { createWatch } from './watch.ts';

export type Reloader = Service & {
  runtime: () => Runtime;
  state: () => ReloadState;
  shown: () => Shown;
  /** Reads the files now, once they have come to rest. */
  reload: () => Promise<Outcome>;
};

const lookEveryMs = 1000;

/** Makes the first runtime; throws what createRuntime throws. `onOutcome` hears of everything taken up, refused or confirmed. */
export function startReloader(
  first: LoadedConfig,
  parts: RuntimeParts,
  onOutcome: (outcome: Outcome, runtime: Runtime) => void,
): Reloader {
  const look = createLookout(parts.now);
  const standing = createStanding(firstRunning(first, createRuntime(first, parts), look), parts);
  const watch = createWatch(standing, parts, look);
  const runtime = (): Runtime => standing.running().runtime;
  const tell = (outcome: Outcome | null): void => {
    if (outcome !== null) onOutcome(outcome, runtime());
  };
  let asked = 0;
  const timer = setInterval(() => {
    // Whoever asks gets the outcome.
    if (asked > 0) return;
    try {
      tell(watch.look());
    } catch (error) {
      // A bug of ours must not end a process that works.
      parts.log.error({ err: error }, 'config.look_failed');
    }
  }, lookEveryMs);
  return {
    runtime,
    state: standing.state,
    shown: standing.shown,
    async reload() {
      asked += 1;
      try {
        const outcome = await watch.attemptAtRest();
        tell(outcome);
        return outcome;
      } finally {
        asked -= 1;
      }
    },
    async close() {
      clearInterval(timer);
      await runtime().close();
    },
  };
}

/** What was read decides, not what stands there by now: a change in between is then the first to be taken up. */
export function firstRunning(loaded: LoadedConfig, runtime: Runtime, look: Look): Running {
  const inputs = inputsOf(loaded);
  return { loaded, runtime, inputs, contents: new Map([...look(inputs), ...loaded.read.contents()]) };
}
