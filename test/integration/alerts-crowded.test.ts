/** Dead letters that grow and deadlines that come near, seen in a system that has very many other tickets. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { App } from '../../shared/app.ts';
import { deadLetterConditions } from '../../shared/alerts/dead-letter-conditions.ts';
import { deadlineConditions } from '../../shared/alerts/deadline-conditions.ts';
import { readPauses } from '../../shared/source-pauses.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { openRecordWorld } from './record-world.ts';
import type { RecordWorld } from './record-world.ts';

let w: RecordWorld;
before(async () => {
  w = await openRecordWorld();
});
after(() => w.close());
beforeEach(() => w.redis.flushall());

const nowMs = 1_800_000_000_000;
const why = JSON.stringify({ cause: 'deadline', queue: 'tier.simple.dead', state: 'answer' });
const usual = JSON.stringify({ cause: 'with_people', queue: 'tier.simple.dead', state: 'answer' });

async function endMany(end: string, count: number, causes: readonly string[] = []): Promise<void> {
  const base = w.record.bases[0]!;
  const ids = Array.from(
    { length: count },
    (_, i) => `t_00${end.replace('_', '')}${String(i).padStart(12, '0')}`,
  );
  await w.redis.zadd(`${base}end:${end}`, ...ids.flatMap((id, i) => [nowMs - i, id]));
  if (causes.length === 0) return;
  await Promise.all(ids.map((id, i) => w.redis.hset(w.record.keyOf(id), 'why', causes[i % causes.length]!)));
}

async function told(): Promise<string[]> {
  const runtime = { config: { alerts: { deadLetters: 10 } } } as unknown as Runtime;
  const app = { record: w.record, runtime: () => runtime } as unknown as App;
  return (await deadLetterConditions(app, nowMs)).map(({ title }) => title);
}

test('a tenth of many tickets that go to people is told of, with how many they are', async () => {
  await endMany('delivered', 18_000);
  await endMany('handed_off', 2000, [why]);
  assert.deepEqual(await told(), ['Dead letters on tier.simple: 2000 in the last ten minutes']);
});

test('what people took over themselves is left out of that', async () => {
  await endMany('delivered', 18_000);
  await endMany('handed_off', 1200, [why, usual, usual]);
  assert.deepEqual(await told(), [], '400 of 19,200 is usual');
});

test('a ticket near its deadline is told of, however many older and younger ones wait for something else', async () => {
  const [minute, hour] = [60_000, 3_600_000];
  const spans = { deadlineMs: 15 * minute, backlogDeadlineMs: 48 * hour, onDead: 'handoff' };
  const config = { tiers: { simple: spans, complex: { ...spans, deadlineMs: 24 * hour } } };
  const pauses = { book: () => readPauses({ redis: w.redis, prefix: 'test' }) };
  const app = { record: w.record, redis: w.redis, pauses, runtime: () => ({ config }) } as unknown as App;
  const open = async (name: string, count: number, ageMs: number, fields: Record<string, string>) => {
    const ids = Array.from({ length: count }, (_, i) => `t_00${name}${String(i).padStart(12, '0')}`);
    const at = nowMs - ageMs;
    await w.redis.zadd(`${w.record.bases[0]}open`, ...ids.flatMap((id, i) => [at - i, id]));
    await Promise.all(ids.map((id) => w.redis.hset(w.record.keyOf(id), { at: String(at), ...fields })));
  };
  const far = String(nowMs + 18 * hour);
  await open('old', 600, 30 * hour, { st: 'answer', q: 'tier.simple.backlog', dl: far });
  await open('sent', 600, 13 * minute, { st: 'deliver', q: 'deliver', dl: String(nowMs + 2 * minute) });
  await open('late', 1, 20 * hour, { st: 'answer', q: 'tier.complex', dl: String(nowMs + 4 * hour) });
  const found = await deadlineConditions(app, nowMs);
  assert.deepEqual(
    found.map(({ subject }) => subject),
    ['complex'],
  );
});
