import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasDemoBlock, parseDemoFigures, withDemoNumbers } from '../../infra/docs/demo-block.ts';
import { read } from './documentation.ts';

/** A part of what the demo prints as JSON; it may print more. */
const printed = JSON.stringify({
  tickets: 1500,
  replies: 1497,
  handoffs: 3,
  failovers: 210,
  costUsd: 0.25,
  baselineUsd: 1.5,
  savedUsd: 1.25,
  savedPercent: 83,
  classifierUsd: 0.0212,
  failedCalls: 47,
  simulated: true,
  seed: 1,
  mix: '60/30/10',
  baselineModel: 'sim-sol',
  tiers: [{ tier: 'simple', tickets: 1500, costUsd: 0.25, baselineUsd: 1.5, p50Ms: 900, p95Ms: 1800 }],
  perMonth: { interactionsPerDay: 500_000, costUsd: 2500, baselineUsd: 15_000 },
  seconds: 41,
});

const page = 'Before.\n\n<!-- demo -->\n\nNot measured yet.\n\n<!-- /demo -->\n\nAfter.\n';

test("the demo's numbers take the place of what stood between the marks, and of nothing else", () => {
  const filled = withDemoNumbers(page, parseDemoFigures(printed), '../');
  assert.match(filled, /^Before\.\n\n<!-- demo -->\n\n\| tier /);
  assert.match(filled, /\n\n<!-- \/demo -->\n\nAfter\.\n$/);
  assert.doesNotMatch(filled, /Not measured/);
  assert.match(filled, /\| `simple` \| 1,500 +\| \$0\.2500 +\| \$1\.5000 +\|/);
  assert.match(filled, /1,497 replies, 3 handed to people/);
  assert.match(filled, /210 fail-overs, 47 failed calls/);
  assert.match(filled, /Saved: \$1\.2500, 83 %/);
  assert.match(filled, /500,000 interactions a day.*\$2,500 a month instead of \$15,000/);
  assert.match(filled, /\(\.\.\/infra\/prices\.yaml\)/);
});

test('filling in the same numbers again changes nothing', () => {
  const figures = parseDemoFigures(printed);
  const once = withDemoNumbers(page, figures, '');
  assert.equal(withDemoNumbers(once, figures, ''), once);
});

test('what is not the JSON of the demo is refused', () => {
  assert.throws(() => parseDemoFigures('{"tickets":1}'));
  assert.throws(() => parseDemoFigures('What came of it'));
});

test('the story from one provider to three tiers has a place for the numbers', () => {
  assert.ok(hasDemoBlock(read('docs/from-one-to-three-tiers.md')));
});
