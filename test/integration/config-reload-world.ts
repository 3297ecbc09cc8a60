/** A configuration in real files, and a process's watch over them whose looks are made by the test instead of a clock. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { createLookout } from '../../shared/config/inputs.ts';
import { loadConfig } from '../../shared/config/load.ts';
import type { LoadedConfig } from '../../shared/config/load.ts';
import { formatProblem } from '../../shared/config/problem.ts';
import { createLog } from '../../shared/log.ts';
import type { Redis } from '../../shared/redis.ts';
import { firstRunning } from '../../shared/reload/reloader.ts';
import { createStanding } from '../../shared/reload/standing.ts';
import type { Outcome, Standing } from '../../shared/reload/standing.ts';
import { createWatch } from '../../shared/reload/watch.ts';
import type { Watch } from '../../shared/reload/watch.ts';
import { createRuntime } from '../../shared/runtime.ts';
import type { Runtime } from '../../shared/runtime.ts';

/** Two models, one tier, a file for replies; `more` is added at the end. */
export const yaml = (more = ''): string => `providers:
  local: { api: openai, baseUrl: "http://127.0.0.1:9/v1", needsKey: false }
models:
  small: { provider: local, model: small-1, price: { inputPerMTok: 1, outputPerMTok: 2 } }
  large: { provider: local, model: large-1, price: { inputPerMTok: 1, outputPerMTok: 2 } }
tiers:
  simple: { models: [small] }
destinations:
  file: { type: log, path: replies.jsonl }
${more}`;

export type Watched = Watch & {
  standing: Standing;
  runtime: () => Runtime;
  lines: string[];
  /** Looks until something comes of it; fails where nothing does within as many looks as it takes to refuse. */
  untilOutcome: () => Outcome;
};

/** A folder that the test's end removes. */
export function folderFor(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tierline-reload-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function load(file: string, env: Record<string, string> = {}): LoadedConfig {
  const loaded = loadConfig({ file, env });
  if (loaded.kind === 'loaded') return loaded;
  throw new Error(loaded.problems.map(formatProblem).join('\n'));
}

export function watch(t: TestContext, redis: Redis, file: string, env: Record<string, string> = {}): Watched {
  const lines: string[] = [];
  const parts = {
    redis,
    prefix: 'reload',
    log: createLog('info', { write: (line: string) => void lines.push(line) }),
    now: Date.now,
    random: Math.random,
    toldOpen: new Set<string>(),
  };
  const loaded = load(file, env);
  const lookout = createLookout(parts.now);
  const first = firstRunning(loaded, createRuntime(loaded, parts), lookout);
  const standing = createStanding(first, parts);
  t.after(() => standing.running().runtime.close());
  const watching = createWatch(standing, parts, lookout);
  return {
    ...watching,
    standing,
    lines,
    runtime: () => standing.running().runtime,
    untilOutcome() {
      for (let looks = 0; looks < 3; looks += 1) {
        const outcome = watching.look();
        if (outcome !== null) return outcome;
      }
      throw new assert.AssertionError({ message: 'nothing came of three looks' });
    },
  };
}

/**
 * A folder as Kubernetes mounts a ConfigMap: every file is a link through `..data`, a link to a folder with a new name for
 * every version. `publish` swaps that one link, which changes all files at once.
 */
export function mountConfigMap(folder: string): { publish: (files: Record<string, string>) => void } {
  let version = 0;
  return {
    publish(files) {
      version += 1;
      const name = `..2026_11_22_10_00_0${version}.1`;
      mkdirSync(path.join(folder, name));
      for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, name, file), text);
      symlinkSync(name, path.join(folder, '..data_tmp'));
      renameSync(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
      if (version > 1) return;
      for (const file of Object.keys(files)) {
        symlinkSync(path.join('..data', file), path.join(folder, file));
      }
    },
  };
}
