import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { loadConfig } from '../../shared/config/load.ts';
import { formatProblem } from '../../shared/config/problem.ts';
import { resolveModels, usableChain } from '../../shared/config/resolve.ts';
import { folderFor, load, loadValid, minimal, webhookSecret } from './config-file.ts';
import { findEditorErrors } from './editor.ts';

const shippedFile = fileURLToPath(new URL('../../tierline.yaml', import.meta.url));

/** The configuration that the documentation shows, without what is not available yet. */
const documented = `
providers:
  openai:     { preset: openai,     apiKey: "\${env:OPENAI_API_KEY}" }
  anthropic:  { preset: anthropic,  apiKey: "\${env:ANTHROPIC_API_KEY}" }
  openrouter: { preset: openrouter, apiKey: "\${env:OPENROUTER_API_KEY}" }
  next-door:  { api: openai, baseUrl: "http://10.0.0.7:4000/v1", apiKey: "\${env:LITELLM_KEY}" }
  house:      { api: house }
models:
  small: { provider: openai, model: gpt-6-luna }
  large: { provider: openai, model: gpt-6.1-sol, maxOutputTokens: 800, contextTokens: 400000,
           timeoutMs: 30000, firstByteTimeoutMs: 10000, idleTimeoutMs: 5000,
           price: { inputPerMTok: 2, cachedInputPerMTok: 0.1, cacheWritePerMTok: 2.5, outputPerMTok: 10, batchMultiplier: 0.5 },
           limits: { requestsPerMinute: 3000, tokensPerMinute: 2000000, concurrency: 200 },
           breaker: { failures: 3, windowMs: 60000, resetMs: 15000 },
           structured: json_schema, params: {} }
  small-eu: { provider: openrouter, model: a/small }
  medium:   { provider: next-door, model: medium }
  flash:    { provider: openrouter, model: a/flash }
  large-2:  { provider: anthropic, model: claude-sonnet-5-5 }
  qwen:     { provider: openrouter, model: a/qwen }
  deepseek: { provider: openrouter, model: a/deepseek }
  house: { provider: house, always: false }
classifier:
  queryTypes:
    refund:       { description: asks for money back, tier: simple, examples: ["I want my money back", "我要退款"] }
    order_status: { description: asks where an order is, tier: simple, tiers: { ja: standard }, examples: ["…"] }
  tierThresholds: { standard: 0.35, complex: 0.7 }
  flags: { legal: complex, security: complex }
  local: { enabled: true, acceptConfidence: auto }
  models: [small]
  timeoutMs: 2000
tiers:
  simple:   { models: [small-eu, small, house],  concurrency: 50, deadlineMs: 900000,   sloSeconds: 30 }
  standard: { models: [flash, medium, house],    concurrency: 30, deadlineMs: 14400000, context: [shop/catalogue.md] }
  complex:  { models: [large, large-2, house],   concurrency: 10, deadlineMs: 86400000, mode: auto, onDead: handoff, prompt: shop/complex.md }
routes:
  - { when: { language: [zh], queryType: [refund] }, tier: simple, models: [qwen, deepseek] }
  - { when: { confidenceBelow: 0.5 }, tier: complex }
sources:
  acme:     { platform: generic, secret: "\${env:ACME_SECRET}", destination: shop-webhook, mode: draft, only: { tags: [ai] }, share: 0.1 }
  shop-api: { platform: generic, destination: shop-webhook }
destinations:
  shop-webhook: { type: webhook, url: "https://shop.example/hooks/tierline", secret: "\${env:SHOP_SECRET}" }
  file:         { type: log, path: .tierline/replies.jsonl }
knowledge: { folder: shop/articles }
baseline:  { model: large }
budgets:   { dailyUsd: 200, onExceeded: cheapest }
alerts:    { webhook: "https://ops.example/hook" }
retention: { contentDays: 7, tombstoneDays: 14, ledgerDays: 400 }
defaults:  { models: { timeoutMs: 20000 }, tiers: { } }
`;

describe('the shipped configuration', () => {
  const loadShipped = (env: Record<string, string>): ReturnType<typeof loadConfig> =>
    loadConfig({ file: shippedFile, env });

  it('loads without any environment variable and without a warning: the price of every model is known', () => {
    const result = loadShipped({});
    assert.deepEqual(result.kind === 'loaded' ? result.warnings : result.problems.map(formatProblem), []);
  });

  it('answers from the house where no key is set, and from a model where one is', () => {
    const keyless = loadShipped({});
    assert.ok(keyless.kind === 'loaded');
    const keyed = loadShipped({ ANTHROPIC_API_KEY: 'k' });
    assert.ok(keyed.kind === 'loaded');
    for (const tier of Object.values(keyless.config.tiers)) {
      assert.deepEqual(usableChain(keyless.config, tier.models), ['house']);
      assert.doesNotMatch(usableChain(keyed.config, tier.models).join(), /house/);
      assert.ok(usableChain(keyed.config, tier.models).length > 0);
    }
  });
});

describe('the documented configuration', () => {
  it('loads, and warns of every option that has no effect yet', (context) => {
    const folder = folderFor(context);
    mkdirSync(join(folder, 'shop', 'articles'), { recursive: true });
    writeFileSync(join(folder, 'shop', 'catalogue.md'), '# Catalogue\n');
    writeFileSync(join(folder, 'shop', 'complex.md'), 'Be brief.\n');
    const env = { ACME_SECRET: webhookSecret, SHOP_SECRET: webhookSecret };
    const { config, warnings } = loadValid(context, documented, { env, folder });
    const ineffective = warnings.filter(({ message }) => message.startsWith('has no effect'));
    assert.deepEqual(
      ineffective.map(({ path, message }) => `${path}: ${message}`),
      ['baseline', 'budgets'].map((path) => `${path}: has no effect in this version`),
    );
    assert.equal(config.models['small']?.timeoutMs, 20_000);
    assert.equal(config.models['large']?.timeoutMs, 30_000);
    assert.deepEqual(config.models['large']?.limits, {
      requestsPerMinute: 3000,
      tokensPerMinute: 2_000_000,
      concurrency: 200,
    });
    assert.deepEqual(config.routes[0], {
      when: { language: ['zh'], queryType: ['refund'] },
      tier: 'simple',
      models: ['qwen', 'deepseek'],
    });
  });

  it('fits the JSON Schema, which refuses what is misspelt', () => {
    assert.deepEqual(findEditorErrors(parse(documented)), []);
    assert.notDeepEqual(findEditorErrors(parse(documented.replace('onDead', 'onDaed'))), []);
    assert.notDeepEqual(findEditorErrors(parse(documented.replace('preset: openai', 'preset: opnai'))), []);
  });
});

describe('defaults', () => {
  it('are filled in everywhere', (context) => {
    const text = `${minimal.replace('  complex:', '  middle: { models: [small] }\n  complex:')}sources: { shop: { platform: generic } }\n`;
    const { config } = loadValid(context, text);
    const { models: _, ...simple } = config.tiers['simple']!;
    assert.deepEqual(simple, {
      concurrency: 20,
      deadlineMs: 900_000,
      backlogDeadlineMs: 172_800_000,
      sloSeconds: 30,
      mode: 'auto',
      onDead: 'handoff',
      context: [],
      prompt: null,
    });
    assert.equal(config.tiers['middle']?.deadlineMs, 14_400_000);
    assert.equal(config.tiers['complex']?.deadlineMs, 86_400_000);
    assert.deepEqual(config.models['small'], {
      provider: 'openai',
      model: 'gpt-6-luna',
      always: false,
      maxOutputTokens: 800,
      contextTokens: 922_000,
      timeoutMs: 30_000,
      firstByteTimeoutMs: 10_000,
      idleTimeoutMs: 5000,
      price: null,
      limits: {},
      breaker: { failures: 3, windowMs: 60_000, resetMs: 15_000 },
      params: {},
    });
    assert.deepEqual({ ...config.classifier.tierThresholds }, { middle: 0.35, complex: 0.7 });
    assert.deepEqual(config.classifier.local, { enabled: true, acceptConfidence: 'auto' });
    assert.equal(config.classifier.timeoutMs, 2000);
    assert.deepEqual(config.sources['shop'], {
      platform: 'generic',
      secret: null,
      maxBodyBytes: 1_048_576,
      destination: 'file',
    });
    assert.deepEqual(config.retention, { contentDays: 7, tombstoneDays: 14, ledgerDays: 400 });
    assert.deepEqual(config.redis, { shards: 1 });
    assert.deepEqual(
      [config.knowledge, config.baseline, config.budgets, config.alerts],
      [null, null, null, null],
    );
  });

  it('of a webhook are those of Standard Webhooks', (context) => {
    const text = `${minimal}  hook: { type: webhook, url: "https://shop.example/x", secret: "\${env:SECRET}" }\n`;
    const { config } = loadValid(context, text, { env: { SECRET: webhookSecret } });
    assert.deepEqual(config.destinations['hook'], {
      type: 'webhook',
      url: 'https://shop.example/x',
      secret: [webhookSecret],
      allowPrivateNetworks: false,
      retryMs: [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map(
        (seconds) => seconds * 1000,
      ),
      timeoutMs: 15_000,
    });
  });

  it("of the file come between the built-in ones and a part's own", (context) => {
    const text = `${minimal
      .replace('gpt-6-luna', 'gpt-6-luna, breaker: { failures: 9 }, params: { store: false }')
      .replace('[large]', '[large], concurrency: 3')}defaults:
  models: { timeoutMs: 20000, breaker: { failures: 5, resetMs: 1000 }, params: { seed: 1, store: true } }
  tiers: { concurrency: 7, deadlineMs: 60000 }\n`;
    const { config } = loadValid(context, text);
    assert.equal(config.models['small']?.timeoutMs, 20_000);
    assert.deepEqual(config.models['small'].breaker, { failures: 9, windowMs: 60_000, resetMs: 1000 });
    assert.deepEqual(config.models['small'].params, { seed: 1, store: false });
    assert.deepEqual(
      Object.values(config.tiers).map(({ concurrency, deadlineMs }) => [concurrency, deadlineMs]),
      [
        [7, 60_000],
        [3, 60_000],
      ],
    );
  });

  it('make the first tier the one of a query type, and lists of single values', (context) => {
    const text = `${minimal}classifier: { queryTypes: { refund: {} } }\nroutes: [{ when: { language: zh, lane: backlog }, models: [large] }]\n`;
    const { config } = loadValid(context, text);
    assert.equal(config.classifier.queryTypes['refund']?.tier, 'simple');
    assert.deepEqual(config.routes[0], { when: { language: ['zh'], lane: ['backlog'] }, models: ['large'] });
  });
});

describe('references', () => {
  it('take the place of the whole text or of a part of it, from the environment or a file', (context) => {
    const folder = folderFor(context);
    writeFileSync(join(folder, 'key.txt'), 'from-file\n');
    const text = minimal
      .replace('"${env:OPENAI_API_KEY}"', '"${file:key.txt}"')
      .replace('replies.jsonl', () => '"${env:NAME}-$${NAME}.jsonl"');
    const { config } = loadValid(context, text, { folder, env: { NAME: 'answers' } });
    assert.equal(config.providers['openai']?.apiKey, 'from-file');
    assert.deepEqual(config.destinations['file'], {
      type: 'log',
      path: join(folder, 'answers-${NAME}.jsonl'),
      allowPrivateNetworks: false,
    });
  });

  it('to an absent key leave the provider unconfigured without a warning', (context) => {
    for (const env of [{}, { OPENAI_API_KEY: '' }]) {
      const { config, warnings } = loadValid(context, minimal, { env });
      assert.equal(config.providers['openai']?.apiKey, null);
      assert.deepEqual(warnings, []);
    }
  });

  it("a key that the file does not name is read from the preset's own variable", (context) => {
    const text = minimal.replace(', apiKey: "${env:OPENAI_API_KEY}"', '');
    const set = loadValid(context, text, { env: { OPENAI_API_KEY: 'k' } });
    assert.equal(resolveModels(set.config).get('small')?.provider.apiKey, 'k');
    assert.deepEqual(usableChain(loadValid(context, text).config, ['small']), []);
  });

  it('to an absent secret of a source leave it without one, with a warning unless it may be missing', (context) => {
    const text = (reference: string): string =>
      `${minimal}sources: { shop: { platform: generic, secret: ${reference} } }\n`;
    const missing = loadValid(context, text('"${env:SHOP}"'));
    assert.equal(missing.config.sources['shop']?.secret, null);
    assert.deepEqual(
      missing.warnings.map(({ line, column, path, message }) => ({ line, column, path, message })),
      [
        {
          line: 11,
          column: 47,
          path: 'sources.shop.secret',
          message: 'the environment variable SHOP is not set: webhooks of this source are refused',
        },
      ],
    );
    const optional = loadValid(context, text('"${env:SHOP?}"'));
    assert.equal(optional.config.sources['shop']?.secret, null);
    assert.deepEqual(optional.warnings, []);
    const rotating = loadValid(context, text('["${env:OLD}", "${env:NEW}"]'), {
      env: { NEW: webhookSecret },
    });
    assert.deepEqual(rotating.config.sources['shop']?.secret, [webhookSecret]);
    assert.equal(rotating.warnings.length, 1);
  });
});

describe('loading', () => {
  it('starts relative paths at the folder of the file', (context) => {
    const folder = folderFor(context);
    writeFileSync(join(folder, 'a.md'), 'a');
    const text = `${minimal.replace('[small]', '[small], context: [a.md], prompt: ./a.md')}knowledge: { folder: . }\n`;
    const { config } = loadValid(context, text, { folder });
    assert.deepEqual(config.tiers['simple']?.context, [join(folder, 'a.md')]);
    assert.equal(config.tiers['simple'].prompt, join(folder, 'a.md'));
    assert.equal(config.knowledge?.folder, folder);
  });

  it('names the version of a file by its bytes', (context) => {
    const { version } = loadValid(context, minimal);
    assert.equal(version, createHash('sha256').update(minimal).digest('hex').slice(0, 12));
    assert.notEqual(loadValid(context, `${minimal}\n`).version, version);
  });

  it('takes JSON, and merges anchors as YAML does', (context) => {
    const text = minimal
      .replace('{ models: [small] }', '&tier { models: [small], concurrency: 3 }')
      .replace('{ models: [large] }', '{ <<: *tier, models: [large] }');
    assert.equal(loadValid(context, text).config.tiers['complex']?.concurrency, 3);
    const json = JSON.stringify(parse(minimal));
    assert.equal(
      loadValid(context, json, { name: 'tierline.json' }).config.tiers['complex']?.concurrency,
      20,
    );
  });

  it('allows a private destination to those who say so, and warns of unencrypted public ones', (context) => {
    const text = (host: string, rest: string): string =>
      `${minimal}  hook: { type: webhook, url: "http://${host}/x", secret: "\${env:S}"${rest} }\n`;
    const env = { S: webhookSecret };
    assert.deepEqual(
      loadValid(context, text('127.0.0.1:9', ', allowPrivateNetworks: true'), { env }).warnings,
      [],
    );
    const { warnings } = loadValid(context, text('shop.example', ''), { env });
    assert.deepEqual(
      warnings.map(({ message }) => message),
      ['replies travel unencrypted; use https://'],
    );
  });

  it('finds nothing under the names that every object has', (context) => {
    const { config } = loadValid(context, `${minimal}classifier: { queryTypes: { refund: {} } }\n`);
    const { classifier, sources, tiers, models, destinations } = config;
    const maps: Record<string, unknown>[] = [sources, tiers, models, destinations, classifier.queryTypes];
    for (const map of [...maps, classifier.flags, classifier.queryTypes['refund']!.tiers]) {
      assert.equal(map['constructor'], undefined);
    }
  });

  it('refuses a document whose aliases multiply without end', (context) => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level += 1) {
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    }
    const result = load(context, lines.join('\n'));
    assert.equal(result.kind === 'invalid' && result.problems[0]?.message, 'too many aliases');
  });
});
