/** The messages that a chaos test posts. Each has a marker, a word in its text that no other has, to be found in prompts. */
import { signedHeaders } from '../fakes/intake-client.ts';
import { apiKey } from '../fakes/system.ts';
import type { Random } from './random.ts';

export type Message = {
  marker: string;
  conversation: string;
  createdAtMs: number;
  /** How it comes: by POST /v1/tickets, or as a signed webhook. All of a conversation come in the same way. */
  via: 'api' | 'webhook';
  tags: string[];
};

/** Matches the markers in a text, and nothing else that the system writes. */
export const markerPattern = /question-\d{4}/;

export function markersIn(text: string): string[] {
  return [...new Set(text.match(new RegExp(markerPattern, 'g')))];
}

export function messageOf(
  number: number,
  conversation: string,
  createdAtMs: number,
  other: Partial<Pick<Message, 'via' | 'tags'>> = {},
): Message {
  const marker = `question-${String(number).padStart(4, '0')}`;
  return { marker, conversation, createdAtMs, via: 'api', tags: [], ...other };
}

const webhookShare = 0.4;
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
    if (earlier === undefined) {
      const via = random.chance(webhookShare) ? 'webhook' : 'api';
      messages.push(messageOf(number, `C-${number}`, atMs, { via }));
    } else {
      const lateMs = random.chance(lateShare) ? earlier.createdAtMs - random.between(1, 1000) : atMs;
      messages.push(messageOf(number, earlier.conversation, lateMs, { via: earlier.via }));
    }
  }
  return messages;
}

export const postPath = ({ via }: Message): string =>
  via === 'api' ? '/v1/tickets' : '/v1/webhooks/shop-webhook';

export function postHeaders(message: Message): Record<string, string> {
  if (message.via === 'webhook') return signedHeaders(postBody(message));
  return { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
}

export function postBody({ marker, conversation, createdAtMs, via, tags }: Message): string {
  return JSON.stringify({
    ...(via === 'api' ? { source: 'shop-api' } : {}),
    externalId: conversation,
    messageId: `M-${marker.slice(-4)}`,
    createdAt: new Date(createdAtMs).toISOString(),
    subject: 'Parcel',
    body: `Where is my parcel? My ${marker}.`,
    tags,
  });
}
