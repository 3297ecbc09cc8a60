/** Tickets that have used up most of their deadline without an answer. */
import type { App } from '../app.ts';
import type { Config } from '../config/schema.ts';
import { classifyQueue, tierQueue } from '../stages.ts';
import { lanes } from '../ticket.ts';
import type { Condition } from './condition.ts';

/** An unanswered ticket; times in ms. `deadline` 0: it has no tier yet. */
export type Unanswered = { queue: string; state: string; acceptedAt: number; deadline: number };

const usedShare = 0.8;
/** At each side of those that are old enough; more do not change what is said. */
const lookedAt = 500;

export async function deadlineConditions(app: App, nowMs: number): Promise<Condition[]> {
  const { config } = app.runtime();
  const tiers = Object.values(config.tiers);
  const shortest = Math.min(...tiers.flatMap((tier) => [tier.deadlineMs, tier.backlogDeadlineMs]));
  const olderThan = nowMs - shortest * usedShare;
  const ids = new Set<string>();
  for (const base of app.record.bases) {
    const key = `${base}open`;
    const limit = ['LIMIT', 0, lookedAt] as const;
    const [oldest, newest] = await Promise.all([
      app.redis.zrangebyscore(key, '-inf', olderThan, ...limit),
      app.redis.zrevrangebyscore(key, olderThan, '-inf', ...limit),
    ]);
    for (const id of [...oldest, ...newest]) ids.add(id);
  }
  const rows = await app.record.readMany([...ids], ['st', 'q', 'at', 'dl']);
  const unanswered = rows.map(({ st, q, at, dl }) => ({
    state: st ?? '',
    queue: q ?? '',
    acceptedAt: Number(at),
    deadline: Number(dl ?? 0),
  }));
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
