/** How everything that is known of a ticket becomes its one classification. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { conclude } from '../../services/classifier/classify.ts';
import type { LocalLabels } from '../../services/classifier/labeller.ts';
import type { ModelLabels } from '../../services/classifier/prompt.ts';
import type { Ticket } from '../../shared/ticket.ts';
import { loadValid, minimal } from './config-file.ts';

const ticket: Ticket = {
  source: 'shop-api',
  externalId: 'T-1',
  conversationId: 'T-1',
  messageId: null,
  createdAt: '2026-11-22T09:59:58.000Z',
  subject: '',
  body: 'Where is my parcel?',
  requester: {},
  language: null,
  tags: [],
  priority: 'normal',
  lane: 'live',
  history: [],
  metadata: {},
};

const settings = `
classifier:
  queryTypes:
    refund: { tier: simple, tiers: { ja: complex } }
    lamp: { tier: complex }
  tierThresholds: { complex: 0.6 }
  flags: { legal: complex }
routes:
  - { when: { tag: vip }, tier: complex }
  - { when: { confidenceBelow: 0.3 }, tier: complex }
`;

const localLabels = (
  changes: { queryType?: string; confidence?: number; language?: string; flags?: string[] } = {},
): LocalLabels => ({
  language: changes.language ?? 'en',
  flags: changes.flags ?? [],
  nearest: () => ({ queryType: changes.queryType ?? 'refund', confidence: changes.confidence ?? 0.7 }),
});

const said = (changes: Partial<ModelLabels> = {}): ModelLabels => ({
  queryType: 'refund',
  complexity: 0.1,
  language: 'en',
  ...changes,
});

function concluded(
  t: TestContext,
  facts: { local?: LocalLabels; labels?: ModelLabels | null; ticket?: Partial<Ticket> },
) {
  const { config } = loadValid(t, minimal + settings);
  return conclude(config, { ...ticket, ...facts.ticket }, facts.local ?? localLabels(), facts.labels ?? null);
}

test('local labels alone: their type, their confidence, a complexity that says no more than the table', (t) => {
  assert.deepEqual(concluded(t, {}), {
    queryType: 'refund',
    complexity: 0.3,
    tier: 'simple',
    language: 'en',
    flags: [],
    confidence: 0.7,
    decidedBy: 'local',
  });
  assert.equal(concluded(t, { local: localLabels({ queryType: 'lamp' }) }).tier, 'complex');
});

test('a model’s labels win; what it can be trusted with does not come from itself', (t) => {
  const labels = said({ queryType: 'lamp', complexity: 0.2 });
  const result = concluded(t, { labels, local: localLabels({ confidence: 0.2 }) });
  assert.deepEqual(
    [result.queryType, result.complexity, result.decidedBy, result.confidence],
    ['lamp', 0.2, 'model', 0.9],
  );
});

test('complexity raises to the tier of its threshold, and never lowers the table’s', (t) => {
  assert.equal(concluded(t, { labels: said({ complexity: 0.59 }) }).tier, 'simple');
  assert.equal(concluded(t, { labels: said({ complexity: 0.6 }) }).tier, 'complex');
  assert.equal(concluded(t, { labels: said({ queryType: 'lamp', complexity: 0 }) }).tier, 'complex');
});

test('a flag raises the tier, whoever decided', (t) => {
  const local = localLabels({ flags: ['legal'] });
  assert.equal(concluded(t, { local }).tier, 'complex');
  const byModel = concluded(t, { local, labels: said() });
  assert.deepEqual([byModel.tier, byModel.flags], ['complex', ['legal']]);
});

test('language: the sender’s word, then the text, then the model; always the primary tag', (t) => {
  const language = (facts: Parameters<typeof concluded>[1]): string => concluded(t, facts).language;
  assert.equal(language({ ticket: { language: 'pt-BR' }, labels: said({ language: 'fr' }) }), 'pt');
  assert.equal(language({ labels: said({ language: 'fr' }) }), 'en');
  assert.equal(
    language({ local: localLabels({ language: 'und' }), labels: said({ language: 'zh-Hans' }) }),
    'zh',
  );
  assert.equal(language({ local: localLabels({ language: 'und' }) }), 'und');
});

test('the table’s entry for the language counts, in whatever script the tag was given', (t) => {
  assert.equal(concluded(t, { ticket: { language: 'ja-JP' } }).tier, 'complex');
});

test('a type that the table does not have belongs to the lowest tier', (t) => {
  assert.equal(concluded(t, { labels: said({ queryType: 'other' }) }).tier, 'simple');
  assert.equal(concluded(t, { labels: said({ queryType: 'constructor' }) }).tier, 'simple');
});

test('a matching route has the last word on the tier', (t) => {
  assert.equal(concluded(t, { ticket: { tags: ['vip'] } }).tier, 'complex');
  assert.equal(concluded(t, { local: localLabels({ confidence: 0.29 }) }).tier, 'complex');
  assert.equal(concluded(t, { local: localLabels({ confidence: 0.3 }) }).tier, 'simple');
});
