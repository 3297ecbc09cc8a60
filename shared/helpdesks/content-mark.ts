/** Recognising a text of ours in a conversation, whatever the helpdesk made of its spaces, quotes and paragraphs. */
import { createHash } from 'node:crypto';

/** Letters and digits alone; two texts with the same mark say the same. */
export function contentMark(text: string): string {
  const letters = text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '');
  return createHash('sha256').update(letters).digest('base64url').slice(0, 22);
}
