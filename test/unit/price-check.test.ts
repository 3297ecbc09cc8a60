import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { genaiPrices } from '../../services/cli/genai-prices.ts';
import { comparePrices, type Comparison, type TheirBook } from '../../services/cli/price-check.ts';
import { bookOf, loadPriceBook, shippedPrices } from '../../shared/ledger/price-book.ts';
import { parsePriceFile } from '../../shared/ledger/price-file.ts';
import { folderFor } from './config-file.ts';

const main = fileURLToPath(new URL('../../services/cli/main.ts', import.meta.url));

type Ended = { code: number; stdout: string; stderr: string };

function tierline(...args: string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'], NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

/** The shipped file with one price changed. */
function plantedFile(context: TestContext, model: string, change: [from: string, to: string]): string {
  const text = readFileSync(shippedPrices, 'utf8');
  const place = text.indexOf(change[0], text.indexOf(`\n      ${model}:\n`));
  assert.ok(place > 0);
  const file = join(folderFor(context), 'prices.yaml');
  writeFileSync(file, text.slice(0, place) + change[1] + text.slice(place + change[0].length));
  return file;
}

const unknownOf = ({ differences }: Comparison): string[] =>
  differences
    .filter(({ reason }) => reason === null)
    .map(({ provider, model, field, ours, theirs }) => `${provider}/${model} ${field} ${ours} ${theirs}`);

test('the shipped prices differ from genai-prices only where they say why, now and next year', () => {
  for (const date of ['2026-11-22', '2026-11-23', '2026-12-15', '2027-01-01', '2027-06-30']) {
    const comparison = comparePrices(loadPriceBook(), genaiPrices, date);
    assert.deepEqual(unknownOf(comparison), [], date);
    assert.ok(comparison.compared > 120, String(comparison.compared));
  }
});

test('every known difference is one, on a Sunday, when DeepSeek has no peak hours', () => {
  const { outdated, differences } = comparePrices(loadPriceBook(), genaiPrices, '2026-11-22');
  assert.deepEqual(outdated, []);
  const { knownDifferences } = loadPriceBook().shipped;
  assert.equal(
    new Set(differences.map(({ reason }) => reason)).size,
    new Set(knownDifferences.map(({ reason }) => reason)).size,
  );
});

test('a planted wrong price is reported with both figures, in per cent, and ends with exit code 1', async (context) => {
  const file = plantedFile(context, 'gpt-6-luna', ['outputPerMTok: 0.50', 'outputPerMTok: 0.40']);
  const { differences } = comparePrices(loadPriceBook(null, file), genaiPrices, '2026-11-22');
  const planted = {
    field: 'output',
    ours: 0.4,
    theirs: 0.5,
    percent: 25,
    promptTokens: 1,
    hourUtc: 0,
    reason: null,
  };
  assert.deepEqual(
    differences.filter(({ reason }) => reason === null),
    [
      { provider: 'openai', model: 'gpt-6-luna', ...planted },
      { provider: 'openrouter', model: 'openai/gpt-6-luna', ...planted },
    ],
  );
  const shown = await tierline('prices', 'check', '--file', file, '--at', '2026-11-22');
  assert.equal(shown.code, 1);
  assert.match(shown.stdout, /openai +gpt-6-luna +output +0\.40 +0\.50 +\+25 /);
  assert.match(
    shown.stderr,
    /2 differences, \d+ known\. Correct infra\/prices\.yaml, or say under knownDifferences/,
  );
});

test('a wrong band, a wrong date and a wrong hour are found too', (context) => {
  const wrong = (model: string, change: [string, string], date: string): string[] =>
    unknownOf(comparePrices(loadPriceBook(null, plantedFile(context, model, change)), genaiPrices, date));
  assert.ok(
    wrong('gpt-6-sol', ['outputPerMTok: 15', 'outputPerMTok: 16'], '2026-11-22').includes(
      'openai/gpt-6-sol output 16 15',
    ),
  );
  assert.ok(
    wrong('gpt-6-sol', ['abovePromptTokens: 272000', 'abovePromptTokens: 200000'], '2026-11-22').includes(
      'openai/gpt-6-sol input 4 2',
    ),
  );
  assert.deepEqual(wrong('gemini-3.8-flash', ['from: 2027-01-01', 'from: 2027-02-01'], '2026-12-31'), []);
  assert.ok(
    wrong('gemini-3.8-flash', ['from: 2027-01-01', 'from: 2027-02-01'], '2027-01-01').includes(
      'gemini/gemini-3.8-flash input 0.75 1.5',
    ),
  );
  assert.ok(
    wrong('deepseek-v4-pro', ['untilHourUtc: 4', 'untilHourUtc: 3'], '2026-11-24').length === 0,
    'weekends differ alike',
  );
  assert.ok(
    wrong('deepseek-v4-pro', ['fromHourUtc: 1', 'fromHourUtc: 0'], '2026-11-24').includes(
      'deepseek/deepseek-v4-pro input 1.32 0.66',
    ),
  );
});

test('the shipped file passes, and says what stands only here and only there', async () => {
  const { code, stdout, stderr } = await tierline('prices', 'check', '--at', '2026-11-22');
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /Known differences[^]*mistral\/mistral-small-latest: input 0\.15 \/ 0\.10, output 0\.60 \/ 0\.30: stale/,
  );
  assert.match(stderr, /Only in this book: .*openai\/gpt-6\.1-terra/);
  assert.match(stderr, /anthropic\/claude-sonnet-5-5: they would bill it as claude-sonnet-5\n/);
  assert.match(stderr, /Only there: openai \d+/);
  assert.match(stderr, /: 0 differences, \d+ known$/m);
});

test('what others leave out is no difference, what they alone have is one, and its reason must fit its figures', () => {
  const theirs: TheirBook = {
    name: 'others',
    providers: ['p'],
    ids: () => ['m', 'n'],
    find: (_, id) => ({
      id,
      isExact: true,
      edges: [],
      amountsAt: () => ({ input: 2, cachedInput: null, cacheWrite: 3, cacheWrite1h: null, output: 1 }),
    }),
  };
  const file = (pair: string): string => `version: '1'
providers:
  p:
    models:
      m: { prices: [{ inputPerMTok: 1, cachedInputPerMTok: 0.5, outputPerMTok: 1, note: a, checkedAt: 2026-01-01 }] }
knownDifferences:
  - { provider: p, models: [m], differs: { input: [${pair}] }, reason: theirs is last year's }
`;
  const compared = (pair: string): Comparison =>
    comparePrices(bookOf(parsePriceFile(file(pair), 'prices.yaml')), theirs, '2026-11-22');
  assert.deepEqual(unknownOf(compared('[1, 2]')), ['p/m cacheWrite null 3']);
  assert.deepEqual(unknownOf(compared('[1, 3]')), ['p/m input 1 2', 'p/m cacheWrite null 3']);
  assert.deepEqual(compared('[1, 2]').onlyTheirs, [{ provider: 'p', model: 'n' }]);
});

test('prices list shows what the configured models cost, and where one price is from', async () => {
  const list = await tierline('prices', 'list', '--at', '2026-11-22');
  assert.equal(list.code, 0, list.stderr);
  assert.match(
    list.stdout,
    /luna +openai: gpt-6-luna +0\.10 +0\.01 +0\.125 .*0\.50 +openai\/gpt-6-luna +2026-11-22/,
  );
  const one = await tierline('prices', 'list', 'flash', '--at', '2026-11-22');
  assert.match(one.stdout, /standard +0\.75 +0\.075 +3\.75\nbatch +0\.375/);
  assert.match(
    one.stdout,
    /from 2027-01-01 on +1\.50 +0\.15 +7\.50\nsource: https:\/\/ai\.google\.dev\S+ \(checked 2026-11-22\)/,
  );
  const next = await tierline(
    'prices',
    'list',
    'openrouter/google/gemini-3.8-flash',
    '--at',
    '2027-01-01',
    '--json',
  );
  const [entry] = JSON.parse(next.stdout) as [
    { listed: { when: string; input: number }[]; provenance: { passedOn: { source: string } } },
  ];
  assert.deepEqual([entry.listed[0]?.when, entry.listed[0]?.input], ['standard, since 2027-01-01', 1.5]);
  assert.match(entry.provenance.passedOn.source, /openrouter/);
});

test('a wrong argument is told with what would be right', async () => {
  const near = await tierline('prices', 'list', 'gpt-6-lun');
  assert.equal(near.code, 2);
  assert.match(near.stderr, /no price for "gpt-6-lun"\. Did you mean "gpt-6-luna"\?/);
  const day = await tierline('prices', 'check', '--at', '2027-02-30');
  assert.equal(day.code, 2);
  assert.match(day.stderr, /--at takes a day such as 2027-01-01, not "2027-02-30"/);
});
