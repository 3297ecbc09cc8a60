/** Tickets that have used up most of their deadline without an answer. */
import type { App } from '../app.ts';
import type { Config } from '../config/schema.ts';
import { classifyQueue, tierQueue } from '../stages.ts';
import { lanes } from '../ticket.ts';
import type { Condition } from './condition.ts';

/** An unanswered ticket; times in ms. `deadline` 0: it has no tier yet. */
export type Unanswered = { queue: string; state: string; acceptedAt: number; deadline: number };

const usedShare = 0.8;
/** In each look; more do not change what is said. */
const lookedAt = 500;

export async function deadlineConditions(app: App, nowMs: number): Promise<Condition[]> {
  const { config } = app.runtime();
  const spans = Object.values(config.tiers).flatMap((tier) => [tier.deadlineMs, tier.backlogDeadlineMs]);
  const ids = new Set<string>();
  const limit = ['LIMIT', 0, lookedAt] as const;
  for (const base of app.record.bases) {
    const key = `${base}open`;
    // Each deadline has its own age: others, of any number, are older and younger.
    const looks = [...new Set(spans)].flatMap((span) => {
      const near = nowMs - span * usedShare;
      return [
        app.redis.zrevrangebyscore(key, near, '-inf', ...limit),
        app.redis.zrangebyscore(key, nowMs - span, near, ...limit),
      ];
    });
    looks.push(app.redis.zrangebyscore(key, '-inf', nowMs - Math.min(...spans) * usedShare, ...limit));
    for (const found of await Promise.all(looks)) for (const id of found) ids.add(id);
  }
  const rows = await app.record.readMany([...ids], ['st', 'q', 'at', 'dl', 'ps']);
  const { pausedMs } = await app.pauses.book();
  const unanswered = rows.map(({ st, q, at, dl, ps }) => {
    // The time in which its source was paused does not count.
    const laterMs = ps === null ? 0 : pausedMs(ps, Number(at), nowMs);
    return {
      state: st ?? '',
      queue: q ?? '',
      acceptedAt: Number(at) + laterMs,
      deadline: dl === null ? 0 : Number(dl) + laterMs,
    };
  });
  return conditionsOfDeadlines(config, unanswered, nowMs);
}

/** Pure. One condition for each tier, and one for tickets that nobody has given a tier yet. */
export function conditionsOfDeadlines(
  config: Config,
  unanswered: readonly Unanswered[],
  nowMs: number,
): Condition[] {
  const tiers = Object.entries(config.tiers);
  const spanOf = (tier: Config['tiers'][string], lane: string): number =>
    lane === 'backlog' ? tier.backlogDeadlineMs : tier.deadlineMs;
  const conditions = tiers.flatMap(([name, tier]): Condition[] => {
    const near = lanes.flatMap((lane) =>
      unanswered
        .filter(({ state, queue }) => state === 'answer' && queue === tierQueue(name, lane))
        .map(({ deadline }) => deadline - nowMs)
        .filter((leftMs) => isNear(leftMs, spanOf(tier, lane))),
    );
    return near.length === 0 ? [] : [nearDeadline(`tier ${name}`, name, near, tier.onDead)];
  });
  // Without a tier a ticket has no deadline of its own yet; it may be given the shortest one.
  const unclassified = lanes.flatMap((lane) => {
    const span = Math.min(...tiers.map(([, tier]) => spanOf(tier, lane)));
    return unanswered
      .filter(({ state, queue }) => state === 'classify' && queue === classifyQueue(lane))
      .map(({ acceptedAt }) => acceptedAt + span - nowMs)
      .filter((leftMs) => isNear(leftMs, span));
  });
  if (unclassified.length > 0) {
    conditions.push(nearDeadline('those that wait to be classified', 'classify', unclassified, 'handoff'));
  }
  return conditions;
}

const isNear = (leftMs: number, span: number): boolean => span - leftMs >= Math.round(span * usedShare);

function nearDeadline(who: string, subject: string, leftMs: number[], onDead: 'handoff' | 'hold'): Condition {
  const least = Math.min(...leftMs);
  const fate = onDead === 'hold' ? 'held for you' : 'handed to people';
  const when = least <= 0 ? 'has passed it' : `is ${fate} in ${spanText(least)} unless it is answered`;
  const count = leftMs.length === 1 ? '1 ticket has' : `${leftMs.length} tickets have`;
  return {
    kind: 'deadline_near',
    subject,
    severity: 'warning',
    title: `Tickets near their deadline: ${who}`,
    text: `${count} used ${usedShare * 100} % of the deadline; the oldest one ${when}. \`tierline status\` says what is in the way: models that are left alone, a paused queue, or too few workers.`,
    sinceMs: null,
  };
}

function spanText(ms: number): string {
  if (ms < 120_000) return `${Math.ceil(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
