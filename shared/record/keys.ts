/**
 * Names of keys and tickets. Everything that must change together shares one hash tag, `{<prefix>:<shard>}`, so that
 * Redis Cluster is a setting: a shard's records, conversations, queues, due-sets and ledger rows live on one node.
 */
import { hash } from 'node:crypto';

const ID_BYTES = 14;
const ID_DIGITS = 22;

/** `{tierline:0}:`, the base of all keys of one shard. */
export function shardBase(prefix: string, shard: number): string {
  return `{${prefix}:${shard}}:`;
}

/** The prefix that BullMQ gets; our own keys never begin with it. */
export function queuePrefix(prefix: string, shard: number): string {
  return `${shardBase(prefix, shard)}q`;
}

function sha256(...parts: string[]): Buffer {
  return hash('sha256', parts.join('\0'), 'buffer');
}

/** A conversation's name inside its shard, and the shard it belongs to. */
export function conversationOf(source: string, conversationId: string, shards: number) {
  const digest = sha256(source, conversationId);
  return { hash: digest.subarray(0, 12).toString('base64url'), shard: digest.readUInt32BE(12) % shards };
}

/**
 * The ticket's id follows from what makes it the same ticket (source, external id, message), so a message that comes
 * twice finds its own record: no dedupe key beside it, and nothing to lose between the two. Digits 3 and 4 name the shard.
 */
export function ticketIdOf(
  identity: { source: string; externalId: string; contentKey: string },
  shard: number,
): string {
  const digest = sha256(identity.source, identity.externalId, identity.contentKey).subarray(0, ID_BYTES);
  const digits = BigInt(`0x${digest.toString('hex')}`)
    .toString(36)
    .padStart(ID_DIGITS, '0');
  return `t_${shard.toString(36).padStart(2, '0')}${digits}`;
}

export const ticketIdPattern = /^t_[0-9a-z]{10,40}$/;

/** The shard that an id of ours names. */
export function shardOf(ticketId: string, shards: number): number {
  return shards === 1 ? 0 : Number.parseInt(ticketId.slice(2, 4), 36) % shards;
}

/** False for an id that was never ours; ask before using one from outside. */
export function isTicketId(text: string, shards: number): boolean {
  return ticketIdPattern.test(text) && Number.parseInt(text.slice(2, 4), 36) < shards;
}
