/** What became of an answer, told by a helpdesk's webhook. */
import type { App } from '../../shared/app.ts';
import type { Outcome } from '../../shared/feedback.ts';

/** Kept with the ticket of that conversation which was answered last; false where there is none, or its content is gone. */
export async function storeToldFeedback(
  app: App,
  told: { source: string; conversationId: string; outcome: Outcome },
): Promise<boolean> {
  const { source, conversationId, outcome } = told;
  const ticketId = await app.record.lastAnswered(source, conversationId);
  if (ticketId === null) return false;
  const kind = await app.record.storeFeedback(ticketId, { outcome, label: null, note: null }, 'helpdesk');
  if (kind === 'gone' || kind === 'emptied') return false;
  app.log.info({ ticketId, source, outcome, by: 'helpdesk', duplicate: kind === 'known' }, 'feedback.stored');
  return true;
}
