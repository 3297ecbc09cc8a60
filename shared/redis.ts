/** The only importer of ioredis: connections with the options that the queue's guarantees need, and our Lua scripts. */
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { TierlineError } from './errors.ts';

export type { Redis } from 'ioredis';

const retryStrategy = (times: number): number => Math.min(50 * times, 1000) + Math.random() * 50;

/**
 * `patient` is for workers: commands wait for Redis to come back. `failFast` is for intake: a command fails within
 * `commandTimeout`, so that the sender gets 503 and keeps its message. Both notice a silent partition by `socketTimeout`.
 */
const profiles: Record<'patient' | 'failFast', RedisOptions> = {
  patient: { maxRetriesPerRequest: null, connectTimeout: 2000, socketTimeout: 10_000, retryStrategy },
  failFast: {
    maxRetriesPerRequest: 0,
    connectTimeout: 1000,
    socketTimeout: 3000,
    commandTimeout: 1500,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(50 * times, 500),
  },
};

/** Every script of ours, by its file's name without ending. */
const scriptNames = [
  'record/accept',
  'record/claim',
  'record/renew',
  'record/advance',
  'record/park',
  'record/sweep',
  'record/audit',
  'record/open-call',
  'record/settle',
  'record/cancel',
  'record/feedback',
  'record/retire',
  'record/replay',
  'record/drop',
  'record/pace',
  'processes/beat',
  'source-pause',
  'models/reserve',
  'models/report',
  'models/spread',
  'models/force',
  'alerts/replace',
  'helpdesks/take-turn',
] as const;
export type ScriptName = (typeof scriptNames)[number];

const luaOf = (name: string): string => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');
/** What the scripts of a folder share, where they share something. */
const libraries = new Map(['record', 'models'].map((folder) => [folder, luaOf(`${folder}/lib`)]));
const sources = scriptNames.map((name) => {
  const library = libraries.get(name.split('/')[0]!) ?? '';
  return { name, lua: batched(library, luaOf(name)) };
});

/**
 * A script as written handles one call, with its KEYS[1] and ARGV. As sent it handles all calls of one turn of the event
 * loop: first what they share, then each one's own arguments behind their number. Most of a small script's cost is the
 * command around it and its arguments, on both sides.
 */
function batched(library: string, script: string): string {
  return `${luaOf('turn')}
${library}
local function one(KEYS, ARGV)
${script}
end
local shared, replies, args = tonumber(ARGV[1]), {}, {}
for i = 1, shared do args[i] = ARGV[1 + i] end
local p, last, before = shared + 2, #ARGV, 0
while p <= last do
  local count = tonumber(ARGV[p])
  for i = 1, count do args[shared + i] = ARGV[p + i] end
  for i = count + 1, before do args[shared + i] = nil end
  -- What goes wrong with one call is its own caller's, not that of those who travel along.
  local ok, reply = pcall(one, KEYS, args)
  if not ok then reply = { 'failed', type(reply) == 'table' and reply.err or tostring(reply) } end
  replies[#replies + 1] = reply
  p, before = p + count + 1, count
end
if at_end then at_end() end
return replies`;
}

export type ScriptReply = (string | number | null)[];
type Scripted = Record<string, (...args: (string | number)[]) => Promise<(ScriptReply | number)[]>>;

/**
 * Connects lazily; attach `onError` to hear of connection errors (they are retried for ever).
 * @throws nothing: an unreachable Redis shows in the commands, by the profile's rules.
 */
export function connectRedis(
  url: string,
  profile: 'patient' | 'failFast',
  onError: (error: Error) => void,
): Redis {
  const redis = new Redis(url, { ...profiles[profile], replyMapping: 'legacy' });
  redis.on('error', onError);
  for (const { name, lua } of sources) redis.defineCommand(name, { lua });
  redis.on('connect', () => writeOncePerTick((redis as unknown as { stream: Duplex }).stream));
  // A restarted Redis has forgotten the scripts; loading them first keeps a transition ahead of the hint sent after it.
  redis.on('ready', () => {
    for (const { lua } of sources) redis.script('LOAD', lua).catch(onError);
  });
  return redis;
}

/**
 * ioredis writes every command to the socket by itself; a worker under load sends many in one turn of the event loop.
 * Corking the socket until the turn ends makes that one system call. Order and meaning stay the same.
 */
function writeOncePerTick(stream: Duplex): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let corked = false;
  const uncork = (): void => {
    corked = false;
    stream.uncork();
  };
  stream.write = (...args: unknown[]): boolean => {
    if (!corked) {
      corked = true;
      stream.cork();
      process.nextTick(uncork);
    }
    return write(...args);
  };
}

export type ScriptArgument = string | number;

type Call = {
  args: ScriptArgument[];
  resolve: (reply: ScriptReply) => void;
  reject: (error: unknown) => void;
};

/** A script that Redis broke off. The message is Redis' own; scripts never quote a ticket in an error. */
class ScriptError extends Error {
  constructor(name: string, message: string) {
    super(`${name}: ${message}`);
    // As ioredis names what Redis answers: who asks whether an error is Redis' word need not know of scripts.
    this.name = 'ReplyError';
  }
}

export type Script = { name: ScriptName; key: string; shared: ScriptArgument[] };
type Batch = Script & { calls: Call[] };

/** Calls of this turn of the event loop, by connection. */
const pending = new WeakMap<Redis, Batch[]>();
/** Redis does nothing else while a script runs. */
const maxCallsPerScript = 50;

/**
 * Runs one of our scripts. Its ARGV is `shared` and then `args`; calls of one turn with the same script, key and `shared`
 * travel together, in their order, and what is sent after a `nextTick` reaches Redis after them. A reply is always a flat
 * list (a bare number comes as a list of one).
 */
export function runScript(redis: Redis, script: Script, args: ScriptArgument[]): Promise<ScriptReply> {
  let batches = pending.get(redis);
  if (!batches) {
    batches = [];
    pending.set(redis, batches);
  }
  const known = lastLike(batches, script);
  return new Promise((resolve, reject) => {
    const call = { args, resolve, reject };
    if (known && known.calls.length < maxCallsPerScript) {
      known.calls.push(call);
      return;
    }
    const batch = { ...script, calls: [call] };
    batches.push(batch);
    process.nextTick(() => {
      batches.splice(batches.indexOf(batch), 1);
      sendScript(redis, batch);
    });
  });
}

/** Asked for every call, so without closures. */
function lastLike(batches: Batch[], script: Script): Batch | null {
  for (let i = batches.length - 1; i >= 0; i -= 1) if (isSame(batches[i]!, script)) return batches[i]!;
  return null;
}

/** Element by element: a key made of all of it would be built for every call. */
function isSame(one: Script, other: Script): boolean {
  if (one.name !== other.name || one.key !== other.key || one.shared.length !== other.shared.length)
    return false;
  for (let i = 0; i < one.shared.length; i += 1) if (one.shared[i] !== other.shared[i]) return false;
  return true;
}

function sendScript(redis: Redis, { name, key, shared, calls }: Batch): void {
  const args: ScriptArgument[] = [1, key, shared.length, ...shared];
  for (const call of calls) args.push(call.args.length, ...call.args);
  (redis as unknown as Scripted)[name]!(...args).then(
    (replies) => {
      calls.forEach((call, i) => {
        const reply = replies[i] ?? [];
        if (!Array.isArray(reply)) call.resolve([reply]);
        else if (reply[0] === 'failed') call.reject(new ScriptError(name, String(reply[1])));
        else call.resolve(reply);
      });
    },
    (error: unknown) => {
      for (const call of calls) call.reject(error);
    },
  );
}

const reachableWithinMs = 10_000;

/**
 * Waits until it answers, by default for ten seconds: those who start together with it may be the earlier ones.
 * @throws TierlineError `redis_unreachable`, or at once `redis_refused` where the user or password is wrong.
 */
export async function waitForRedis(
  redis: Redis,
  url: string,
  withinMs: number = reachableWithinMs,
): Promise<void> {
  if (redis.status === 'ready') return;
  const place = placeOf(url);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let lastError = 'no answer';
  const onError = (error: Error): void => {
    lastError = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
    const refusal = refusalOf(error.message);
    if (refusal) reject(new TierlineError('redis_refused', `Redis at ${place} ${refusal}`));
  };
  const timer = setTimeout(() => {
    reject(
      new TierlineError(
        'redis_unreachable',
        `Redis at ${place} cannot be reached (${lastError}). Start it there, or set REDIS_URL to where it is.`,
        { isRetryable: true },
      ),
    );
  }, withinMs);
  redis.on('error', onError);
  redis.once('ready', resolve);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    redis.off('error', onError);
    redis.off('ready', resolve);
  }
}

/** In what Redis says to a connection that it will never let in; waiting does not help. */
function refusalOf(said: string): string | null {
  if (said.startsWith('NOAUTH')) {
    return 'wants a password, and REDIS_URL has none. Write it as redis://:PASSWORD@HOST:PORT.';
  }
  if (!/^(?:WRONGPASS|NOPERM|ERR (?:AUTH|invalid password))/.test(said)) return null;
  return 'refuses the user name or password in REDIS_URL. Correct it there (redis://USER:PASSWORD@HOST:PORT).';
}

/** Host and port of a Redis URL, without user and password. */
export function placeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host || url : url;
}

/** ms since the epoch by the clock of Redis, which all times in records and breakers are by. */
export async function redisTime(redis: Redis): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

const pingTimeoutMs = 1000;

/** For health checks: answers within a second, whatever the connection's profile does with commands. */
export async function isReachable(redis: Redis): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, pingTimeoutMs, false);
  redis.ping().then(
    () => resolve(true),
    () => resolve(false),
  );
  const reachable = await promise;
  clearTimeout(timer);
  return reachable;
}
