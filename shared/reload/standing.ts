/** The configuration in force in this process, and how it is replaced: the next ticket gets the new one, whole. */
import { differencesBetween } from '../config/differences.ts';
import type { Change } from '../config/differences.ts';
import type { LoadedConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { showConfig } from '../config/shown.ts';
import type { Shown } from '../config/shown.ts';
import type { RuntimeParts } from '../runtime.ts';
import type { Running } from './take.ts';

export type Outcome =
  /** `warnings` are those that the file before did not have. */
  | { kind: 'taken'; changes: Change[]; warnings: string[] }
  | { kind: 'unchanged' }
  | { kind: 'refused'; problems: string[] };

export type ReloadState = {
  version: string;
  file: string;
  /** ISO; of the version in force. */
  since: string;
  /** A newer file that was not taken up. */
  refused: { at: string; problems: string[] } | null;
  /** Since the process started. */
  taken: number;
  refusals: number;
};

export type Standing = {
  running: () => Running;
  state: () => ReloadState;
  shown: () => Shown;
  replace: (next: Running) => Outcome;
  /** What runs, goes on. */
  refuse: (problems: string[]) => Outcome;
  /** The files are again, or still, what runs. */
  confirm: () => Outcome;
};

/** Paths in one log line. */
const pathsLogged = 20;

export function createStanding(first: Running, { log, now }: RuntimeParts): Standing {
  const isoNow = (): string => new Date(now()).toISOString();
  const { version, file } = first.loaded;
  let running = first;
  let shown = showConfig(first.loaded);
  let state: ReloadState = { version, file, since: isoNow(), refused: null, taken: 0, refusals: 0 };
  return {
    running: () => running,
    state: () => state,
    shown: () => shown,
    replace(next) {
      const before = running;
      const nextShown = showConfig(next.loaded);
      const changes = differencesBetween(shown, nextShown);
      const { version: newVersion } = next.loaded;
      [running, shown] = [next, nextShown];
      state = { ...state, version: newVersion, since: isoNow(), refused: null, taken: state.taken + 1 };
      // Waits for the work that holds it.
      before.runtime.close().catch((error: unknown) => log.warn({ err: error }, 'close.failed'));
      const changed = changes.slice(0, pathsLogged).map(({ path }) => path);
      log.info(
        { config: newVersion, from: before.loaded.version, changes: changes.length, changed },
        'config.reloaded',
      );
      const warnings = newWarnings(before.loaded, next.loaded);
      for (const warning of warnings) log.warn({ warning }, 'configuration.warning');
      return { kind: 'taken', changes, warnings };
    },
    refuse(problems) {
      state = { ...state, refused: { at: isoNow(), problems }, refusals: state.refusals + 1 };
      log.warn({ config: state.version, file: state.file, problems }, 'config.refused');
      return { kind: 'refused', problems };
    },
    confirm() {
      if (state.refused !== null) log.info({ config: state.version }, 'config.restored');
      state = { ...state, refused: null };
      return { kind: 'unchanged' };
    },
  };
}

function newWarnings(before: LoadedConfig, next: LoadedConfig): string[] {
  const known = new Set(before.warnings.map(({ path, message }) => `${path} ${message}`));
  return next.warnings
    .filter(({ path, message }) => !known.has(`${path} ${message}`))
    .map((warning) => formatProblem(warning));
}
