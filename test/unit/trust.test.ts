import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { formatProblem } from '../../shared/config/problem.ts';
import type { Classification, Lane } from '../../shared/ticket.ts';
import { trustOf } from '../../shared/trust.ts';
import { flagsOf } from '../../services/classifier/flags.ts';
import { flagNames } from '../../shared/flag-names.ts';
import { load, loadValid, minimal } from './config-file.ts';

const base = `${minimal.replace('[large]', '[large], mode: draft')}
classifier: { queryTypes: { refund: {}, legal_question: {} } }
sources:
  shop: { platform: generic }
  careful: { platform: generic, mode: draft }
`;
const withRules = (...rules: string[]): string =>
  `${base}trust:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;

type Changes = Partial<Classification> & { source?: string; tags?: string[]; tier?: string };

function trusted(context: TestContext, text: string, changes: Changes = {}): [string, string | null] {
  const { config } = loadValid(context, text);
  const { source = 'shop', tags = [], ...labels } = changes;
  const classification: Classification = {
    queryType: 'refund',
    complexity: 0.2,
    tier: 'simple',
    language: 'en',
    flags: [],
    confidence: 0.9,
    decidedBy: 'model',
    ...labels,
  };
  const facts = { ticket: { source, tags, lane: 'live' as Lane }, classification };
  const { mode, by } = trustOf(config, facts, classification.tier);
  return [mode, by];
}

describe('who lets an answer out', () => {
  it('is the machine where nothing says otherwise, and a person where source or tier says draft', (t) => {
    assert.deepEqual(trusted(t, base), ['auto', null]);
    assert.deepEqual(trusted(t, base, { source: 'careful' }), ['draft', 'sources.careful.mode']);
    assert.deepEqual(trusted(t, base, { tier: 'complex' }), ['draft', 'tiers.complex.mode']);
    assert.deepEqual(trusted(t, base, { tier: 'complex', source: 'gone' }), ['draft', 'tiers.complex.mode']);
    assert.deepEqual(trusted(t, base, { tier: 'gone', source: 'careful' }), [
      'draft',
      'sources.careful.mode',
    ]);
  });

  it('is the first rule that matches, by tier, query type, language and confidence', (t) => {
    const rules = withRules(
      '{ when: { queryType: legal_question }, mode: people }',
      '{ when: { language: [de, en], confidenceBelow: 0.5 }, mode: draft }',
      '{ when: { tier: simple, language: en }, mode: auto }',
      '{ when: {}, mode: draft }',
    );
    assert.deepEqual(trusted(t, rules, { queryType: 'legal_question', confidence: 0.1 }), [
      'people',
      'trust[0]',
    ]);
    assert.deepEqual(trusted(t, rules, { confidence: 0.49 }), ['draft', 'trust[1]']);
    assert.deepEqual(trusted(t, rules, { confidence: 0.5 }), ['auto', null]);
    assert.deepEqual(trusted(t, rules, { language: 'de' }), ['draft', 'trust[3]']);
  });

  it('is the more careful one of rule, source and tier', (t) => {
    const rules = withRules(
      '{ when: { language: fr }, mode: people }',
      '{ when: { language: en }, mode: auto }',
    );
    assert.deepEqual(trusted(t, rules, { source: 'careful' }), ['draft', 'sources.careful.mode']);
    assert.deepEqual(trusted(t, rules, { tier: 'complex' }), ['draft', 'tiers.complex.mode']);
    assert.deepEqual(trusted(t, rules, { language: 'fr', tier: 'complex' }), ['people', 'trust[0]']);
  });

  it("goes by the route's tier, tags, flags and source too", (t) => {
    const rules = withRules(
      '{ when: { tier: complex }, mode: people }',
      '{ when: { flag: angry }, mode: people }',
      '{ when: { tag: vip, source: shop }, mode: draft }',
    );
    assert.deepEqual(trusted(t, rules, { tier: 'complex' }), ['people', 'trust[0]']);
    assert.deepEqual(trusted(t, rules, { flags: ['long', 'angry'] }), ['people', 'trust[1]']);
    assert.deepEqual(trusted(t, rules, { tags: ['vip'] }), ['draft', 'trust[2]']);
    assert.deepEqual(trusted(t, rules, { tags: ['ip'] }), ['auto', null]);
  });
});

const linesOf = (context: TestContext, ...rules: string[]): string[] => {
  const loaded = load(context, withRules(...rules));
  const found = loaded.kind === 'invalid' ? loaded.problems : loaded.warnings;
  return found.map(formatProblem).filter((line) => line.includes(' trust'));
};

describe('the rules of trust', () => {
  const wrong: [string, string, string][] = [
    [
      'query type',
      '{ when: { queryType: [refnd] }, mode: draft }',
      'trust[0].when.queryType[0]: unknown query type "refnd". Did you mean "refund"? Query types: refund, legal_question, other',
    ],
    [
      'tier',
      '{ when: { tier: simpel }, mode: draft }',
      'trust[0].when.tier: unknown tier "simpel". Did you mean "simple"? Tiers: simple, complex',
    ],
    [
      'source',
      '{ when: { source: shp }, mode: draft }',
      'trust[0].when.source: unknown source "shp". Did you mean "shop"? Sources: shop, careful',
    ],
    [
      'flag',
      '{ when: { flag: angyr }, mode: draft }',
      'trust[0].when.flag: unknown flag "angyr". Did you mean "angry"? Flags: legal, security, angry, long, multi_question, attachments',
    ],
    [
      'mode',
      '{ when: {}, mode: poeple }',
      'trust[0].mode: unknown mode "poeple". Did you mean "people"? Allowed: auto, draft, people',
    ],
    [
      'condition',
      '{ when: { langauge: en }, mode: draft }',
      'trust[0].when.langauge: unknown key "langauge". Did you mean "language"?',
    ],
  ];
  for (const [what, rule, expected] of wrong) {
    it(`are refused with the nearest right name where a ${what} is unknown`, (t) => {
      const lines = linesOf(t, rule);
      assert.equal(lines.length, 1);
      assert.ok(lines[0]!.includes(expected), lines[0]);
    });
  }

  it('may name what the classifier says by itself', (t) => {
    assert.deepEqual(linesOf(t, '{ when: { queryType: other, flag: [angry, long] }, mode: people }'), []);
  });

  const useless: [string, string[], string | null][] = [
    [
      'after one that matches everything',
      ['{ when: {}, mode: draft }', '{ when: { language: en }, mode: people }'],
      'trust[1]: can never match: trust[0] matches all of its tickets first',
    ],
    [
      'after one that matches more',
      [
        '{ when: { language: [en, de], confidenceBelow: 0.8 }, mode: draft }',
        '{ when: { language: de, confidenceBelow: 0.6, tag: vip }, mode: people }',
      ],
      'trust[1]: can never match: trust[0] matches all of its tickets first',
    ],
    [
      'not after one that matches others',
      [
        '{ when: { language: [en, de], confidenceBelow: 0.6 }, mode: draft }',
        '{ when: { language: de, confidenceBelow: 0.8 }, mode: people }',
        '{ when: { language: [de, fr], confidenceBelow: 0.5 }, mode: people }',
      ],
      null,
    ],
    [
      'by a confidence that nothing has',
      ['{ when: { confidenceBelow: 0 }, mode: draft }'],
      'trust[0]: can never match: no ticket is as its when says',
    ],
    [
      'by letting out what the tier holds back',
      ['{ when: { tier: complex }, mode: auto }'],
      'trust[0]: sends nothing: tiers.complex.mode is draft, and the more careful one wins',
    ],
    [
      'not by letting out what the tier holds back in part',
      ['{ when: { tier: [simple, complex] }, mode: auto }'],
      null,
    ],
  ];
  for (const [how, rules, expected] of useless) {
    it(`are told when one does nothing ${how}`.replace('does nothing not', 'may do something, not'), (t) => {
      const lines = linesOf(t, ...rules);
      assert.equal(lines.length, expected === null ? 0 : 1, lines.join('\n'));
      if (expected !== null) assert.ok(lines[0]!.includes(expected), lines[0]);
    });
  }

  it('know every flag that the classifier sets', () => {
    const body = `${'My lawyer will sue you! Hacked account! '.repeat(100)} a? b? c? WHAT AN OUTRAGE, GIVE ME MY MONEY BACK NOW!!`;
    const flags = flagsOf({ subject: '', body, attachments: 1 });
    assert.ok(flags.length >= 4);
    for (const flag of flags) assert.ok((flagNames as readonly string[]).includes(flag), flag);
  });
});
