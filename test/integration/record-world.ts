/** A record on a Redis of its own, with the ways in which tests turn its clock. */
import assert from 'node:assert/strict';
import { createHints } from '../../shared/queue.ts';
import type { Hints } from '../../shared/queue.ts';
import { queuePrefix, shardBase, shardOf } from '../../shared/record/keys.ts';
import { createRecord } from '../../shared/record/record.ts';
import type { Accepted, Claim, Record_ } from '../../shared/record/record.ts';
import { connectRedis } from '../../shared/redis.ts';
import type { Redis } from '../../shared/redis.ts';
import { jobIdOf } from '../../shared/stages.ts';
import type { Hint, State } from '../../shared/stages.ts';
import type { Ticket } from '../../shared/ticket.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestWorld } from '../fakes/system.ts';

export const tombstoneMs = 14 * 86_400_000;
export const contentMs = 7 * 86_400_000;
export const ledgerMs = 100 * 86_400_000;

export type RecordWorld = {
  world: TestWorld;
  redis: Redis;
  record: Record_;
  hints: Hints;
  close: () => Promise<void>;
};

export async function openRecordWorld(options: { shards?: number } = {}): Promise<RecordWorld> {
  const world = await openWorld();
  const redis = connectRedis(world.redis.url, 'patient', () => undefined);
  const settings = { prefix: 'test', shards: options.shards ?? 1, contentMs, tombstoneMs, ledgerMs };
  const record = createRecord(redis, settings);
  const hints = createHints({ redis, prefix: 'test', shards: settings.shards, onError: () => undefined });
  return {
    world,
    redis,
    record,
    hints,
    async close() {
      await hints.close();
      await redis.quit();
      await world.close();
    },
  };
}

let made = 0;

/** A ticket of a conversation of its own, unless told otherwise. `at` is the message's time in ms. */
export function ticketOf(changes: Partial<Ticket> & { at?: number } = {}): Ticket {
  const { at = 1_700_000_000_000, ...given } = changes;
  made += 1;
  return {
    source: 'shop',
    externalId: `T-${made}`,
    conversationId: `C-${made}`,
    messageId: `m-${made}`,
    createdAt: new Date(at).toISOString(),
    subject: '',
    body: 'Where is my parcel?',
    requester: {},
    language: null,
    tags: [],
    priority: 'normal',
    lane: 'live',
    history: [],
    metadata: {},
    ...given,
  };
}

/** Accepts it as intake does, without its hint. */
export async function accept(record: Record_, ticket: Ticket): Promise<Accepted> {
  return record.accept(ticket, record.identify(ticket, ticket.messageId ?? ''), 'classify');
}

/** Accepts a ticket of its own conversation and returns its id. */
export async function acceptOne(
  record: Record_,
  changes: Partial<Ticket> & { at?: number } = {},
): Promise<string> {
  return (await accept(record, ticketOf(changes))).ticketId;
}

let tokens = 0;

/** Claims it, or fails the test. */
export async function claim<Field extends string>(
  record: Record_,
  ticketId: string,
  state: State,
  fields: readonly Field[] = [],
): Promise<Claim<Field>> {
  tokens += 1;
  const claimed = await record.claim(ticketId, state, `token-${tokens}`, fields);
  assert.ok(claimed.kind === 'claimed', `${ticketId} was not claimed in ${state}: ${claimed.kind}`);
  return claimed.claim;
}

/** What a claim in `state` is refused with, or `claimed`. */
export async function tryClaim(record: Record_, ticketId: string, state: State): Promise<string> {
  tokens += 1;
  return (await record.claim(ticketId, state, `token-${tokens}`, [])).kind;
}

export const toAnswer = { state: 'answer', queue: 'tier.simple' } as const;
export const toDeliver = { state: 'deliver', queue: 'deliver' } as const;
export const toDelivered = { state: 'delivered', queue: null } as const;

/** From wherever it waits to `state`, through the stages before it. */
export async function bringTo(record: Record_, ticketId: string, state: 'answer' | 'deliver'): Promise<void> {
  await record.advance(await claim(record, ticketId, 'classify'), toAnswer);
  if (state === 'answer') return;
  const fields = { rep: '{}', rty: 'reply', ret: 'answer tier.simple' };
  await record.advance(await claim(record, ticketId, 'answer'), toDeliver, { fields });
}

/** All the way to its end. */
export async function deliver(record: Record_, ticketId: string): Promise<Hint[]> {
  const advanced = await record.advance(await claim(record, ticketId, 'deliver'), toDelivered);
  assert.equal(advanced.kind, 'advanced');
  return advanced.kind === 'advanced' ? advanced.released : [];
}

const base = (record: Record_, ticketId: string): string =>
  shardBase(record.settings.prefix, shardOf(ticketId, record.settings.shards));

/** Its lease ran out long ago. */
export async function expireLease({ redis, record }: RecordWorld, ticketId: string): Promise<void> {
  await redis.zadd(`${base(record, ticketId)}leases`, 'XX', 1, ticketId);
  if (await redis.hexists(record.keyOf(ticketId), 'le')) await redis.hset(record.keyOf(ticketId), 'le', 1);
}

/** What the sweep finds on the first shard. */
export async function sweep({ record }: RecordWorld, limit = 100): Promise<Hint[]> {
  return (await record.sweep(0, limit)).hints;
}

/** Its park is over. */
export async function endPark({ redis, record }: RecordWorld, ticketId: string): Promise<void> {
  await redis.zadd(`${base(record, ticketId)}parks`, 'XX', 1, ticketId);
  if (await redis.hexists(record.keyOf(ticketId), 'pu')) await redis.hset(record.keyOf(ticketId), 'pu', 1);
}

/** It was accepted, and entered its state, so long ago that the audit looks at it. */
export async function age({ redis, record }: RecordWorld, ticketId: string, score = 1): Promise<void> {
  await redis.zadd(`${base(record, ticketId)}open`, 'XX', score, ticketId);
  await redis.hset(record.keyOf(ticketId), 'se', 1);
}

/** Runs the audit over all open tickets once. */
export async function auditAll({ record }: RecordWorld, slice = 500): Promise<Hint[]> {
  const hints: Hint[] = [];
  for (let shard = 0; shard < record.settings.shards; shard += 1) {
    let cursor = '';
    do {
      const audited = await record.audit(shard, cursor, slice);
      hints.push(...audited.hints);
      cursor = audited.cursor;
    } while (cursor !== '');
  }
  return hints;
}

export const jobKeyOf = (hint: Hint, shards = 1): string =>
  `${queuePrefix('test', shardOf(hint.ticketId, shards))}:${hint.queue}:${jobIdOf(hint)}`;

/** The stored record, or fails the test. */
export async function stored(record: Record_, ticketId: string): Promise<Record<string, string>> {
  const fields = await record.read(ticketId);
  assert.ok(fields, `${ticketId} is not stored`);
  return fields;
}
