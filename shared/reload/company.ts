/** A process among the others of its system: what it says of itself, and what it hears and follows. */
import { hostname } from 'node:os';
import type { App, Running } from '../app.ts';
import { startHeartbeat } from '../processes/heartbeat.ts';
import type { Heartbeat } from '../processes/heartbeat.ts';
import type { Reloader } from './reloader.ts';
import { startRequests, untilFollowed } from './requests.ts';
import type { Requests } from './requests.ts';
import type { Outcome } from './standing.ts';

/** What became of a request to every process; JSON as `POST /api/config/reload` answers it. */
export type ReloadAnswer = {
  /** Of the process that was asked. */
  outcome: Outcome['kind'];
  /** What it runs now, and since when (ISO). */
  version: string;
  since: string;
  /** What is different from before. */
  changes: { path: string; running?: unknown; next?: unknown }[];
  /** What is new to be warned of. */
  warnings: string[];
  /** Why a file was not taken up, there or elsewhere; each once. */
  problems: string[];
  processes: { id: string; host: string; roles: string[]; version: string; refused: boolean }[];
  /** Processes that had not followed after five seconds. */
  waiting: string[];
};

export type Company = Running & {
  /** After a change, so that nobody has to wait for the next heartbeat. */
  tellOthers: () => Promise<void>;
  reloadAll: () => Promise<ReloadAnswer>;
};

type Self = { roles: readonly string[]; tiers: () => string[]; announce: (text: string) => void };

export function startCompany(app: App, reloader: Reloader, self: Self): Company {
  const startedAt = new Date(app.now()).toISOString();
  const requests: Requests = startRequests(app, {
    follow: reloader.reload,
    tellOthers: () => heartbeat.beat(),
  });
  const heartbeat: Heartbeat = startHeartbeat(app, {
    facts: () => ({
      host: hostname(),
      pid: process.pid,
      roles: [...self.roles],
      tiers: self.tiers(),
      startedAt,
      shards: app.record.settings.shards,
      config: { ...reloader.state(), generation: requests.followed() },
    }),
    shown: reloader.shown,
    tiers: () => Object.keys(app.runtime().config.tiers),
    announce: self.announce,
  });
  return {
    tellOthers: heartbeat.beat,
    async reloadAll() {
      const { generation, outcome } = await requests.ask();
      const { followed, waiting } = await untilFollowed(app, generation);
      const refused = followed.flatMap(({ config }) => config.refused?.problems ?? []);
      return {
        outcome: outcome.kind,
        version: reloader.state().version,
        since: reloader.state().since,
        changes: outcome.kind === 'taken' ? outcome.changes : [],
        warnings: outcome.kind === 'taken' ? outcome.warnings : [],
        problems: [...new Set([...(outcome.kind === 'refused' ? outcome.problems : []), ...refused])],
        processes: followed.map(({ id, host, roles, config }) => ({
          id,
          host,
          roles,
          version: config.version,
          refused: config.refused !== null,
        })),
        waiting: waiting.map(({ id }) => id),
      };
    },
    async close() {
      await requests.close();
      await heartbeat.close();
    },
  };
}
