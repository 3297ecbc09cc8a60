import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ageText,
  agoText,
  bytesText,
  countText,
  durationText,
  percentText,
  plural,
  usdColumn,
  usdExact,
  usdText,
} from '../../services/cli/format.ts';
import { parseCount, parseNames, parseSpan } from '../../services/cli/usage.ts';

const usd = (dollars: number): number => Math.round(dollars * 1e9);

test('an age has one unit, and is never rounded up', () => {
  const ages: [number, string][] = [
    [0, '0 s'],
    [999, '0 s'],
    [1000, '1 s'],
    [119_999, '119 s'],
    [120_000, '2 min'],
    [7_199_000, '119 min'],
    [7_200_000, '2 h'],
    [47 * 3_600_000, '47 h'],
    [50 * 3_600_000, '2 d'],
  ];
  for (const [ms, text] of ages) assert.equal(ageText(ms), text);
  assert.equal(agoText(500), 'just now');
  assert.equal(agoText(3000), '3 s ago');
  assert.equal(durationText(812.4), '812 ms');
  assert.equal(durationText(2449), '2.4 s');
});

test('money has as many decimals as it needs, and a small amount is never shown as nothing', () => {
  assert.equal(usdText(0), '$0');
  assert.equal(usdText(usd(0.0001262)), '$0.000126');
  assert.equal(usdText(1), '<$0.000001');
  assert.equal(usdText(usd(12.34567)), '$12.3457');
  assert.equal(usdText(usd(1_234_567.891)), '$1,234,567.89');
  assert.equal(usdExact(0.0001262), '$0.0001262');
  assert.equal(usdExact(null), 'unknown');
  assert.deepEqual(usdColumn([usd(1500), usd(0.25), usd(0.001), 0]), [
    '$1,500.00',
    '$0.25',
    '<$0.01',
    '$0.00',
  ]);
});

test('counts, shares and bytes are for reading', () => {
  assert.equal(countText(1_234_567), '1,234,567');
  assert.equal(plural(1, 'call'), '1 call');
  assert.equal(plural(1200, 'call'), '1,200 calls');
  assert.equal(percentText(1, 1000), '<1 %');
  assert.equal(percentText(0, 0), '0 %');
  assert.equal(percentText(2, 3), '67 %');
  assert.equal(bytesText(0), '0 B');
  assert.equal(bytesText(1_572_864), '1.5 MB');
  assert.equal(bytesText(536_870_912), '512 MB');
});

test('spans, counts and names are read, and what cannot be read is named with what can', () => {
  assert.equal(parseSpan('--since', '90min'), 5_400_000);
  assert.equal(parseSpan('--since', '7d'), 604_800_000);
  assert.throws(() => parseSpan('--since', 'yesterday'), /--since takes a span such as .*not "yesterday"/);
  assert.throws(() => parseSpan('--since', '0h'), /not "0h"/);
  assert.equal(parseCount('--limit', '5'), 5);
  for (const wrong of ['0', '-1', '1.5', '1e3', 'many', ''])
    assert.throws(() => parseCount('--limit', wrong));
  assert.deepEqual(parseNames('side', 'tier, model', ['model', 'tier'] as const), ['model', 'tier']);
  assert.throws(
    () => parseNames('side', 'modl', ['model', 'tier'] as const),
    /Did you mean "model"\? Sides: model, tier/,
  );
});
