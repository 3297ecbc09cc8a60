import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatProblem } from '../../shared/config/problem.ts';
import { resolveModels } from '../../shared/config/resolve.ts';
import { costOf } from '../../shared/ledger/money.ts';
import { pricingOf, rowNamed, type Pricing } from '../../shared/ledger/model-pricing.ts';
import { loadPriceBook } from '../../shared/ledger/price-book.ts';
import { bookPrice } from '../../shared/ledger/price-rates.ts';
import { anthropicUsage } from '../../shared/models/usage.ts';
import { folderFor, load, loadValid, problemsOf } from './config-file.ts';

const noonMs = Date.parse('2026-11-22T12:00:00Z');
const usage = {
  inputTokens: 1000,
  cachedInputTokens: 200,
  cacheWriteTokens: 300,
  outputTokens: 100,
  reasoningTokens: 0,
};

const configured = (providers: string, models: string, rest = ''): string => `providers:
  ${providers}
models:
  ${models}
tiers:
  simple: { models: [one] }
destinations:
  file: { type: log, path: replies.jsonl }
${rest}`;

function pricing(
  context: TestContext,
  text: string,
  folder = folderFor(context),
): { price: Pricing; warnings: string[] } {
  const { config, warnings } = loadValid(context, text, { folder, env: { KEY: 'k' } });
  const settings = resolveModels(config).get('one')!;
  return {
    price: pricingOf(config, settings, loadPriceBook(config.prices)),
    warnings: warnings.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, '')),
  };
}

const openai = 'main: { preset: openai, apiKey: "${env:KEY?}" }';

test('a model without a price is told once at the start, with its line, its provider and the cure', (context) => {
  const { price, warnings } = pricing(
    context,
    configured(
      openai,
      'one: { provider: main, model: gpt-6-lunar }\n  two: { provider: main, model: gpt-6-luna }',
    ),
  );
  assert.equal(price(noonMs, 1000), null);
  assert.equal(costOf(usage, price(noonMs, 1000)), null);
  assert.deepEqual(warnings, [
    'tierline.yaml:4:33 models.one.model: the price of "gpt-6-lunar" at provider "main" is not known, so what its calls cost is reported as unknown. Give it a "price" here, or a row in infra/prices.yaml',
  ]);
});

test('a model that nobody calls, because its provider has no key, is not told', (context) => {
  const text = configured(openai, 'one: { provider: main, model: gpt-6-lunar }');
  assert.deepEqual(loadValid(context, text).warnings, []);
  assert.equal(loadValid(context, text, { env: { KEY: 'k' } }).warnings.length, 1);
});

test('a service tier whose price nobody told us is told too, and its calls have no price', (context) => {
  const tier = (name: string): string =>
    configured(openai, `one: { provider: main, model: gpt-6-luna, params: { service_tier: ${name} } }`);
  const unknown = pricing(context, tier('ultrafast'));
  assert.equal(unknown.price(noonMs, 0), null);
  assert.match(unknown.warnings.join(), /at service_tier "ultrafast" is not known/);
  for (const [name, atto] of [
    ['flex', 5e10],
    ['priority', 2e11],
    ['auto', 1e11],
  ] as const) {
    const { price, warnings } = pricing(context, tier(name));
    assert.deepEqual([price(noonMs, 0)?.attoUsd.input, warnings], [atto, []], name);
    assert.equal(price(noonMs, 0, 'batch')?.attoUsd.input, 5e10);
  }
});

test('a price in tierline.yaml wins, with its cache writes and its batch share, and without a warning', (context) => {
  const rates =
    '{ inputPerMTok: 2, cachedInputPerMTok: 0.1, cacheWritePerMTok: 2.5, outputPerMTok: 10, batchMultiplier: 0.5 }';
  const { price, warnings } = pricing(
    context,
    configured(openai, `one: { provider: main, model: gpt-6-luna, price: ${rates} }`),
  );
  assert.deepEqual(warnings, []);
  const standard = 500 * 2000 + 200 * 100 + 300 * 2500 + 100 * 10_000;
  assert.equal(costOf(usage, price(noonMs, 1000)), standard);
  assert.equal(costOf(usage, price(noonMs, 1000, 'batch')), standard / 2);
});

test('a price of nothing is a real zero, and a server of one’s own has no other price than the one it is given', (context) => {
  const ollama = 'main: { preset: ollama }';
  const free = 'one: { provider: main, model: llama, price: { inputPerMTok: 0, outputPerMTok: 0 } }';
  const zero = pricing(context, configured(ollama, free));
  assert.deepEqual([costOf(usage, zero.price(noonMs, 1000)), zero.warnings], [0, []]);
  const bare = pricing(context, configured(ollama, 'one: { provider: main, model: gpt-6-luna }'));
  assert.deepEqual([bare.price(noonMs, 0), bare.warnings.length], [null, 1]);
});

test('the provider decides the price: by preset, by a known address, else as a gateway', (context) => {
  const of = (provider: string, model: string): number | null => {
    const { price } = pricing(
      context,
      configured(`main: ${provider}`, `one: { provider: main, model: "${model}" }`),
    );
    const atto = price(noonMs, 1000)?.attoUsd.input;
    return atto === undefined ? null : atto / 1e12;
  };
  assert.equal(of('{ preset: groq }', 'openai/gpt-oss-20b'), 0.075);
  assert.equal(of('{ preset: openrouter }', 'openai/gpt-oss-20b'), 0.029);
  assert.equal(of('{ api: openai, baseUrl: "https://api.groq.com/openai/v1" }', 'openai/gpt-oss-20b'), 0.075);
  assert.equal(of('{ api: openai, baseUrl: "http://10.0.0.7:4000/v1" }', 'openai/gpt-oss-20b'), null);
  assert.equal(of('{ api: openai, baseUrl: "http://10.0.0.7:4000/v1" }', 'gpt-6-luna'), 0.1);
  assert.equal(of('{ api: house }', 'anything'), 0);
});

test('pricedAs names the row that counts for a name of one’s own, and a wrong one stops the start', (context) => {
  const azure = 'main: { preset: azure, baseUrl: "https://shop.openai.azure.com" }';
  const named = (pricedAs: string, rest = ''): string =>
    configured(azure, `one: { provider: main, model: our-small, pricedAs: ${pricedAs}${rest} }`);
  const { price, warnings } = pricing(context, named('openai/gpt-6-luna'));
  assert.deepEqual([price(noonMs, 300_000)?.attoUsd.input, warnings], [2e11, []]);
  assert.deepEqual(problemsOf(context, named('openai/gpt-6-lunar')), [
    'tierline.yaml:4:54 models.one.pricedAs: the price book has no "openai/gpt-6-lunar" (tierline prices list --all shows what it has). Did you mean "openai/gpt-6-luna"?',
  ]);
  assert.match(
    problemsOf(context, named('openai/gpt-6-luna', ', price: { inputPerMTok: 1, outputPerMTok: 1 }')).join(),
    /models.one.pricedAs: stands beside "price": only one of them can count/,
  );
});

test('a price file of one’s own is read from beside tierline.yaml, wins, and is refused with its own line', (context) => {
  const folder = folderFor(context);
  const write = (rate: string): void =>
    writeFileSync(
      join(folder, 'ours.yaml'),
      `version: '7'\nproviders:\n  openai:\n    models:\n      gpt-6-luna: { prices: [{ inputPerMTok: ${rate}, outputPerMTok: 1, note: our contract, checkedAt: 2026-11-22 }] }\n`,
    );
  const text = configured(openai, 'one: { provider: main, model: gpt-6-luna }', 'prices: ours.yaml\n');
  write('0.08');
  const { price } = pricing(context, text, folder);
  assert.equal(price(noonMs, 0)?.attoUsd.input, 8e10);
  assert.match(price(noonMs, 0)?.version ?? '', /^\d{4}-\d{2}-\d{2}\+7$/);
  write('cheap');
  const refused = load(context, text, { folder });
  assert.ok(refused.kind === 'invalid');
  assert.match(
    refused.problems.map(formatProblem).join('\n'),
    /tierline\.yaml:9:9 prices: .*ours\.yaml:5:46 providers\.openai\.models\.gpt-6-luna\.prices\[0\]\.inputPerMTok: must be a number/,
  );
  assert.match(problemsOf(context, text).join(), /prices: the price file .*ours\.yaml cannot be read/);
});

test('what Anthropic keeps for an hour is counted, and billed at its own price', () => {
  const billed = anthropicUsage({
    input_tokens: 100,
    cache_creation_input_tokens: 1000,
    cache_creation: { ephemeral_5m_input_tokens: 400, ephemeral_1h_input_tokens: 600 },
    output_tokens: 10,
  });
  assert.deepEqual(
    [billed?.inputTokens, billed?.cacheWriteTokens, billed?.cacheWrite1hTokens],
    [1100, 1000, 600],
  );
  const book = loadPriceBook();
  const { prices } = rowNamed(book, 'anthropic/claude-haiku-5-5')!;
  const price = bookPrice(
    prices,
    { at: new Date(noonMs), promptTokens: 1100, serviceTier: 'standard' },
    book.version,
  );
  assert.equal(costOf(billed, price), 100 * 100 + 400 * 125 + 600 * 200 + 10 * 500);
});

test('config check says it once, on standard error', async (context) => {
  const file = join(folderFor(context), 'tierline.yaml');
  writeFileSync(file, configured('main: { preset: ollama }', 'one: { provider: main, model: llama-9 }'));
  const main = fileURLToPath(new URL('../../services/cli/main.ts', import.meta.url));
  const stderr = await new Promise<string>((resolve) => {
    execFile(process.execPath, [main, 'config', 'check', '--config', file], (_error, _stdout, text) =>
      resolve(text),
    );
  });
  assert.equal(stderr.split('the price of "llama-9" at provider "main" is not known').length, 2, stderr);
});
