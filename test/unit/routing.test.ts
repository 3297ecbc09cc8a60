import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Config } from '../../shared/config/schema.ts';
import { deadlineOf, destinationOf, impliedComplexity, routeOf, tierOf } from '../../shared/routing.ts';
import type { Classification, Lane } from '../../shared/ticket.ts';
import { loadValid } from './config-file.ts';

const yaml = `
providers:
  openai: { preset: openai, apiKey: "\${env:KEY}" }
models:
  small: { provider: openai, model: gpt-6-luna }
  large: { provider: openai, model: gpt-6.1-sol }
classifier:
  queryTypes:
    refund: { description: asks for money back, tier: simple, tiers: { ja: complex }, examples: ["I want my money back"] }
    repair: { description: a product does not work, tier: standard, examples: ["The lamp is broken"] }
  tierThresholds: { standard: 0.35, complex: 0.7 }
  flags: { legal: complex, angry: standard }
tiers:
  simple: { models: [small], deadlineMs: 60000, backlogDeadlineMs: 90000 }
  standard: { models: [small, large], mode: draft }
  complex: { models: [large] }
sources:
  shop: { platform: generic, destination: hook }
  careful: { platform: generic, destination: file, mode: draft }
destinations:
  hook: { type: webhook, url: "https://shop.example/hook", secret: "whsec_YSBzZWNyZXQgb2YgMjQgYnl0ZXMgLi4u" }
  file: { type: log, path: replies.jsonl }
`;

const routes = `
routes:
  - { when: { language: [zh, ja], queryType: [refund] }, tier: standard, models: [large, small] }
  - { when: { source: [careful] }, models: [large] }
  - { when: { tag: [vip, press] }, tier: complex }
  - { when: { flag: [legal] }, models: [large] }
  - { when: { lane: [backlog] }, models: [small] }
  - { when: { confidenceBelow: 0.5 }, tier: complex }
  - { when: { complexityAbove: 0.9 }, models: [large] }
`;

let plain: Config;
let routed: Config;
before((t) => {
  plain = loadValid(t as TestContext, yaml, { env: { KEY: 'sk' } }).config;
  routed = loadValid(t as TestContext, yaml + routes, { env: { KEY: 'sk' } }).config;
});

const signals = {
  queryType: 'refund',
  language: 'en',
  flags: [] as string[],
  confidence: 0.9,
  complexity: 0,
};

describe('the tier', () => {
  const cases: [string, Partial<typeof signals>, boolean, string][] = [
    ["is the table's entry for the query type", {}, true, 'simple'],
    ["is the entry's own one for the language", { language: 'ja' }, true, 'complex'],
    ['is the lowest for a query type that the table does not have', { queryType: 'poem' }, true, 'simple'],
    [
      'is the lowest for a query type named like a part of every object',
      { queryType: 'constructor' },
      true,
      'simple',
    ],
    ['stays below a threshold', { complexity: 0.34 }, true, 'simple'],
    ['rises at a threshold', { complexity: 0.35 }, true, 'standard'],
    ['rises at the higher threshold', { complexity: 0.7 }, true, 'complex'],
    ['is not raised by a complexity that nobody judged', { complexity: 1 }, false, 'simple'],
    ['rises by a flag', { flags: ['angry'] }, false, 'standard'],
    ['rises by the strongest flag', { flags: ['legal', 'angry'] }, false, 'complex'],
    ['is not touched by a flag without an entry', { flags: ['vip', 'constructor'] }, true, 'simple'],
    ['is never lowered by a flag', { language: 'ja', flags: ['angry'] }, true, 'complex'],
    ['is never lowered by a low complexity', { queryType: 'repair', complexity: 0 }, true, 'standard'],
  ];
  for (const [name, changes, judged, expected] of cases) {
    test(name, () => assert.equal(tierOf(plain, { ...signals, ...changes }, judged), expected));
  }

  test('without a judge implies the middle of its band, which keeps it in its tier', () => {
    const implied = ['simple', 'standard', 'complex'].map((tier) => impliedComplexity(plain, tier));
    for (const [i, middle] of [0.175, 0.525, 0.85].entries())
      assert.ok(Math.abs(implied[i]! - middle) < 0.01);
    for (const [i, tier] of ['simple', 'standard', 'complex'].entries()) {
      assert.equal(tierOf(plain, { ...signals, complexity: implied[i]! }, true), tier);
    }
  });
});

const classification: Classification = { ...signals, complexity: 0.2, tier: 'simple', decidedBy: 'model' };
const ticket = { source: 'shop', tags: [] as string[], lane: 'live' as Lane };
const route = (ofTicket: Partial<typeof ticket> = {}, ofClassification: Partial<Classification> = {}) =>
  routeOf(routed, {
    ticket: { ...ticket, ...ofTicket },
    classification: { ...classification, ...ofClassification },
  });

describe('the route', () => {
  test("without a match is the classification's tier with its chain", () => {
    assert.deepEqual(route(), { tier: 'simple', chain: ['small'], rule: null });
    assert.deepEqual(route({}, { tier: 'standard' }), {
      tier: 'standard',
      chain: ['small', 'large'],
      rule: null,
    });
    assert.deepEqual(routeOf(plain, { ticket, classification }), {
      tier: 'simple',
      chain: ['small'],
      rule: null,
    });
  });

  test('of a tier that the configuration no longer has is the one that the same labels lead to now', () => {
    assert.deepEqual(route({}, { tier: 'gone' }), { tier: 'simple', chain: ['small'], rule: null });
    assert.equal(route({}, { tier: 'gone', complexity: 0.7 }).tier, 'complex');
    assert.equal(route({}, { tier: 'gone', complexity: 0.7, decidedBy: 'local' }).tier, 'simple');
    assert.equal(route({}, { tier: 'constructor', queryType: 'repair' }).tier, 'standard');
  });

  test('needs every condition of an entry, and any value of each', () => {
    for (const language of ['zh', 'ja']) {
      assert.deepEqual(route({}, { language }), { tier: 'standard', chain: ['large', 'small'], rule: 0 });
    }
    assert.equal(route({}, { language: 'zh', queryType: 'repair' }).rule, null);
  });

  test('goes by source, tag, flag, lane, confidence and complexity', () => {
    assert.deepEqual(route({ source: 'careful' }), { tier: 'simple', chain: ['large'], rule: 1 });
    assert.deepEqual(route({ tags: ['new', 'press'] }), { tier: 'complex', chain: ['large'], rule: 2 });
    assert.equal(route({ tags: ['new'] }).rule, null);
    assert.equal(route({}, { flags: ['angry', 'legal'] }).rule, 3);
    assert.deepEqual(route({ lane: 'backlog' }), { tier: 'simple', chain: ['small'], rule: 4 });
    assert.deepEqual(route({}, { confidence: 0.49 }), { tier: 'complex', chain: ['large'], rule: 5 });
    assert.equal(route({}, { confidence: 0.5 }).rule, null);
    assert.equal(route({}, { complexity: 0.91 }).rule, 6);
    assert.equal(route({}, { complexity: 0.9 }).rule, null);
  });

  test('is the first entry that matches', () => {
    const both = route({ source: 'careful', tags: ['vip'] }, { confidence: 0.1 });
    assert.deepEqual(both, { tier: 'simple', chain: ['large'], rule: 1 });
    assert.equal(route({ tags: ['vip'] }, { confidence: 0.1 }).rule, 2);
  });
});

describe('the deadline', () => {
  test('runs from acceptance, by tier and lane', () => {
    assert.equal(deadlineOf(plain, 'simple', 'live', 500), 60_500);
    assert.equal(deadlineOf(plain, 'simple', 'backlog', 500), 90_500);
  });

  test('has defaults: 15 minutes, 4 hours and 24 hours live, 48 hours backlog', (t) => {
    const hourMs = 3_600_000;
    const text = yaml.replace(', deadlineMs: 60000, backlogDeadlineMs: 90000', '');
    const { config } = loadValid(t, text, { env: { KEY: 'sk' } });
    for (const [tier, hours] of [
      ['simple', 0.25],
      ['standard', 4],
      ['complex', 24],
    ] as const) {
      assert.equal(deadlineOf(config, tier, 'live', 0), hours * hourMs);
      assert.equal(deadlineOf(config, tier, 'backlog', 0), 48 * hourMs);
    }
  });

  test('of a tier that is gone has passed', () => assert.equal(deadlineOf(plain, 'gone', 'live', 500), 500));
});

test("the destination is the source's, and null for a source that is gone", () => {
  assert.equal(destinationOf(plain, 'shop'), 'hook');
  assert.equal(destinationOf(plain, 'careful'), 'file');
  assert.equal(destinationOf(plain, 'gone'), null);
});
