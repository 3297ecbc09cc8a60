/** One row per call, opened before it and settled after it; roll-ups that add up to the nano-dollar, whatever happened. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { costSides, readCosts } from '../../shared/ledger/costs.ts';
import type { Costs, CostSide } from '../../shared/ledger/costs.ts';
import { rowSchema } from '../../shared/record/ledger-rows.ts';
import type { Row } from '../../shared/record/ledger-rows.ts';
import type { Behave } from '../fakes/provider.ts';
import { isClassification, labels, openScene, until, userMessageOf } from '../fakes/scene.ts';
import type { Scene } from '../fakes/scene.ts';
import { openWorld } from '../fakes/system.ts';
import type { TestSystem, TestWorld } from '../fakes/system.ts';

let world: TestWorld;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const costsBy = (system: TestSystem, by: readonly CostSide[]): Promise<Costs> =>
  readCosts(system.app, { sinceMs: Date.now() - 3_600_000, untilMs: Date.now(), by });

/** The ledger rows stored with a ticket. */
async function rowsOf(scene: Scene, ticketId: string): Promise<{ row: Row; isOpen: boolean }[]> {
  const fields = await scene.record(ticketId);
  return Object.entries(fields)
    .filter(([name]) => /^a\d+$/.test(name))
    .map(([, text]) => ({ row: rowSchema.parse(JSON.parse(text.slice(1))), isOpen: text.startsWith('o') }));
}

const localOnly = { classifier: undefined, tiers: { simple: { models: ['small'] } } };

/** Every kind of ending that a call can have, chosen by the ticket's own words. */
const everything: Behave = (request) => {
  const text = userMessageOf(request);
  const usage = { input: 333 + text.length, output: 77, cached: 100, reasoning: 7 };
  if (isClassification(request)) {
    if (text.includes('nonsense')) return { text: '{"queryType":"magic"}', usage };
    if (text.includes('broken small')) return { status: 500 };
    if (text.includes('lamp')) return { ...labels({ queryType: 'troubleshooting', complexity: 0.9 }), usage };
    return { ...labels({ queryType: text.includes('money') ? 'refund' : 'shipping' }), usage };
  }
  if (text.includes('no usage')) return { usage: null };
  if (text.includes('long-winded')) return { finish: 'length', usage };
  return { usage };
};

const bodies = [
  'Where is my parcel?',
  'I want my money back',
  'The lamp does not work',
  'nonsense please',
  'broken small model, where is my parcel?',
  'no usage, where is my parcel?',
  'Wo ist mein Paket? Ich warte seit zwei Wochen auf meine Bestellung.',
  'Ich möchte mein money zurück, die Bestellung kam nie an.',
  'long-winded question about my parcel',
];

function combinations<T>(all: readonly T[]): T[][] {
  return all.reduce<T[][]>((sets, one) => [...sets, ...sets.map((set) => [...set, one])], [[]]);
}

describe('ledger', { concurrency: 4 }, () => {
  test('every breakdown adds up to the total, and the total to the rows of the tickets', async (t) => {
    const scene = await openScene(t, world, everything);
    const breaker = { failures: 1000, windowMs: 60_000, resetMs: 100 };
    const models = {
      small: {
        provider: 'fake',
        model: 'small-1',
        breaker,
        price: { inputPerMTok: 0.123457, cachedInputPerMTok: 0.012345, outputPerMTok: 0.5 },
      },
      large: {
        provider: 'fake',
        model: 'large-1',
        breaker,
        price: { inputPerMTok: 2.5, outputPerMTok: 10.000001 },
      },
      secret: { provider: 'fake', model: 'nobody-knows-its-price', breaker },
    };
    const tiers = {
      simple: { models: ['small', 'large'] },
      standard: { models: ['secret'] },
      complex: { models: ['large'] },
    };
    const routes = [{ when: { language: ['de'] }, tier: 'standard' }];
    const system = await scene.start({ models, tiers, routes });
    const posted = await Promise.all(
      Array.from({ length: 4 }, (_, round) =>
        bodies.map((body, i) => system.post({ externalId: `T-${round}-${i}`, body })),
      ).flat(),
    );
    const ids = posted.map(({ body }) => body.ticketId);
    const traces = await Promise.all(ids.map((ticketId) => system.untilEnd(ticketId)));
    for (const { state } of traces) assert.ok(['delivered', 'handed_off'].includes(state), state);
    const rows = (await Promise.all(ids.map((ticketId) => rowsOf(scene, ticketId)))).flat();
    assert.ok(rows.every(({ isOpen }) => !isOpen));
    // Nothing that was asked of the provider is missing, and nothing is there twice.
    assert.equal(rows.length, scene.provider.requests.length);
    const nano = rows.reduce((sum, { row }) => sum + BigInt(row.nanoUsd ?? 0), 0n);
    const unpriced = rows.filter(({ row }) => row.nanoUsd === null).length;
    assert.ok(nano > 0n && unpriced > 0);

    const sum = (
      costs: Costs,
      counter: 'calls' | 'tickets' | 'faults' | 'inputTokens' | 'outputTokens',
    ): number => costs.rows.reduce((total, row) => total + row[counter], 0);
    for (const by of combinations(costSides)) {
      const costs = await costsBy(system, by);
      const where = by.join(',');
      assert.equal(costs.totalNanoUsd, String(nano), where);
      assert.equal(
        String(costs.rows.reduce((total, row) => total + BigInt(row.nanoUsd), 0n)),
        String(nano),
        where,
      );
      assert.equal(costs.calls, rows.length, where);
      assert.equal(sum(costs, 'calls'), rows.length, where);
      assert.equal(costs.unpricedCalls, unpriced, where);
      assert.equal(sum(costs, 'tickets'), traces.filter(({ state }) => state === 'delivered').length, where);
      assert.equal(sum(costs, 'faults'), rows.filter(({ row }) => row.fault).length, where);
      assert.equal(
        sum(costs, 'inputTokens'),
        rows.reduce((total, { row }) => total + (row.usage?.inputTokens ?? 0), 0),
        where,
      );
      assert.equal(
        sum(costs, 'outputTokens'),
        rows.reduce((total, { row }) => total + (row.usage?.outputTokens ?? 0), 0),
        where,
      );
    }

    const byPurpose = await costsBy(system, ['purpose', 'queryType']);
    const cell = (purpose: string, queryType: string) =>
      byPurpose.rows.find((row) => row.purpose === purpose && row.queryType === queryType);
    // A classification is booked where its ticket turned out to belong, a failed one where nothing is known.
    assert.equal(cell('classify', 'troubleshooting')?.calls, 4);
    assert.equal(cell('classify', 'unclassified')?.calls, 8);
    assert.equal(cell('classify', 'unclassified')?.faults, 8);
    const byTier = await costsBy(system, ['tier', 'language', 'model']);
    const german = byTier.rows.find((row) => row.tier === 'standard' && row.model === 'secret');
    assert.deepEqual([german?.language, german?.nanoUsd, german?.unpricedCalls], ['de', '0', 8]);
    // The trace knows the same money.
    for (const trace of traces) {
      const costs = trace.attempts.map(({ costUsd }) => costUsd);
      const total = costs.includes(null) ? null : costs.reduce<number>((all, cost) => all + (cost ?? 0), 0);
      if (total === null) assert.equal(trace.costUsd, null);
      else assert.ok(Math.abs((trace.costUsd ?? Number.NaN) - total) < 1e-12);
    }
  });

  test('a row is opened before its call: while it runs, and for ever after a kill, it may have been billed', async (t) => {
    const scene = await openScene(t, world, ({ number }) => (number === 1 ? { hang: true } : {}));
    const intake = await scene.start(localOnly, { roles: ['ingest', 'classifier', 'results'] });
    const file = path.join(world.folder, `${scene.prefix}.json`);
    await writeFile(file, JSON.stringify(scene.config(localOnly)));
    const entry = new URL('../../services/run.ts', import.meta.url).pathname;
    const killed = spawn(process.execPath, [entry, 'run', 'tier'], {
      stdio: 'ignore',
      env: {
        ...process.env,
        REDIS_URL: world.redis.url,
        TIERLINE_CONFIG: file,
        TIERLINE_PREFIX: scene.prefix,
        TIERLINE_LEASE_MS: '1000',
      },
    });
    const gone = once(killed, 'exit');
    t.after(() => killed.kill('SIGKILL'));
    const { body } = await intake.post({ externalId: 'T-1' });
    await until(() => Promise.resolve(scene.provider.requests.length === 1 ? true : null));
    killed.kill('SIGKILL');
    await gone;
    const during = await intake.trace(body.ticketId);
    assert.deepEqual(
      during.attempts.map(({ model, costUsd, possiblyBilled, durationMs }) => [
        model,
        costUsd,
        possiblyBilled,
        durationMs,
      ]),
      [['small', null, true, null]],
    );
    assert.equal(during.costUsd, null);

    await scene.start(localOnly, { roles: ['tier'] });
    const trace = await intake.untilEnd(body.ticketId);
    assert.equal(trace.state, 'delivered');
    assert.deepEqual(
      trace.attempts.map(({ possiblyBilled }) => possiblyBilled),
      [true, false],
    );
    assert.equal(trace.costUsd, null);
    // The totals know of it too.
    const costs = await costsBy(intake, ['tier']);
    assert.deepEqual([costs.calls, costs.possiblyBilledCalls, costs.unpricedCalls], [2, 1, 1]);
    assert.deepEqual(
      costs.rows.map(({ tier, tickets }) => [tier, tickets]),
      [['simple', 1]],
    );
    assert.ok(scene.log.some((line) => line.includes('call.abandoned')));
  });

  test('a call that was cut in the middle may have been billed, and its cost is not known', async (t) => {
    const scene = await openScene(t, world, ({ number }) => (number === 1 ? { cutAfterChunks: 2 } : {}));
    const system = await scene.start(localOnly);
    const { body } = await system.post({ externalId: 'T-1' });
    const trace = await system.untilEnd(body.ticketId);
    assert.deepEqual(
      trace.attempts.map(({ fault, costUsd, possiblyBilled }) => [fault, costUsd === null, possiblyBilled]),
      [
        ['truncated', true, true],
        [null, false, false],
      ],
    );
    const costs = await costsBy(system, []);
    assert.deepEqual([costs.calls, costs.possiblyBilledCalls, costs.unpricedCalls], [2, 1, 1]);
  });

  test('an answer that came after its lease was lost is money, but no ticket', async (t) => {
    const scene = await openScene(t, world, ({ number }) => ({ delayMs: number === 1 ? 700 : 0 }));
    const system = await scene.start(localOnly);
    const { body } = await system.post({ externalId: 'T-1' });
    await until(() => Promise.resolve(scene.provider.requests.length === 1 ? true : null));
    // Somebody else has taken the ticket over, and is killed in turn.
    await scene.redis.hset(scene.recordKey(body.ticketId), 'lt', 'somebody');
    await until(async () =>
      (await rowsOf(scene, body.ticketId)).every(({ isOpen }) => !isOpen) ? true : null,
    );
    const lost = await costsBy(system, []);
    assert.deepEqual([lost.calls, lost.rows[0]?.tickets, lost.totalNanoUsd], [1, 0, '8500']);
    assert.deepEqual(scene.receiver.received, []);

    await scene.redis.zadd(`{${scene.prefix}:0}:leases`, 1, body.ticketId);
    assert.equal((await system.untilEnd(body.ticketId)).state, 'delivered');
    const both = await costsBy(system, []);
    assert.deepEqual([both.calls, both.rows[0]?.tickets, both.totalNanoUsd], [2, 1, '17000']);
    assert.equal(scene.receiver.received.length, 1);
  });
});
