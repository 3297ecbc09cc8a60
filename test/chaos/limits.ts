/** Were the configured limits kept, as the model servers saw it? Pure. */
import type { SeenCall } from './invariants.ts';

/** A call with the process that made it and its end at the server (ms since the epoch; null: never). */
export type TimedCall = SeenCall & {
  model: string;
  process: string;
  endedAt: number | null;
};

export type Limits = { requestsPerMinute?: number; concurrency?: number };

/** A time in which a process was stopped (SIGSTOP) for longer than its lease. */
export type Stop = { process: string; from: number; to: number };

const minuteMs = 60_000;
/** A server learns of a connection's end, and this process of it, a little late. */
const overlapMs = 1000;
/** A process that goes on may first end what it was about to do. */
const wakingMs = 2000;

/** `limits` by the model's name at the server. Calls of a process that was stopped beyond its lease are left out. */
export function limitViolations(
  calls: readonly TimedCall[],
  limits: Record<string, Limits>,
  stops: readonly Stop[],
): string[] {
  return Object.entries(limits).flatMap(([model, { requestsPerMinute, concurrency }]) => {
    const own = calls.filter((call) => call.model === model && !isExcused(call, stops));
    return [
      ...(requestsPerMinute === undefined ? [] : rateViolation(model, own, requestsPerMinute)),
      ...(concurrency === undefined ? [] : overlapViolation(model, own, concurrency)),
    ];
  });
}

function isExcused({ process, arrivedAt, endedAt }: TimedCall, stops: readonly Stop[]): boolean {
  return stops.some(
    (stop) =>
      stop.process === process && arrivedAt <= stop.to + wakingMs && (endedAt ?? Infinity) >= stop.from,
  );
}

function rateViolation(model: string, calls: readonly TimedCall[], most: number): string[] {
  const times = calls.map(({ arrivedAt }) => arrivedAt).toSorted((a, b) => a - b);
  const first = times.findIndex((time, i) => (times[i + most] ?? Infinity) - time < minuteMs);
  if (first === -1) return [];
  const count = times.filter((time) => time >= times[first]! && time < times[first]! + minuteMs).length;
  return [`limit: ${model} got ${count} requests in a minute, ${most} are allowed`];
}

/** The longest time in which more than `most` were under way, where that is no matter of measuring. */
function overlapViolation(model: string, calls: readonly TimedCall[], most: number): string[] {
  const changes = calls
    .flatMap(({ arrivedAt, endedAt }) => [
      { at: arrivedAt, by: 1 },
      ...(endedAt === null ? [] : [{ at: endedAt, by: -1 }]),
    ])
    .toSorted((a, b) => a.at - b.at || a.by - b.by);
  let underWay = 0;
  let since: number | null = null;
  let longestMs = 0;
  let peak = 0;
  for (const { at, by } of changes) {
    underWay += by;
    peak = Math.max(peak, underWay);
    if (underWay > most) since ??= at;
    else if (since !== null) {
      longestMs = Math.max(longestMs, at - since);
      since = null;
    }
  }
  if (since !== null) longestMs = Infinity;
  if (longestMs <= overlapMs) return [];
  return [`limit: ${model} had ${peak} calls at a time, ${most} are allowed (for ${longestMs} ms)`];
}
