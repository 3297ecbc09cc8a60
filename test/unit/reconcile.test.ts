import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Costs } from '../../shared/ledger/costs.ts';
import { reconciliationOf } from '../../shared/ledger/reconcile.ts';
import type { UnseenCall } from '../../shared/record/ledger-rows.ts';
import { loadValid, minimal } from './config-file.ts';

const configOf = (t: TestContext) => loadValid(t, minimal, { env: { OPENAI_API_KEY: 'k' } }).config;

const costs = (model: string, counts: Partial<Costs['rows'][number]>): Costs['rows'][number] =>
  ({
    model,
    calls: 0,
    nanoUsd: '0',
    unpricedCalls: 0,
    possiblyBilledCalls: 0,
    ...counts,
  }) as Costs['rows'][number];

const unseen = (day: string, model: string, mostNanoUsd: number | null): UnseenCall => ({
  ticketId: 't_0000000000',
  number: 1,
  model,
  provider: 'openai',
  purpose: 'answer',
  startedAt: Date.parse(`${day}T12:00:00Z`),
  durationMs: null,
  mostNanoUsd,
});

const day = '2026-11-21';
const next = '2026-11-22';

test('a call without a known end is not counted among those without a price', (t) => {
  const days = [
    {
      day,
      costs: {
        rows: [
          costs('small', { calls: 10, nanoUsd: '5000000000', unpricedCalls: 3, possiblyBilledCalls: 2 }),
          costs('large', { calls: 1, nanoUsd: '1' }),
        ],
      },
    },
  ];
  const calls = [unseen(day, 'small', 1000), unseen(day, 'small', 500)];
  const { rows, total } = reconciliationOf(configOf(t), { days, unseen: calls }, ['provider']);
  assert.deepEqual(rows, [
    {
      day,
      provider: 'openai',
      calls: 11,
      knownUsd: 5.000000001,
      knownNanoUsd: '5000000001',
      possiblyBilledCalls: 2,
      possiblyBilledAtMostUsd: 0.0000015,
      possiblyBilledAtMostNanoUsd: '1500',
      unpricedCalls: 1,
    },
  ]);
  assert.equal(total.knownNanoUsd, '5000000001');
});

test('one call of which nothing is known makes the most unknown, never zero; so does one that is counted and not listed', (t) => {
  const days = [
    { day, costs: { rows: [costs('small', { calls: 2, unpricedCalls: 2, possiblyBilledCalls: 2 })] } },
  ];
  for (const calls of [[unseen(day, 'small', 7), unseen(day, 'small', null)], [unseen(day, 'small', 7)]]) {
    const { rows } = reconciliationOf(configOf(t), { days, unseen: calls }, ['provider']);
    assert.equal(rows[0]?.possiblyBilledAtMostUsd, null);
  }
});

test('days and models stand apart, and add up to the total; a removed model has no provider', (t) => {
  const days = [
    {
      day,
      costs: {
        rows: [costs('small', { calls: 2, nanoUsd: '2' }), costs('gone', { calls: 1, nanoUsd: '9' })],
      },
    },
    { day: next, costs: { rows: [costs('small', { calls: 4, nanoUsd: '4' })] } },
  ];
  const { rows, total } = reconciliationOf(configOf(t), { days, unseen: [] }, ['provider', 'model']);
  assert.deepEqual(
    rows.map((row) => [row.day, row.provider, row.model, row.calls, row.knownNanoUsd]),
    [
      [day, null, 'gone', 1, '9'],
      [day, 'openai', 'small', 2, '2'],
      [next, 'openai', 'small', 4, '4'],
    ],
  );
  assert.deepEqual([total.calls, total.knownNanoUsd], [7, '15']);
});
