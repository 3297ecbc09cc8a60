/** Dead letters that grow in number: per queue, within the last ten minutes. */
import { z } from 'zod';
import type { App } from '../app.ts';
import { groupedCause } from '../dead-letters.ts';
import { parseStored } from '../stored-json.ts';
import { ends } from '../ticket.ts';
import type { Condition } from './condition.ts';

export type RecentDeadLetter = {
  end: 'dead' | 'handed_off';
  queue: string;
  cause: string;
  at: number;
  /** How many it speaks for, where there are too many to look at each; 1 where it is not given. */
  standsFor?: number;
};

const windowMs = 10 * 60_000;
/** The newest of each end and shard; they speak for the others. */
const lookedAt = 500;
/** Fewer of all tickets than this is usual where many are answered. */
const usualShare = 0.05;

/** People have taken over the conversation, or are meant to answer it: nothing went wrong. */
const usualCauses = new Set(['with_people', 'trust']);
const whySchema = z.object({ cause: z.string(), queue: z.string() });

export async function deadLetterConditions(app: App, nowMs: number): Promise<Condition[]> {
  const sinceMs = nowMs - windowMs;
  const counts = await Promise.all(
    ends.map(async (end) => [end, await app.record.countEnded(end, sinceMs)] as const),
  );
  const ended = counts.reduce((sum, [, count]) => sum + count, 0);
  const lists = await Promise.all(
    counts.map(async ([end, count]) =>
      count > 0 && (end === 'dead' || end === 'handed_off') ? readRecent(app, { end, count, sinceMs }) : [],
    ),
  );
  const least = app.runtime().config.alerts?.deadLetters ?? Infinity;
  return conditionsOfDeadLetters(lists.flat(), { ended, least });
}

async function readRecent(
  app: App,
  { end, count, sinceMs }: { end: RecentDeadLetter['end']; count: number; sinceMs: number },
): Promise<RecentDeadLetter[]> {
  const page = (await app.record.endedAt(end, { offset: 0, limit: lookedAt })).filter(
    ({ at }) => at >= sinceMs,
  );
  const rows = await app.record.readMany(
    page.map(({ ticketId }) => ticketId),
    ['why', 'drp'],
  );
  const standsFor = Math.max(1, count / page.length);
  return page.flatMap(({ at }, i) => {
    const why = parseStored(whySchema, rows[i]!.why);
    if (why === null || rows[i]!.drp !== null || usualCauses.has(why.cause)) return [];
    // Named as its stage's queue is everywhere else.
    return { end, queue: why.queue.replace(/\.dead$/, ''), cause: groupedCause(why.cause), at, standsFor };
  });
}

/** Pure. `ended`: tickets that reached any end meanwhile; `least`: fewer that people were told of are not worth an alert. */
export function conditionsOfDeadLetters(
  letters: readonly RecentDeadLetter[],
  { ended, least }: { ended: number; least: number },
): Condition[] {
  const isMany = countOf(letters) >= ended * usualShare;
  const conditions: Condition[] = [];
  for (const [queue, group] of Map.groupBy(letters, (one) => one.queue)) {
    const count = countOf(group);
    const held = countOf(group.filter(({ end }) => end === 'dead'));
    if (held === 0 && (count < least || !isMany)) continue;
    conditions.push({
      kind: 'dead_letters',
      subject: queue,
      severity: held > 0 ? 'critical' : 'warning',
      title: `Dead letters on ${queue}: ${count} in the last ten minutes`,
      text: `${fateOf(held, count)} Most often because of: ${mostFrequentCause(group)}. See them with \`tierline dead list\`, mend the cause, and put them back with \`tierline dead replay\`.`,
      sinceMs: Math.min(...group.map(({ at }) => at)),
    });
  }
  return conditions;
}

const countOf = (letters: readonly RecentDeadLetter[]): number =>
  Math.round(letters.reduce((sum, { standsFor = 1 }) => sum + standsFor, 0));

function fateOf(held: number, count: number): string {
  if (held === 0) return 'People were handed these tickets.';
  const rest = count - held;
  const heldText = held === 1 ? '1 is held' : `${held} are held`;
  return `${heldText}: nobody was told${rest > 0 ? `; people were handed the other ${rest}` : ''}.`;
}

function mostFrequentCause(group: readonly RecentDeadLetter[]): string {
  const causes = [...Map.groupBy(group, ({ cause }) => cause)].sort((a, b) => b[1].length - a[1].length);
  return causes[0]![0];
}
