/** What became of a ticket's answer, kept with the ticket. */
import { feedbackSchema, tellers } from '../feedback.ts';
import type { Feedback, Teller, ToldFeedback } from '../feedback.ts';
import { parseStored } from '../stored-json.ts';
import { conversationOf } from './keys.ts';
import type { Store } from './store.ts';

/** For each ticket; the oldest go first. */
export const feedbackKept = 20;

/** `known`: told already. `emptied`: the ticket's content is past its retention. `gone`: there is no such ticket. */
export type FeedbackStored = 'stored' | 'known' | 'emptied' | 'gone';

export function feedbackOf({ redis, settings, bases, runOn }: Store) {
  return {
    /** The caller has seen that the id is one of ours. */
    async storeFeedback(ticketId: string, feedback: Feedback, by: Teller): Promise<FeedbackStored> {
      const { outcome, label, note } = feedback;
      const told = `${by} ${JSON.stringify({ outcome, label, note })}`;
      const [kind] = await runOn('record/feedback', ticketId, [feedbackKept], [told]);
      return String(kind) as FeedbackStored;
    },

    /** The ticket of this conversation whose answer, draft or hand-off was the last to be delivered; null without one. */
    async lastAnswered(source: string, conversationId: string): Promise<string | null> {
      const { hash, shard } = conversationOf(source, conversationId, settings.shards);
      return redis.get(`${bases[shard]!}last:${hash}`);
    },
  };
}

/** From the record's field, oldest first. */
export function feedbackFrom(text: string | undefined): ToldFeedback[] {
  const lines = text === undefined ? [] : text.split('\n');
  return lines.flatMap((line) => {
    const [, at, by, json] = /^(\d+) (\S+) (.*)$/.exec(line) ?? [];
    const feedback = parseStored(feedbackSchema, json ?? null);
    const teller = tellers.find((one) => one === by);
    if (feedback === null || teller === undefined) return [];
    return { ...feedback, at: new Date(Number(at)).toISOString(), by: teller };
  });
}
