import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { RecentDeadLetter } from '../../shared/alerts/dead-letter-conditions.ts';
import { conditionsOfDeadLetters } from '../../shared/alerts/dead-letter-conditions.ts';
import { conditionsOfDeadlines } from '../../shared/alerts/deadline-conditions.ts';
import { conditionsOfDestinations } from '../../shared/alerts/destination-conditions.ts';
import { conditionsOfGates } from '../../shared/alerts/gate-conditions.ts';
import { idOf } from '../../shared/alerts/condition.ts';
import type { Config } from '../../shared/config/schema.ts';
import { gateStatusOf } from '../../shared/models/gate-state.ts';
import type { GateStatus } from '../../shared/models/gate-state.ts';
import { loadValid, minimal } from './config-file.ts';

const nowMs = 1_800_000_000_000;

const closed = (model: string, provider = 'openai'): GateStatus =>
  gateStatusOf({ model, provider }, { account: {}, own: {}, inFlight: 0 }, { concurrency: null, nowMs });
const opened = (
  model: string,
  why: NonNullable<GateStatus['why']>,
  changes: Partial<GateStatus> = {},
): GateStatus => ({
  ...closed(model),
  state: 'open',
  scope: why === 'failures' || why === 'unknown' ? 'model' : 'account',
  why,
  sinceMs: nowMs - 1000,
  untilMs: nowMs + 1000,
  ...changes,
});

const configOf = (t: TestContext): Config => loadValid(t, minimal, { env: { OPENAI_API_KEY: 'k' } }).config;
const ids = (config: Config, gates: GateStatus[]): string[] =>
  conditionsOfGates(config, gates, nowMs).conditions.map(idOf);

describe('the models’ gates', () => {
  test('an open model is a condition, a closed one none', (t) => {
    const config = configOf(t);
    assert.deepEqual(ids(config, [closed('small'), closed('large')]), []);
    assert.deepEqual(ids(config, [opened('small', 'failures'), closed('large')]), ['breaker_open:small']);
    assert.deepEqual(ids(config, [opened('small', 'unknown')]), ['model_unknown:small']);
    assert.deepEqual(ids(config, [opened('small', 'failures', { state: 'half-open' })]), [
      'breaker_open:small',
    ]);
  });

  test('an open account is one condition, however many models it has; a refused key is not a used-up quota', (t) => {
    const config = configOf(t);
    for (const [why, id] of [
      ['key', 'key_refused:openai'],
      ['quota', 'quota_exhausted:openai'],
      ['models', 'provider_down:openai'],
    ] as const) {
      assert.deepEqual(ids(config, [opened('small', why), opened('large', why)]), [id]);
    }
  });

  test('while an account is open nothing is said of its models, nor of another reason for it', (t) => {
    const { unknown } = conditionsOfGates(configOf(t), [opened('small', 'models')], nowMs);
    assert.ok(
      ['breaker_open:small', 'key_refused:openai', 'quota_exhausted:openai'].every((id) =>
        unknown.includes(id),
      ),
    );
  });

  test('a model whose provider’s account was told of is not told of besides', (t) => {
    const { saidBy } = conditionsOfGates(configOf(t), [opened('small', 'failures')], nowMs);
    assert.deepEqual(saidBy.get('breaker_open:small')?.toSorted(), [
      'key_refused:openai',
      'model_unknown:small',
      'provider_down:openai',
      'quota_exhausted:openai',
    ]);
  });

  test('what was opened or closed by hand is no news', (t) => {
    const config = configOf(t);
    const byHand = { state: 'open', scope: 'hand', forced: 'open' } as const;
    assert.deepEqual(ids(config, [{ ...closed('small'), ...byHand }]), []);
    assert.deepEqual(ids(config, [{ ...closed('small'), scope: 'hand', forced: 'closed' }]), []);
  });

  test('a model that nobody has called since it could be is not told of', (t) => {
    const stale = opened('small', 'failures', { untilMs: nowMs - 61_000 });
    const observed = conditionsOfGates(configOf(t), [stale], nowMs);
    assert.deepEqual(observed.conditions, []);
    assert.ok(observed.unknown.includes('breaker_open:small'));
  });

  test('a tier that nothing can answer now makes it critical, and is named', (t) => {
    const config = configOf(t);
    const [one] = conditionsOfGates(config, [opened('small', 'failures'), closed('large')], nowMs).conditions;
    assert.equal(one?.severity, 'critical');
    assert.match(one?.text ?? '', /Nothing can answer tier simple now/);
    const both = { ...config, tiers: { simple: { ...config.tiers['simple']!, models: ['small', 'large'] } } };
    const [other] = conditionsOfGates(both, [opened('small', 'failures'), closed('large')], nowMs).conditions;
    assert.equal(other?.severity, 'warning');
    assert.match(other?.text ?? '', /the next model of each chain answers/);
  });
});

describe('dead letters', () => {
  const letters = (count: number, changes: Partial<RecentDeadLetter> = {}): RecentDeadLetter[] =>
    Array.from({ length: count }, (_, i) => ({
      end: 'handed_off',
      queue: 'tier.simple',
      cause: 'no_model',
      at: nowMs - i,
      ...changes,
    }));

  test('a held one is told of at once: nobody else knows of it', () => {
    const [one] = conditionsOfDeadLetters(letters(1, { end: 'dead' }), { ended: 1000, least: 5 });
    assert.equal(one?.severity, 'critical');
    assert.match(one?.text ?? '', /1 is held: nobody was told/);
  });

  test('hand-offs are told of when they are many, and more than a few of all tickets', () => {
    assert.deepEqual(conditionsOfDeadLetters(letters(4), { ended: 10, least: 5 }), []);
    assert.deepEqual(conditionsOfDeadLetters(letters(5), { ended: 1000, least: 5 }), []);
    const [one] = conditionsOfDeadLetters(letters(5), { ended: 100, least: 5 });
    assert.deepEqual([one?.subject, one?.severity], ['tier.simple', 'warning']);
    assert.match(one?.text ?? '', /because of: no_model/);
  });

  test('each queue is a condition of its own, named with its most frequent cause', () => {
    const all = [
      ...letters(5),
      ...letters(2, { cause: 'attempts' }),
      ...letters(6, { queue: 'deliver', cause: 'undeliverable' }),
    ];
    const found = conditionsOfDeadLetters(all, { ended: 13, least: 5 });
    assert.deepEqual(
      found.map(({ subject, text }) => [subject, /because of: (\w+)/.exec(text)?.[1]]),
      [
        ['tier.simple', 'no_model'],
        ['deliver', 'undeliverable'],
      ],
    );
  });
});

describe('deadlines', () => {
  const minute = 60_000;
  const ticket = { state: 'answer', queue: 'tier.simple', acceptedAt: 0, deadline: nowMs + 10 * minute };
  const subjects = (t: TestContext, all: (typeof ticket)[]): string[] =>
    conditionsOfDeadlines(configOf(t), all, nowMs).map(({ subject }) => subject);

  test('a ticket that has used four fifths of its tier’s deadline is told of; before that none', (t) => {
    // Of 15 minutes, three are a fifth.
    assert.deepEqual(subjects(t, [{ ...ticket, deadline: nowMs + 3 * minute + 1 }]), []);
    assert.deepEqual(subjects(t, [ticket, { ...ticket, deadline: nowMs + 3 * minute }]), ['simple']);
    assert.deepEqual(subjects(t, [{ ...ticket, queue: 'tier.complex', deadline: nowMs + 3 * minute }]), [
      'complex',
    ]);
  });

  test('the backlog has its own deadline', (t) => {
    const backlog = { ...ticket, queue: 'tier.simple.backlog' };
    // Of 48 hours, a fifth is 9 h 36 min.
    assert.deepEqual(subjects(t, [{ ...backlog, deadline: nowMs + 577 * minute }]), []);
    assert.deepEqual(subjects(t, [{ ...backlog, deadline: nowMs + 576 * minute }]), ['simple']);
  });

  test('an answer that waits to be delivered is not near any deadline', (t) => {
    assert.deepEqual(
      subjects(t, [{ ...ticket, state: 'deliver', queue: 'deliver', deadline: nowMs - minute }]),
      [],
    );
  });

  test('a ticket without a tier counts by the shortest deadline that it may get', (t) => {
    const waiting = { ...ticket, state: 'classify', queue: 'classify', deadline: 0 };
    assert.deepEqual(subjects(t, [{ ...waiting, acceptedAt: nowMs - 12 * minute + 1 }]), []);
    assert.deepEqual(subjects(t, [{ ...waiting, acceptedAt: nowMs - 12 * minute }]), ['classify']);
  });
});

test('a destination that answered 410 is told at once, one to which nothing gets through after a minute', () => {
  const told = (standing: 'disabled' | 'failing', ageMs: number) =>
    conditionsOfDestinations([{ destination: 'hook', standing, sinceMs: nowMs - ageMs }], nowMs);
  const [disabled] = told('disabled', 0);
  assert.deepEqual([idOf(disabled!), disabled!.severity], ['destination_disabled:hook', 'critical']);
  assert.match(disabled!.text, /tierline deliveries enable hook/);
  assert.deepEqual(told('failing', 59_000), []);
  assert.deepEqual(told('failing', 60_000).map(idOf), ['destination_failing:hook']);
});
