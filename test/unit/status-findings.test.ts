import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreementOf } from '../../shared/processes/agreement.ts';
import type { ProcessInfo } from '../../shared/processes/list.ts';
import { findingsOf } from '../../shared/status/findings.ts';
import type { SystemStatus } from '../../shared/status/read-status.ts';
import type { StageStatus } from '../../shared/status/stages.ts';

const nowMs = Date.parse('2026-11-22T12:00:00Z');

const processOf = (changes: Partial<ProcessInfo> = {}): ProcessInfo => ({
  id: 'host-1-abcd',
  host: 'host',
  pid: 1,
  roles: ['tier', 'results', 'classifier', 'ingest'],
  tiers: ['simple'],
  startedAt: '2026-11-22T11:00:00.000Z',
  shards: 1,
  ageSeconds: 1,
  ...changes,
  config: {
    version: 'aaaaaaaaaaaa',
    file: '/etc/tierline.yaml',
    since: '2026-11-22T11:00:00.000Z',
    generation: 0,
    refused: null,
    taken: 1,
    refusals: 0,
    ...changes.config,
  },
});

const stageOf = (changes: Partial<StageStatus> = {}): StageStatus => ({
  queue: 'tier.simple',
  tier: 'simple',
  waiting: 0,
  backlog: 0,
  parked: 0,
  active: 0,
  oldestAgeSeconds: null,
  sloSeconds: 30,
  paused: false,
  backlogPaused: false,
  workers: 1,
  slots: 20,
  ...changes,
});

type Parts = {
  stage?: Partial<StageStatus>;
  processes?: ProcessInfo[];
  held?: number;
  unpricedCalls?: number;
  gate?: Partial<SystemStatus['breakers'][number]>;
  destinations?: SystemStatus['destinations'];
  pausedSources?: SystemStatus['pausedSources'];
};

function statusOf({
  stage,
  processes = [processOf()],
  held = 0,
  unpricedCalls = 0,
  gate,
  destinations = [],
  pausedSources = [],
}: Parts): SystemStatus {
  const breaker: SystemStatus['breakers'][number] = {
    model: 'luna',
    provider: 'openai',
    state: 'open',
    scope: 'model',
    why: null,
    forced: null,
    sinceMs: nowMs - 1000,
    untilMs: nowMs + 14_000,
    quietUntilMs: null,
    failures: 0,
    inFlight: 0,
    cap: null,
    rateShare: 1,
  };
  return {
    at: new Date(nowMs).toISOString(),
    stages: [stageOf(stage)],
    tickets: { open: 0, leased: 0, parked: 0 },
    pausedSources,
    breakers: gate ? [{ ...breaker, ...gate }] : [],
    destinations,
    deadLetters: {
      held,
      causes: held > 0 ? [{ cause: 'poison', queue: 'tier.simple', count: held }] : [],
      handedOff24h: 4,
    },
    spend: { usd: 0, nanoUsd: '0', calls: 1, unpricedCalls, possiblyBilledCalls: 0 },
    redis: {
      version: '7.0.15',
      appendOnly: true,
      appendOnlyWorks: true,
      evictionPolicy: 'noeviction',
      usedBytes: 1,
      maxBytes: 0,
      isReplica: false,
      findings: [],
    },
    processes,
    configuration: agreementOf(processes, nowMs, 'tierline'),
  };
}

const codes = (parts: Parts, version = 'aaaaaaaaaaaa'): string[] =>
  findingsOf(statusOf(parts), version).map(({ level, code }) => `${level} ${code}`);

test('a system in which nothing waits too long has no findings, be people handed tickets or not', () => {
  assert.deepEqual(codes({}), []);
  assert.deepEqual(codes({ stage: { waiting: 5, parked: 2, oldestAgeSeconds: 30 } }), []);
  assert.deepEqual(codes({ gate: { state: 'closed', quietUntilMs: nowMs + 1000 } }), []);
  assert.deepEqual(codes({ gate: { state: 'limited', cap: 8 } }), []);
});

test('a tier is late from its sloSeconds on, and a queue without one never is', () => {
  assert.deepEqual(codes({ stage: { waiting: 1, oldestAgeSeconds: 30.1 } }), ['wrong too_old']);
  const queue = { queue: 'deliver', tier: null, sloSeconds: null, slots: null };
  assert.deepEqual(codes({ stage: { ...queue, waiting: 1, oldestAgeSeconds: 9000 } }), []);
});

test('how to cure a late tier depends on what it waits for', () => {
  const cureOf = (stage: Partial<StageStatus>): string =>
    findingsOf(statusOf({ stage: { oldestAgeSeconds: 99, ...stage } }), 'aaaaaaaaaaaa').find(
      ({ code }) => code === 'too_old',
    )!.cure;
  assert.match(cureOf({ waiting: 3 }), /^Add slots: another tierline run tier --tier simple/);
  assert.match(cureOf({ parked: 3 }), /parked until a model can answer: tierline doctor/);
  assert.match(cureOf({ waiting: 3, paused: true }), /once the queue is worked on again/);
});

test('no worker is wrong only where something waits, in either lane or parked; a pause without tickets is a notice', () => {
  const idle = { workers: 0, slots: 0 };
  assert.deepEqual(codes({ stage: idle }), []);
  for (const lane of ['waiting', 'backlog', 'parked'] as const) {
    assert.deepEqual(codes({ stage: { ...idle, [lane]: 1 } }), ['wrong no_worker']);
  }
  assert.deepEqual(codes({ stage: { paused: true } }), ['notice paused']);
  assert.deepEqual(codes({ stage: { paused: true, waiting: 1 } }), ['wrong paused']);
  assert.deepEqual(codes({ stage: { backlogPaused: true, backlog: 9 } }), ['notice paused']);
  assert.deepEqual(codes({ stage: { ...idle, waiting: 1 }, processes: [] }), ['wrong nothing_runs']);
});

test('an open breaker is wrong, one that somebody opened is a notice, and each says what to do', () => {
  const found = (gate: Parts['gate'] & object) => findingsOf(statusOf({ gate }), 'aaaaaaaaaaaa')[0]!;
  const failing = found({});
  assert.deepEqual([failing.level, failing.subject], ['wrong', 'luna']);
  assert.match(failing.cure, /closes by itself/);
  const refused = found({ scope: 'account', why: 'key', untilMs: nowMs + 900_000 });
  assert.match(refused.message, /openai refuses the key.*All models of openai are left alone/);
  assert.match(refused.cure, /tierline doctor/);
  assert.match(
    found({ scope: 'account', why: 'quota' }).message,
    /the account at openai has no quota or credit left/,
  );
  assert.match(found({ why: 'unknown' }).message, /openai does not know it/);
  assert.match(found({ why: 'unknown' }).cure, /tierline doctor/);
  const forced = found({ forced: 'open', scope: 'hand', sinceMs: null, untilMs: null });
  assert.deepEqual(
    [forced.level, forced.cure],
    ['notice', 'Let it go on by itself: tierline breakers auto luna'],
  );
});

test('configurations: differing, refused, and another one than the asker sees', () => {
  const other = processOf({
    id: 'host-2',
    config: { ...processOf().config, version: 'bbbbbbbbbbbb', file: '/tmp/other.yaml' },
  });
  const differ = findingsOf(statusOf({ processes: [processOf(), other] }), 'aaaaaaaaaaaa')[0]!;
  assert.equal(differ.code, 'configurations_differ');
  assert.match(differ.message, /aaaaaaaaaaaa \(\/etc\/tierline\.yaml\).*bbbbbbbbbbbb \(\/tmp\/other\.yaml\)/);
  assert.match(differ.cure, /TIERLINE_PREFIX/);
  const refused = {
    at: '2026-11-22T11:30:00.000Z',
    problems: ['tierline.yaml:3:1: a tab cannot indent in YAML; use spaces'],
  };
  const running = processOf({ config: { ...processOf().config, refused } });
  const [finding] = findingsOf(statusOf({ processes: [running] }), 'cccccccccccc');
  assert.equal(finding?.code, 'configuration_refused');
  assert.match(finding.message, /tierline\.yaml:3:1: a tab/);
  assert.deepEqual(codes({}, 'cccccccccccc'), ['notice configuration_elsewhere']);
});

test('what is held is wrong and named by its causes, what has no known cost is a notice, and the wrong come first', () => {
  assert.deepEqual(codes({ held: 2, unpricedCalls: 1 }), ['wrong dead_letters', 'notice unpriced_calls']);
  const [held] = findingsOf(statusOf({ held: 2 }), 'aaaaaaaaaaaa');
  assert.match(held!.message, /^2 tickets held \(poison 2 times\)/);
  assert.deepEqual(codes({ stage: { backlogPaused: true }, held: 1 }), [
    'wrong dead_letters',
    'notice paused',
  ]);
});

test('a destination that is disabled is wrong, one to which nothing gets through only after a minute', () => {
  const one = (standing: 'disabled' | 'failing', ageMs: number) => ({
    destinations: [{ destination: 'hook', standing, sinceMs: nowMs - ageMs }],
  });
  assert.deepEqual(codes(one('disabled', 0)), ['wrong destination_disabled']);
  assert.deepEqual(codes(one('failing', 59_000)), ['notice destination_failing']);
  assert.deepEqual(codes(one('failing', 61_000)), ['wrong destination_failing']);
  const [disabled] = findingsOf(statusOf(one('disabled', 7_200_000)), 'aaaaaaaaaaaa');
  assert.match(disabled!.message, /^Destination hook has been disabled for 2 h: it answered 410\./);
  assert.match(disabled!.cure, /tierline deliveries enable hook/);
});

test('every finding is a sentence with a cure', () => {
  const status = statusOf({
    stage: { waiting: 1, workers: 0, paused: true, oldestAgeSeconds: 99 },
    held: 1,
    unpricedCalls: 3,
    gate: {},
  });
  const findings = findingsOf(status, 'cccccccccccc');
  assert.equal(findings.length, 7);
  for (const { message, cure } of findings) {
    assert.match(message, /^[A-Z0-9].*\.$/);
    assert.ok(cure.length > 10);
  }
});

test('a paused source is a notice, with what is kept and the command that goes on', () => {
  const pausedSources = [
    { source: 'desk', sinceMs: nowMs - 600_000, kept: 0 },
    { source: 'shop', sinceMs: nowMs - 60_000, kept: 3 },
  ];
  assert.deepEqual(
    findingsOf(statusOf({ pausedSources }), 'aaaaaaaaaaaa').map((one) => [
      one.level,
      one.code,
      one.subject,
      one.message,
    ]),
    [
      [
        'notice',
        'source_paused',
        'desk',
        'Source desk has been paused for 10 min: nothing of it waits, and nothing is delivered.',
      ],
      [
        'notice',
        'source_paused',
        'shop',
        'Source shop has been paused for 60 s: 3 tickets of it are kept, and nothing is delivered.',
      ],
    ],
  );
});
