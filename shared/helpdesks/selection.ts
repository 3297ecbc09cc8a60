/** Which of a source's tickets are answered at all: `only` and `share`. */
import { createHash } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import type { Ticket } from '../ticket.ts';

export function isSelected(
  { only, share }: Pick<Config['sources'][string], 'only' | 'share'>,
  ticket: Pick<Ticket, 'source' | 'conversationId' | 'tags'>,
): boolean {
  const wanted = only?.tags;
  if (wanted !== undefined && !wanted.some((tag) => ticket.tags.includes(tag))) return false;
  return share === undefined || placeOf(ticket) < share;
}

/** From 0 to below 1, the same for all messages of a conversation in all processes. */
function placeOf({ source, conversationId }: Pick<Ticket, 'source' | 'conversationId'>): number {
  const digest = createHash('sha256').update(`${source}\0${conversationId}`).digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}
