/** The one guard against answering what no customer asked: events of people, of ourselves, of other machines. */
import type { LoopFacts } from './incoming.ts';

/** Why an event leads to no ticket; counted by this name, so it never contains anything of the event. */
export type IgnoredReason =
  /** A test or handshake of the helpdesk. */
  | 'ping'
  /** Another kind of event than a new message. */
  | 'other_event'
  /** A message that was changed or taken back. */
  | 'edited'
  /** Of another account than the configured one. */
  | 'other_account'
  | 'own_message'
  | 'not_customer'
  | 'private'
  | 'with_people'
  | 'automatic'
  | 'empty'
  /** Left out by `only` or `share`. */
  | 'not_selected';

/**
 * null where the message is a customer's, public, not ours, still the bot's to answer and no automatic mail. Facts that are
 * not known (null) pass: they are asked for again when the conversation has been read, and before anything is sent.
 */
export function whyIgnored(facts: LoopFacts): IgnoredReason | null {
  if (facts.isOurs) return 'own_message';
  if (facts.author !== null && facts.author !== 'customer') return 'not_customer';
  if (facts.isPublic === false) return 'private';
  if (facts.isAutomatic) return 'automatic';
  if (facts.isBotOwned === false) return 'with_people';
  return null;
}
