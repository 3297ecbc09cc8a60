/** What the desks' files have in common when they read the answers of an API. */
import type { Author } from './incoming.ts';
import { failed } from './desk-http.ts';
import type { DeskRequest, DeskResponse } from './desk-http.ts';
import type { DeskFailure, DeskMessage } from './desk.ts';

/** A 2xx whose body is not what the API documents: a write may have been done. */
export function misshapen(method: DeskRequest['method'], status: number): DeskFailure {
  const reason = `its answer to ${method} was of another shape than documented`;
  return failed({ status, provablyUnsent: method === 'GET', reason });
}

/** Nothing was sent, and nothing will ever be without somebody's help. */
export function impossible(reason: string): DeskFailure {
  return failed({ status: null, provablyUnsent: true, isRetryable: false, reason });
}

/** `meanings`: what a status says in plain words, where the helpdesk's documentation tells more than the number. */
export function failureOf(
  response: Exclude<DeskResponse, { kind: 'ok' }>,
  meanings: Readonly<Record<number, string>> = {},
): DeskFailure {
  if (response.kind === 'failed') return response;
  const reason = meanings[response.status];
  return reason === undefined ? response.failure : { ...response.failure, reason };
}

/** A step before the message that can be repeated without harm has failed: of the message itself nothing was sent. */
export function beforeMessage(response: Exclude<DeskResponse, { kind: 'ok' }>): DeskFailure {
  return { ...failureOf(response), provablyUnsent: true };
}

/** By their times (ISO 8601 UTC, so they sort as text); those of one second stay in the order given. */
export function oldestFirst(messages: DeskMessage[]): DeskMessage[] {
  return messages.toSorted((one, other) => one.createdAt.localeCompare(other.createdAt));
}

/** For `toSorted`, where times are in seconds and ids are numbers that grow. */
export function byAge(
  one: { createdAt: string; id: string },
  other: { createdAt: string; id: string },
): number {
  const byTime = one.createdAt.localeCompare(other.createdAt);
  return byTime === 0 ? one.id.localeCompare(other.id, 'en', { numeric: true }) : byTime;
}

/** Whether ours or a person's, of a message that no customer wrote. */
export function staff(isOwn: boolean): { author: Author; isOwn: boolean } {
  return { author: isOwn ? 'bot' : 'agent', isOwn };
}
