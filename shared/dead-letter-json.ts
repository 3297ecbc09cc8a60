/** Dead letters as programs see them: the same from the command line and from the console. */
import type { App } from './app.ts';
import { deadLetterOf, deadLetters, groupDeadLetters } from './dead-letters.ts';
import type { DeadLetter, DeadLetterFilter, DeadLetterGroup } from './dead-letters.ts';
import { traceOf } from './record/trace.ts';
import { defaultReplayRate } from './replay.ts';
import { replayOne } from './revival.ts';
import type { ReplayOutcome } from './revival.ts';
import { parseStored } from './stored-json.ts';
import { ticketSchema } from './ticket.ts';
import type { Ticket } from './ticket.ts';

const time = (ms: number): string => new Date(ms).toISOString();

export function letterJson({ atMs, ...letter }: DeadLetter) {
  return { ...letter, at: time(atMs) };
}

function groupsJson(groups: readonly DeadLetterGroup[]) {
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const held = groups.reduce((sum, group) => sum + group.held, 0);
  return {
    total,
    held,
    handedOff: total - held,
    groups: groups.map(({ firstMs, lastMs, count, examples, ...group }) => ({
      ...group,
      count,
      handedOff: count - group.held,
      firstSeen: time(firstMs),
      lastSeen: time(lastMs),
      examples,
    })),
  };
}

export const listGroups = async (app: App, filter: DeadLetterFilter) =>
  groupsJson(await groupDeadLetters(app, filter));

/** What would become of it if it were put back; with leave to answer people's, where only that is in the way. */
export async function wouldBecome(app: App, ticketId: string): Promise<ReplayOutcome> {
  const dry = { dry: true, perSecond: defaultReplayRate };
  const [plain, afterHandoff] = await Promise.all(
    [false, true].map((after) => replayOne(app, ticketId, { ...dry, afterHandoff: after })),
  );
  const isBarred = plain!.kind === 'handed_off' && afterHandoff!.kind !== 'replayed';
  const { conversation: _, ...outcome } = isBarred ? afterHandoff! : plain!;
  return outcome;
}

/** One with its story; null where it is no dead letter. */
export async function showLetter(app: App, ticketId: string) {
  const stored = await app.record.read(ticketId);
  const letter = stored && deadLetterOf(ticketId, stored);
  if (!stored || letter === null) return null;
  const replay = await wouldBecome(app, ticketId);
  return { ...letterJson(letter), replay, trace: traceOf(ticketId, stored) };
}

export type LetterWithTicket = DeadLetter & { ticket: Ticket | null };

/** Newest first, each with its ticket as stored; null where that cannot be read. */
export async function* lettersWithTickets(
  app: App,
  filter: DeadLetterFilter,
): AsyncGenerator<LetterWithTicket> {
  for await (const letter of deadLetters(app, filter)) {
    const [row] = await app.record.readMany([letter.ticketId], ['tk']);
    yield { ...letter, ticket: parseStored(ticketSchema, row?.tk ?? null) };
  }
}

/** The newest `limit`; `more` says that there are others. What the customer wrote is not in it. */
export async function listLetters(app: App, filter: DeadLetterFilter, limit: number) {
  const tickets = [];
  for await (const { ticket, ...letter } of lettersWithTickets(app, filter)) {
    if (tickets.length === limit) return { tickets, more: true };
    tickets.push({
      ...letterJson(letter),
      source: ticket?.source ?? null,
      externalId: ticket?.externalId ?? null,
    });
  }
  return { tickets, more: false };
}
