/** How the gates of all models stand, read without touching them: for status, console, metrics and alerts. */
import type { App } from '../app.ts';
import { redisTime } from '../redis.ts';
import { accountBase } from './gate.ts';

export type GateStatus = {
  model: string;
  provider: string;
  /** `half-open`: the one probe of all processes is out. `limited`: calls in flight are capped while a limit is learned, or after an outage. */
  state: 'closed' | 'open' | 'half-open' | 'limited';
  /** What is open: the model alone, or its provider's whole account; `hand`: forced by somebody. null where nothing is. */
  scope: 'model' | 'account' | 'hand' | null;
  /**
   * Why it is open. An account: its key was refused, its quota is used up, or several of its `models` fail. A model: calls
   * failed one after the other (`failures`), or the provider does not know it (`unknown`).
   */
  why: 'key' | 'quota' | 'models' | 'failures' | 'unknown' | null;
  forced: 'open' | 'closed' | null;
  /** ms since the epoch. */
  sinceMs: number | null;
  untilMs: number | null;
  /** The provider asked us to be left alone until then. */
  quietUntilMs: number | null;
  /** Failures counted towards an opening. */
  failures: number;
  /** Calls in flight that are counted, and how many may be; null where nothing limits them. */
  inFlight: number;
  cap: number | null;
  /** The share of the configured rate that 429s have left: 1 is all of it. */
  rateShare: number;
};

/** Backing off doubles up to five minutes; only what a person must mend opens a model for longer. */
const longMs = 10 * 60_000;

const future = (text: string | undefined, nowMs: number): number | null =>
  text !== undefined && Number(text) > nowMs ? Number(text) : null;
const numberOf = (text: string | undefined): number | null => (text === undefined ? null : Number(text));

/** Pure, over the fields of the two hashes that lib.lua describes. */
export function gateStatusOf(
  identity: { model: string; provider: string },
  stored: { account: Record<string, string>; own: Record<string, string>; inFlight: number },
  settings: { concurrency: number | null; nowMs: number },
): GateStatus {
  const { account, own } = stored;
  const { nowMs } = settings;
  const forced = (account[`forced:${identity.model}`] as GateStatus['forced'] | undefined) ?? null;
  const learned = future(own['capUntil'], nowMs) === null ? Infinity : Math.floor(Number(own['cap']));
  const cap = Math.min(settings.concurrency ?? Infinity, learned);
  const isLimited = learned !== Infinity;
  return {
    ...identity,
    ...(forced === null ? openingOf(account, own, { nowMs, isLimited }) : byHand(forced)),
    forced,
    quietUntilMs: future(own['quietUntil'], nowMs),
    failures: Number(own['failures'] ?? 0),
    inFlight: stored.inFlight,
    cap: cap === Infinity ? null : cap,
    rateShare: rateShareOf(own, nowMs),
  };
}

type Opening = Pick<GateStatus, 'state' | 'scope' | 'why' | 'sinceMs' | 'untilMs'>;
type Stored = Record<string, string>;

const nothing = { scope: null, why: null, sinceMs: null, untilMs: null };

const byHand = (state: 'open' | 'closed'): Opening => ({ ...nothing, state, scope: 'hand' });

function openingOf(
  account: Stored,
  own: Stored,
  { nowMs, isLimited }: { nowMs: number; isLimited: boolean },
): Opening {
  const isAccount = account['until'] !== undefined;
  const opened = isAccount ? account : own;
  if (opened['until'] === undefined) return { ...nothing, state: isLimited ? 'limited' : 'closed' };
  return {
    state: future(opened['probeUntil'], nowMs) === null ? 'open' : 'half-open',
    scope: isAccount ? 'account' : 'model',
    why: isAccount ? (account['why'] as 'key' | 'quota' | 'models') : whyOfModel(opened),
    sinceMs: numberOf(opened['since']),
    untilMs: numberOf(opened['until']),
  };
}

function whyOfModel({ until, since }: Record<string, string>): 'failures' | 'unknown' {
  return Number(until) - Number(since) >= longMs ? 'unknown' : 'failures';
}

/** As lib.lua counts it: a twentieth comes back every minute. */
function rateShareOf(own: Record<string, string>, nowMs: number): number {
  if (own['f'] === undefined) return 1;
  return Math.min(1, Number(own['f']) + ((nowMs - Number(own['fAt'])) / 60_000) * 0.05);
}

/** One entry for each model of the configuration but the house, in its order. */
export async function readGates(app: Pick<App, 'redis' | 'prefix' | 'runtime'>): Promise<GateStatus[]> {
  const { config } = app.runtime();
  const models = Object.entries(config.models).filter(
    ([, { provider }]) => config.providers[provider]?.api !== 'house',
  );
  // All moments in gates are by this clock.
  const nowMs = await redisTime(app.redis);
  return Promise.all(
    models.map(async ([model, { provider, limits }]) => {
      const base = accountBase(app.prefix, provider);
      const [account, own, inFlight] = await Promise.all([
        app.redis.hgetall(`${base}account`),
        app.redis.hgetall(`${base}breaker:${model}`),
        app.redis.zcount(`${base}flight:${model}`, nowMs, '+inf'),
      ]);
      const settings = { concurrency: limits.concurrency ?? null, nowMs };
      return gateStatusOf({ model, provider }, { account, own, inFlight }, settings);
    }),
  );
}
