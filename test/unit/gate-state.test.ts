import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateStatusOf } from '../../shared/models/gate-state.ts';
import type { GateStatus } from '../../shared/models/gate-state.ts';
import { gateText } from '../../shared/models/gate-text.ts';

const nowMs = 1_800_000_000_000;
const at = (ms: number): string => String(nowMs + ms);
const minute = 60_000;

type Hash = Record<string, string>;
const read = (stored: { account?: Hash; own?: Hash; inFlight?: number }, concurrency: number | null = null) =>
  gateStatusOf(
    { model: 'large', provider: 'openai' },
    { account: {}, own: {}, inFlight: 0, ...stored },
    { concurrency, nowMs },
  );

const open = { until: at(20_000), since: at(-5000), trips: '1' };

test('a gate that nobody has touched is closed, unlimited, and at its full rate', () => {
  assert.deepEqual(read({}), {
    model: 'large',
    provider: 'openai',
    state: 'closed',
    scope: null,
    why: null,
    forced: null,
    sinceMs: null,
    untilMs: null,
    quietUntilMs: null,
    failures: 0,
    inFlight: 0,
    cap: null,
    rateShare: 1,
  } satisfies GateStatus);
});

const cases: [string, Parameters<typeof read>[0], Partial<GateStatus>][] = [
  [
    'a model whose calls failed is open by itself',
    { own: open },
    { state: 'open', scope: 'model', why: 'failures', sinceMs: nowMs - 5000, untilMs: nowMs + 20_000 },
  ],
  [
    'a model opened for a quarter of an hour is one that the provider does not know',
    { own: { since: at(0), until: at(15 * minute) } },
    { state: 'open', scope: 'model', why: 'unknown' },
  ],
  [
    'the longest wait between probes is no sign of that',
    { own: { since: at(0), until: at(6 * minute) } },
    { why: 'failures' },
  ],
  [
    'a probe that is out makes it half open',
    { own: { ...open, until: at(-1), probe: 'p', probeUntil: at(1000) } },
    { state: 'half-open' },
  ],
  [
    'a probe that never came back does not',
    { own: { ...open, until: at(-9000), probe: 'p', probeUntil: at(-1) } },
    { state: 'open' },
  ],
  [
    'an account without a valid key closes all its models, whatever they are themselves',
    { account: { ...open, why: 'key' }, own: { since: at(-99), until: at(99) } },
    { state: 'open', scope: 'account', why: 'key', sinceMs: nowMs - 5000 },
  ],
  [
    'an account without quota says so',
    { account: { ...open, why: 'quota' } },
    { scope: 'account', why: 'quota' },
  ],
  [
    'a provider whose models fail says so',
    { account: { ...open, why: 'models' } },
    { scope: 'account', why: 'models' },
  ],
  [
    'forced open beats everything',
    { account: { 'forced:large': 'open' } },
    { state: 'open', scope: 'hand', forced: 'open', why: null, untilMs: null },
  ],
  [
    'forced closed beats an opening, of the account too',
    { account: { ...open, why: 'key', 'forced:large': 'closed' }, own: open },
    { state: 'closed', scope: 'hand', forced: 'closed', why: null },
  ],
  [
    "another model's force is not its own",
    { account: { 'forced:small': 'open' } },
    { state: 'closed', forced: null },
  ],
  [
    'a learned cap limits it while it lasts',
    { own: { cap: '2.700', capUntil: at(1) }, inFlight: 2 },
    { state: 'limited', cap: 2, inFlight: 2 },
  ],
  ['and no longer', { own: { cap: '2.700', capUntil: at(-1) } }, { state: 'closed', cap: null }],
  [
    'the provider asked to be left alone until then',
    { own: { quietUntil: at(3000) } },
    { state: 'closed', quietUntilMs: nowMs + 3000 },
  ],
  ['a pause that is over is none', { own: { quietUntil: at(-1) } }, { quietUntilMs: null }],
  ['failures that are counted are told', { own: { failures: '2' } }, { state: 'closed', failures: 2 }],
  [
    'the rate that 429s left comes back by a twentieth a minute',
    { own: { f: '0.700', fAt: at(-2 * minute) } },
    { rateShare: 0.7 + 2 * 0.05 },
  ],
  ['and never goes beyond all of it', { own: { f: '0.700', fAt: at(-60 * minute) } }, { rateShare: 1 }],
];

for (const [what, stored, expected] of cases) {
  test(`gate: ${what}`, () => {
    const gate = read(stored);
    const keys = Object.keys(expected) as (keyof GateStatus)[];
    const seen = Object.fromEntries(keys.map((key) => [key, gate[key]]));
    assert.deepEqual(
      { ...seen, rateShare: rounded(gate.rateShare) },
      { ...expected, rateShare: rounded(expected.rateShare ?? gate.rateShare) },
    );
  });
}

const rounded = (share: number): number => Math.round(share * 1e6) / 1e6;

test('the lower of the configured and the learned cap holds', () => {
  const learned = { own: { cap: '9', capUntil: at(1) } };
  assert.equal(read(learned, 4).cap, 4);
  assert.equal(read(learned, 40).cap, 9);
  assert.equal(read({}, 4).cap, 4);
  // The configured one alone is how things are meant to be.
  assert.equal(read({}, 4).state, 'closed');
});

test('a gate in words says why it is open, and when it is tried', () => {
  assert.equal(gateText(read({ own: open }), nowMs), 'open: its calls fail, next probe in 20 s');
  assert.equal(
    gateText(read({ account: { ...open, until: at(-1), why: 'quota' } }), nowMs),
    'open: the account has no quota left, the next call is its probe',
  );
  assert.equal(gateText(read({ account: { 'forced:large': 'closed' } }), nowMs), 'closed by hand');
  assert.equal(gateText(read({}), nowMs), 'closed');
});
