/** The messages that a chaos test posts. Each has a marker, a word in its text that no other has, to be found in prompts. */
import type { Random } from './random.ts';

export type Message = {
  marker: string;
  conversation: string;
  createdAtMs: number;
};

/** Matches the markers in a text, and nothing else that the system writes. */
export const markerPattern = /question-\d{4}/;

export function markersIn(text: string): string[] {
  return [...new Set(text.match(new RegExp(markerPattern, 'g')))];
}

export function messageOf(number: number, conversation: string, createdAtMs: number): Message {
  return { marker: `question-${String(number).padStart(4, '0')}`, conversation, createdAtMs };
}

const joinsShare = 0.1;
const lateShare = 0.3;
/** Further back, the conversation is over by the time the message comes. */
const joinsWithin = 12;

/**
 * `count` messages, a second apart by their own clock. Some join the conversation of one a few before them, and some of
 * these were written before it and come late.
 */
export function planMessages(count: number, random: Random): Message[] {
  const startMs = Date.now() - 3_600_000;
  const messages: Message[] = [];
  for (let number = 0; number < count; number += 1) {
    const atMs = startMs + number * 1000;
    const earlier = random.chance(joinsShare) ? messages.at(-random.between(1, joinsWithin)) : undefined;
    if (earlier === undefined) messages.push(messageOf(number, `C-${number}`, atMs));
    else {
      const lateMs = random.chance(lateShare) ? earlier.createdAtMs - random.between(1, 1000) : atMs;
      messages.push(messageOf(number, earlier.conversation, lateMs));
    }
  }
  return messages;
}

/** The body of POST /v1/tickets. */
export function postBody({ marker, conversation, createdAtMs }: Message): string {
  return JSON.stringify({
    source: 'shop-api',
    externalId: conversation,
    messageId: `M-${marker.slice(-4)}`,
    createdAt: new Date(createdAtMs).toISOString(),
    subject: 'Parcel',
    body: `Where is my parcel? My ${marker}.`,
  });
}
