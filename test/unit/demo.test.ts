/** The demo's own arithmetic and its screen. The demo as a whole: test/e2e/demo.test.ts. */
import assert from 'node:assert/strict';
import { stripVTControlCharacters, styleText } from 'node:util';
import { test } from 'node:test';
import { parseMix, spreadTiers, tierNames } from '../../services/demo/mix.ts';
import type { Snapshot } from '../../services/demo/observe.ts';
import { providerTraits } from '../../services/demo/providers.ts';
import { savedPercent, savedPercentFor, usdPerMonth } from '../../services/demo/savings.ts';
import { countTokens, judge, readRequest } from '../../services/demo/simulated-model.ts';
import { makeTickets, readSamples } from '../../services/demo/tickets.ts';
import { fit, frameOf, plainLine } from '../../services/demo/view.ts';
import type { Paint } from '../../services/demo/view.ts';

const mix = parseMix('60/30/10');

test('a mix is three whole per cents that add up to 100', () => {
  assert.deepEqual(mix, { simple: 60, standard: 30, complex: 10 });
  for (const wrong of ['60/30', '60/30/11', '60/30/10/0', 'a/b/c', '-10/100/10', '60.5/29.5/10', '']) {
    assert.throws(() => parseMix(wrong), { code: 'usage' }, wrong);
  }
});

test('every part of a row of tickets has the mix', () => {
  const row = spreadTiers(mix, 1000);
  for (const from of [0, 130, 870]) {
    const part = row.slice(from, from + 100);
    const counts = tierNames.map((tier) => part.filter((one) => one === tier).length);
    for (const [index, count] of counts.entries()) assert.ok(Math.abs(count - [60, 30, 10][index]!) <= 1);
  }
});

test('the same seed makes the same tickets, another seed makes others', async () => {
  const samples = await readSamples();
  const make = (seed: number) => makeTickets(samples, { count: 200, mix, seed });
  assert.deepEqual(make(1), make(1));
  assert.notDeepEqual(make(1), make(2));
});

test('no ticket of the outage threatens anybody: it could only wait for the end of the outage', async () => {
  const tickets = makeTickets(await readSamples(), { count: 500, mix, seed: 1 });
  const threats = tickets.filter(({ isThreat }) => isThreat);
  assert.ok(threats.length > 0);
  assert.ok(threats.every(({ chapter }) => chapter !== 'outage'));
  assert.equal(new Set(tickets.map(({ number }) => number)).size, 500);
});

const request = (model: string): string =>
  JSON.stringify({
    model,
    messages: [
      { role: 'system', content: 'You write replies.' },
      { role: 'user', content: '<ticket-1>{"subject":"Lamp [#100007]"}</ticket-1>' },
    ],
    stream: true,
  });

test('a simulated model knows the ticket by its number, and counts what it was sent', () => {
  const read = readRequest(request('simulated-luna'));
  assert.equal(read?.ticketNumber, 100_007);
  assert.equal(read.queryTypes, null);
  assert.ok(read.inputTokens > countTokens('You write replies.'));
  assert.equal(readRequest('not JSON'), null);
});

test('the same ticket gets the same tokens from every model, so that prices alone make the difference', async () => {
  const [ticket] = makeTickets(await readSamples(), { count: 50, mix, seed: 1 });
  const facts = { seed: 1, provider: 'any', failureRate: 0, asked: 0 };
  const tokens = providerTraits.flatMap(({ models }) =>
    Object.keys(models).map((model) => {
      const verdict = judge(readRequest(request(model))!, ticket, facts);
      return verdict.kind === 'text' ? verdict.outputTokens : null;
    }),
  );
  assert.equal(new Set(tokens).size, 1);
  assert.ok(tokens[0]! > 20);
});

const tiers = [
  { tier: 'simple' as const, costNano: 50, baselineNano: 1000 },
  { tier: 'standard' as const, costNano: 1000, baselineNano: 2000 },
  { tier: 'complex' as const, costNano: 3000, baselineNano: 3000 },
];
const money = { costNano: 4050, labelsNano: 20, baselineNano: 6000, savedNano: 1950, tiers };

test('the saving is a share of the baseline, and nothing is claimed before there is one', () => {
  assert.equal(savedPercent(money), 33);
  assert.equal(savedPercent({ savedNano: 0, baselineNano: 0 }), null);
  assert.equal(savedPercent({ savedNano: -500, baselineNano: 1000 }), -50);
});

test('another mix is reckoned from what a ticket of each tier cost', () => {
  const counts = { simple: 10, standard: 10, complex: 10 };
  // One of each: 5 + 100 + 300 spent, 100 + 200 + 300 without tiers.
  assert.equal(savedPercentFor({ simple: 100, standard: 0, complex: 0 }, money, counts), 95);
  assert.equal(savedPercentFor({ simple: 0, standard: 0, complex: 100 }, money, counts), 0);
  assert.equal(savedPercentFor({ simple: 50, standard: 50, complex: 0 }, money, counts), 65);
  assert.equal(
    savedPercentFor({ simple: 50, standard: 50, complex: 0 }, money, { ...counts, simple: 0 }),
    null,
  );
});

test('a month is thirty days of 500,000 interactions', () => {
  assert.equal(usdPerMonth(1_200_000, 1), 18_000);
  assert.equal(usdPerMonth(1, 0), 0);
});

const models = ['sim-luna', 'sim-terra', 'sim-sol'].map((name) => ({
  name,
  state: 'open' as const,
  testInMs: 4200,
}));
const snapshot: Snapshot = {
  elapsedMs: 61_000,
  total: 500,
  done: 123,
  handoffs: 2,
  tiers: tierNames.map((tier) => ({
    tier,
    waiting: 40,
    active: 24,
    oldestMs: 3140,
    done: 41,
    models: [
      ['sim-luna', 30],
      ['sim-haiku', 11],
    ],
  })),
  providers: providerTraits.map(({ name }, index) => ({
    name,
    isUp: index > 0,
    served: 210,
    errors: 3,
    models,
  })),
  money,
};
const told = Array.from({ length: 30 }, (_, index) => ({
  atMs: index * 1000,
  text: `What happened, number ${index}, ${'at some length '.repeat(10)}`,
  tone: 'bad' as const,
}));
const colours: Paint = (style, text) => styleText(style, text, { validateStream: false });

test('a frame fits into the terminal, whatever its size, and shows what was told last', () => {
  for (const [columns, rows] of [
    [60, 20],
    [80, 24],
    [200, 50],
  ] as const) {
    const frame = frameOf(snapshot, told, { columns, rows, paint: colours }).map(stripVTControlCharacters);
    assert.ok(frame.length < rows, `${frame.length} lines in ${rows} rows`);
    for (const line of frame) assert.ok(line.length <= columns, `"${line}" in ${columns} columns`);
    assert.match(frame.at(-1)!, /number 29/);
  }
});

test('a line that is cut keeps its colour inside and ends in plain text', () => {
  const line = fit(colours('red', 'a red line'), 6);
  assert.equal(stripVTControlCharacters(line), 'a red…');
  assert.ok(line.endsWith('\u001B[0m'));
  assert.equal(fit('short', 6), 'short');
});

test('a pipe gets one line without control characters, with tiers, breakers and money', () => {
  const line = plainLine(snapshot);
  assert.equal(stripVTControlCharacters(line), line);
  assert.match(line, /^01:01 {2}123\/500 done \| simple 40 waiting 24 active oldest 3\.1 s \|/);
  assert.match(line, /sim-luna open/);
  assert.match(line, /saved 33 % \(estimate\)$/);
});
