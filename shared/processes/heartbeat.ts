/** A process says every few seconds that it runs and with what; and hears which configurations the others run. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { App, Running } from '../app.ts';
import type { Shown } from '../config/shown.ts';
import { errorReporter } from '../log.ts';
import { runScript } from '../redis.ts';
import { agreementOf } from './agreement.ts';
import { freshSeconds, heartbeatMs, lifeMs, processesBase, shownKey } from './keys.ts';
import { listProcesses } from './list.ts';
import type { ProcessFacts } from './list.ts';

/** Tickets of a tier that was taken out may come back from a delivery that was tried for days. */
const tiersKeptMs = 30 * 86_400_000;
const publishedForMs = 3_600_000;
/** As long as a change, or a restart with another file, may take to reach every process. */
const differMs = 10_000;
export type Heartbeat = Running & {
  id: string;
  /** Says so at once; resolves when it is said. */
  beat: () => Promise<void>;
};

type Source = {
  facts: () => ProcessFacts;
  /** The configuration in force, as it may be shown. */
  shown: () => Shown;
  /** Names of its tiers. */
  tiers: () => string[];
  /** For people who watch the process: what it warns of. */
  announce: (text: string) => void;
};

/** The first beat is the caller's to ask for. */
export function startHeartbeat(app: App, source: Source): Heartbeat {
  const id = `${hostname()}-${process.pid}-${randomBytes(2).toString('hex')}`;
  const base = processesBase(app.prefix);
  const differing = watchAgreement(app, source.announce);
  const reportError = errorReporter(app.log, 'heartbeat.failed');
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  // One after the other, so that what is said last is what is true last.
  let turn: Promise<void> = Promise.resolve();

  const say = async (): Promise<void> => {
    if (closed) return;
    const facts = source.facts();
    const { version } = facts.config;
    const times = [lifeMs, tiersKeptMs, publishedForMs];
    const call = { name: 'processes/beat', key: `${base}seen`, shared: [base, ...times] } as const;
    const args = [id, JSON.stringify(facts), version, ...source.tiers()];
    const [, published, ...versions] = await runScript(
      app.redis,
      { ...call, shared: [...call.shared] },
      args,
    );
    if (published !== 1) {
      const key = shownKey(app.prefix, version);
      await app.redis.set(key, JSON.stringify(source.shown()), 'PX', publishedForMs);
    }
    await differing(versions.length > 1);
  };
  const beat = (): Promise<void> => {
    turn = turn.then(say).catch(reportError);
    return turn;
  };
  const tick = async (): Promise<void> => {
    await beat();
    if (!closed) timer = setTimeout(() => void tick(), heartbeatMs);
  };
  timer = setTimeout(() => void tick(), heartbeatMs);
  return {
    id,
    beat,
    async close() {
      if (closed) return;
      closed = true;
      if (timer) clearTimeout(timer);
      if (app.redis.status !== 'ready') return;
      await turn;
      await Promise.all([app.redis.zrem(`${base}seen`, id), app.redis.hdel(`${base}info`, id)]);
    },
  };
}

/** Tells once when processes differ for longer than a change takes, and once when they agree again. */
function watchAgreement(app: App, announce: (text: string) => void) {
  let since: number | null = null;
  let isTold = false;
  return async (differ: boolean): Promise<void> => {
    if (!differ) {
      if (isTold) app.log.info({ config: app.runtime().version }, 'config.agreed');
      since = null;
      isTold = false;
      return;
    }
    since ??= app.now();
    if (isTold || app.now() - since < differMs) return;
    const running = await listProcesses(app.redis, app.prefix);
    const fresh = running.filter(({ ageSeconds }) => ageSeconds <= freshSeconds);
    const { message, versions } = agreementOf(fresh, app.now(), app.prefix);
    if (message === null) return;
    isTold = true;
    app.log.warn({ prefix: app.prefix, versions, message }, 'config.mismatch');
    announce(message);
  };
}
